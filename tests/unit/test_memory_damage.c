/* Memory on a disk that tells lies: texts and an index of which some bits are others than were written. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "memory_world.h"
#include "scratch.h"

#include "base/buf.h"
#include "base/fd.h"
#include "base/json.h"

#define ROUNDS 60 /* SEED=n and ROUNDS=n of the environment: others, more */

static const struct memory_space other = {.client = "uid:2", .name = "notes"};
static const char birds[] = "Birds\n\nOwls hunt at night, when mice are about.\n\nHerons stand in water all day.\n";

/* ---- Texts -------------------------------------------------------------------------------------------------------- */

static char *
load_birds(struct world *w)
{
	world_load(w, "birds", birds);
	return xstrdup(json_string_value(json_object_get(json_array_get(w->answer, 0), "digest")));
}

static char *
file_of(struct world *w, const char *digest)
{
	return xasprintf("%s/documents/%.2s/%s", w->memory_dir, digest, digest);
}

static void
put_byte(struct world *w, const char *digest, off_t at, unsigned char byte)
{
	_cleanup_(free_p) char *path = file_of(w, digest);
	int fd = open(path, O_WRONLY);

	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static json_t *
read_document(struct world *w, const struct memory_space *space, const char *digest, uint64_t from, uint64_t to)
{
	memory_document(w->memory, 1, space, digest, from, to, world_done, w);
	return world_wait(w);
}

static void
a_text_that_changed_is_not_told(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *digest = load_birds(w);

	assert_non_null(read_document(w, &world_space, digest, 7, 11));
	put_byte(w, digest, 7, 'C'); /* Cwls */
	assert_null(read_document(w, &world_space, digest, 7, 11));
	assert_int_equal(w->fault.status, HOSPES_EDAMAGED);
	assert_null(read_document(w, &world_space, digest, 20, 24)); /* what did not change is not believed either */
	put_byte(w, digest, 7, 'O');
	assert_non_null(read_document(w, &world_space, digest, 7, 11));
}

static void
a_text_that_is_no_text_any_more_is_not_told(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *digest = load_birds(w);

	put_byte(w, digest, 8, 0xff);
	assert_null(read_document(w, &world_space, digest, 0, 0));
	assert_int_equal(w->fault.status, HOSPES_EDAMAGED);
	world_search(w, "owls"); /* and does not keep others from being found */
	assert_non_null(w->answer);
}

static void
what_is_brought_again_is_written_again(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *digest = load_birds(w), *path = file_of(w, digest);
	_cleanup_(free_p) char *batch =
	    xasprintf("{\"document\": \"birds\", \"bytes\": %zu}\n%s", strlen(birds), birds);

	put_byte(w, digest, 8, 0xff);
	assert_non_null(world_load_batch(w, &other, batch, strlen(batch)));
	assert_non_null(read_document(w, &other, digest, 0, 0));
	assert_non_null(read_document(w, &world_space, digest, 0, 0));
	assert_int_equal(truncate(path, 0), 0);
	world_load(w, "birds", birds);
	assert_non_null(read_document(w, &world_space, digest, 0, 0));
}

/* ---- The index ---------------------------------------------------------------------------------------------------- */

static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void
fill(struct world *w)
{
	_cleanup_(buf_free) struct buf text = {0};

	world_load(w, "birds", birds);
	for (unsigned i = 0; i < 40; i++) {
		_cleanup_(free_p) char *name = xasprintf("paper-%u", i);

		buf_clear(&text);
		for (unsigned k = 0; k <= i; k++)
			buf_printf(&text,
			    "Section %u\n\nThe number %u of paper %u says that owls number%u must be kept dry.\n\n", k,
			    k, i, k * i % 17);
		world_load(w, name, buf_text(&text));
		world_put(w, name, "\"owls are to be kept dry\"", MEMORY_ANY);
	}
}

/* Whatever it says: nobody dies of it. */
static void
use(struct world *w)
{
	static const char *const queries[] = {"owls", "\"kept dry\" number3", "section number of herons"};

	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		world_search(w, queries[i]);
	world_put(w, "paper-3", "\"wet\"", MEMORY_ANY);
	world_load(w, "more", "More is said of owls and herons here, and of the sea.");
	memory_spaces(w->memory, "uid:1", world_done, w);
	assert_non_null(world_wait(w));
	world_search(w, "sea");
}

static void
is_right_again(struct world *w)
{
	memory_reindex(w->memory, world_done, w);
	assert_non_null(world_wait(w));
	world_search(w, "herons");
	assert_int_equal(json_array_size(json_object_get(w->answer, "found")), 2);
}

static unsigned long
from_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

static void
an_index_with_other_bits_kills_nobody(void **state)
{
	struct world *w = *state;
	_cleanup_(free_p) char *path = xasprintf("%s/index.db", w->memory_dir);
	_cleanup_(buf_free) struct buf whole = {0};
	unsigned long first = from_environment("SEED", 1), rounds = from_environment("ROUNDS", ROUNDS);

	fill(w);
	world_close(w);
	assert_int_equal(fd_read_file(path, &whole, 64 * MIB, &w->fault), 0);
	for (unsigned long seed = first; seed < first + rounds; seed++) {
		_cleanup_(buf_free) struct buf damaged = {0};
		uint64_t chance = seed * 0x9e3779b97f4a7c15u + 1;

		buf_append(&damaged, whole.data, whole.len);
		for (unsigned flips = 1 + (unsigned)(next(&chance) % 40); flips > 0; flips--)
			damaged.data[next(&chance) % whole.len] ^= (uint8_t)(1u << next(&chance) % 8);
		assert_int_equal(fd_write_file(path, damaged.data, damaged.len, 0600, &w->fault), 0);
		if (getenv("SEED") != NULL)
			print_message("seed %lu\n", seed);
		world_open(w);
		use(w);
		is_right_again(w);
		assert_int_equal(w->failure.status, 0);
		world_close(w);
	}
	world_open(w);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	    T(a_text_that_changed_is_not_told),
	    T(a_text_that_is_no_text_any_more_is_not_told),
	    T(what_is_brought_again_is_written_again),
	    T(an_index_with_other_bits_kills_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
