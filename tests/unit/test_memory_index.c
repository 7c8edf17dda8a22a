/* The index of memory: what is found and in which order, what it survives, and how it is built anew. */

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmocka_all.h"
#include "memory_world.h"
#include "scratch.h"

#include "base/fd.h"
#include "base/json.h"

static const char *
hit_text(struct world *w, size_t i, const char *member)
{
	return json_string_value(json_object_get(json_array_get(json_object_get(w->answer, "found"), i), member));
}

static char *
path_of(struct world *w, const char *name)
{
	return xasprintf("%s/%s", w->memory_dir, name);
}

static void
write_file(struct world *w, const char *name, const char *text)
{
	_cleanup_(free_p) char *path = path_of(w, name);
	struct fault fault;

	assert_int_equal(fd_write_file(path, text, strlen(text), 0600, &fault), 0);
}

static bool
has_file(struct world *w, const char *name)
{
	_cleanup_(free_p) char *path = path_of(w, name);

	return access(path, F_OK) == 0;
}

static ino_t
inode(struct world *w)
{
	_cleanup_(free_p) char *path = path_of(w, "index.db");
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void
owls_are_found(struct world *w)
{
	world_search(w, "owls");
	assert_int_equal(hits(w), 2);
	assert_string_equal(hit_text(w, 0, "text"), "Owls hunt at night, when mice are about.");
	assert_string_equal(hit_text(w, 1, "key"), "advice");
}

static void
fill(struct world *w)
{
	world_load(w, "birds", of_birds);
	world_put(w, "advice", "\"Never buy a heron; buy one of the owls that one may meet in town.\"", MEMORY_ANY);
	owls_are_found(w);
}

/* ---- What it survives ----------------------------------------------------------------------------------------------- */

static void
an_index_closed_in_order_is_used_again(void **state)
{
	struct world *w = *state;
	ino_t before;

	fill(w);
	before = inode(w);
	assert_true(has_file(w, "index.open"));
	world_close(w);
	assert_false(has_file(w, "index.open"));
	world_open(w);
	owls_are_found(w);
	assert_int_equal(inode(w), before);
}

static void
an_index_that_is_gone_is_built_anew(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *path = path_of(w, "index.db");

	fill(w);
	world_close(w);
	unlink(path);
	world_open(w);
	owls_are_found(w);
}

static void
an_index_that_is_no_index_is_built_anew(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *path = path_of(w, "index.db");

	fill(w);
	world_close(w);
	write_file(
	    w, "index.db", "this is no data base, though it is long enough to have been one, as one might think");
	world_open(w);
	owls_are_found(w);
	world_close(w);
	assert_int_equal(truncate(path, 5000), 0);
	world_open(w);
	owls_are_found(w);
	world_close(w);
	assert_int_equal(truncate(path, 0), 0);
	world_open(w);
	owls_are_found(w);
}

/* After a power cut the file may hold anything, also what looks right. */
static void
an_index_of_another_boot_is_not_believed(void **state)
{
	struct world *w = *state;
	ino_t before;

	fill(w);
	before = inode(w);
	world_close(w);
	write_file(w, "index.open", "00000000-0000-0000-0000-000000000000\n");
	world_open(w);
	owls_are_found(w);
	(void)before;
	world_close(w);
	assert_false(has_file(w, "index.open"));
	world_open(w);
}

/* Found out while it is in use: the search that stumbles over it is answered all the same. */
static void
damage_is_mended_when_it_is_found(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *path = path_of(w, "index.db"), *junk = xmalloc(4096);
	struct stat st;
	int fd;

	fill(w);
	world_close(w);
	memset(junk, 0xa5, 4096);
	assert_int_equal(stat(path, &st), 0);
	fd = open(path, O_WRONLY);
	for (off_t at = 4096 * 4; at < st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, junk, 4096, at), 4096);
	close(fd);
	world_open(w);
	owls_are_found(w);
	assert_int_equal(w->failure.status, 0);
}

