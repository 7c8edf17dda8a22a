/* Searching, and what spaces there are. */

#include <string.h>

#include "memory/command.h"
#include "memory/index.h"
#include "memory/query.h"
#include "memory/state.h"

struct search {
	struct ask ask;
	struct buf match;
	size_t most, most_each;
	json_t *within;
};

static void
search_release(struct ask *ask)
{
	struct search *s = (struct search *)ask;

	buf_free(&s->match);
	json_decref(s->within);
}

static bool
search_work(struct ask *ask, struct index *index)
{
	struct search *s = (struct search *)ask;
	struct index_query q = {
	    .match = buf_text(&s->match), .most = s->most, .most_each = s->most_each, .within = s->within};
	json_t *found = json_array();

	for (size_t i = 0; i < ask->n && ask->fault.status == 0; i++) {
		struct memory_space space = place_space(&ask->spaces[i]);

		index_search(index, &space, &q, found, &ask->fault);
	}
	ask->answer = json_pack("{s:o}", "found", found);
	return true;
}

static void
read_nothing(struct ask *ask, struct store_txn *txn)
{
	(void)ask, (void)txn;
}

static void
search_queue(struct ask *ask)
{
	ask_work(ask, LANE_SEARCH, search_work, ask_end);
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
		query_compose(query->text, &s->match, &s->ask.fault);
	if (s->ask.fault.status != 0)
		ask_end(&s->ask);
	else
		ask_read(&s->ask, read_nothing, search_queue);
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

static bool
spaces_work(struct ask *ask, struct index *index)
{
	struct spaces *s = (struct spaces *)ask;
	json_t *entry;
	size_t i;

	json_array_foreach(ask->answer, i, entry)
	{
		struct memory_space space = {
		    .client = s->client, .name = json_string_value(json_object_get(entry, "space"))};
		uint64_t passages = 0;

		index_passages(index, &space, &passages, &ask->fault);
		json_object_set_new(entry, "passages", json_integer((json_int_t)passages));
		json_object_set_new(entry, "pending", json_integer(0));
	}
	return true;
}

static void
spaces_queue(struct ask *ask)
{
	ask_work(ask, LANE_SEARCH, spaces_work, ask_end);
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
