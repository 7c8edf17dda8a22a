/*
 * Runs, calls and ops in flight, with their recorded outcomes.
 *
 * A run is a tree: its root op made the root call, a call issues ops, an op of kind CALL has a callee.  This room keeps
 * the tree and the accounts; it decides nothing.  An op's outcome stays with its call until the call ends, so that a call
 * that begins again in another cell is answered from the record (dispatch does that).
 *
 * The structs are open: dispatch, cell and run work on them.  All [loop].
 */

#ifndef CALL_CALL_H
#define CALL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/kept.h"
#include "base/map.h"
#include "call/account.h"
#include "call/carried.h"
#include "base/turns.h"
#include "wire.h"

struct version; /* registry's: the bytes that a call runs on */
struct cell;    /* cell's */
struct policy;
struct policy_plugin;
struct policy_handoff;
struct dispatch; /* dispatch's */
struct guard;
struct breaker;
struct call;
struct run;
struct review;
LIST_HEAD(review_list, review);

/* ---- Ops --------------------------------------------------------------------------------------------------------- */

enum op_repetition { REPETITION_UNKNOWN, REPETITION_NONE, REPETITION_AGAIN };
enum op_state { OP_NEW, OP_WAITING, OP_OPEN, OP_DONE };

struct op;

/* Ops that wait for something that a guard ran out of, each run in its turn.  Each limit has its own; zeroed is empty. */
struct waitq {
	struct turns ops;
	bool waking;   /* one of them is tried */
	unsigned owed; /* who gave something back meanwhile: as many are tried after it */
};

/* Parts of the reply of a call, in the order in which they came. */
struct parts {
	struct payload **part;
	uint32_t n, cap;
	size_t bytes;
	bool held; /* nobody gets any of them before the reply was judged */
};

/* Who may give an op another attempt, and what that is. */
enum stage_by { STAGE_BY_LADDER, STAGE_BY_FALLBACK, STAGE_BYS };
enum stage_kind { STAGE_CALL, STAGE_ANSWER, STAGE_HUMAN };

/* Of an op of kind CALL whose first attempt is not its outcome: the attempt that it is at.  Its target stays what was asked for. */
struct op_stage {
	enum stage_kind kind;
	char *target, *version;    /* CALL; version may be NULL */
	struct payload *answer;    /* ANSWER */
	char *question, *why;      /* HUMAN: what is asked, and how the attempt before ended */
	struct payload *findings;  /* what was wrong with the reply before: a JSON array, or NULL */
	char *of;                  /* whose list of fallbacks is used; NULL: none yet */
	unsigned given[STAGE_BYS]; /* attempts so far that each has given */
	bool spent;                /* nothing is left of the op's share */
};

struct op {
	struct run *run;
	struct call *caller; /* NULL for the run's root op */
	uint32_t ordinal;
	uint16_t kind; /* enum wire_op_kind */
	uint8_t effect;
	bool unanswered;           /* an effect that was sent and failed without an answer */
	bool undecided;            /* it waits for a human to say whether it took place */
	uint16_t attempt;          /* from 1; one more each time a human says that it did not, or of a CALL with each stage */
	uint16_t begun;            /* intents of this attempt on record */
	enum op_state state;
	char *target;
	char target_room[32];           /* where short ones lie */
	char *version;                  /* asked for, or NULL */
	char *key;                      /* idempotency key given, or NULL */
	char *host;                     /* of HTTP: "example.org:443", once a guard has looked at it; else NULL */
	struct payload *input;          /* until it has its outcome */
	struct payload_hash input_hash; /* what a replay is compared with */
	size_t input_len;
	uint64_t called;                /* hash of the name of the plugin that a CALL led to first, of what a POLL asks; 0: not known */
	bool only_hash;                 /* nobody knows its length: the record has no more of it */
	int64_t deadline_real_ns;
	int64_t began_mono_ns;     /* since when it waits at a guard, then since when it is past them */
	int64_t intent_real_ns;    /* when its newest intent, or its command, was recorded; 0: it has none */
	int64_t share[QUANTITIES]; /* 0: none */
	int64_t share_wall_ns;     /* 0: none */
	bool ends_by_share;        /* its deadline is the end of that */
	int64_t price_micros;      /* of a CALL: what it costs by itself, once it has begun; of HTTP: what one request costs */
	bool price_known;          /* of HTTP: it is looked up once, and is what the intent says ever after */
	uint16_t sent;             /* of HTTP: how often this attempt was sent, as far as anybody knows */
	int64_t cost_micros;       /* of HTTP, with its outcome: what that came to */
	uint64_t twins_key;        /* of guard_repetition.c: of it and its twins; 0: not made yet */
	uint32_t knew;             /* of run->ends: as far as whoever asked for it could know */
	enum op_repetition repetition;
	bool repeats;              /* it was begun again, and is counted in its run */
	bool ballot;               /* of a poll that has begun */
	bool sharing;              /* its share is a part of what is left, and not taken yet */
	bool parted;               /* the share of calls that it has is a part of what its caller had left */
	bool refused;              /* a guard's no to the reply of its callee is on record */
	uint32_t intent_seq;       /* number in the run of its intent or command, where that was there when the host was started */

