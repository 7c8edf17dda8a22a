/* What the files of this room share.  Private to it. */

#ifndef DISPATCH_STATE_H
#define DISPATCH_STATE_H

#include "base/map.h"
#include "dispatch/breakers.h"
#include "dispatch/dispatch.h"

/* Of the host, of a client, of an agent; see accounts.h. */
struct day_account {
	struct account account; /* first; parent NULL */
	const char *name;       /* of the client or agent; "" of the host */
	int64_t saved[QUANTITIES]; /* of what was spent, that the ledger was told of */
	bool unsaved;              /* there is more, and it is in the list */
	STAILQ_ENTRY(day_account) next;
};
STAILQ_HEAD(day_accounts, day_account);

struct accounts {
	int64_t day;         /* since 1970 */
	int64_t day_ends_ns; /* real */
	struct day_account host;
	struct map clients, agents; /* name -> struct day_account, with its name behind it */
	struct policy *policy;      /* NULL: there are no limits */
	bool incomplete;            /* runs of before the start hold more than is reserved here yet */
	struct day_accounts unsaved;
	struct event *save; /* made when it is needed first */
	bool save_is_set;
};

enum rate_kind { RATE_AGENT, RATE_TARGET, RATE_CLIENT, RATE_KINDS };

struct dispatch {
	struct event_base *loop;
	struct store *store;
	struct journal *journal;
	struct registry *registry;
	struct http *http;
	struct memory *memory;
	struct cells *cells;
	struct calls *calls;
	void (*failed)(const struct fault *fault, void *arg);
	void (*run_ended)(struct run *run, void *arg);
	void (*progress)(struct run *run, const json_t *event, void *arg);
	void (*parted)(struct run *run, void *arg);
	void (*repeated)(struct run *run, void *arg);
	void (*grown)(void *arg);
	void *arg;

	uint64_t tell_at; /* LSN from which on `grown` is called */
	struct accounts accounts;
	struct waitq budget_waiters;
	struct run_queue overspent; /* runs that used more CPU time than they have, to be ended: guard_budget.c */
	struct event *stop_overspent;
	struct run_queue stalled; /* runs of which nothing computes, to be looked at: deadlock.c */
	struct event *look;
	bool look_armed;
	unsigned waiting;         /* ops at guards, of all runs */
	unsigned roots;           /* of guard_admission.c: runs that are under way */
	struct waitq admission;
	int64_t (*mono_ns)(void); /* which tests replace */
	struct map rates;         /* of guard_rate.c: name -> struct bucket */
	TAILQ_HEAD(bucket_list, bucket) buckets; /* who was looked at longest ago, first */
	unsigned n_rates;
	uint64_t rates_freed;   /* buckets, ever (base/kept.h) */
	int64_t rates_since_ns; /* when the host was started */
	struct breakers breakers;
	uint64_t routed; /* calls that were routed by score: whose turn it is */
	struct verdict_cache *verdicts;
	struct alerts *alerts;
	struct quality *quality;
	void (*alerted)(uint64_t lsn, void *arg);
	struct map slots; /* plugin name -> struct slots of guard_concurrency.c; they stay */
};

/* ---- dispatch.c -------------------------------------------------------------------------------------------------- */

void dispatch_take(struct dispatch *d, struct run *run); /* a run that is this room's from now on */

/* ---- pipeline.c -------------------------------------------------------------------------------------------------- */

/* Takes a new op: resolve, guards, execute. */
void pipeline_enter(struct dispatch *d, struct op *op);

/* One that waited is tried from the first guard on. */
void pipeline_try(struct dispatch *d, struct op *op);

/* It was told to stop when it waited, or was about to.  (stop.c) */
void pipeline_stop_waiting(struct dispatch *d, struct op *op);

/* May one more wait, which is in its queue already?  (waitq.c) */
bool waitq_has_room(const struct dispatch *d, const struct op *op, struct fault *why);

