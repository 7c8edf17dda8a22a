/*
 * Dispatch: the one door.
 *
 * Every op of every call comes here (dispatch_op), and so does the root op of a run (dispatch_root).  An op that has an
 * outcome on record is answered at once and touches no guard.  Otherwise the guards run in the order of the table in
 * pipeline.c; then the op is executed by the row for its kind in execute.c; its outcome is recorded and delivered.
 *
 * pipeline.c   guards in, guards out          resolve.c   which version a target means for this run
 * replay.c     comparing with the record      execute.c   one row per kind of op
 * record.c     what is written to the journal guard_*.c   one guard a file
 * deadlock.c   runs that wait for themselves    waits.c     what is shown of who waits
 *
 * All [loop].
 */

#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include <stdint.h>

#include <event2/event.h>

#include "base/fault.h"
#include "call/call.h"
#include "cell/cell.h"
#include "memory/memory.h"
#include "policy/policy.h"
#include "registry/registry.h"
#include "store/store.h"
#include "tool/http.h"

struct dispatch;

struct dispatch_options {
	struct event_base *loop;
	struct store *store;
	struct journal *journal;
	struct http *http;
	struct memory *memory;
	struct calls *calls;

	/* No cell can run any more. */
	void (*failed)(const struct fault *fault, void *arg);

	/* A run's root op has its outcome. */
	void (*run_ended)(struct run *run, void *arg);
	/* Something to show to those who watch: JSON, borrowed. */
	void (*progress)(struct run *run, const json_t *event, void *arg);
	/* There are more parts of the root call's reply to show (op_parts), once the run's newest record is durable. */
	void (*parted)(struct run *run, void *arg);
	/* Its calls have repeated what was on record when the host was started (see below). */
	void (*repeated)(struct run *run, void *arg);
	/* A record of a run is at or past the LSN of dispatch_tell_at. */
	void (*grown)(void *arg);
	/* An alert was raised, with this record, that is to be sent somewhere (dispatch_alerts_leave). */
	void (*alerted)(uint64_t lsn, void *arg);
	void *arg;

	struct policy *policy; /* a reference is taken; NULL: nothing has a limit but what a run brings */
};

void dispatch_open(struct dispatch **ret, const struct dispatch_options *options);
void dispatch_close(struct dispatch **d);

/* What cells tell; hospesd.c hands these to cells_open, and what it needs cells for is opened after: so the two come in
 * here when they are there, before the first run. */
struct cells_events dispatch_cells_events(struct dispatch *d);
void dispatch_connect(struct dispatch *d, struct cells *cells, struct registry *registry);

/* Starts the root op of a run that was filled in by run_start: guards, then the root call. */
void dispatch_root(struct dispatch *d, struct run *run);

/*
 * A run that was open when the host ended is built again from its records: begin, all of them in their order, end.  Ops that
 * have an outcome are done, calls that have none begin again and repeat what they did; what nobody began yet is asked for
 * again by those calls.  No guard is asked about what was let through, and accounts are as they were.
 *
 * `run` is as run_start fills it in, from its RUN_START, but for the input of its root op.  Until the end nothing is told, recorded or executed.  A record that
 * makes no sense is `damaged`; then, and when `end` fails (a version that a call was on is gone), the run cannot go on:
 * dispatch_restore_fail ends what is open of it, on record too, and the run with it.  All take *restore over that end it.
 */
struct restore;
void dispatch_restore_begin(struct dispatch *d, struct run *run, struct restore **ret);
int dispatch_restore_record(struct restore *r, const struct record *rec, struct fault *fault);
void dispatch_restore_cancel(struct restore *r, int status, const char *why); /* it was cancelled in the meantime */
int dispatch_restore_end(struct restore **r, struct fault *fault);
void dispatch_restore_fail(struct restore **r, const struct fault *why);

/* Does the run wait for nothing but a time to come, or a human? */
bool dispatch_asleep(const struct run *run);

/* `grown` is called for each record of a run from this LSN on; UINT64_MAX: never. */
void dispatch_tell_at(struct dispatch *d, uint64_t lsn);

/* The command in a run's journal that says that it is being stopped. */
#define DISPATCH_CANCEL "run.cancel"

/* What a cell needs to run a version; borrows from it. */
struct cell_spec dispatch_cell_spec(const struct version *v);