	/* of guard_breaker.c */
	struct breaker *breaker; /* that it is past; NULL: there is none, or it has its outcome */
	unsigned breaker_period;
	uint16_t http_code;      /* of its answer; 0: none came */
	bool probe;              /* it was let through to try whether all is well again */
	bool overdue;            /* it is stopped because the time that it was given itself is over */
	bool restored;           /* it was let through before the host was started */
	bool on_record;          /* its outcome was on record when the host was started */
	char *route;             /* of a CALL by capability: why this one was chosen, JSON; else NULL */

	/* the outcome, once state is OP_DONE */
	int status;
	struct payload *value; /* or the sentence */
	double confidence;
	struct version *answered; /* of a CALL: the version that gave it, with a reference; NULL: none did */
	uint32_t scored;          /* 1 + the ordinal of the op that scored it; 0: none has */
	uint16_t judged;          /* the attempt of its call that checks have given a score; 0: none */

	struct op_stage *stage; /* of a CALL that is past its first attempt; else NULL */
	struct parts *parts; /* of a CALL, kept as the outcome is; NULL: none */
	struct review *reviews; /* that were raised about it, the newest first (call/review.h); NULL: none */

	const struct policy_handoff *handoff; /* of a CALL: what its replies have to pass, by whom its first attempt called; NULL: not known yet */

	/* while it is open */
	struct version *resolved; /* the version chosen for a CALL */
	bool by_name;             /* since it asked for that plugin, not for something that it offers */
	const struct policy_plugin *rules; /* what the policy of the run says of that plugin */
	struct call *callee;
	struct op *taker; /* of a CALL: the op of kind PART that waits for the next one */
	struct op *poll;  /* of a CALL: the op of kind POLL that waits for it as a ballot */
	void *executing;  /* the executor's own: struct http_transfer, timer, struct first */
	unsigned taken;   /* bit i: guard i of the table has taken something */
	bool trying;      /* it is at the guards: who goes on with what it gives back neither tries nor stops it */
	int64_t reserved_most[QUANTITIES_RESERVED], reserved_least[QUANTITIES_RESERVED];
	/* beside the chain, where it holds something: of its agent (the callee, or who makes a request), its client, the host; with NULL
	 * behind the last */
	struct account *beside[4];
	struct waitq *waiting_on;
	const struct guard *held_at; /* that it waits at */
	struct turn_item waiting;
	struct event *timer; /* its deadline while it waits at a guard, or its sleep */
	int cancelled;       /* 0, or the status with which it will end */
	char *cancel_why;    /* the sentence then */
	bool delivered;      /* its caller's cell has the outcome */
	bool counted;        /* of a CALL: as a ballot of a poll */
	bool check;          /* the host's own: it calls a check of what its caller replied */
};

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

enum call_state {
	CALL_QUEUED,  /* waits for a cell */
	CALL_RUNNING,
	CALL_PARKED,  /* its fiber waits for an op */
	CALL_EVICTED, /* it waits for an op without a cell: submitted again, it replays to where it was */
	CALL_DONE
};

