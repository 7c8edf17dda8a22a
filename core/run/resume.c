/*
 * Runs that were open when the host ended go on.
 *
 * Oldest first, and at most `run.resume_at_once` of them at a time until they have repeated what is on record: new runs are
 * served meanwhile.  A run's records are read in the store thread, some at a time, and taken some at a time on the loop, which
 * so never waits for a disk nor for a long run.  One that was cancelled before its turn came has it next.
 *
 * A run that cannot go on (its records are damaged, a version that it was on is gone) ends and says why.
 */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "run/state.h"

#define READ_AT_ONCE  512u
#define BUILD_AT_ONCE 512u /* records a turn of the loop */

struct resume {
	struct run_slot *slot;
	struct record_list list;
	uint64_t lsn; /* to be read next, 0: all were */
	size_t built;
	struct restore *restore;
	struct fault fault;
};

static void resume_next(struct runs *r);

static void
resume_free(struct run_slot *slot)
{
	if (slot->resume == NULL)
		return;
	record_list_free(&slot->resume->list);
	free(slot->resume);
	slot->resume = NULL;
}

/* It has gone on, or ended: the next has its turn. */
static void
resume_done(struct run_slot *slot)
{
	if (slot->step == RESUME_NONE)
		return;
	slot->step = RESUME_NONE;
	slot->runs->n_resuming--;
	resume_next(slot->runs);
}

void
runs_repeated(struct run *run, void *runs)
{
	(void)runs;
	if (slot_of(run)->step == RESUME_REPEATS)
		resume_done(slot_of(run));
}

/* ---- The start of a run, from its record ------------------------------------------------------------------------- */

static json_t *
json_field(const struct record *rec, enum record_tag tag)
{
	const struct record_field *f = record_find(rec, tag);

	return f == NULL ? NULL : json_read(f->data, f->len, "a record", NULL);
}

static int
take_start(struct runs *r, struct run *run, const struct record *rec, struct fault *fault)
{
	_cleanup_(free_p) char *target = record_text(rec, TAG_TARGET), *client = record_text(rec, TAG_CLIENT);
	_cleanup_(json_p) json_t *sources = json_field(rec, TAG_SOURCES);

	if (record_kind(&rec->head) != RECORD_RUN_START || target == NULL || client == NULL ||
	    strcmp(target, run->target) != 0 || strcmp(client, run->client) != 0 ||
	    memcmp(rec->head.run, run->id.bytes, sizeof(rec->head.run)) != 0)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the oldest of its records, at %llu of the journal, is not its start",
		    (unsigned long long)rec->head.lsn);
	memcpy(run->trace.bytes, rec->head.trace, sizeof(run->trace.bytes));
	run->set = json_field(rec, TAG_CONFIG);
	run->sources = run_take_sources(sources);
	run->deadline_real_ns = record_int(rec, TAG_DEADLINE);
	if (run->deadline_real_ns < 0 || record_int(rec, TAG_LIMIT_CALLS) < 0 ||
	    record_int(rec, TAG_LIMIT_MICROS) < 0 || record_int(rec, TAG_CPU) < 0)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "its start, at %llu of the journal, gives it a deadline or a limit that is negative",
		    (unsigned long long)rec->head.lsn);
	account_init(&run->account, "run", NULL);
	run->client_account = dispatch_client_account(r->dispatch, run->client);
	run->account.limit[QUANTITY_CALLS] = record_int(rec, TAG_LIMIT_CALLS);
	if (record_find(rec, TAG_LIMIT_MICROS) != NULL)
		run->account.limit[QUANTITY_MONEY] = record_int(rec, TAG_LIMIT_MICROS);
	if (record_find(rec, TAG_CPU) != NULL)
		run->account.limit[QUANTITY_CPU] = record_int(rec, TAG_CPU);
	run->account.ends_real_ns = run->deadline_real_ns;
	run->root.version = record_text(rec, TAG_VERSION);
	run->root.deadline_real_ns = run->deadline_real_ns;
	return 0;
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

static void
cannot_go_on(struct run_slot *slot, struct fault *fault)
{
	struct run *run = &slot->run;

	fault_prefix(fault, "the run cannot go on after the host was started again");
	log_error("a run cannot go on", LOG_S("run", run->id_text), LOG_S("code", status_name(fault->status)),
	    LOG_S("reason", fault->text));
	if (run->seq == 0 && slot->resume->list.n > 0) /* newest first, where they could not all be read */
		run->seq = slot->resume->list.records[0].head.seq + 1;
	if (slot->resume->restore == NULL)
		dispatch_restore_begin(slot->runs->dispatch, run, &slot->resume->restore);
	if (run->root.input == NULL)
		run->root.input = payload_text("null");
	dispatch_restore_fail(&slot->resume->restore, fault);
}

