/* Changing: commands and documents, from the ask to the answer. */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "memory/batch.h"
#include "memory/change.h"
#include "memory/documents.h"
#include "memory/files.h"

struct await {
	struct ask ask;
	struct memory_command *command; /* NULL: of a run that goes on after the host was started */
	enum command_kind kind;
	char *key;
	struct ulid run;
	uint32_t seq; /* in the run */
	uint64_t lsn;
	struct outcome outcome;
	bool known;
};

static void
await_release(struct ask *ask)
{
	struct await *w = (struct await *)ask;

	command_free(&w->command);
	free(w->key);
}

static void
await_read(struct ask *ask, struct store_txn *txn)
{
	struct await *w = (struct await *)ask;

	w->known = outcome_get(txn, w->lsn, &w->outcome);
}

/* Who brings more than the index keeps up with is told later, and so brings no more meanwhile. */
static void
end_or_hold(struct ask *ask)
{
	struct memory *m = ask->m;

	if (m->waiting <= WAITING_MAX) {
		ask_end(ask);
		return;
	}
	TAILQ_REMOVE(&m->asks, ask, entry);
	TAILQ_INSERT_TAIL(&m->held, ask, entry);
}

/* False: it is a conflict. */
static bool
answer(struct await *w)
{
	struct ask *ask = &w->ask;

	if (w->outcome.status == HOSPES_ECONFLICT) {
		fault_set(&ask->fault, HOSPES_ECONFLICT,
		    "%s is at version %llu of its value; read it again and decide anew", w->key,
		    (unsigned long long)w->outcome.a);
		return false;
	}
	switch (w->kind) {
	case COMMAND_PUT:
		ask->answer = json_pack("{s:I}", "version", (json_int_t)w->outcome.a);
		break;
	case COMMAND_DROP:
		ask->answer =
		    json_pack("{s:I, s:I}", "keys", (json_int_t)w->outcome.a, "documents", (json_int_t)w->outcome.b);
		break;
	default:
		ask->answer = json_pack("{s:b}", "forgotten", w->outcome.a != 0);
		break;
	}
	return true;
}

static void
await_then(struct ask *ask)
{
	struct await *w = (struct await *)ask;
	struct memory_command *c = w->command;

	assert(w->known); /* the store keeps more outcomes than there are commands in a turn of the loop */
	if (!answer(w)) {
		ask_end(ask);
		return;
	}
	w->command = NULL;
	change_command(ask->m, c, w->outcome.a, w->lsn);
	end_or_hold(ask);
}

void
memory_appended(struct memory *m, struct memory_command *c, uint64_t lsn, memory_done *done, void *arg)
{
	struct memory_space space = {.client = c->client, .name = c->space};
	struct await *w = ask_new(m, sizeof *w, 1, &space, done, arg);

	w->ask.release = await_release;
	w->command = c;
	w->kind = c->kind;
	w->key = c->key == NULL ? NULL : xstrdup(c->key);
	w->lsn = lsn;
	if (c->kind != COMMAND_PUT && c->kind != COMMAND_FORGET)
		ask_changes(&w->ask);
	ask_read(&w->ask, await_read, await_then);
}

static void
again_read(struct ask *ask, struct store_txn *txn)
{
	struct await *w = (struct await *)ask;

	w->known = outcome_of_run(txn, w->run.bytes, w->seq, &w->outcome);
}

/* The index learns of it from the store, as of all that was changed before the start. */
static void
again_then(struct ask *ask)
{
	struct await *w = (struct await *)ask;

	if (w->known)
		answer(w);
	else
		fault_set(&ask->fault, HOSPES_EDAMAGED,
		    "the store does not know what came of the command that is the run's record %u", w->seq);
	ask_end(ask);
}

void
memory_outcome(struct memory *m, const struct ulid *run, uint32_t seq, const char *key, bool forget, memory_done *done,
    void *arg)
{
	struct await *w = ask_new(m, sizeof *w, 0, NULL, done, arg);

	w->ask.release = await_release;
	w->kind = forget ? COMMAND_FORGET : COMMAND_PUT;
	w->key = xstrdup(key);
	w->run = *run;
	w->seq = seq;
	ask_read(&w->ask, again_read, again_then);
}

void
memory_append(struct memory *m, struct memory_command *c, const char *actor, memory_done *done, void *arg)
{
	record_add_text(&c->record, TAG_ACTOR, actor);
	memory_appended(m, c, store_append(m->store, &c->record), done, arg);
}

int
memory_put(struct memory *m, const struct memory_space *space, const char *key, const void *json, size_t len,
    uint64_t version, struct memory_command **ret, struct fault *fault)
{
	return command_put(space, key, json, len, m->value_max, version, ret, fault);
}

/* ---- Documents ----------------------------------------------------------------------------------------------------- */

struct load {
	struct ask ask;
	struct evbuffer *body;
	json_t *documents, *fresh;
	char *actor;
	uint64_t lsn;
	uint64_t at; /* in the batch */
	size_t bytes;
};

