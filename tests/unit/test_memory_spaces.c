/* Memory: whose spaces are whose, when the files of documents go, and who waits for what. */

#include "cmocka_all.h"
#include "memory_world.h"
#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/json.h"
#include "memory/state.h"

/* ---- Spaces and files ---------------------------------------------------------------------------------------------- */

static const struct memory_space other = {.client = "uid:2", .name = "notes"};

static char *
birds_batch(void)
{
	return xasprintf("{\"document\": \"birds\", \"bytes\": %zu}\n%s", strlen(of_birds), of_birds);
}

static void
load_in(struct world *w, const struct memory_space *space)
{
	_cleanup_(free_p) char *batch = birds_batch();

	assert_non_null(world_load_batch(w, space, batch, strlen(batch)));
}

static void
a_file_goes_when_the_last_space_lets_go(void **state)
{
	_cleanup_(free_p) char *digest = NULL;
	struct world *w = *state;

	world_load(w, "birds", of_birds);
	digest = xstrdup(text(json_array_get(w->answer, 0), "digest"));
	load_in(w, &other);
	world_settle(w);
	assert_int_equal(world_files(w), 1);
	world_forget_document(w, digest);
	assert_true(flag(w->answer, "forgotten"));
	world_settle(w);
	assert_int_equal(world_files(w), 1);
	world_search(w, "owls");
	assert_int_equal(hits(w), 0);
	world_drop(w, &other);
	assert_int_equal(number(w->answer, "documents"), 1);
	world_settle(w);
	assert_int_equal(world_files(w), 0);
	load_in(w, &other);
	assert_int_equal(world_files(w), 1);
}

static void
count_answer(json_t *answer, const struct fault *fault, void *arg)
{
	assert_null(fault);
	json_decref(answer);
	++*(unsigned *)arg;
}

/* One forgets what another brings: it has to be there afterwards, in whatever order they come. */
static void
what_is_brought_while_it_is_forgotten_stays(void **state)
{
	_cleanup_(free_p) char *digest = NULL, *batch = birds_batch();
	struct world *w = *state;

	for (unsigned i = 0; i < 20; i++) {
		struct evbuffer *body = evbuffer_new();
		struct memory_command *c = NULL;
		unsigned answers = 0;

		world_load(w, "birds", of_birds);
		free(digest);
		digest = xstrdup(text(json_array_get(w->answer, 0), "digest"));
		evbuffer_add(body, batch, strlen(batch));
		if (i % 2 == 0)
			memory_load(w->memory, &other, body, "test", count_answer, &answers);
		assert_int_equal(memory_forget_document(w->memory, &world_space, digest, &c, &w->fault), 0);
		memory_append(w->memory, c, "test", count_answer, &answers);
		if (i % 2 == 1)
			memory_load(w->memory, &other, body, "test", count_answer, &answers);
		evbuffer_free(body);
		while (answers < 2)
			assert_int_equal(event_base_loop(w->loop, EVLOOP_ONCE), 0);
		world_settle(w);
		memory_document(w->memory, 1, &other, digest, 0, 0, world_done, w);
		assert_non_null(world_wait(w));
		world_drop(w, &other);
		world_settle(w);
		assert_int_equal(world_files(w), 0);
	}
}

static void
nobody_finds_what_is_anothers(void **state)
{
	struct memory_query q = {.text = "owls"};
	struct world *w = *state;

	world_load(w, "birds", of_birds);
	memory_search(w->memory, 1, &other, &q, world_done, w);
	assert_int_equal(json_array_size(json_object_get(world_wait(w), "found")), 0);
	memory_spaces(w->memory, "uid:2", world_done, w);
	assert_int_equal(json_array_size(world_wait(w)), 0);
	memory_spaces(w->memory, "uid:1", world_done, w);
	assert_int_equal(json_array_size(world_wait(w)), 1);
	world_search(w, "owls");
	memory_spaces(w->memory, "uid:1", world_done, w);
	assert_int_equal(number(json_array_get(world_wait(w), 0), "documents"), 1);
	assert_int_equal(number(json_array_get(w->answer, 0), "passages"), 2);
	assert_int_equal(number(json_array_get(w->answer, 0), "pending"), 0);
}

