/*
 * Erasing a run: what it was given and what it said goes, that it was and how it ended stays.
 *
 * That it is to be erased is on record, and durable, before the first byte is overwritten ("run.erase"), and that it was
 * behind the last ("run.erased"); between the two the store has a key, so that a start does what a crash left undone.  All
 * records of a run lie between its start and its end, copies that came to nothing too; that part of the journal is walked.
 */

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "run/care.h"
#include "run/state.h"

struct erasing {
	struct runs *runs;
	struct ulid id;
	char id_text[ULID_TEXT];
	char *who, *why;
	bool again; /* its intent is on record, and it is not done: a crash, or a disk that was full */
	run_viewed *done;
	void *arg; /* of done */

	/* made in the store's thread */
	json_t *entry;
	struct scan scan;
	struct carried carried, copies; /* for hashes of what is told by a difference */
	struct buf records;             /* struct journal_erasing */

	uint64_t first_lsn; /* of the journal */
	uint64_t last_lsn;  /* of what is erased */
	uint64_t lsn; /* that is waited for */
	STAILQ_ENTRY(erasing) queued;
};

static void start_next(struct runs *r);

static void
erasing_free(struct erasing *e)
{
	journal_forget(e->runs->journal, e);
	json_decref(e->entry);
	carried_free(&e->carried);
	carried_free(&e->copies);
	buf_free(&e->records);
	free(e->who);
	free(e->why);
	free(e);
}

/* It is the first in the queue.  Who is told may ask for the next run to be erased: it then finds the queue as it is to be. */
static void
end(struct erasing *e, json_t *answer, const struct fault *fault)
{
	struct runs *r = e->runs;

	STAILQ_REMOVE_HEAD(&r->erasing, queued);
	start_next(r);
	if (e->done != NULL)
		e->done(answer, fault, e->arg);
	else
		json_decref(answer);
	erasing_free(e);
}

static void
fail(struct erasing *e, const struct fault *fault)
{
	struct fault copy = *fault;

	log_error("a run could not be erased", LOG_S("run", e->id_text), LOG_S("code", status_name(copy.status)),
	    LOG_S("reason", copy.text));
	end(e, NULL, &copy);
}

static uint64_t
record_command(struct erasing *e, const char *command)
{
	_cleanup_(free_p) char *body = xasprintf("{\"run\":\"%s\"}", e->id_text);
	struct record rec;

	record_init(&rec, RECORD_COMMAND);
	record_add_text(&rec, TAG_COMMAND, command);
	record_add_text(&rec, TAG_ACTOR, e->who);
	record_add_text(&rec, TAG_REASON, e->why);
	record_add_text(&rec, TAG_BODY, body);
	return store_append(e->runs->store, &rec);
}

/* ---- Overwriting ------------------------------------------------------------------------------------------------- */

static void
answer(void *arg)
{
	struct erasing *e = arg;
	size_t n = e->records.len / sizeof(struct journal_erasing);

	log_info("a run was erased", LOG_S("run", e->id_text), LOG_U("records", n), LOG_S("by", e->who));
	end(e, json_pack("{s:s, s:I}", "run", e->id_text, "records", (json_int_t)n), NULL);
}

static void
was_overwritten(const struct fault *fault, void *arg)
{
	struct erasing *e = arg;

	if (fault != NULL) {
		fail(e, fault);
		return;
	}
	e->lsn = record_command(e, COMMAND_ERASED);
	journal_await(e->runs->journal, e->lsn, answer, e);
}

/* What is shown of the run is erased from here on, and its bytes are when there is room: whoever asks again, or the next start,
 * goes on. */
static void
overwrite(void *arg)
{
	struct erasing *e = arg;
	struct fault fault;

	if (e->records.len > 0 && !journal_is_left(e->runs->journal, e->last_lsn)) {
		fault_set(&fault, HOSPES_EDISK,
		    "the journal has no room for another segment, and what is written to is not written anew; the run "
		    "%s is no longer shown and is still on disk: make room, and erase it once more",
		    e->id_text);
		fail(e, &fault);
		return;
	}
	journal_erase(e->runs->journal, (const struct journal_erasing *)(const void *)e->records.data,
	    e->records.len / sizeof(struct journal_erasing), was_overwritten, e);
}