/* Of the version that a call led to last: what was found of it holds for the next call of it by the same caller. */
struct met {
	struct version *version; /* a reference; NULL: it has led to nobody */
	const struct policy_plugin *rules;
	uint64_t name_hash;
	bool pinned; /* the run uses this one wherever it names the plugin, until it is withdrawn */
	bool may;    /* of guard_permission.c: it may be called by its name */
	bool apart;  /* of guard_cycle.c: the plugin is none of those above */
};

struct call {
	uint64_t handle; /* never used again */
	unsigned refs;   /* its own life, each open op of it, each child that still holds something of its accounts */
	struct run *run;
	struct op *op; /* that made it; its caller is the parent */
	char *path;    /* "/0/3" */
	char path_room[24]; /* where short ones lie */
	uint16_t attempt;
	unsigned depth;
	uint64_t below_attempt; /* handle of the nearest call above, or itself, that is no first attempt; 0: there is none */
	struct version *version;
	const char *plugin, *semver; /* of the version, for messages and the journal */
	struct met met;
	const struct policy_plugin *rules; /* what the policy of the run says of the plugin */
	const struct policy_handoff *handoff; /* and of its replies to whoever called it */
	bool looked_at;                       /* by that they are checked */
	struct payload *input;
	struct payload *config; /* JSON object of its plugin */
	int64_t deadline_real_ns;
	struct account account;
	int64_t cpu_ns; /* of its own, as far as it was seen */
	enum call_state state;
	int64_t started_mono_ns;

	struct op **ops; /* by ordinal */
	uint32_t n_ops, cap_ops;
	uint32_t own_ops; /* ordinals from here on are the host's own; UINT32_MAX: there are none yet */
	uint32_t open_ops;
	uint32_t firsts;   /* open ops of kind FIRST */
	uint32_t polls;    /* and of kind POLL */
	uint32_t sharers;  /* ops of it that are sharing */
	int64_t unstarted; /* members of its newest group that it has not asked for yet */
	uint32_t waited_at;  /* how many ops it had asked for when it waited last */
	uint32_t knows;      /* of guard_repetition.c: run->ends when it began, or went on after it had waited */
	uint32_t group_knew; /* and that when it asked for the first member of its newest group */
	uint32_t refusals;   /* ops that a guard refused */
	size_t kept_bytes; /* of inputs of its open ops, and of outcomes */
	size_t given;      /* bytes of its input and of all outcomes */

	int cancelled; /* 0, or the status with which every further wait of it ends */
	struct event *deadline; /* of this attempt, where the op has more time */

	unsigned failures_told; /* of guard_breaker.c: with which failures ops of it ended */
	bool hands_on;          /* it replied with one of those */

	uint32_t parts_said; /* since it began (again) */

	uint32_t issued;   /* ops that it asked for since the host was started: below that it replays in this host's life */
	uint32_t repeats;  /* ops that were on record when the host was started */
	bool repeating;    /* it has not asked for all of those again */

	/* what it replied, from then until guards have let it pass */
	struct payload *reply, *partial;
	double confidence;
	double verdict; /* the lowest score that its checks gave it; NAN: none did */
	void *grounding; /* of the grounding guard: its checks */
	bool grounded;   /* it has let the reply pass */

	/* of the cell room */
	struct cell *cell;
	void *pool;
	int64_t busy_ns;       /* how long it had something to do, not paid for yet */
	int64_t busy_since_ns; /* while it is running: since when it has */
	struct turn_item queued; /* in its pool, while it waits for a cell */
	TAILQ_ENTRY(call) in_cell;
	TAILQ_ENTRY(call) parked; /* in its pool, while it is */
	int64_t parked_mono_ns;   /* since when it waits, parked or evicted */
	const char *again;        /* why it begins (again) next, where that is no cell's death */
	unsigned evictions;
	uint32_t waits_for;  /* while parked or evicted: the ordinal whose outcome wakes it */
	uint32_t reissued;   /* ops seen since it began (again): below n_ops it replays */
	uint32_t ahead;      /* outcomes of ops below this were sent, or will be when they are asked for */
	size_t ahead_bytes;  /* of outcomes that were sent and not asked for yet */
	unsigned deaths;     /* cells that died with it as a suspect */
	unsigned executions; /* how often it began */
	bool quarantined;
	size_t logged_bytes;
	size_t lines;      /* log and progress since it began (again) */
	size_t lines_told; /* the most that an execution of it told: up to there they are repetitions */