static void
a_drop_takes_all_and_nothing_else(void **state)
{
	struct world *w = *state;

	world_load(w, "birds", of_birds);
	world_put(w, "a", "1", MEMORY_ANY);
	world_put(w, "b", "1", MEMORY_ANY);
	load_in(w, &other);
	world_drop(w, &world_space);
	assert_int_equal(number(w->answer, "keys"), 2);
	assert_int_equal(number(w->answer, "documents"), 1);
	assert_null(world_get(w, "a"));
	world_search(w, "owls");
	assert_int_equal(hits(w), 0);
	memory_spaces(w->memory, "uid:1", world_done, w);
	assert_int_equal(json_array_size(world_wait(w)), 0);
	memory_spaces(w->memory, "uid:2", world_done, w);
	assert_int_equal(json_array_size(world_wait(w)), 1);
}

/* ---- Waiting ------------------------------------------------------------------------------------------------------- */

static void
no_answer(json_t *answer, const struct fault *fault, void *arg)
{
	(void)answer, (void)fault, (void)arg;
	fail_msg("an answer that nobody waits for");
}

static void
an_answer_that_is_not_wanted_does_not_come(void **state)
{
	struct memory_command *c = NULL;
	struct world *w = *state;
	int nobody;

	assert_int_equal(memory_put(w->memory, &world_space, "k", "1", 1, MEMORY_ANY, &c, &w->fault), 0);
	memory_append(w->memory, c, "test", no_answer, &nobody);
	memory_unwait(w->memory, &nobody);
	assert_non_null(world_get(w, "k"));
	world_settle(w);
}

/* How many changes the index has before it. */
static size_t
waiting(struct memory *m)
{
	struct ask *ask;
	size_t n = 0;

	pthread_mutex_lock(&m->lock);
	TAILQ_FOREACH(ask, &m->lanes[LANE_INDEX], queued)
	{
		n++;
	}
	pthread_mutex_unlock(&m->lock);
	return n;
}

struct burst {
	struct world *w;
	size_t told, most;
};

static void
burst_told(json_t *answer, const struct fault *fault, void *arg)
{
	struct burst *b = arg;
	size_t n = waiting(b->w->memory);

	assert_null(fault);
	json_decref(answer);
	b->told++;
	b->most = n > b->most ? n : b->most;
}

/* Otherwise a host that is told more than it can index fills its memory with what waits. */
static void
who_puts_faster_than_the_index_is_held_back(void **state)
{
	struct world *w = *state;
	struct burst b = {.w = w};
	_cleanup_(buf_free) struct buf value = {0};
	const size_t n = 90;

	buf_appends(&value, "\"");
	for (unsigned i = 0; value.len < MIB - 100; i++)
		buf_printf(&value, "word%u is what owl%u says. ", i * 7919 % 65536, i * 31 % 4096);
	buf_appends(&value, "\"");
	for (size_t i = 0; i < n; i++) {
		_cleanup_(free_p) char *key = xasprintf("k%zu", i);
		struct memory_command *c = NULL;

		assert_int_equal(
		    memory_put(w->memory, &world_space, key, value.data, value.len, MEMORY_ANY, &c, &w->fault), 0);
		memory_append(w->memory, c, "test", burst_told, &b);
	}
	while (b.told < n)
		assert_int_equal(event_base_loop(w->loop, EVLOOP_ONCE), 0);
	assert_true(b.most <= 64 + 1);
	assert_true(b.most > 32);
}

static void
closing_does_not_wait_for_what_is_asked(void **state)
{
	_cleanup_(free_p) char *batch = birds_batch();
	struct memory_query q = {.text = "owls"};
	struct world *w = *state;

	for (unsigned i = 0; i < 20; i++) {
		struct evbuffer *body = evbuffer_new();
		struct memory_command *c = NULL;

		evbuffer_add(body, batch, strlen(batch));
		memory_load(w->memory, &world_space, body, "test", no_answer, w);
		evbuffer_free(body);
		memory_search(w->memory, 1, &world_space, &q, no_answer, w);
		assert_int_equal(memory_put(w->memory, &world_space, "k", "1", 1, MEMORY_ANY, &c, &w->fault), 0);
		memory_append(w->memory, c, "test", no_answer, w);
	}
	world_close(w);
	world_open(w);
	assert_int_equal(number(world_get(w, "k"), "version"), 20);
	world_search(w, "1");
	assert_int_equal(hits(w), 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
	    T(a_file_goes_when_the_last_space_lets_go),
	    T(what_is_brought_while_it_is_forgotten_stays),
	    T(nobody_finds_what_is_anothers),
	    T(a_drop_takes_all_and_nothing_else),
	    T(an_answer_that_is_not_wanted_does_not_come),
	    T(who_puts_faster_than_the_index_is_held_back),
	    T(closing_does_not_wait_for_what_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
