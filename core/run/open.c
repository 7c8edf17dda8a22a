/*
 * Which runs were open when the host ended, and where the newest record of each is.
 *
 * The store has a key for each open run, and the journal a checkpoint now and then: RUNS_OPEN, which has the newest record of
 * each run that was open.  What was written since is in the journal from there on, and is walked once.  So a start costs what
 * came since the checkpoint and the runs that are open, not what ever ran.
 */

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "run/care.h"
#include "run/state.h"

#define CHECKPOINT_BYTES                                                                                               \
	(16 * MIB) /* at most so often; and a checkpoint is no more than a twentieth of what is written */
#define CHECKPOINT_TIMES 20u

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

struct look {
	struct runs *runs;
	struct store_txn *txn;
	uint64_t from; /* where the walk begins */
	uint64_t checkpoint;
	size_t bytes; /* of it */
	struct fault fault;
};

static int
damaged(struct look *look, const char *id_text)
{
	return fault_set(&look->fault, HOSPES_EDAMAGED,
	    "the store says that the run %s is open, and has no entry of it that makes sense", id_text);
}

static int
make_slot(struct look *look, const struct ulid *id, const json_t *entry)
{
	const char *plugin = json_string_value(json_object_get(entry, "plugin"));
	const char *client = json_string_value(json_object_get(entry, "client"));
	json_int_t first = json_integer_value(json_object_get(entry, "first_lsn"));
	struct run_slot *slot;
	struct run *run;
	char id_text[ULID_TEXT];

	ulid_format(id, id_text);
	if (plugin == NULL || client == NULL || first <= 0)
		return damaged(look, id_text);
	slot = slot_new(look->runs, id);
	run = &slot->run;
	run->target = xstrdup(plugin);
	op_set_target(&run->root, plugin);
	run->client = xstrdup(client);
	run->started_real_ns = json_integer_value(json_object_get(entry, "started_ns"));
	run->last_lsn = (uint64_t)first; /* until something newer is found */
	slot->step = RESUME_WAITS;
	TAILQ_INSERT_TAIL(&look->runs->to_resume, slot, to_resume);
	if (look->from == 0 || run->last_lsn < look->from)
		look->from = run->last_lsn;
	return 0;
}

/* Keys come in the order of ids, which is that of the runs' starts: oldest first. */
static int
see_key(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct look *look = arg;
	_cleanup_(json_p) json_t *entry = NULL;
	const void *found;
	size_t found_len;
	struct ulid id;

	(void)data, (void)len;
	if (key_len != RUN_OPEN_KEY)
		return 0;
	memcpy(id.bytes, (const uint8_t *)key + key_len - sizeof(id.bytes), sizeof(id.bytes));
	if (store_get(look->txn, STORE_RUNS, id.bytes, sizeof(id.bytes), &found, &found_len))
		entry = json_read(found, found_len, "the entry of a run", NULL);
	return make_slot(look, &id, entry);
}

static struct run *
run_of(const struct look *look, const uint8_t bytes[16])
{
	struct ulid id;
	char id_text[ULID_TEXT];

	memcpy(id.bytes, bytes, sizeof(id.bytes));
	ulid_format(&id, id_text);
	return run_find(look->runs, id_text);
}

/* Where there is none, or it is of no use, the walk begins with the oldest run. */
static void
read_checkpoint(struct look *look, struct journal *j)
{
	_cleanup_(buf_free) struct buf storage = {0};
	const struct record_field *body;
	struct fault ignored;
	struct record rec;
	const void *data;
	uint64_t lsn;
	size_t len;

	if (!store_get(look->txn, STORE_META, RUNS_OPEN_AT, sizeof(RUNS_OPEN_AT) - 1, &data, &len) ||
	    len != sizeof(lsn))
		return;
	memcpy(&lsn, data, sizeof(lsn));
	look->checkpoint = lsn;
	if (TAILQ_EMPTY(&look->runs->open) || journal_read(j, lsn, &storage, &rec, &ignored) != 0 ||
	    record_kind(&rec.head) != RECORD_RUNS_OPEN)
		return;
	body = record_find(&rec, TAG_BODY);
	look->bytes = body == NULL ? 0 : body->len;
	look->from = lsn;
	for (size_t at = 0; at + sizeof(struct run_open) <= look->bytes; at += sizeof(struct run_open)) {
		struct run_open open;
		struct run *run;

		memcpy(&open, (const uint8_t *)body->data + at, sizeof(open));
		run = run_of(look, open.id);
		if (run != NULL && open.last_lsn < lsn)
			run->last_lsn = open.last_lsn;
	}
}

static int
see_record(const struct record *rec, void *arg)
{
	static const uint8_t none[16];
	struct run *run;

	if (memcmp(rec->head.run, none, sizeof(none)) == 0 || record_is_copy(&rec->head))
		return 0;
	run = run_of(arg, rec->head.run);
	if (run != NULL)
		run->last_lsn = rec->head.lsn;
	return 0;
}

static void
look(struct store_txn *txn, struct journal *j, void *arg)
{
	struct look *look = arg;

	look->txn = txn;
	if (store_walk(txn, STORE_META, RUN_OPEN_PREFIX, sizeof(RUN_OPEN_PREFIX) - 1, false, see_key, look) != 0)
		return;
	read_checkpoint(look, j);
	if (!TAILQ_EMPTY(&look->runs->open))
		(void)journal_scan(j, look->from, see_record, look, &look->fault);
}

static void
next_at(struct runs *r, uint64_t lsn, size_t bytes)
{
	uint64_t more = bytes * CHECKPOINT_TIMES;

	dispatch_tell_at(r->dispatch, lsn + (more > CHECKPOINT_BYTES ? more : CHECKPOINT_BYTES));
}

int
open_runs(struct runs *r, struct fault *fault)
{
	struct look l = {.runs = r};

	store_read_now(r->store, look, &l);
	if (l.fault.status != 0) {
		*fault = l.fault;
		return fault->status;
	}
	next_at(r, l.checkpoint, l.bytes);
	if (r->n_open > 0)
		log_info("runs that were open go on", LOG_U("runs", r->n_open));
	return 0;
}

/* ---- For the next start ------------------------------------------------------------------------------------------ */

void
open_checkpoint(struct runs *r)
{
	_cleanup_(buf_free) struct buf body = {0};
	struct run_slot *slot;
	struct record rec;

	TAILQ_FOREACH(slot, &r->open, entry)
	{
		struct run_open open = {.last_lsn = slot->run.last_lsn};

		memcpy(open.id, slot->run.id.bytes, sizeof(open.id));
		buf_append(&body, &open, sizeof(open));
	}
	record_init(&rec, RECORD_RUNS_OPEN);
	record_add(&rec, TAG_BODY, body.data == NULL ? (const void *)"" : body.data, body.len);
	next_at(r, store_append(r->store, &rec), body.len);
}

void
runs_grown(void *runs)
{
	open_checkpoint(runs);
	care_grown(runs);
}