	/* of the concurrency guard */
	struct slots *slots; /* of its plugin; NULL: not looked up yet */
	bool slot;           /* it has one */
	bool resuming; /* has an outcome and waits for a slot */
	struct turn_item resume;
	TAILQ_ENTRY(call) holding;
};
TAILQ_HEAD(call_list, call);

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

enum run_state { RUN_OPEN, RUN_ENDED };

#define RUN_SOURCES_MAX 64 /* spaces */
#define RUN_SHARES      8

/* Of the cell room: how many calls of a run compute in the cells of a pool. */
struct run_share {
	const void *pool;
	unsigned running; /* 0: it counts for no pool */
};

struct run {
	struct ulid id;
	char id_text[ULID_TEXT];
	struct trace_id trace;
	char *client; /* "uid:1000" */
	char *target;
	struct policy *policy; /* the snapshot that it started under */
	json_t *set;           /* --set: {"survey": {"at_once": 2}}, or NULL */
	struct map pins;       /* plugin name -> struct version, with a reference */
	struct map configs;    /* version -> its configuration as first used (dispatch/config.c) */
	struct account account;
	struct account *client_account; /* of its client's day; NULL: none keeps one */
	struct kept client_bucket;      /* of its client: guard_rate.c */
	enum run_state state;
	int64_t started_real_ns, ended_real_ns;
	int64_t deadline_real_ns;
	struct op root;

	/* how it ended */
	int status;
	struct payload *result;  /* or the sentence */
	struct payload *partial; /* JSON array, or NULL */
	double confidence;
	struct payload *findings; /* of the reply that was refused last, JSON array, or NULL */

	bool stopping;      /* it is on record that it was cancelled */
	unsigned repeating; /* calls of it that repeat what was on record when the host was started */
	uint64_t last_lsn; /* of its newest record */
	struct carried carried;    /* payloads that its newest records carry */
	uint32_t seq;
	uint64_t recorded; /* bytes of its records */
	unsigned calls_open;
	unsigned calls_running; /* that have a cell and do not wait */
	uint64_t moves;         /* counts calls that began to run and ops that ended */
	unsigned maybe_billed; /* effects that may be on a bill and have no outcome of their own */
	unsigned undecided; /* ops of it that wait for a human's decision */
	unsigned waiting;   /* ops of it that wait at guards */
	struct review_list reviews; /* that are open, the newest first */
	unsigned reviews_open;
	int64_t priced;        /* of dispatch/spend.c: what the calls and requests cost that have begun, micro-dollars */
	int64_t spend_granted; /* how far humans let it go; 0: nobody was asked */
	char *spend_refused;   /* the sentence of who said no */
	struct waitq spend_waiters;
	unsigned spend_waiting;     /* ops that came there since they were tried last */
	struct event *spend_again;
	uint32_t reviews_raised; /* also the number of the newest */
	struct dispatch *dispatch; /* that it runs under */
	void *watchers;            /* run's own */
	char **sources;            /* spaces of its client whose documents it may read, NULL-terminated, or NULL */
	void *script;              /* of a test case: the answers to its ops, or NULL */
	struct payload *given;     /* of a test case: the findings that its root call begins with, or NULL */

	/* of dispatch/guard_budget.c */
	TAILQ_ENTRY(run) overspent;
	bool is_overspent; /* it is in the list of runs to be ended */
	bool from_record;  /* it is being built from its records: nothing is told of it */

	/* of dispatch/budget_alerts.c */
	bool watches_tasks;  /* a task of it has a share, and is told of */
	unsigned tasks_told; /* alerts of its tasks */

