/*
 * Runs: their life from a client's request to a result.
 *
 * run_start checks the request, admits it, records RUN_START and hands the root op to dispatch; when the root op has its
 * outcome, RUN_END is recorded.  What leaves the host waits until it is durable: a watcher is told of the end only then,
 * while progress is shown at once and is provisional.
 *
 * Ended runs are kept in memory for a while and in the store for ever (run_apply keeps one entry a run: state, times,
 * where its records begin).  All [loop].
 */

#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/fault.h"
#include "call/call.h"
#include "dispatch/dispatch.h"

struct runs;

struct runs_options {
	struct store *store;
	struct journal *journal;
	struct registry *registry;
	struct dispatch *dispatch;
	struct policy *policy;
	struct event_base *loop;
	bool scripted; /* a private host of `hospes test`: requests may carry the answers to their ops */
};

extern const struct store_apply run_apply[];

int runs_open(struct runs **ret, const struct runs_options *options, struct fault *fault);
void runs_close(struct runs **r);

/* hospesd.c leads these from dispatch and call to here. */
void runs_ended(struct run *run, void *runs); /* the root op has its outcome */
void runs_idle(struct run *run, void *runs);  /* the run's last call is gone */
void runs_parted(struct run *run, void *runs); /* there are more parts of the root call's reply */
void runs_repeated(struct run *run, void *runs); /* it goes on where it was when the host ended */
void runs_grown(void *runs);                     /* the journal has, since it was last told */
void run_progress(struct run *run, const json_t *event);

/*
 * Keys of clients.  Who starts a run under a key may ask again, for ever, and is told of the run that there is: two requests
 * of one client with the same key start one run.  A key is looked for before its run is started; between the two nobody
 * else gets to start one under it.
 *
 * `keys` may have NULLs.  `found` comes on the loop, be it before run_keys_find returns; `keys` are there until it returns.
 */
#define RUN_KEY_MAX 255
struct run_keys;
struct run_key;
typedef void run_keys_found(struct run_keys *keys, void *arg);
bool run_key_valid(const char *key, size_t len); /* 1 to RUN_KEY_MAX visible ASCII characters */
void run_keys_find(
    struct runs *r, const char *client, const char *const *keys, size_t n, run_keys_found *found, void *arg);
struct run_key *run_keys_nth(struct run_keys *keys, size_t nth); /* NULL: that one had none */

/* The run that was started under a key before, as run_text tells it or, when it is not in memory, as run_list does, and
 * "repeated": true. */
void run_key_text(struct runs *r, const struct run_key *key, struct buf *out);

/*
 * Starts a run.  `request`: {"plugin": "survey", "input": any, "version": "1.0.0"?, "config": {"survey": {"at_once": 2}}?,
 * "budget": {"calls": n?, "wall_ms": n?, "money_micros": n?, "cpu_ms": n?}?, "sources": ["space", ...]?, "script": {...}?, "key"?}.  `sources` are spaces of this
 * client whose documents the run's plugins may read as the space "sources" (memory/memory.h).  `input` may be given as a payload instead (then it is not
 * parsed).  `key`: of a lookup whose `found` has not returned, or NULL; *ret is NULL when the same request was answered under
 * it before, see run_key_text.  Faults: bad_input, no_such_agent, no_such_version, too_large, overloaded, permission_denied,
 * conflict (another request under the same key).
 */
int run_start(struct runs *r, const json_t *request, struct payload *input, const char *client, struct run_key *key,
    struct run **ret, struct fault *fault);

/* Open runs, and those that ended lately; NULL: ask run_show.  A run's state is RUN_ENDED once its end is durable. */
struct run *run_find(struct runs *r, const char *id_text);

/*
 * Says of an effect of a run that waits for it whether it took place.  `request`: {"call": "/0/3", "outcome": "done" |
 * "not-done" | "answer", "answer": any (with that outcome), "why": text?}; `who` is recorded with it.  Faults: bad_input;
 * too_large; conflict, when that op does not wait for a decision.
 */
int run_resolve(struct runs *r, struct run *run, const json_t *request, const char *who, struct fault *fault);

/*
 * Reviews of all runs (dispatch/review.h).  Each is {"id": "RUN-N", "run", "call", "plugin"?, "cause", "question", "context",
 * "choices"?, "hash", "raised", "deadline", "default", "state": "open"|"decided", "decision"?: "approve" | "reject" | "edit" |
 * "answer" | "expired", "by"?, "why"?, "decided"?, "value"?}; in a list without context and value.  A list has those that are
 * open, the oldest first, and with `all` then those that were decided, the newest first; at most `limit`, and what 64 MiB of records have.
 *
 * Deciding: {"decision", "hash": of what was shown, "value": with edit and answer, "why"?}; `who` is recorded.  Faults:
 * not_found (none is open under that id), conflict (another hash), overloaded (its run has not come back since the host was
 * started), bad_input, too_large.
 */
typedef void run_viewed(json_t *view, const struct fault *fault, void *arg);
void run_review_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg);
void run_review_show(struct runs *r, const char *id_text, run_viewed *done, void *arg);
int run_review_decide(
    struct runs *r, const char *id_text, const json_t *request, const char *who, struct fault *fault);

/* Stops a run; `who` is named in the sentence.  Fault: conflict, when it has ended. */
int run_cancel(struct runs *r, struct run *run, const char *who, struct fault *fault);