/* The op has its outcome: `value` (a reference, taken over) or, with a negative status, the sentence.  Records, settles,
 * delivers, wakes. */
void pipeline_complete(struct dispatch *d, struct op *op, int status, struct payload *value, double confidence);
void pipeline_fail(struct dispatch *d, struct op *op, const struct fault *fault);

/* The same for one that never began: `guard` said no. */
void pipeline_refuse(struct dispatch *d, struct op *op, const char *guard, const struct fault *why);

/* The same for one whose call has replied, and `guard` does not let that pass; `findings` may be NULL.  False: the op goes on with
 * another attempt, and the call was ended. */
bool pipeline_refuse_reply(
    struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings);

/* A check whose verdict is known: this is its outcome, without a guard being asked or a call made.  `value` as above. */
void pipeline_known(struct dispatch *d, struct op *op, const struct version *v, struct payload *value);

/* Between two attempts: what the guards took is settled and the version given back; it enters once more. */
void pipeline_settle(struct dispatch *d, struct op *op);
void pipeline_again(struct dispatch *d, struct op *op);

/*
 * From the record (restore.c): an op that had passed the guards goes on as if it had just done so, without one of them being
 * asked; it has its outcome; it was refused.  Nothing is recorded, told or executed.  `value` is taken over.
 */
int pipeline_restore(struct dispatch *d, struct op *op, struct fault *fault);
void pipeline_restore_outcome(struct dispatch *d, struct op *op, int status, struct payload *value, double confidence);
void pipeline_restore_refusal(struct op *op, int status, struct payload *value);
void pipeline_restore_known(struct op *op, struct payload *value);
void pipeline_restore_stage(struct op *op); /* its first attempt was refused, and is not its outcome */
void pipeline_arm(struct dispatch *d, struct op *op); /* its deadline */

/* Asks the guards about the reply of op->callee: GUARD_PASS, GUARD_WAIT, or GUARD_REFUSE with the guard, why and findings. */
int guards_judge(struct dispatch *d, struct op *op, const char **guard, struct fault *why, struct payload **findings);
void guards_parked(struct dispatch *d, struct call *call);
bool guards_resume(struct dispatch *d, struct call *call);

/* ---- resolve.c --------------------------------------------------------------------------------------------------- */

/* Finds which version op->target means and pins it; op->resolved then holds a reference, op->rules is what the policy of the run
 * says of its plugin, and op->route says why that one where several offer what was asked for. */
int resolve_op(struct dispatch *d, struct op *op, struct fault *why);

/* What is kept of the version that the op was led to, for its caller; NULL: nothing is. */
struct met *resolve_met(const struct op *op);
void resolve_drop(struct run *run); /* gives back the pins */

/* It means this one. */
void resolve_as(struct op *op, struct version *v);

/* What a name means for the run now, which pins nothing.  Borrowed; NULL: there is none. */
struct version *resolve_name(struct dispatch *d, struct run *run, const char *name);

/* The name means this version for the run, where it does not mean one already. */
void resolve_pin(struct run *run, struct version *v);

/* ---- routing.c --------------------------------------------------------------------------------------------------- */

/* One of those that offer a capability, by the run's policy; op->route says why.  NULL: nobody offers it. */
struct version *routing_choose(struct dispatch *d, struct op *op, const char *capability);

/* ---- config.c ---------------------------------------------------------------------------------------------------- */

/* The configuration of a version in this run, checked against the notes.  Borrowed.  *to_record, once for each: the caller
 * writes it to the journal; NULL: only looking. */
int config_of(struct run *run, struct version *v, struct payload **ret, bool *to_record, struct fault *fault);
void config_drop(struct run *run);

/* The one that is on record. */
void config_restore(struct run *run, struct version *v, const void *text, size_t len);

/* ---- execute.c, op_*.c ------------------------------------------------------------------------------------------- */

/* One row for each kind of op.  `begin` starts it (and may complete it at once); `stop` ends what it has started, after
 * which pipeline_complete is called with the status of the cancel. */
