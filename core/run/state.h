/* What the files of this room share.  Private to it. */

#ifndef RUN_STATE_H
#define RUN_STATE_H

#include <assert.h>
#include <sys/queue.h>

#include "run/keys.h"
#include "run/run.h"

/* Past `run.at_once` a run is taken in only while open ones were given no more than this. */
#define RUNS_INPUT_BYTES (64 * MIB)

/* Of records that wait to be written; past it no run begins. */
#define RUNS_UNWRITTEN (256 * MIB)

/* When to try again is told as no longer than this. */
#define RETRY_MOST_S 600

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

/* A run that was open when the host ended goes on in these steps. */
enum resume_step {
	RESUME_NONE,    /* it was started by this host, or has repeated what it did */
	RESUME_WAITS,   /* for its turn */
	RESUME_READS,   /* its records, in the store thread */
	RESUME_BUILDS,  /* what it was, from those */
	RESUME_REPEATS, /* its calls repeat what they did */
};

/* A run's records, oldest first once all are there. */
struct record_list {
	size_t n;
	struct record *records;
	struct buf *storage; /* one for each */
};

/* A run and what this room keeps beside it. */
struct run_slot {
	struct run run; /* first: the rest of the host has a pointer to it */
	struct runs *runs;
	struct watch_list watchers;
	struct run_key *key;    /* that its client gave, or NULL */
	size_t input_len;       /* counted in input_bytes */
	uint32_t parts_durable; /* parts of the root call's reply that may be shown */
	uint32_t parts_next;    /* that may be once what is awaited is durable */
	bool parts_awaited;
	enum resume_step step;
	struct resume *resume; /* while it reads and builds */
	char *cancelled_by;    /* before it was its turn */
	uint64_t resume_lsn; /* its newest record when the host was started, where there is a newer one since; else 0 */
	uint64_t moved_at;   /* bytes that were written when it was last moved forward (care.c); 0: never */
	TAILQ_ENTRY(run_slot) to_resume;
	TAILQ_ENTRY(run_slot) entry;
};
TAILQ_HEAD(slot_list, run_slot);
TAILQ_HEAD(resume_list, run_slot);
struct resume;

struct erasing; /* erase.c */
STAILQ_HEAD(erasing_list, erasing);

struct scoring; /* score.c */
STAILQ_HEAD(scoring_list, scoring);

struct runs {
	struct store *store;
	struct journal *journal;
	struct registry *registry;
	struct dispatch *dispatch;
	struct policy *policy;
	struct event_base *loop;
	bool scripted, draining, closing;
	struct map by_id;
	struct map keys;    /* of clients: keys.h */
	struct slot_list open, ended;
	struct resume_list to_resume; /* those that wait for their turn */
	unsigned n_resuming;          /* past that, and not done */
	unsigned n_unbuilt;           /* of those that were open when the host was started */
	struct resume_list building;
	struct event *build;
	struct care *care;
	struct erasing_list erasing; /* runs: the first is under way */
	struct scoring_list scoring; /* calls: the first is under way */
	unsigned n_scoring;
	unsigned n_open, n_ended;
	size_t input_bytes;            /* of what open runs were given */
	int64_t ended_ns, end_each_ns; /* mono: when one ended last; how long from one to the next, about */
	size_t ended_bytes;         /* results of those */
	void (*drained)(void *arg); /* NULL: it does not drain, or has */
	void *drained_arg;
	int64_t drain_until_ns; /* mono */
	struct event *drain;
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
	json_int_t calls, wall_ms, money_micros, cpu_ms;
};
int run_request_read(struct run_request *ret, const json_t *json, bool scripted, struct fault *fault);

/* watch.c: the end is durable: tells everybody and forgets them. */
void watch_end(struct run_slot *slot);

/* tree.c: a run's records, oldest first, as a tree of calls. */
json_t *tree_of(const struct record_list *list);
void tree_undecided(json_t *tree, const json_t *undecided); /* marks what waits for a decision (dispatch_undecided) */
json_t *records_json(const struct record_list *list);

