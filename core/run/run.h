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
	bool scripted; /* a private host of `hospes test`: requests may carry the answers to their ops */
};

extern const struct store_apply run_apply[];

int runs_open(struct runs **ret, const struct runs_options *options, struct fault *fault);
void runs_close(struct runs **r);

/* hospesd.c leads these from dispatch and call to here. */
void runs_ended(struct run *run, void *runs); /* the root op has its outcome */
void runs_idle(struct run *run, void *runs);  /* the run's last call is gone */
void runs_parted(struct run *run, void *runs); /* there are more parts of the root call's reply */
void run_progress(struct run *run, const json_t *event);

/*
 * Starts a run.  `request`: {"plugin": "survey", "input": any, "version": "1.0.0"?, "config": {"survey": {"at_once": 2}}?,
 * "budget": {"calls": n?, "wall_ms": n?}?, "sources": ["space", ...]?, "script": {...}?}.  `sources` are spaces of this
 * client whose documents the run's plugins may read as the space "sources" (memory/memory.h).  `input` may be given as a payload instead (then it is not
 * parsed).  Faults: bad_input, no_such_agent, no_such_version, too_large, overloaded, permission_denied.
 */
int run_start(struct runs *r, const json_t *request, struct payload *input, const char *client, struct run **ret,
    struct fault *fault);

/* Open runs, and those that ended lately; NULL: ask run_show.  A run's state is RUN_ENDED once its end is durable. */
struct run *run_find(struct runs *r, const char *id_text);

/* Stops a run; `who` is named in the sentence.  Fault: conflict, when it has ended. */
int run_cancel(struct runs *r, struct run *run, const char *who, struct fault *fault);

/* {"id", "plugin", "version", "state": "open"|"ended", "status": "ok"|"partial"|name, "client", "started", "ended",
 *  "calls", "duration_ms", "sources"?, "result"?, "confidence"?, "partial"?, "error": {"code", "message", "hint",
 *  "findings"?}?}; new reference.  "findings" of a reply that was not grounded: [{"check", "claim"?, "text"?, "why", "quote"?,
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
 * "confidence"?, "message"?, "replays"?: n, "parts"?: n, "ops": [nodes in order]}.  A node of an op that is no call has "op": "http"
 * and "target" in place of plugin and version; one that a guard refused has "guard", and "findings" where it has any.  What
 * is open has status "open", and what it waits for: "state" and "waits" as dispatch_waits gives them, and the run itself "waits" of
 * dispatch_waits_of_run, as in the list.
 */
typedef void run_viewed(json_t *view, const struct fault *fault, void *arg);
void run_show(struct runs *r, const char *id_text, run_viewed *done, void *arg);    /* summary + "tree" */
void run_records(struct runs *r, const char *id_text, run_viewed *done, void *arg); /* every record, oldest first */
void run_list(struct runs *r, bool all, unsigned limit, run_viewed *done, void *arg);

/* Runs that start from now on have this policy; a reference is taken. */
void runs_set_policy(struct runs *r, struct policy *policy);

/* Stops admitting; calls `idle` when no run is open. */
void runs_drain(struct runs *r, void (*idle)(void *arg), void *arg);

unsigned runs_open_count(const struct runs *r);

#endif
