/* Changes for the index, in its lane. */

#include <string.h>

#include "base/clock.h"
#include "memory/change.h"
#include "memory/documents.h"
#include "memory/index.h"

struct change {
	struct ask ask;
	struct memory_command *command; /* or */
	json_t *documents;
	uint64_t version;
	size_t at, n;
};

static void
change_release(struct ask *ask)
{
	struct change *c = (struct change *)ask;

	command_free(&c->command);
	json_decref(c->documents);
}

static void
change_then(struct ask *ask)
{
	struct memory *m = ask->m;
	struct change *c = (struct change *)ask;
	struct ask *held;

	if (ask->fault.status != 0)
		memory_failed(m, &ask->fault);
	m->waiting -= ask->waiting;
	m->waiting_documents -= c->n;
	while (m->waiting <= 64 * MIB && (held = TAILQ_FIRST(&m->held)) != NULL) {
		TAILQ_REMOVE(&m->held, held, entry);
		TAILQ_INSERT_TAIL(&m->asks, held, entry);
		ask_end(held);
	}
	ask_end(ask);
}

static bool
change_work(struct ask *ask, struct index *index)
{
	struct change *c = (struct change *)ask;
	struct memory_command *k = c->command;
	struct memory_space s = place_space(&ask->spaces[0]);

	switch (k->kind) {
	case COMMAND_PUT:
		index_value(index, &s, k->key, c->version, k->body.data + k->value, k->value_len, &ask->fault);
		break;
	case COMMAND_FORGET:
		index_forget_value(index, &s, k->key, &ask->fault);
		break;
	case COMMAND_FORGET_DOCUMENT:
		index_forget_document(index, &s, k->digest, &ask->fault);
		break;
	case COMMAND_DROP:
		index_drop(index, &s, &ask->fault);
		break;
	case COMMAND_DOCUMENTS:
		break;
	}
	return true;
}

void
change_command(struct memory *m, struct memory_command *command, uint64_t version)
{
	struct memory_space space = {.client = command->client, .name = command->space};
	struct change *c = ask_new(m, sizeof *c, 1, &space, NULL, NULL);

	c->ask.release = change_release;
	c->command = command;
	c->version = version;
	ask_work(&c->ask, LANE_INDEX, change_work, change_then);
}

static bool
documents_work(struct ask *ask, struct index *index)
{
	struct change *c = (struct change *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	int64_t until = clock_mono_ns() + 50 * NS_PER_MS;

	while (c->at < c->n && ask->fault.status == 0) {
		const json_t *d = json_array_get(c->documents, c->at++);
		uint8_t digest[DIGEST];

		if (digest_read(json_string_value(json_object_get(d, "digest")), digest))
			index_document(
			    index, &s, digest, json_string_value(json_object_get(d, "document")), &ask->fault);
		if (clock_mono_ns() >= until)
			break;
	}
	return c->at == c->n || ask->fault.status != 0;
}

void
change_documents(struct memory *m, const struct memory_space *space, json_t *documents, size_t bytes)
{
	struct change *c = ask_new(m, sizeof *c, 1, space, NULL, NULL);

	c->ask.release = change_release;
	c->documents = documents;
	c->n = json_array_size(documents);
	c->ask.waiting = bytes;
	m->waiting += bytes;
	m->waiting_documents += c->n;
	ask_work(&c->ask, LANE_INDEX, documents_work, change_then);
}

/* ---- Building it anew ---------------------------------------------------------------------------------------------- */

struct reindex {
	struct ask ask;
	json_t *entries; /* [client, space, key, version, JSON text] or [client, space, digest, name] */
	size_t at;
	int64_t since;
	json_int_t documents, values;
};

static int
read_entry(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	const char *client = (const char *)key + 1, *space = client + strlen(client) + 1,
		   *rest = space + strlen(space) + 1;
	size_t rest_len = key_len - (size_t)(rest - (const char *)key);
	struct reindex *r = arg;
	struct value_entry entry;
	struct document_view view;
	char digest[DIGEST_TEXT];

	if (*(const char *)key == 'K' && len >= sizeof entry) {
		memcpy(&entry, data, sizeof entry);
		json_array_append_new(r->entries,
		    json_pack("[s, s, s#, I, s#]", client, space, rest, (int)rest_len, (json_int_t)entry.version,
			(const char *)data + sizeof entry, (int)(len - sizeof entry)));
	} else if (*(const char *)key == 'D' && rest_len == DIGEST && document_view(data, len, &view)) {
		digest_text((const uint8_t *)rest, digest);
		json_array_append_new(r->entries, json_pack("[s, s, s, s]", client, space, digest, view.name));
	}
	return 0;
}

static void
reindex_read(struct ask *ask, struct store_txn *txn)
{
	store_walk(txn, STORE_MEMORY, "K", 1, false, read_entry, ask);
	store_walk(txn, STORE_MEMORY, "D", 1, false, read_entry, ask);
}

static void
reindex_one(struct reindex *r, struct index *index, const json_t *e)
{
	struct memory_space s = {
	    .client = json_string_value(json_array_get(e, 0)), .name = json_string_value(json_array_get(e, 1))};
	const char *text = json_string_value(json_array_get(e, 2));
	uint8_t digest[DIGEST];

	if (json_array_size(e) == 5) {
		const json_t *value = json_array_get(e, 4);

		r->values++;
		index_value(index, &s, text, (uint64_t)json_integer_value(json_array_get(e, 3)),
		    json_string_value(value), json_string_length(value), &r->ask.fault);
	} else if (digest_read(text, digest)) {
		r->documents++;
		index_document(index, &s, digest, json_string_value(json_array_get(e, 3)), &r->ask.fault);
	}
}

static bool
reindex_work(struct ask *ask, struct index *index)
{
	struct reindex *r = (struct reindex *)ask;
	int64_t until = clock_mono_ns() + 50 * NS_PER_MS;

	if (r->at == 0)
		index_clear(index, &ask->fault);
	while (r->at < json_array_size(r->entries) && ask->fault.status == 0) {
		reindex_one(r, index, json_array_get(r->entries, r->at++));
		if (clock_mono_ns() >= until)
			return false;
	}
	return true;
}

static void
reindex_then(struct ask *ask)
{
	struct reindex *r = (struct reindex *)ask;

	ask->answer = json_pack("{s:I, s:I, s:I, s:f}", "documents", r->documents, "values", r->values, "passages",
	    (json_int_t)0, "seconds", (double)(clock_mono_ns() - r->since) / (double)NS_PER_S);
	ask_end(ask);
}

static void
reindex_queue(struct ask *ask)
{
	ask_work(ask, LANE_INDEX, reindex_work, reindex_then);
}

static void
reindex_release(struct ask *ask)
{
	json_decref(((struct reindex *)ask)->entries);
}

void
memory_reindex(struct memory *m, memory_done *done, void *arg)
{
	struct reindex *r = ask_new(m, sizeof *r, 0, NULL, done, arg);

	r->ask.release = reindex_release;
	r->entries = json_array();
	r->since = clock_mono_ns();
	ask_read(&r->ask, reindex_read, reindex_queue);
}

void
memory_catch_up(struct memory *m)
{
	memory_reindex(m, NULL, NULL);
}
