/* What the files of this room share.  Private to it. */

#ifndef RUN_STATE_H
#define RUN_STATE_H

#include <sys/queue.h>

#include "run/keys.h"
#include "run/run.h"

/* Ended runs that stay in memory, and how much of results may stay with them. */
#define RUNS_KEPT       4096 /* who started many at once comes back for each of them */
#define RUNS_KEPT_BYTES (64 * MIB)

struct run_watch {
	struct run *run;
	run_event *event;
	void *arg;
	bool only_end;
	TAILQ_ENTRY(run_watch) entry;
};
TAILQ_HEAD(watch_list, run_watch);

/* A run and what this room keeps beside it. */
struct run_slot {
	struct run run; /* first: the rest of the host has a pointer to it */
	struct runs *runs;
	struct watch_list watchers;
	struct run_key *key;    /* that its client gave, or NULL */
	uint32_t parts_durable; /* parts of the root call's reply that may be shown */
	uint32_t parts_next;    /* that may be once what is awaited is durable */
	bool parts_awaited;
	TAILQ_ENTRY(run_slot) entry;
};
TAILQ_HEAD(slot_list, run_slot);

struct runs {
	struct store *store;
	struct journal *journal;
	struct registry *registry;
	struct dispatch *dispatch;
	struct policy *policy;
	bool scripted, draining;
	struct map by_id;
	struct map keys;    /* of clients: keys.h */
	struct map clients; /* name -> struct account, with its name behind it */
	struct slot_list open, ended;
	unsigned n_open, n_ended;
	size_t ended_bytes; /* results of those */
	void (*idle)(void *arg);
	void *idle_arg;
};

static inline struct run_slot *
slot_of(struct run *run)
{
	return (struct run_slot *)run;
}

/* request.c: what a client asks for, borrowed from its JSON.  `scripted`: it may bring the answers to ops. */
struct run_request {
	const char *plugin, *version;
	json_t *input, *config, *sources, *script;
	json_int_t calls, wall_ms;
};
int run_request_read(struct run_request *ret, const json_t *json, bool scripted, struct fault *fault);

/* watch.c: the end is durable: tells everybody and forgets them. */
void watch_end(struct run_slot *slot);

/* tree.c: a run's records, oldest first, as a tree of calls. */
struct record_list {
	size_t n;
	struct record *records;
	struct buf *storage; /* one for each */
};
json_t *tree_of(const struct record_list *list);
void tree_undecided(json_t *tree, const json_t *undecided); /* marks what waits for a decision (dispatch_undecided) */
json_t *records_json(const struct record_list *list);
json_t *summary_of(const struct record_list *list);

/* watch.c: the parts of the root call's reply that may be shown, as run_part has them. */
json_t *parts_of(const struct record_list *list);

/* A run without an end that nobody runs was cut off when the host ended: what is open in its summary and tree is called
 * interrupted. */
void mark_interrupted(json_t *summary);

/* apply.c: keys in STORE_META of the runs that have not ended. */
#define RUN_OPEN_PREFIX "run-open:"
#define RUN_OPEN_KEY    (sizeof(RUN_OPEN_PREFIX) - 1 + 16)

#endif
