/*
 * A guard: one step of the pipeline, one file, one line in the table (pipeline.c).
 *
 * `admit` passes, waits or refuses.  One that takes something marks nothing itself: the pipeline remembers who passed and
 * calls `undo` in reverse when a later guard waits or refuses, and `settle` in reverse when the op has its outcome.
 * Nothing taken is held across a wait.  A guard that waits names the queue; whoever gives back what was short calls
 * dispatch_wake with it.  `judge` looks at what comes back.
 */

#ifndef DISPATCH_GUARD_H
#define DISPATCH_GUARD_H

#include "call/call.h"
#include "dispatch/dispatch.h"
#include "dispatch/state.h"

enum guard_answer { GUARD_PASS, GUARD_WAIT, GUARD_REFUSE };

struct guard {
	const char *name; /* in refusals and the journal; all functions but this may be missing */
	int (*admit)(struct dispatch *d, struct op *op, struct fault *why);
	/* The deadline of an op came while it waited here: with what it is refused, in place of deadline_exceeded. */
	void (*late)(struct op *op, struct fault *why);
	void (*undo)(struct dispatch *d, struct op *op);
	void (*settle)(struct dispatch *d, struct op *op);
	/* The op was let through before the host was started: takes again what it had taken.  The fault: it can't have been so. */
	int (*restore)(struct dispatch *d, struct op *op, struct fault *fault);
	/* Looks at the reply of a call that ended well, before it is the outcome.  One that waits calls dispatch_judged when it
	 * knows; all are then asked again.  One that refuses may give findings: a JSON array. */
	int (*judge)(struct dispatch *d, struct op *op, struct fault *why, struct payload **findings);
	/* The guards have judged the reply of the op's callee, whatever came of it. */
	void (*judged)(struct dispatch *d, struct op *op);
	void (*parked)(struct dispatch *d, struct call *call); /* a running call waits now, or ended */
	/* `op` waits here; or it has its outcome, and its caller waits here to be told.  When all that would help is kept by calls of
	 * the same run that wait too: one of these, and what it keeps is appended to `what` (which may be NULL).  Else NULL. */
	struct call *(*kept_by)(struct dispatch *d, const struct op *op, struct buf *what);
	bool (*resume)(
	    struct dispatch *d, struct call *call); /* it may go on: false is "not yet", see dispatch_resume */
};

/* Fills in the fault and returns GUARD_REFUSE. */
int guard_refuse(struct fault *why, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts the op into a queue and returns GUARD_WAIT. */
int guard_wait(struct op *op, struct waitq *queue);

/* Tries the op of the queue whose turn it is again, from the first guard. */
void dispatch_wake(struct dispatch *d, struct waitq *queue);

/* The same as long as there is `more` of what they wait for: an op that was tried may wait elsewhere now, or be refused, and
 * what it did not take is for the next.  `more` is asked before each. */
void dispatch_wake_while(struct dispatch *d, struct waitq *queue, bool (*more)(void *arg), void *arg);

/* The same for all that wait now, each once. */
void dispatch_wake_all(struct dispatch *d, struct waitq *queue);

/* It no longer waits. */
void guard_leave(struct op *op);

/* The reply of the op's callee may be judged now: what waited is asked again, and the op may get its outcome. */
void dispatch_judged(struct dispatch *d, struct op *op);

/* A call that `resume` held back may go on: delivers what it waited for. */
void dispatch_resume(struct call *call);

/* May this call reach there, and at a private address too?  Asked again for each redirect.  (guard_permission.c) */
bool permission_http(const struct call *caller, const struct http_request *request, bool *private, struct fault *why);

/* A call was made: finds what its reply has to pass, and whether that is looked at (call->looked_at).  (guard_grounding.c) */
void grounding_began(struct call *call);

/* An op has its outcome: when it was the last check of a reply, that can be judged.  (guard_grounding.c) */
const char *grounding_check(const struct call *call, unsigned nth); /* the plugin that looks at its reply; NULL: there are no more */
void grounding_noticed(struct dispatch *d, struct op *op);

/* An answer of so many bytes is more than its caller may be given.  (guard_context.c) */
bool context_exceeded(const struct op *op, size_t len, struct fault *why);

/* An op that waited for its part of a share no longer does.  (guard_budget.c) */
void budget_unshare(struct op *op);

/* A call was made for an op that this guard has let pass: its account, with the shares that it was given; and, once
 * it is on record, the alerts that are due with it, or with the intent of an effect. */
void budget_call(struct call *call);
void budget_began(struct dispatch *d, const struct op *op);

/* An effect is begun once more, and what it was begun for before may have to be paid: where each time is, its price is taken
 * once more.  GUARD_PASS, or GUARD_REFUSE.  The same from the record: 0 or a status. */
int budget_again(struct op *op, struct fault *why);
int budget_again_restore(struct op *op, struct fault *fault);

/* The wall time after which an op ends because its caller gave it no more; 0: it ends for another reason. */
int64_t budget_wall_share(const struct op *op);

/* A call has used so much CPU time more.  A run that had all of its own and goes on is ended soon; one that is gone is not. */
void budget_cpu(struct dispatch *d, struct call *call, int64_t ns);
void budget_forget(struct run *run);

/* Calls `each` for all calls of a run that have not ended; it stops at the first true, which is returned. */
typedef bool call_look(struct call *call, void *arg);
bool run_calls(const struct run *run, call_look *each, void *arg);

/* A call is refused that goes round in a circle: ends the run where that is one too many.  The same from the record: true, and
 * why it ends, where it is to be ended.  (loops.c) */
void loops_refused(struct dispatch *d, struct op *op, const char *guard, const struct fault *why);
bool loops_restore(struct op *op, const char *guard, int status, const char *sentence, struct fault *why);
void loops_forget(struct run *run);

/* A call was made for an op that this guard has let pass.  (guard_concurrency.c) */
void concurrency_began(struct call *call);

/* Frees what it knows of a run.  A poll has begun: its ballots are no calls that are begun again.  (guard_repetition.c) */
void repetition_forget(struct run *run);
void repetition_polled(struct op *op);

/* The same of what a human said of its money.  (spend.c) */
void spend_forget(struct run *run);

/* The op is the probe of its breaker no longer: it waits for long.  (guard_breaker.c) */
void breaker_forgo(struct op *op);

/* The op says nothing more of where it went: a human says what came of it. */
void breaker_leave(struct op *op);

/* The call that an op made has replied: what is made of that, and how long it takes to judge it, says nothing of it. */
void breaker_answered(struct dispatch *d, struct op *op);

/* The time that an op was given, by its caller or the operator, is over, and it is about to be stopped. */
void breaker_overdue(struct op *op);

/* An op of the call ended with this status; the call replies with this one: does it only hand on a failure? */
void breaker_told(struct call *caller, int status);
void breaker_replied(struct call *call, int status);

/* At which depth a call would run: the root at 0, checks and tools where their caller is.  (guard_depth.c) */
unsigned depth_of(const struct op *op);

extern const struct guard guard_admission, guard_permission, guard_deadline, guard_depth, guard_cycle, guard_repetition,
    guard_context, guard_breaker, guard_rate, guard_concurrency, guard_memory, guard_review, guard_budget,
    guard_grounding, guard_quality;

#endif