static void
load_release(struct ask *ask)
{
	struct load *l = (struct load *)ask;

	if (l->body != NULL)
		evbuffer_free(l->body);
	json_decref(l->documents);
	json_decref(l->fresh);
	free(l->actor);
}

static int
take_document(struct load *l, uint64_t *at, struct fault *fault)
{
	struct batch_document d = {0};
	uint8_t digest[DIGEST];
	char hex[DIGEST_TEXT];
	const void *text;
	json_t *entry;
	bool fresh;
	int rc = batch_next(l->body, at, l->ask.m->document_max, &d, fault);

	if (rc != 0)
		return rc;
	text = d.bytes == 0 ? (const void *)"" : evbuffer_pullup(l->body, (ev_ssize_t)d.bytes);
	rc = batch_text(&d, *at, text, d.bytes, fault);
	if (rc == 0) {
		documents_digest(text, d.bytes, digest);
		digest_text(digest, hex);
		entry = json_pack("{s:s, s:s, s:I}", "document", d.name, "digest", hex, "bytes", (json_int_t)d.bytes);
		if (d.media != NULL)
			json_object_set_new(entry, "media", json_string(d.media));
		json_array_append_new(l->documents, entry);
		files_pin(l->ask.m, hex);
		rc = documents_write(l->ask.m->dir, digest, text, d.bytes, &fresh, fault);
	}
	if (rc == 0) {
		evbuffer_drain(l->body, d.bytes);
		*at += d.bytes;
	}
	batch_document_free(&d);
	return rc;
}

static enum turn
load_work(struct ask *ask, struct index *index)
{
	struct load *l = (struct load *)ask;
	int64_t until = clock_mono_ns() + SLICE_NS;
	int rc = 0;

	(void)index;
	if (l->at == 0 && evbuffer_get_length(l->body) == 0)
		rc = fault_set(&ask->fault, HOSPES_EINPUT, "a batch must have a document");
	while (rc == 0 && evbuffer_get_length(l->body) > 0) {
		if (clock_mono_ns() >= until)
			return TURN_AGAIN;
		if (json_array_size(l->documents) == BATCH_DOCUMENTS_MAX)
			rc = fault_set(&ask->fault, HOSPES_ETOOLARGE,
			    "a batch may have %d documents; send more than one", BATCH_DOCUMENTS_MAX);
		else
			rc = take_document(l, &l->at, &ask->fault);
	}
	if (rc == 0)
		documents_sync(ask->m->dir, &ask->fault);
	evbuffer_free(l->body);
	l->body = NULL;
	return TURN_OVER;
}

static void
load_read(struct ask *ask, struct store_txn *txn)
{
	struct load *l = (struct load *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	_cleanup_(json_p) json_t *seen = json_object();
	json_t *d;
	size_t i;

	ask->answer = json_array();
	l->fresh = json_array();
	json_array_foreach(l->documents, i, d)
	{
		const char *hex = json_string_value(json_object_get(d, "digest"));
		struct document_view view;
		uint8_t digest[DIGEST];
		bool fresh;

		if (!digest_read(hex, digest) || !document_get(txn, &s, digest, &view))
			continue;
		fresh = view.entry.lsn == l->lsn && json_object_get(seen, hex) == NULL;
		json_object_set_new(seen, hex, json_true());
		json_array_append_new(ask->answer, json_pack("{s:s, s:s, s:I, s:b}", "document", view.name, "digest",
						       hex, "bytes", (json_int_t)view.entry.bytes, "new", fresh));
		if (fresh) {
			json_array_append(l->fresh, d);
			l->bytes += view.entry.bytes;
		}
	}
}

static void
load_durable(void *arg)
{
	end_or_hold(arg);
}

static void
load_applied(struct ask *ask)
{
	struct load *l = (struct load *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);

	files_release(ask->m, l->documents, false);
	change_documents(ask->m, &s, l->fresh, l->bytes, l->lsn);
	l->fresh = NULL;
	journal_await(ask->m->journal, l->lsn, load_durable, ask);
}

static void
load_written(struct ask *ask)
{
	struct load *l = (struct load *)ask;
	struct memory_space s = place_space(&ask->spaces[0]);
	struct memory_command *c;

	if (ask->fault.status != 0) {
		files_release(ask->m, l->documents, true);
		ask_end(ask);
		return;
	}
	c = command_documents(&s, l->documents);
	record_add_text(&c->record, TAG_ACTOR, l->actor);
	l->lsn = store_append(ask->m->store, &c->record);
	command_free(&c);
	ask_read(ask, load_read, load_applied);
}

void
memory_load(struct memory *m, const struct memory_space *space, struct evbuffer *body, const char *actor,
    memory_done *done, void *arg)
{
	struct load *l = ask_new(m, sizeof *l, 1, space, done, arg);

	l->ask.release = load_release;
	l->documents = json_array();
	l->actor = xstrdup(actor);
	l->body = evbuffer_new();
	evbuffer_add_buffer(l->body, body);
	if (command_check_space(space, &l->ask.fault) != 0) {
		ask_end(&l->ask);
		return;
	}
	ask_changes(&l->ask);
	ask_work(&l->ask, LANE_FILES, load_work, load_written);
}