static void
a_killed_host_loses_nothing(void **state)
{
	struct world *w = *state;
	pid_t child;
	int status;

	world_close(w);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		world_open(w);
		world_load(w, "birds", of_birds);
		world_put(
		    w, "advice", "\"Never buy a heron; buy one of the owls that one may meet in town.\"", MEMORY_ANY);
		_exit(0); /* without closing anything */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	world_open(w);
	/* What was told is durable once the journal is; the load was told as durable, the value was not. */
	world_search(w, "owls mice");
	assert_true(hits(w) >= 1);
	assert_string_equal(hit_text(w, 0, "document"), "birds");
}

/* The index was closed when it had not seen all: what it missed comes in, what went goes. */
static void
what_an_old_index_missed_is_caught_up(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *path = path_of(w, "index.db"), *digest = NULL;
	_cleanup_(buf_free) struct buf old = {0};
	struct fault fault;

	fill(w);
	world_load(w, "stones", "Granite is hard and grey, and lasts for long.");
	digest = xstrdup(json_string_value(json_object_get(json_array_get(w->answer, 0), "digest")));
	world_search(w, "granite");
	world_close(w);
	assert_int_equal(fd_read_file(path, &old, 64 * MIB, &fault), 0);
	world_open(w);
	world_forget_document(w, digest);
	world_forget(w, "advice");
	world_put(w, "advice", "\"Buy gravel.\"", MEMORY_ANY);
	world_load(w, "trees", "Oaks grow slowly, and for many hundred years.");
	world_search(w, "oaks");
	world_close(w);
	assert_int_equal(fd_write_file(path, old.data, old.len, 0600, &fault), 0);
	world_open(w);
	world_search(w, "granite");
	assert_int_equal(hits(w), 0);
	world_search(w, "gravel");
	assert_int_equal(hits(w), 1);
	world_search(w, "oaks");
	assert_int_equal(hits(w), 1);
	world_search(w, "heron");
	assert_int_equal(hits(w), 0);
}

static void
a_space_that_is_worn_is_filled_anew(void **state)
{
	struct world *w = *state;
	char json[64];

	world_load(w, "birds", of_birds);
	for (unsigned i = 0; i < 1300; i++) {
		snprintf(json, sizeof json, "\"number%u\"", i);
		world_put(w, "count", json, MEMORY_ANY);
	}
	world_search(w, "number1299");
	assert_int_equal(hits(w), 1);
	world_search(w, "number1200");
	assert_int_equal(hits(w), 0);
	world_search(w, "owls");
	assert_int_equal(hits(w), 1);
	memory_spaces(w->memory, "uid:1", world_done, w);
	assert_int_equal(number(json_array_get(world_wait(w), 0), "passages"), 3);
}

static void
a_reindex_finds_the_same(void **state)
{
	struct world *w = *state;

	fill(w);
	memory_reindex(w->memory, world_done, w);
	assert_non_null(world_wait(w));
	assert_int_equal(number(w->answer, "documents"), 1);
	assert_int_equal(number(w->answer, "values"), 1);
	assert_int_equal(number(w->answer, "passages"), 3);
	owls_are_found(w);
}

static void
a_text_that_is_missing_hides_nothing_else(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *path = NULL;
	const char *digest;

	fill(w);
	world_load(w, "night", "Night falls early where owls live.");
	digest = json_string_value(json_object_get(json_array_get(w->answer, 0), "digest"));
	path = xasprintf("%s/documents/%.2s/%s", w->memory_dir, digest, digest);
	world_search(w, "owls");
	assert_int_equal(hits(w), 3);
	unlink(path);
	owls_are_found(w);
	memory_reindex(w->memory, world_done, w);
	assert_non_null(world_wait(w));
	owls_are_found(w);
	assert_int_equal(w->failure.status, 0);
}

/* ---- What is found --------------------------------------------------------------------------------------------------- */

static json_t *
search(struct world *w, const char *text, size_t most, size_t most_each, const json_t *within)
{
	struct memory_query q = {.text = text, .most = most, .most_each = most_each, .within = within};

	memory_search(w->memory, 1, &world_space, &q, world_done, w);
	return world_wait(w);
}

static void
what_is_rare_counts_more(void **state)
{
	struct world *w = *state;

	world_load(
	    w, "a", "The farm has geese and more geese.\n\nThe farm has a heron on the roof.\n\nThe farm has cows.\n");
	world_search(w, "farm heron");
	assert_string_equal(hit_text(w, 0, "text"), "The farm has a heron on the roof.");
	world_search(w, "geese farm");
	assert_string_equal(hit_text(w, 0, "text"), "The farm has geese and more geese.");
}