	/* of dispatch/deadlock.c */
	TAILQ_ENTRY(run) stalled;
	bool is_stalled;      /* it is in the list of runs to be looked at */
	uint64_t moves_seen;  /* at the last look */
	unsigned looks, skip; /* since it moved; looks that it is spared */

	struct run_share shares[RUN_SHARES];

	/* of guard_repetition.c */
	struct map ended; /* hash of callee and input -> what is known of that call */
	uint32_t ends;    /* how many have ended so far: its clock */

	struct map refused; /* of loops.c: "a -> b" -> struct edge */

	/* of the memory guard */
	struct waitq memory_waiters;
	unsigned memory_ops;   /* in progress */
	uint64_t memory_moved; /* bytes of inputs and answers */
};

TAILQ_HEAD(run_queue, run);

/* The calls in flight, by handle. */
struct calls {
	struct map by_handle;
	struct call *found; /* by_handle: the last; NULL: it has ended */
	uint64_t next_handle;
	unsigned count;
	void (*drop)(struct version *v);          /* gives a version back */
	void (*idle)(struct run *run, void *arg); /* the last call of a run was freed */
	void *idle_arg;
};

void calls_init(struct calls *calls);

/* A new call for an op; takes references on the op's input, on config and on the caller.  `v` is taken over and given
 * back to `drop` when the call is freed. */
struct call *call_new(struct calls *calls, struct op *op, const char *plugin, const char *semver, struct version *v,
    struct payload *config, unsigned depth);

/* Ends its life: it is no longer found by its handle, and no longer its op's callee; what others still hold of it stays until
 * they let go. */
void call_end(struct calls *calls, struct call *call);
void call_ref(struct call *call);
void call_unref(struct calls *calls, struct call *call);
struct call *call_by_handle(struct calls *calls, uint64_t handle); /* NULL: none in flight */

/* How many ops its handler asked for: those of the host come after them. */
static inline uint32_t
call_own_ops(const struct call *call)
{
	return call->n_ops < call->own_ops ? call->n_ops : call->own_ops;
}

/* It waits for an op that it has asked for.  When it begins again it repeats waits that it was seen at before; and it may wait for what
 * it was sent ahead without a word, so the last of them stays. */
static inline void
call_waits(struct call *call)
{
	if (call->waited_at < call->reissued)
		call->waited_at = call->reissued;
}

/* The op at `ordinal`, made when it is the next one; NULL when it would leave a gap. */
struct op *call_op(struct call *call, uint32_t ordinal, bool *made);

/* What a client or a caller may be shown of the parts of a call's reply. */
uint32_t op_parts(const struct op *op);
struct payload *op_part(const struct op *op, uint32_t nth); /* borrowed; NULL: there is none */
void op_drop_parts(struct op *op);
void op_drop_reviews(struct op *op);
void op_clear(struct op *op); /* frees what it holds, for the root op of a run too */

/* The path of an op, which is that of the call that it makes: its caller's and its own ordinal, from the second attempt of a
 * CALL on with "#" and the attempt's number ("/0/3#2"); allocated. */
char *op_path(const struct op *op);

/* Takes one apart from "/0" on: the next ordinal and attempt (1 where it says none).  False: it ends here (**at is zero), or is
 * none. */
bool op_path_next(const char **at, uint32_t *ordinal, uint32_t *attempt);

/* What the attempt that a CALL is at calls. */
static inline const char *
op_target(const struct op *op)
{
	return op->stage != NULL && op->stage->target != NULL ? op->stage->target : op->target;
}

/* The version that was asked for by number, or NULL. */
static inline const char *
op_version(const struct op *op)
{
	return op->stage != NULL ? op->stage->version : op->version;
}

void op_drop_stage(struct op *op);

void op_set_target(struct op *op, const char *target);

struct call *call_parent(const struct call *call); /* NULL for the root call */

/* "survey > wordcount > reader": the chain from the root to `call`, for messages; allocated. */
char *call_chain(const struct call *call);

#define CALL_OPS_MAX   100000u
#define CALL_PARTS_MAX 100000u
#define CALL_KEPT_MAX  (512u * 1024 * 1024)

#define RUN_RECORDED_MAX (1024u * 1024 * 1024)

#include "call/review.h"

#endif