/* Hands a call to a cell: a new one, or one that begins again. */
void dispatch_submit(struct dispatch *d, struct call *call);

/*
 * What the open calls and ops of a run wait for, now: {PATH: {...}}, a new reference.  An op that is no call has "op" and
 * "target".  A call has "state": "queued" | "running" | "parked" | "evicted" | "checked".  Who waits has "waits": {"for", "since"?}
 * with
 *   "call"   "on": path             its child                "timer"   "until": time
 *   "first"  "on": [path, ...]      of several, at most 16   "guard"   "guard": its name
 *   "part"   "on": path             of the reply of a child  "cell"    a place in one
 *   "check"  "on": [path, ...]      of its reply             "decision"  "target"  a human's, of an effect
 *   "review" "review": its id, "until": its deadline
 *   "http", "recall" and so on: the kind of an op, "target"
 */
json_t *dispatch_waits(const struct run *run);

/* The same of a run as a whole, NULL when something of it computes: {"for": [{"for", "n", "until"?, "guard"?, "target"?, "review"?}], "since"?,
 * "evicted": how many of its calls}; what it waits for in the end, so neither calls nor parts of their replies. */
json_t *dispatch_waits_of_run(const struct run *run);

/* Gives back what a run holds of this room: its pins and configurations.  When no call of it is left. */
void dispatch_forget(struct run *run);

/* Checks what `--set` says of the plugins that it names against their notes. */
int dispatch_check_set(struct dispatch *d, struct run *run, struct fault *fault);

/* Cancels everything below an op, then the op, with `status` and a sentence. */
void dispatch_cancel(struct dispatch *d, struct op *op, int status, const char *why);

/* What a human says of an effect of which nobody knows whether it took place. */
struct decision {
	enum decision_outcome { DECISION_DONE, DECISION_NOT_DONE, DECISION_ANSWER } outcome;
	const json_t *answer; /* with DECISION_ANSWER: done, and this is what came of it */
	const char *who, *why; /* `why` may be NULL */
};

/* Decides the op at a path, "/0/3".  Faults: conflict, when it does not wait for that; bad_input and too_large of the answer. */
int dispatch_resolve(
    struct dispatch *d, struct run *run, const char *path, const struct decision *said, struct fault *fault);

/* What a human says of a review. */
struct review_said {
	const char *decision; /* "approve", "reject", "edit" or "answer" */
	const char *hash;     /* of what the human was shown */
	const json_t *value;  /* of "edit" and "answer", else NULL */
	const char *who, *why; /* `why` may be NULL */
};

/* Decides a review that is open, "RUN-N".  Faults: not_found; conflict, when it is decided, or something else was shown; bad_input
 * and too_large of what is said. */
int dispatch_review(
    struct dispatch *d, struct run *run, const char *id, const struct review_said *said, struct fault *fault);

/* [{"id", "cause", "question", "path", "since", "deadline", "default", "command"}] of the reviews of a run that are open,
 * the oldest first and at most 100; NULL: none is. */
json_t *dispatch_reviews(const struct run *run);

/* [{"path", "op", "target", "since", "command"}] of the ops of a run that wait for a decision; NULL: none does. */
json_t *dispatch_undecided(const struct run *run);

/* How many effects may be on somebody's bill beside those that have an outcome, as this record says: the attempt of a costly
 * one that it begins again, or one that broke off after it was sent. */
unsigned dispatch_maybe_billed(const struct record *r);

/* Writes a record of the run: chains it and counts it.  Returns the LSN. */
uint64_t dispatch_record(struct dispatch *d, struct run *run, struct record *r);

/* Puts on record that the run is being stopped. */
void dispatch_record_cancel(struct dispatch *d, struct run *run, int status, const char *why);

/* What the room keeps in the store. */
extern const struct store_apply dispatch_apply[];

/*
 * Alerts: STORE_ALERTS has the newest of them, by number, 8 bytes, big-endian; the value is JSON: {"id", "at", "kind", "of", "what",
 * "limit"?, "spent"?, "percent"?, "run"?, "client"?, "text", "lsn", "webhook"?: {"state": "pending" | "delivered" | "given_up", "at"?,
 * "tries"?, "why"?}}.  ALERT_SENT is the command that says what became of one: {"number", "id", "state", "tries", "why"?}.
 */