static void
headings_and_names_count(void **state)
{
	struct world *w = *state;

	world_load(w, "licences/herons", "Feeding\n\nThey eat small fish that they catch by the shore.\n");
	world_search(w, "feeding");
	assert_int_equal(hits(w), 1);
	assert_string_equal(hit_text(w, 0, "heading"), "Feeding");
	world_search(w, "heron");
	assert_int_equal(hits(w), 1);
}

static void
most_and_within_narrow_it(void **state)
{
	_cleanup_(json_p) json_t *within = json_array();
	struct world *w = *state;

	world_load(w, "a", "One owl sat in a tall tree.\n\nTwo owls sat in a tall tree.\n\nThree owls sat in a tall tree.\n");
	world_load(w, "b", "No owl came at all that day.\n");
	json_array_append(within, json_object_get(json_array_get(w->answer, 0), "digest"));
	search(w, "owl", 0, 0, NULL);
	assert_int_equal(hits(w), 4);
	search(w, "owl", 2, 0, NULL);
	assert_int_equal(hits(w), 2);
	search(w, "owl", 0, 1, NULL);
	assert_int_equal(hits(w), 2);
	search(w, "owl", 0, 0, within);
	assert_int_equal(hits(w), 1);
	assert_string_equal(hit_text(w, 0, "document"), "b");
	json_array_clear(within);
	search(w, "owl", 0, 0, within);
	assert_int_equal(hits(w), 0);
	json_array_append_new(within, json_string("x"));
	assert_null(search(w, "owl", 0, 0, within));
	assert_int_equal(w->fault.status, HOSPES_EINPUT);
}

static void
equal_passages_stand_in_one_order(void **state)
{
	_cleanup_(json_p) json_t *first = NULL;
	struct world *w = *state;

	for (unsigned i = 0; i < 8; i++) {
		char name[8], text[64];

		snprintf(name, sizeof name, "d%u", i);
		snprintf(text, sizeof text, "Owls sleep by day.\n\nAnd not by night %u.\n", i);
		world_load(w, name, text);
	}
	first = json_incref(world_search(w, "owls"));
	memory_reindex(w->memory, world_done, w);
	world_wait(w);
	world_search(w, "owls");
	assert_int_equal(hits(w), 8);
	assert_true(json_equal(first, w->answer));
}

static void
two_spaces_are_searched_as_one(void **state)
{
	struct memory_space spaces[] = {world_space, {.client = "uid:1", .name = "more"}};
	_cleanup_(free_p) char *batch = xasprintf("{\"document\": \"birds\", \"bytes\": %zu}\n%s{\"document\": \"x\", "
						  "\"bytes\": 31}\nOwls are birds of prey, mostly.",
	    strlen(of_birds), of_birds);
	struct memory_query q = {.text = "owls"};
	struct world *w = *state;

	world_load(w, "birds", of_birds);
	assert_non_null(world_load_batch(w, &spaces[1], batch, strlen(batch)));
	memory_search(w->memory, 2, spaces, &q, world_done, w);
	world_wait(w);
	assert_int_equal(hits(w), 2); /* what both have is found once */
	memory_documents(w->memory, 2, spaces, NULL, 0, world_done, w);
	assert_int_equal(json_array_size(json_object_get(world_wait(w), "documents")), 2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	    T(an_index_closed_in_order_is_used_again),
	    T(an_index_that_is_gone_is_built_anew),
	    T(an_index_that_is_no_index_is_built_anew),
	    T(an_index_of_another_boot_is_not_believed),
	    T(damage_is_mended_when_it_is_found),
	    T(a_killed_host_loses_nothing),
	    T(what_an_old_index_missed_is_caught_up),
	    T(a_space_that_is_worn_is_filled_anew),
	    T(a_reindex_finds_the_same),
	    T(a_text_that_is_missing_hides_nothing_else),
	    T(what_is_rare_counts_more),
	    T(headings_and_names_count),
	    T(most_and_within_narrow_it),
	    T(equal_passages_stand_in_one_order),
	    T(two_spaces_are_searched_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