/* All is there: it goes on, or ends. */
static void
build_end(struct run_slot *slot)
{
	struct resume *s = slot->resume;
	struct runs *r = slot->runs;
	struct run *run = &slot->run;

	if (s->fault.status == 0 && slot->cancelled_by != NULL)
		dispatch_restore_cancel(s->restore, HOSPES_ECANCELLED, slot->cancelled_by);
	slot->step = RESUME_REPEATS;
	slot->parts_durable = op_parts(&run->root);
	if (s->fault.status != 0 || dispatch_restore_end(&s->restore, &s->fault) != 0)
		cannot_go_on(slot, &s->fault);
	resume_free(slot);
	if (--r->n_unbuilt == 0)
		dispatch_resuming(r->dispatch, false);
	run_over(r, run);
	if (run->repeating == 0)
		resume_done(slot);
}

static bool
build_some(struct run_slot *slot)
{
	struct resume *s = slot->resume;

	if (s->fault.status == 0 && slot->run.seq == 0)
		slot->run.seq = s->list.records[s->list.n - 1].head.seq + 1;
	if (s->built == 0 && s->fault.status == 0 &&
	    take_start(slot->runs, &slot->run, &s->list.records[0], &s->fault) == 0)
		dispatch_restore_begin(slot->runs->dispatch, &slot->run, &s->restore);
	for (unsigned i = 0; i < BUILD_AT_ONCE && s->fault.status == 0 && s->built < s->list.n; i++)
		(void)dispatch_restore_record(s->restore, &s->list.records[s->built++], &s->fault);
	return s->fault.status == 0 && s->built < s->list.n;
}

/* arg: struct runs. */
static void
on_build(evutil_socket_t fd, short what, void *arg)
{
	struct runs *r = arg;
	struct run_slot *slot = TAILQ_FIRST(&r->building);

	(void)fd, (void)what;
	if (slot == NULL)
		return;
	if (!build_some(slot)) {
		TAILQ_REMOVE(&r->building, slot, to_resume);
		build_end(slot);
	}
	if (!TAILQ_EMPTY(&r->building))
		event_active(r->build, EV_TIMEOUT, 0);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static void
read_some(struct store_txn *txn, struct journal *j, void *arg)
{
	struct resume *s = arg;

	(void)txn;
	if (record_list_read(&s->list, j, &s->lsn, READ_AT_ONCE, &s->fault) == 0 && s->lsn == 0)
		record_list_turn(&s->list);
}

static void
was_read(void *arg)
{
	struct resume *s = arg;
	struct run_slot *slot = s->slot;
	struct runs *r = slot->runs;

	if (s->fault.status == 0 && s->lsn != 0) {
		store_read(r->store, read_some, was_read, s);
		return;
	}
	slot->step = RESUME_BUILDS;
	TAILQ_INSERT_TAIL(&r->building, slot, to_resume);
	event_active(r->build, EV_TIMEOUT, 0);
}

static void
resume_next(struct runs *r)
{
	struct run_slot *slot;

	while (
	    !r->closing && r->n_resuming < r->policy->resume_at_once && (slot = TAILQ_FIRST(&r->to_resume)) != NULL) {
		TAILQ_REMOVE(&r->to_resume, slot, to_resume);
		r->n_resuming++;
		slot->step = RESUME_READS;
		slot->resume = xcalloc(1, sizeof(*slot->resume));
		slot->resume->slot = slot;
		slot->resume->lsn = slot->resume_lsn != 0 ? slot->resume_lsn : slot->run.last_lsn;
		store_read(r->store, read_some, was_read, slot->resume);
	}
}

void
resume_begin(struct runs *r)
{
	struct run_slot *slot;

	r->build = event_new(r->loop, -1, 0, on_build, r);
	TAILQ_FOREACH(slot, &r->to_resume, to_resume)
	r->n_unbuilt++;
	if (r->n_unbuilt > 0)
		dispatch_resuming(r->dispatch, true);
	resume_next(r);
}

unsigned
runs_resuming_count(const struct runs *r)
{
	const struct run_slot *slot;
	unsigned n = r->n_resuming;

	TAILQ_FOREACH(slot, &r->to_resume, to_resume)
	n++;
	return n;
}

void
resume_close(struct runs *r)
{
	r->closing = true;
	if (r->build != NULL)
		event_free(r->build);
	r->build = NULL;
}

/* ---- Cancelling -------------------------------------------------------------------------------------------------- */

/* It goes on only to end; so that this holds whatever happens until then, it is put on record now. */
int
resume_cancel(struct run_slot *slot, const char *why, struct fault *fault)
{
	_cleanup_(buf_free) struct buf storage = {0};
	struct runs *r = slot->runs;
	struct record newest;

	if (slot->cancelled_by != NULL)
		return 0;
	if (slot->run.seq == 0) {
		if (journal_read(r->journal, slot->run.last_lsn, &storage, &newest, fault) != 0)
			return fault->status;
		slot->run.seq = newest.head.seq + 1;
		memcpy(slot->run.trace.bytes, newest.head.trace, sizeof(slot->run.trace.bytes));
	}
	slot->resume_lsn = slot->run.last_lsn;
	dispatch_record_cancel(r->dispatch, &slot->run, HOSPES_ECANCELLED, why);
	slot->cancelled_by = xstrdup(why);
	if (slot->step == RESUME_WAITS) {
		TAILQ_REMOVE(&r->to_resume, slot, to_resume);
		TAILQ_INSERT_HEAD(&r->to_resume, slot, to_resume);
	}
	return 0;
}