struct executor {
	const char *name; /* "call" */
	bool outside;     /* it asks of the world outside the call, for which a case of `hospes test` answers */
	void (*begin)(struct dispatch *d, struct op *op);
	void (*stop)(struct dispatch *d, struct op *op);
	/* Goes on with one whose intent or command is on record (op->intent_real_ns, op->intent_seq) and whose outcome is not,
	 * since the host ended in between; NULL: this kind has no such records. */
	void (*resume)(struct dispatch *d, struct op *op);
	/* The value of one that is op->undecided and, as a human says, took place: with this answer, or with NULL where nothing
	 * is known of it.  NULL: that cannot be its answer.  Missing where a kind is never undecided. */
	struct payload *(*decided)(const struct op *op, const json_t *answer, struct fault *fault);
};
extern const struct executor executor_call, executor_http, executor_now, executor_random, executor_sleep,
    executor_first, executor_find, executor_script, executor_part, executor_remember, executor_recall, executor_forget,
    executor_list, executor_documents, executor_document, executor_search, executor_review, executor_score,
    executor_poll;

/* When a sleep that is under way ends, real ns; 0: that is not known. */
int64_t sleep_ends(const struct op *op);

/* Of a build for the bench alone. */
#define BENCH_TARGET "http://bench.invalid/"
extern const struct executor executor_bench;

const struct executor *executor_of(const struct op *op); /* the cell room lets no other kind through */

bool op_kind_known(uint16_t kind);
/* What an effect bears (enum wire_effect): as its plugin says, else as its method means. */
uint8_t effect_class(const struct op *op, const struct http_request *request);
/* Looks up what one request costs, unless that is known. */
void effect_price(struct op *op, const struct http_request *request);
/* What an effect has cost, as far as anybody knows. */
int64_t effect_cost(const struct op *op);
/* The idempotency key that the host gives an effect. */
char *effect_key(const struct op *op);

/* An op has its outcome: FIRST ops of the same call that wait for it have theirs. */
void first_noticed(struct dispatch *d, struct op *op);

/* The op, which is a ballot, has its outcome: the POLL op that waits for it may have its own. */
void poll_noticed(struct dispatch *d, struct op *ballot);

/* The next, from number *at on, of the ballots that a POLL op waits for; NULL: that was the last. */
const struct op *poll_open_ballot(const struct op *op, uint32_t *at);

/* The target of an op of memory taken apart: which space, "" for the plugin's own, and what follows the slash, "" for
 * nothing.  False: it names no space that could be. */
#define SPACE_TEXT 65
bool op_memory_target(const struct op *op, char space[SPACE_TEXT], const char **key);

/* Changes memory, or puts a value or a key into it. */
bool op_memory_changes(uint16_t kind);

/* The review that an op of kind REVIEW has asked for is decided. */
void op_reviewed(struct dispatch *d, struct review *r);

/* A call said a part of its reply. */
void parts_said(struct dispatch *d, struct call *call, struct payload *part);

/* The op that made a call has a part more, or its outcome: whoever waits for the next part has it, or that there is none. */
void parts_noticed(struct dispatch *d, struct op *op);
void parts_ended(struct dispatch *d, struct op *op);

/* One that is on record, and was held back or not, whatever would be done by now; false: it can't be the next. */
bool parts_restore(struct call *call, int64_t nth, struct payload *part, bool held);
void parts_settled(struct op *op); /* the op has its outcome: what was held back is handed out, or dropped */

/* Tells a call, and all that it asked for, to stop. */
void call_stop(struct dispatch *d, struct call *call, int status);

/* Does a reply fit the schema of who gives it? */
int call_check_reply(const struct call *call, const struct payload *reply, struct fault *fault);

/* A call of a cell ended. */
void call_replied(struct dispatch *d, struct call *call, int status, struct payload *value, double confidence,
    struct payload *partial);

/* ---- record.c ---------------------------------------------------------------------------------------------------- */