/* The segment that is written to is left as it is: the next record begins another. */
static void
leave_segment(struct erasing *e)
{
	const struct journal_erasing *records = (const struct journal_erasing *)(const void *)e->records.data;
	size_t count = e->records.len / sizeof(*records);

	e->last_lsn = (uint64_t)json_integer_value(json_object_get(e->entry, "last_lsn"));
	if (count > 0 && records[count - 1].lsn > e->last_lsn)
		e->last_lsn = records[count - 1].lsn;
	if (!journal_is_left(e->runs->journal, e->last_lsn))
		journal_turn(e->runs->journal);
}

/* ---- Which records [store thread] -------------------------------------------------------------------------------- */

static void
set_hash(struct carried *c, const struct record *r, enum record_tag tag, uint64_t ret[2])
{
	_cleanup_(payload_unref) struct payload *p = carried_read(c, r, tag, NULL);
	struct payload_hash hash;

	if (p == NULL)
		return;
	hash = payload_hash(p);
	ret[0] = hash.lo;
	ret[1] = hash.hi;
}

/* What was erased before, by a host that ended in the middle, has its hash. */
static void
keep_hash(const struct record *r, enum record_tag tag, uint64_t ret[2])
{
	const struct record_field *f = record_find(r, tag);

	if (f != NULL && f->len >= 2 * sizeof(*ret))
		memcpy(ret, f->data, 2 * sizeof(*ret));
}

static int
see_record(const struct record *r, void *arg)
{
	struct erasing *e = arg;
	struct journal_erasing one = {.lsn = r->head.lsn};
	bool copy = record_is_copy(&r->head);
	struct carried *c = copy ? &e->copies : &e->carried;

	if (memcmp(r->head.run, e->id.bytes, sizeof(r->head.run)) != 0)
		return 0;
	if (copy && record_kind(&r->head) == RECORD_RUN_START)
		carried_free(&e->copies);
	set_hash(c, r, TAG_INPUT, one.input);
	set_hash(c, r, TAG_OUTPUT, one.output);
	keep_hash(r, TAG_INPUT_ERASED, one.input);
	keep_hash(r, TAG_OUTPUT_ERASED, one.output);
	buf_append(&e->records, &one, sizeof(one));
	return 0;
}

/* What people said of it came after its end; dropped with the journal it may have been since. */
static int
see_score(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	_cleanup_(json_p) json_t *said = json_read(data, len, "a score", NULL);
	struct journal_erasing one = {.lsn = (uint64_t)json_integer_value(json_object_get(said, "lsn"))};
	struct erasing *e = arg;

	(void)key, (void)key_len;
	if (one.lsn >= e->scan.to && one.lsn >= e->first_lsn)
		buf_append(&e->records, &one, sizeof(one));
	return 0;
}

static void
read_scores(struct store_txn *txn, struct journal *j, void *arg)
{
	uint8_t key[SCORE_PERSON_KEY - sizeof(uint32_t)] = {SCORE_PERSONS[0]};
	struct erasing *e = arg;

	e->first_lsn = journal_first(j);
	memcpy(key + 1, e->id.bytes, sizeof(e->id.bytes));
	store_walk(txn, STORE_SCORES, key, sizeof(key), false, see_score, e);
}

static void
scores_read(void *arg)
{
	struct erasing *e = arg;

	leave_segment(e);
	/* Also where the intent is on record: something has to be written behind what is erased. */
	e->lsn = record_command(e, COMMAND_ERASE);
	journal_await(e->runs->journal, e->lsn, overwrite, e);
}

static void
was_scanned(void *arg)
{
	struct erasing *e = arg;

	if (e->scan.fault.status != 0)
		fail(e, &e->scan.fault);
	else
		store_read(e->runs->store, read_scores, scores_read, e);
}

/* ---- Whether it may be [loop and store thread] ------------------------------------------------------------------- */

static void
read_entry(struct store_txn *txn, struct journal *j, void *arg)
{
	struct erasing *e = arg;
	const void *data;
	size_t len;

	(void)j;
	if (store_get(txn, STORE_RUNS, e->id.bytes, sizeof(e->id.bytes), &data, &len))
		e->entry = json_read(data, len, "the entry of a run", NULL);
	e->again |= erase_is_undone(txn, &e->id);
}

