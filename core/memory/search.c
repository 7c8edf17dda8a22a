/* Searching, and what spaces there are. */

#include <string.h>

#include "memory/change.h"
#include "memory/index.h"
#include "memory/query.h"

struct search {
	struct ask ask;
	struct query query;
	size_t most, most_each;
	json_t *within;
};

static void
search_release(struct ask *ask)
{
	json_decref(((struct search *)ask)->within);
}

static enum turn
search_work(struct ask *ask, struct index *index)
{
	struct search *s = (struct search *)ask;
	struct index_query q = {.words = &s->query, .most = s->most, .most_each = s->most_each, .within = s->within};
	struct memory_space *spaces = xcalloc(ask->n + 1, sizeof *spaces);
	json_t *found = NULL;

	for (size_t i = 0; i < ask->n; i++)
		spaces[i] = place_space(&ask->spaces[i]);
	ask->answer = NULL;
	if (index_search(index, ask->n, spaces, &q, &found, &ask->fault) == 0)
		ask->answer = json_pack("{s:o}", "found", found);
	free(spaces);
	return TURN_OVER;
}

static void search_then(struct ask *ask);

/* Reads nothing: what was recorded before is applied then, and the index has been told of it. */
static void
search_read(struct ask *ask, struct store_txn *txn)
{
	(void)ask, (void)txn;
}

static void
search_queue(struct ask *ask)
{
	ask_work(ask, LANE_SEARCH, search_work, search_then);
}

/* An index that turns out to be damaged is built anew, and asked again. */
static void
search_then(struct ask *ask)
{
	struct fault fault = ask->fault;

	if (fault.status == HOSPES_EDAMAGED && !ask->m->failure_told) {
		memory_trouble(ask->m, &fault);
		if (!ask->m->failure_told) {
			ask->fault.status = 0;
			search_queue(ask);
			return;
		}
	}
	ask_end(ask);
}

void
memory_search(struct memory *m, size_t n, const struct memory_space *spaces, const struct memory_query *query,
    memory_done *done, void *arg)
{
	struct search *s = ask_new(m, sizeof *s, n, spaces, done, arg);

	s->ask.release = search_release;
	s->most = query->most == 0 ? 20 : query->most > 1000 ? 1000 : query->most;
	s->most_each = query->most_each;
	s->within = query->within == NULL ? NULL : json_deep_copy(query->within);
	for (size_t i = 0; i < n && s->ask.fault.status == 0; i++)
		command_check_space(&spaces[i], &s->ask.fault);
	if (s->ask.fault.status == 0)
		query_read(query->text, &s->query, &s->ask.fault);
	if (s->ask.fault.status != 0)
		ask_end(&s->ask);
	else
		ask_read(&s->ask, search_read, search_queue);
}

/* ---- Spaces ------------------------------------------------------------------------------------------------------- */

struct spaces {
	struct ask ask;
	char *client;
};

static void
spaces_release(struct ask *ask)
{
	free(((struct spaces *)ask)->client);
}

static int
space_visit(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct spaces *s = arg;
	size_t skip = 2 + strlen(s->client);
	struct space_entry e;

	if (len != sizeof e)
		return 0;
	memcpy(&e, data, sizeof e);
	json_array_append_new(s->ask.answer,
	    json_pack("{s:s#, s:I, s:I, s:I}", "space", (const char *)key + skip, (int)(key_len - skip), "keys",
		(json_int_t)e.keys, "documents", (json_int_t)e.documents, "bytes", (json_int_t)e.bytes));
	return 0;
}

static void
spaces_read(struct ask *ask, struct store_txn *txn)
{
	struct spaces *s = (struct spaces *)ask;
	struct key k;

	ask->answer = json_array();
	key_spaces(&k, s->client);
	store_walk(txn, STORE_MEMORY, k.data, k.len, false, space_visit, s);
}

static enum turn
spaces_work(struct ask *ask, struct index *index)
{
	struct spaces *s = (struct spaces *)ask;
	json_t *entry;
	size_t i;

	json_array_foreach(ask->answer, i, entry)
	{
		struct memory_space space = {
		    .client = s->client, .name = json_string_value(json_object_get(entry, "space"))};

		json_object_set_new(entry, "passages", json_integer((json_int_t)index_passages(index, &space)));
	}
	return TURN_OVER;
}

static void
spaces_then(struct ask *ask)
{
	struct spaces *s = (struct spaces *)ask;
	json_t *entry;
	size_t i;

	json_array_foreach(ask->answer, i, entry)
	{
		struct memory_space space = {
		    .client = s->client, .name = json_string_value(json_object_get(entry, "space"))};

		json_object_set_new(entry, "pending", json_integer((json_int_t)change_pending(ask->m, &space)));
	}
	ask_end(ask);
}

static void
spaces_queue(struct ask *ask)
{
	ask->at_once = true;
	ask_work(ask, LANE_SEARCH, spaces_work, spaces_then);
}

void
memory_spaces(struct memory *m, const char *client, memory_done *done, void *arg)
{
	struct spaces *s = ask_new(m, sizeof *s, 0, NULL, done, arg);

	s->ask.release = spaces_release;
	s->client = xstrdup(client);
	if (!client_valid(client)) {
		fault_set(&s->ask.fault, HOSPES_EINPUT, "a client's name must have 1 to %d bytes", CLIENT_MAX);
		ask_end(&s->ask);
		return;
	}
	ask_read(&s->ask, spaces_read, spaces_queue);
}