/* {"id", "plugin", "version", "state": "open"|"ended", "status": "ok"|"partial"|name, "client", "started", "ended",
 *  "calls", "money_micros"?, "cpu_ns"?, "maybe_billed"?, "duration_ms", "sources"?, "undecided"?: [{"path", "op", "target", "since", "command"}], "reviews"?: dispatch_reviews, "result"?, "confidence"?, "partial"?, "error": {"code", "message", "hint",
 *  "findings"?}?}; new reference.  "missing" in place of "result" and "tree", as "error" has it: the run's records were dropped (not_found) or erased.  "findings" of a reply that was not grounded: [{"check", "claim"?, "text"?, "why", "quote"?,
 *  "found"?, "document"?}]. */
json_t *run_json(const struct run *run, bool with_result);
void run_text(const struct run *run, bool with_result, struct buf *out); /* the same, appended as text */

/* Watching: `event` gets JSON events as they come ({"type": "call_started", ...}), `NULL` once when the run has ended and
 * its end is durable (before run_watch returns, for one that has ended already).  Unwatch is allowed at any time. */
struct run_watch;
typedef void run_event(const json_t *event, void *arg);
struct run_watch *run_watch(struct run *run, run_event *event, void *arg);
struct run_watch *run_watch_end(struct run *run, run_event *event, void *arg); /* only the NULL: costs the run nothing */
void run_unwatch(struct run_watch **w);
bool run_watch_open(const struct run_watch *w); /* its run has not ended */

/* Parts of the root call's reply that are durable: how many, and one of them as the event {"type": "part", "path": "/0", "n",
 * "part": any}.  A watcher hears {"type": "parts"} when there are more, and takes them as its client can follow: they may be
 * as large together as a payload. */
uint32_t run_parts(const struct run *run);
json_t *run_part(const struct run *run, uint32_t nth);

/*
 * Views over the journal, made in the store thread once what they show is durable; `done` gets the JSON (a new reference)
 * or NULL and the fault.
 *
 * run_show: run_json with result, and "tree": {"path": "/0", "plugin", "version", "started", "duration_ms", "status",
 * "confidence"?, "message"?, "scores"?: [{"score", "by", "who", "why"?}], "replays"?: n, "parts"?: n, "ops": [nodes in order]}.  A call that went on with another attempt has
 * "next": {"attempt": n, "by": "ladder" | "fallback", "cause", "kind": "call" | "answer" | "human", "to"?, "version"?, "of"?}, and the first has
 * the others in "attempts": [nodes in order, "/0/3#2"]; one that is a fixed answer has "op": "answer".  A node of an op that is no call has "op": "http"
 * and "target" in place of plugin and version; one that a guard refused has "guard", and "findings" where it has any.  What
 * is open has status "open", and what it waits for: "state" and "waits" as dispatch_waits gives them, and the run itself "waits" of
 * dispatch_waits_of_run, as in the list, or for "turn": it was open when the host ended, and comes to it.  An effect has "effect": "keyed" and, where a host ended before its outcome, "begun_again": n,
 * "maybe_billed": n (costly ones), "attempt", "undecided": {"since", "command"} while it waits for a decision and "decision":
 * {"outcome", "by", "why"?} after it.
 */
typedef void run_viewed(json_t *view, const struct fault *fault, void *arg);

void run_show(struct runs *r, const char *id_text, run_viewed *done, void *arg);    /* summary + "tree" */
void run_budget(struct runs *r, const char *id_text, run_viewed *done, void *arg);  /* summary, "run" and "tree": budget.c */
void run_records(struct runs *r, const char *id_text, run_viewed *done, void *arg); /* every record, oldest first */
void run_reply(
    struct runs *r, const char *id_text, run_viewed *done, void *arg); /* summary + "parts": as run_part has them */
void run_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg);

/*
 * Scores a call of a run that has ended, 0 useless to 1.  `request`: {"call": "/0/3"? (the root call), "score": 0..1, "why":
 * text?}; `who` is recorded with it, and can score a call once.  `done` gets {"run", "call", "plugin", "version", "score"}, once
 * that is durable.  Faults: bad_input, no_run, not_found; conflict, when it was scored by them, is open or was erased.
 */
void run_score(struct runs *r, const char *id_text, const json_t *request, const char *who, run_viewed *done, void *arg);

/*
 * Erases a run that has ended: what it was given and said is overwritten in the journal.  Its summary stays, and hashes.
 * Answer: {"run": id, "records": n}, when nothing is left.  Faults: no_such_run, conflict (it is open), io_error, disk_full,
 * damaged; what was not done is done after the next start.
 */
void run_erase(struct runs *r, const char *id_text, const char *who, const char *why, run_viewed *done, void *arg);

/* Erases the runs of the client that read the document (its digest as 64 small hexadecimal digits).  Answer: their ids.  Fault
 * conflict: some are open; the others were erased. */
void run_erase_readers(struct runs *r, const char *digest, const char *client, const char *who, const char *why,
    run_viewed *done, void *arg);

/* Runs that start from now on have this policy; a reference is taken. */
void runs_set_policy(struct runs *r, struct policy *policy);

/* Stops admitting; calls `drained` when no run is open any more that is worth waiting for, after `run.drain` at the latest.
 * Those that only wait for a time to come are not: they go on when the host is started again, as do all that are open then. */
void runs_drain(struct runs *r, void (*drained)(void *arg), void *arg);

/* The accounts of the day, as dispatch_accounts has them; a new reference. */
json_t *runs_accounts(struct runs *r);

/* Seconds after which one that was refused as overloaded may be tried again: about when a place comes free. */
unsigned runs_retry_after(const struct runs *r);

unsigned runs_open_count(const struct runs *r);
unsigned runs_resuming_count(const struct runs *r); /* of those, that have not repeated yet what is on record */

#endif