/* A field of text, where the record has it; what a guard found in the reply that it refused. */
void tree_set_text(json_t *node, const char *key, const struct record *r, enum record_tag tag);
void tree_set_findings(json_t *to, const struct record *r);

/* summary.c: what the run was and how it ended. */
json_t *summary_of(const struct record_list *list);

/* budget.c: puts "run" and "tree" into the view, and what is not on record of a run that is open. */
void budget_of(json_t *view, const struct record_list *list);
void budget_of_entry(json_t *view);
void budget_join(json_t *view, const struct run *run);
json_t *budget_quantity(int64_t limit, int64_t reserved, int64_t spent, int64_t left);

/* watch.c: the parts of the root call's reply that may be shown, as run_part has them. */
json_t *parts_of(const struct record_list *list);

/* waits.c: what is open in a summary and tree is told what it waits for. */
void waits_join(json_t *summary, struct run *run);
json_t *waits_of_run(struct run *run); /* or NULL: it does not wait */

/* apply.c: what a run cost beside calls: the tags of RUN_END and how they are called in a summary, where there is any. */
#define RUN_COSTS 3
struct run_cost {
	enum record_tag tag;
	const char *name;
};
extern const struct run_cost run_costs[RUN_COSTS];

/* apply.c: keys in STORE_META of the runs that have not ended. */
#define RUN_OPEN_PREFIX "run-open:"
#define RUN_OPEN_KEY    (sizeof(RUN_OPEN_PREFIX) - 1 + 16)

/* Commands: records below "below" may be gone (care.c). */
#define COMMAND_DROPPED "journal.dropped"

/* A run is to be erased, and was (erase.c); between the two STORE_META has a key for it. */
#define COMMAND_ERASE    "run.erase"
#define COMMAND_ERASED   "run.erased"
#define RUN_ERASE_PREFIX "run-erase:"
#define RUN_ERASE_KEY    (sizeof(RUN_ERASE_PREFIX) - 1 + 16)

/* The LSN of the newest RUNS_OPEN, and what that has of each run. */
#define RUNS_OPEN_AT "runs-open-at"
struct run_open {
	uint8_t id[16];
	uint64_t last_lsn;
};
static_assert(sizeof(struct run_open) == 24, "run_open");

/* view.c: reading backwards along a run's records, at most `most` of them or a few MiB; *lsn is where it goes on, 0: all were
 * read.  record_list_turn when they are.  [store thread] */
int record_list_read(struct record_list *list, struct journal *j, uint64_t *lsn, size_t most, struct fault *fault);
void record_list_turn(struct record_list *list);
void record_list_free(struct record_list *list);

/* run.c */
struct run_slot *slot_new(struct runs *r, const struct ulid *id);
char **run_take_sources(const json_t *names);
bool run_forget(
    struct runs *r, struct run *run);           /* one that has ended, from memory; false: it has not, or is watched */
void run_over(struct runs *r, struct run *run); /* its root op has its outcome and no call is left: it ends, once */

/* open.c: which runs were open when the host ended: each has its slot, waiting for its turn.  And the other side of that: a
 * checkpoint, so that the next start has to look no further back. */
int open_runs(struct runs *r, struct fault *fault);
void open_checkpoint(struct runs *r);

/* erase.c: it is in the queue of those that are erased. */
bool run_is_erased(const struct runs *r, const struct ulid *id);

/* score.c: a score of the node's outcome, as it stands in the tree. */
void score_node(json_t *node, const struct record *r);

/* score.c; after erase_close, which waits for the store's thread */
void score_close(struct runs *r);

/* drain.c */
void drain_look(struct runs *r); /* a run has ended */
void drain_close(struct runs *r);

/* resume.c */
void resume_begin(struct runs *r);
int resume_cancel(struct run_slot *slot, const char *why, struct fault *fault); /* one that has not gone on yet */
void resume_close(struct runs *r);

#endif