/* What is kept of its end in memory. */
static int
forget(struct erasing *e, struct fault *fault)
{
	struct run *run = run_find(e->runs, e->id_text);

	if (run == NULL || run_forget(e->runs, run))
		return 0;
	if (run->state == RUN_ENDED)
		return fault_set(fault, HOSPES_ECONFLICT,
		    "the run %s is just being told to somebody who watches it; try again", e->id_text);
	return fault_set(fault, HOSPES_ECONFLICT,
	    "the run %s is open, and an open run needs what it was given; `hospes cancel %s` ends it", e->id_text,
	    e->id_text);
}

static void
entry_read(void *arg)
{
	struct erasing *e = arg;
	const json_t *start = json_object_get(e->entry, "start_lsn");
	struct fault fault = {0};

	if (e->entry == NULL)
		fault_set(
		    &fault, HOSPES_ENORUN, "there is no run %s; `hospes ps --all` lists those there are", e->id_text);
	else
		forget(e, &fault);
	if (fault.status != 0) {
		end(e, NULL, &fault);
		return;
	}
	if (json_object_get(e->entry, "erased") != NULL && !e->again) {
		end(e, json_pack("{s:s, s:i}", "run", e->id_text, "records", 0), NULL);
		return;
	}
	if (start == NULL)
		start = json_object_get(e->entry, "first_lsn");
	e->scan = (struct scan){.runs = e->runs,
	    .from = (uint64_t)json_integer_value(start),
	    .to = (uint64_t)json_integer_value(json_object_get(e->entry, "last_lsn")) + 1,
	    .visit = see_record,
	    .done = was_scanned,
	    .arg = e};
	scan_begin(&e->scan);
}

static void
start_next(struct runs *r)
{
	struct erasing *e = STAILQ_FIRST(&r->erasing);

	if (e != NULL)
		store_read(r->store, read_entry, entry_read, e);
}

static void
add(struct erasing *e)
{
	struct runs *r = e->runs;
	bool first = STAILQ_EMPTY(&r->erasing);

	STAILQ_INSERT_TAIL(&r->erasing, e, queued);
	if (first)
		start_next(r);
}

void
run_erase(struct runs *r, const char *id_text, const char *who, const char *why, run_viewed *done, void *arg)
{
	struct erasing *e = xcalloc(1, sizeof(*e));
	struct fault fault;

	e->runs = r;
	e->who = xstrdup(who);
	e->why = why == NULL ? NULL : xstrdup(why);
	e->done = done;
	e->arg = arg;
	if (!ulid_parse(id_text, &e->id)) {
		fault_set(&fault, HOSPES_ENORUN,
		    "a run's id is a ULID of 26 characters, and this is none; `hospes ps --all` lists runs");
		done(NULL, &fault, arg);
		erasing_free(e);
		return;
	}
	ulid_format(&e->id, e->id_text);
	add(e);
}

bool
run_is_erased(const struct runs *r, const struct ulid *id)
{
	for (const struct erasing *e = STAILQ_FIRST(&r->erasing); e != NULL; e = STAILQ_NEXT(e, queued)) {
		if (memcmp(e->id.bytes, id->bytes, sizeof(id->bytes)) == 0)
			return true;
	}
	return false;
}

/* ---- What a crash left undone ------------------------------------------------------------------------------------ */

static int
see_unfinished(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct runs *r = arg;
	struct erasing *e;

	(void)data, (void)len;
	if (key_len != RUN_ERASE_KEY)
		return 0;
	e = xcalloc(1, sizeof(*e));
	e->runs = r;
	e->again = true;
	e->who = xstrdup("host");
	e->why = xstrdup("the host ended while the run was erased");
	memcpy(e->id.bytes, (const uint8_t *)key + key_len - sizeof(e->id.bytes), sizeof(e->id.bytes));
	ulid_format(&e->id, e->id_text);
	STAILQ_INSERT_TAIL(&r->erasing, e, queued);
	return 0;
}

static void
look_unfinished(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)j;
	store_walk(txn, STORE_META, RUN_ERASE_PREFIX, sizeof(RUN_ERASE_PREFIX) - 1, false, see_unfinished, arg);
}

void
erase_open(struct runs *r)
{
	STAILQ_INIT(&r->erasing);
	store_read_now(r->store, look_unfinished, r);
	start_next(r);
}

void
erase_close(struct runs *r)
{
	struct erasing *e;

	care_settle(r);
	while ((e = STAILQ_FIRST(&r->erasing)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->erasing, queued);
		erasing_free(e);
	}
}
