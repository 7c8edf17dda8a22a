/*
 * Changes for the index: what a command did, in the lane of the index.
 */

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "memory/change.h"
#include "memory/files.h"
#include "memory/index.h"

#define CHANGE_AROUND 1024 /* bytes that a change needs beside what it brings */

struct change {
	struct ask ask;
	struct memory_command *command; /* or */
	json_t *documents;
	uint64_t version;
	size_t at;
	bool worn;
};

static void
change_release(struct ask *ask)
{
	struct change *c = (struct change *)ask;

	command_free(&c->command);
	json_decref(c->documents);
}

/* What was held back is told once less waits. */
static void
tell_held(struct memory *m)
{
	struct ask *held;

	while (m->waiting <= WAITING_MAX && (held = TAILQ_FIRST(&m->held)) != NULL) {
		TAILQ_REMOVE(&m->held, held, entry);
		TAILQ_INSERT_TAIL(&m->asks, held, entry);
		ask_end(held);
	}
}

static void
change_then(struct ask *ask)
{
	struct change *c = (struct change *)ask;
	struct memory_space space = place_space(&ask->spaces[0]);
	struct memory *m = ask->m;

	if (ask->fault.status != 0)
		memory_trouble(m, &ask->fault);
	else if (c->worn)
		change_renew(m, &space);
	if (c->command != NULL && c->command->kind == COMMAND_FORGET_DOCUMENT)
		files_forgotten(m, c->command->digest);
	if (c->command != NULL && c->command->kind == COMMAND_DROP)
		files_sweep(m);
	m->waiting -= ask->waiting;
	ask_end(ask);
	tell_held(m);
}

static enum turn
command_work(struct ask *ask, struct index *index)
{
	struct change *c = (struct change *)ask;
	struct memory_command *k = c->command;
	struct memory_space s = place_space(&ask->spaces[0]);
	struct value_entry entry = {.version = c->version, .lsn = ask->lsn};

	switch (k->kind) {
	case COMMAND_PUT:
		index_value(index, &s, k->key, &entry, k->body.data + k->value, k->value_len, &ask->fault);
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
	case COMMAND_DOCUMENTS: /* documents_work */
		break;
	}
	c->worn = index_worn(index, &s);
	return TURN_OVER;
}

void
change_command(struct memory *m, struct memory_command *command, uint64_t version, uint64_t lsn)
{
	struct memory_space space = {.client = command->client, .name = command->space};
	struct change *c = ask_new(m, sizeof *c, 1, &space, NULL, NULL);

	c->ask.release = change_release;
	c->ask.lsn = lsn;
	c->command = command;
	c->version = version;
	c->ask.waiting = command->body.len + CHANGE_AROUND;
	m->waiting += c->ask.waiting;
	ask_work(&c->ask, LANE_INDEX, command_work, change_then);
}

int
change_document(struct index *index, const struct memory_space *s, const uint8_t digest[DIGEST], const char *name,
    uint64_t lsn, int64_t until_ns, struct fault *fault)
{
	int rc = index_document(index, s, digest, name, lsn, until_ns, fault);

	if (rc != HOSPES_ENOENT)
		return rc;
	log_error("a document cannot be searched", LOG_S("space", s->name), LOG_S("document", name),
	    LOG_S("reason", fault->text));
	*fault = (struct fault){0};
	return 0;
}

static enum turn
documents_work(struct ask *ask, struct index *index)
{
	struct change *c = (struct change *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	int64_t until = clock_mono_ns() + SLICE_NS;
	int rc = 0;

	while (rc >= 0 && c->at < json_array_size(c->documents)) {
		const json_t *d = json_array_get(c->documents, c->at);
		const char *name = json_string_value(json_object_get(d, "document"));
		uint8_t digest[DIGEST];

		if (clock_mono_ns() >= until)
			return TURN_AGAIN;
		digest_read(json_string_value(json_object_get(d, "digest")), digest);
		rc = change_document(index, &s, digest, name, ask->lsn, until, &ask->fault);
		if (rc == 0)
			c->at++;
	}
	return TURN_OVER;
}

void
change_documents(struct memory *m, const struct memory_space *space, json_t *documents, size_t bytes, uint64_t lsn)
{
	struct change *c = ask_new(m, sizeof *c, 1, space, NULL, NULL);

	c->ask.release = change_release;
	c->ask.lsn = lsn;
	c->documents = documents;
	c->ask.waiting = bytes;
	c->ask.waiting_documents = json_array_size(documents);
	m->waiting += bytes;
	ask_work(&c->ask, LANE_INDEX, documents_work, change_then);
}

size_t
change_pending(struct memory *m, const struct memory_space *space)
{
	struct ask *ask;
	size_t n = 0;

	TAILQ_FOREACH(ask, &m->asks, entry)
	{
		if (ask->waiting_documents > 0 && strcmp(ask->spaces[0].client, space->client) == 0 &&
		    strcmp(ask->spaces[0].name, space->name) == 0)
			n += ask->waiting_documents;
	}
	return n;
}