void record_refusal(struct dispatch *d, struct op *op, const char *guard, const struct fault *why, const struct payload *findings);
void record_stage(struct dispatch *d, struct op *op, const char *stage, struct payload *answer,
    const struct payload *findings, const char *guard, const struct fault *why);
void record_call_start(struct dispatch *d, struct call *call, bool with_config);
uint64_t record_intent(struct dispatch *d, struct op *op);
uint64_t record_command(struct dispatch *d, struct op *op, struct record *r); /* one with COMMAND and BODY */
void record_outcome(struct dispatch *d, struct op *op);
void record_known(struct dispatch *d, struct op *op, const struct version *v); /* of a check that was not asked */
void record_part(struct dispatch *d, struct call *call, uint32_t nth, struct payload *part);
void record_replay(struct dispatch *d, struct call *call, const char *why);
void record_log(struct dispatch *d, struct call *call, enum log_level level, const char *line);

void record_resolved(struct dispatch *d, struct op *op, const struct decision *said, struct payload *value);

struct review;
void record_review(struct dispatch *d, struct op *op, const struct review *r, const char *body);
void record_reviewed(struct dispatch *d, const struct review *r, const char *decision);

/* ---- decision.c -------------------------------------------------------------------------------------------------- */

/* Nobody knows whether the op took place: it waits for a human, until dispatch_resolve or its outcome. */
void decision_await(struct dispatch *d, struct op *op);
void decision_over(struct op *op); /* nothing where it does not wait */
json_t *decision_command(const struct op *op); /* what decides it, for people: "hospes resolve ..." */
void decision_next_attempt(struct op *op);             /* it did not take place */
const char *decision_name(enum decision_outcome outcome);

/* ---- replay.c ---------------------------------------------------------------------------------------------------- */

/* An op that is on record was asked for again: answered, attached, or the run ends as nondeterministic. */
void replay_op(
    struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, struct payload *input);

/* The same of one that has not begun, and has a review on record: it may be taken as it is asked for now. */
bool replay_reviewed(
    struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, struct payload *input);

/* Sends its call the outcomes of ops that it will ask for again. */
void replay_ahead(struct call *call);

/* A call replied: has it asked for all that it asked for, and said all that it said, when it ran before?  If not, the run
 * ends as nondeterministic. */
void replay_reply(struct dispatch *d, struct call *call);

/* The grounding guard comes to a check of a reply that it has asked before the host was started: it has to be the same reply. */
void replay_check(struct dispatch *d, const struct op *op, struct payload *input);

/* A call that was on record when the host was started has asked for all of that again, or waits for what will come only now. */
void replay_repeated(struct dispatch *d, struct call *call);

/* ---- deadlock.c -------------------------------------------------------------------------------------------------- */

/* Nothing of the run computes: it is looked at after a while, unless it is in the list already. */
void deadlock_watch(struct dispatch *d, struct run *run);
void deadlock_forget(struct run *run);
void deadlock_open(struct dispatch *d);
void deadlock_close(struct dispatch *d);
void deadlock_look(struct dispatch *d); /* at all that are in the list */

/* ---- guard_rate.c ------------------------------------------------------------------------------------------------ */

void rates_open(struct dispatch *d);
void rates_close(struct dispatch *d);
void rates_look(struct dispatch *d); /* at all who wait: those who conform now go on, whatever the timers say */

/* ---- tell.c ------------------------------------------------------------------------------------------------------ */

void tell_call(struct dispatch *d, struct call *call, const char *type); /* "call_started", "call_replays" */
void tell_outcome(struct dispatch *d, struct op *op);
void tell_stage(struct dispatch *d, struct op *op, const json_t *stage, const struct fault *why);
void tell_undecided(struct dispatch *d, struct op *op);
void tell_review(struct dispatch *d, struct op *op, const struct review *r); /* "review", "reviewed" */
void tell_line(struct dispatch *d, struct call *call, const char *type, double done, const char *line);

#endif
