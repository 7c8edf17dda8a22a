/* The world of the tests of memory. */

#include <dirent.h>

#include "memory_world.h"

#include <event2/buffer.h>
#include <sodium.h>

#include "cmocka_all.h"
#include "scratch.h"

#include "base/json.h"

const struct memory_space world_space = {.client = "uid:1", .name = "notes"};

static const struct store_apply *const tables[] = {memory_apply, NULL};

static void
on_failed(const struct fault *fault, void *arg)
{
	struct world *w = arg;

	w->failure = *fault;
}

void
world_open(struct world *w)
{
	_cleanup_(free_p) char *journal = xasprintf("%s/journal", w->dir), *store = xasprintf("%s/store", w->dir);
	struct journal_options j = {.dir = journal, .loop = w->loop};
	struct store_options s = {.dir = store, .loop = w->loop, .tables = tables};
	struct memory_options m = {.dir = w->memory_dir,
	    .loop = w->loop,
	    .value_max = w->value_max,
	    .document_max = w->document_max,
	    .failed = on_failed,
	    .arg = w};
	struct fault fault = {0};

	if (journal_open(&w->journal, &j, &fault) != 0)
		fail_msg("%s", fault.text);
	s.journal = w->journal;
	if (store_open(&w->store, &s, &fault) != 0)
		fail_msg("%s", fault.text);
	m.store = w->store;
	m.journal = w->journal;
	if (memory_open(&w->memory, &m, &fault) != 0)
		fail_msg("%s", fault.text);
}

void
world_close(struct world *w)
{
	memory_close(&w->memory);
	store_close(&w->store);
	journal_close(&w->journal);
}

struct world *
world_new(void)
{
	struct world *w = xcalloc(1, sizeof *w);

	assert_true(sodium_init() >= 0);
	w->dir = scratch_new();
	w->memory_dir = xasprintf("%s/memory", w->dir);
	w->loop = event_base_new();
	w->value_max = MIB;
	w->document_max = 64 * MIB;
	world_open(w);
	return w;
}

void
world_free(struct world **wp)
{
	struct world *w = *wp;

	world_close(w);
	json_decref(w->answer);
	event_base_free(w->loop);
	scratch_free(&w->dir);
	free(w->memory_dir);
	free(w);
	*wp = NULL;
}

void
world_done(json_t *answer, const struct fault *fault, void *arg)
{
	struct world *w = arg;

	assert_false(w->answered);
	assert_true((answer == NULL) == (fault != NULL));
	w->answered = true;
	json_decref(w->answer);
	w->answer = answer;
	w->fault = fault == NULL ? (struct fault){0} : *fault;
}

json_t *
world_wait(struct world *w)
{
	while (!w->answered)
		assert_int_equal(event_base_loop(w->loop, EVLOOP_ONCE), 0);
	w->answered = false;
	return w->answer;
}

static json_t *
append(struct world *w, int rc, struct memory_command *c)
{
	if (rc != 0)
		world_done(NULL, &w->fault, w);
	else
		memory_append(w->memory, c, "test", world_done, w);
	return world_wait(w);
}

json_t *
world_put(struct world *w, const char *key, const char *json, uint64_t version)
{
	struct memory_command *c = NULL;
	int rc = memory_put(w->memory, &world_space, key, json, strlen(json), version, &c, &w->fault);

	return append(w, rc, c);
}

json_t *
world_forget(struct world *w, const char *key)
{
	struct memory_command *c = NULL;
	int rc = memory_forget(w->memory, &world_space, key, &c, &w->fault);

	return append(w, rc, c);
}

json_t *
world_forget_document(struct world *w, const char *digest)
{
	struct memory_command *c = NULL;
	int rc = memory_forget_document(w->memory, &world_space, digest, &c, &w->fault);

	return append(w, rc, c);
}

json_t *
world_get(struct world *w, const char *key)
{
	memory_get(w->memory, &world_space, key, world_done, w);
	return world_wait(w);
}

json_t *
world_search(struct world *w, const char *query)
{
	struct memory_query q = {.text = query};

	memory_search(w->memory, 1, &world_space, &q, world_done, w);
	return world_wait(w);
}

json_t *
world_load_batch(struct world *w, const struct memory_space *space, const void *batch, size_t len)
{
	struct evbuffer *body = evbuffer_new();

	evbuffer_add(body, batch, len);
	memory_load(w->memory, space, body, "test", world_done, w);
	assert_int_equal(evbuffer_get_length(body), 0);
	evbuffer_free(body);
	return world_wait(w);
}

json_t *
world_load(struct world *w, const char *name, const char *text)
{
	_cleanup_(free_p) char *batch =
	    xasprintf("{\"document\": \"%s\", \"bytes\": %zu}\n%s", name, strlen(text), text);

	return world_load_batch(w, &world_space, batch, strlen(batch));
}

unsigned
world_files(struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 256; i++) {
		_cleanup_(free_p) char *path = xasprintf("%s/documents/%02x", w->memory_dir, i);
		DIR *dir = opendir(path);
		struct dirent *e;

		while (dir != NULL && (e = readdir(dir)) != NULL)
			n += e->d_name[0] != '.';
		if (dir != NULL)
			closedir(dir);
	}
	return n;
}

json_t *
world_drop(struct world *w, const struct memory_space *space)
{
	struct memory_command *c = NULL;

	assert_int_equal(memory_drop(w->memory, space, &c, &w->fault), 0);
	memory_append(w->memory, c, "test", world_done, w);
	return world_wait(w);
}

static void
is_durable(void *arg)
{
	bool *durable = arg;

	*durable = true;
}

void
world_settle(struct world *w)
{
	for (unsigned i = 0; i < 4; i++) {
		bool durable = false;

		world_search(w, "settled");
		journal_await(w->journal, journal_end(w->journal) - 1, is_durable, &durable);
		while (!durable)
			assert_int_equal(event_base_loop(w->loop, EVLOOP_ONCE), 0);
	}
}

int
world_setup(void **state)
{
	*state = world_new();
	return 0;
}

int
world_teardown(void **state)
{
	world_free((struct world **)state);
	return 0;
}

json_int_t
number(const json_t *j, const char *member)
{
	return json_integer_value(json_object_get(j, member));
}

bool
flag(const json_t *j, const char *member)
{
	const json_t *value = json_object_get(j, member);

	return json_is_true(value);
}

const char *
text(const json_t *j, const char *member)
{
	return json_string_value(json_object_get(j, member));
}

size_t
hits(struct world *w)
{
	return json_array_size(json_object_get(w->answer, "found"));
}

const char of_birds[] = "Of birds\n\nThe swift sleeps on the wing.\n\nOwls hunt at night, when mice are about.\n";
