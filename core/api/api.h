/*
 * The API: HTTP/1.1 and JSON on a unix socket (libevent's evhttp).
 *
 * The socket's mode admits (0660 and the group where it exists, else 0600); SO_PEERCRED names the client as "uid:N".
 * Every answer is JSON; a failed one is {"error": {"code", "message", "hint"}} with the HTTP status that reply.c has for
 * its code.
 *
 *   GET  /v1/host                      {"version", "pid", "ready", "socket", "state_dir", "plugin_dirs": [], "sandbox":
 *                                       {"layers": [], "degraded": bool}, "runs_open",
 *                                       "runs_resuming", "syncs" (of the journal), "uptime_s"}
 *   GET  /v1/agents                    [{"name", "version", "kind", "summary", "capabilities": [], "state", "cells": n, "pids": [n],
 *                                       "sandbox": {"layers": [...], "degraded": bool}}]      active versions
 *   GET  /v1/versions[?name=N]         [{"name", "version", "object", "kind", "state", "since", "by", "why", "cells"}]
 *   POST /v1/agents/N/rollback         {"version"?, "why"?} -> the version now active
 *   POST /v1/agents/N/withdraw         {"version", "why"?}
 *   POST /v1/plugins                   the bytes of a .so -> {"name", "version", "object", "state"}
 *   POST /v1/runs                      run_start's request -> 202 and the run; an array of 1 to 1,000 requests -> 202 and
 *                                       an array with the run or the error of each, in order.  With a key, in the header
 *                                       Idempotency-Key or as the member "key" of a request: the same request again ->
 *                                       200 and the run that there is, with "repeated": true, for ever; another request
 *                                       under it -> 409
 *   POST /v1/runs/wait                 {"runs": [ID]}, at most 1,000 -> the runs with their results or the errors, in order,
 *                                       once all have ended and that is durable
 *   GET  /v1/runs[?all=1&limit=N]      [run]
 *   GET  /v1/runs/ID                   run with result
 *   GET  /v1/runs/ID/wait              the same, once it has ended and that is durable
 *   GET  /v1/runs/ID/tree              run_show
 *   GET  /v1/runs/ID/journal           run_records
 *   GET  /v1/runs/ID/events            server-sent events: progress, then `event: end` with the run.  Parts of the reply
 *                                       and the end are durable and have an id; Last-Event-ID goes on after that one,
 *                                       after the end it is 204.  All else has "provisional": true
 *   POST /v1/runs/ID/cancel
 *   POST /v1/runs/ID/resolve           run_resolve's request -> the run
 *   GET  /v1/reviews[?all=1&limit=N]   run_review_list
 *   GET  /v1/reviews/ID                run_review_show
 *   POST /v1/reviews/ID/decide         run_review_decide's request -> the review; 409 where another was first
 *   GET  /v1/logs                      server-sent events: {"level", "line"} of the host's log, the newest 1,000
 *                                       first, then `event: caught_up` once, then new ones; Last-Event-ID goes
 *                                       on after that line
 *   GET  /v1/memory                    memory_spaces of the client, who owns the spaces that it names below
 *   POST /v1/memory/reindex            memory_reindex
 *   POST /v1/memory/SPACE/put          {"key", "value", "version"?} -> {"version"}
 *   POST /v1/memory/SPACE/get          {"key"} -> {"value", "version"}
 *   POST /v1/memory/SPACE/forget       {"key"} or {"document": digest} -> {"forgotten"}
 *   POST /v1/memory/SPACE/drop         -> {"keys", "documents"}
 *   GET  /v1/memory/SPACE/keys[?prefix=P&after=KEY&limit=N]        memory_list
 *   GET  /v1/memory/SPACE/documents[?after=DIGEST&limit=N]         memory_documents
 *   POST /v1/memory/SPACE/documents    documents in the form of memory_load, at most 66 MiB -> its answer
 *   POST /v1/memory/SPACE/missing      {"digests": []} -> {"missing": []}; at most 8 MiB
 *   POST /v1/memory/SPACE/document     {"digest", "from"?, "to"?} -> memory_document
 *   POST /v1/memory/SPACE/search       {"query", "most"?, "most_each"?, "within"?} -> {"found": []}
 *   POST /v1/runs/ID/score             run_score's request -> its answer
 *   GET  /v1/alerts[?limit=N]          dispatch_alerts: the newest first
 *   GET  /v1/scores[?name=N]           dispatch_scores
 *   GET  /v1/policy                    policy_texts of the configuration as it is in force; of root and the host's own user
 *   GET  /v1/breakers                  dispatch_breakers
 *   POST /v1/breakers/reset            {"name", "version"?, "why"?} -> those that were reset, as above
 *   POST /v1/backup                    {"dir"} -> what backup.h says; of root and the host's own user
 *
 * A request's body may be at most the run input's limit and its wrapping; what is larger is too_large.  Streams send
 * headers at once and a comment every 10 s; a watcher with over 256 KiB queued is cut off.  [loop]
 *
 * Close the API before the rooms that it was given; views and installs under way may still call back afterwards.
 */

#ifndef API_API_H
#define API_API_H

#include <event2/event.h>

#include "backup/backup.h"
#include "base/fault.h"
#include "cell/cell.h"
#include "dispatch/dispatch.h"
#include "journal/journal.h"
#include "memory/memory.h"
#include "policy/policy.h"
#include "registry/registry.h"
#include "run/run.h"

struct api;

struct api_options {
	struct event_base *loop;
	struct policy *policy;
	struct registry *registry;
	struct cells *cells;
	struct dispatch *dispatch;
	struct runs *runs;
	struct memory *memory;
	struct journal *journal; /* answers wait until what they tell is durable; NULL: they do not wait */
	struct backups *backups;
};

/* Faults: in_use (another host answers on the socket), bad_config (its path), io_error.  Ignores SIGPIPE. */
int api_open(struct api **ret, const struct api_options *options, struct fault *fault);
void api_close(struct api **a);

/* The configuration was read again. */
void api_set_policy(struct api *a, struct policy *policy);

/* The host stops and no run is open any more: `finished` comes once all who asked have their answers and nobody has
 * asked for anything for `quiet_ns`; after five seconds at the latest. */
void api_finish(struct api *a, int64_t quiet_ns, void (*finished)(void *arg), void *arg);

#endif