#define ALERTS_KEPT 4096u
#define ALERT_SENT  "alert.sent"

/* The newest alerts, the newest first, as the store has them, but for "lsn"; `list` is taken over by `done`. */
typedef void dispatch_listed(json_t *list, void *arg);
void dispatch_alerts(struct dispatch *d, unsigned most, dispatch_listed *done, void *arg);

/* Alerts from now on are to be sent somewhere, or not. */
void dispatch_alerts_leave(struct dispatch *d, bool leave);

/*
 * Scores (quality.h).  STORE_SCORES has, under 's' and its key, each series, and under 'p', the run's id and a number (4 bytes,
 * big-endian) each score of a person: {"path", "by", "score", "at", "lsn"}.
 */
#define SCORE_SERIES     "s"
#define SCORE_PERSONS    "p"
#define SCORE_PERSON_KEY (1 + 16 + sizeof(uint32_t))
enum score_kind { SCORE_CHECK, SCORE_AGENT, SCORE_PERSON, SCORE_KINDS };
#define SCORE_WHY_MAX     2000u
#define SCORES_OF_RUN_MAX 100u /* by people */

struct score {
	enum score_kind kind;
	double score;           /* 0..1 */
	const char *plugin, *semver, *capability; /* whose work it is; capability "" where it was asked by name */
	const char *path;       /* of the call */
	unsigned attempt;       /* of the call */
	uint32_t ordinal;       /* of the op that scores; UINT32_MAX: none does */
	const char *by;         /* "uid:1000", the agent's name, or the checks */
	const char *why;        /* or NULL */
	struct run *run;        /* whose record it is; NULL: of the host, about `run_id` */
	const char *run_id;
	const struct policy *policy; /* says when there is a drop */
};
/* Takes a score into its series and on record; the LSN. */
uint64_t dispatch_score(struct dispatch *d, const struct score *s);

/* [{"plugin", "version", "capability", "by": "checks" | "agents" | "people", "n", "mean", "recent", "trend": "falling" | "steady" |
 * "rising" | "new", "drops", "at"}] of a plugin, or of all (NULL): by name, newest version first. */
json_t *dispatch_scores(const struct dispatch *d, const char *plugin);
/*
 * [{"kind": "agent" | "http", "name", "version"?, "state": "closed" | "open" | "half_open", "since", "samples", "errors", "slow", "micros",
 * "open_calls", "cause"?, "why"?, "tried_again"?}]: of a closed breaker what is in its window, else what had been when it opened.
 */
json_t *dispatch_breakers(struct dispatch *d);

/* Closes the breakers of a plugin (of a version of it, unless that is NULL) or of a host, and forgets what they counted; *ret is as
 * above, of those.  Fault: not_found. */
int dispatch_reset_breakers(struct dispatch *d, const char *name, const char *semver, const char *actor, const char *why,
    json_t **ret, struct fault *fault);

/* Rows of the apply table, for store_open. */
extern const struct store_apply breakers_apply[];

/* "http"; "unknown": no such kind. */
const char *op_kind_name(uint16_t kind);

/* What was spent each day (ledger.h): rows of the apply table; and what is read of it before the first run, so that the accounts of
 * the day go on from where they were.  Fault: damaged, io_error. */
extern const struct store_apply ledger_apply[];
int dispatch_open_ledger(struct dispatch *d, struct fault *fault);

/* Runs of before the start are not all built again: what they hold of the day is not known, so where that has a limit all wait. */
void dispatch_resuming(struct dispatch *d, bool some);

/* The configuration was read again: what holds for the accounts of the day. */
void dispatch_set_policy(struct dispatch *d, struct policy *policy);

/* The accounts of the day: of the whole host, of a client (made when it is asked for first). */
struct account *dispatch_host_account(struct dispatch *d);
struct account *dispatch_client_account(struct dispatch *d, const char *client);

/* Today's accounts: {"day": "2026-10-01", "accounts": [{"what": "host" | "client" | "agent", "name"?, "calls", "money_micros",
 * "cpu_ns"}]}, each quantity {"limit", "reserved", "spent", "left"} with null for no limit; a new reference. */
json_t *dispatch_accounts(struct dispatch *d);

#endif
