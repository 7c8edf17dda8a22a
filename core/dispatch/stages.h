/*
 * Stages: several attempts of one op.
 *
 * What a call came to need not be the outcome of the op that made it: policy may have the same agent tried again with what was
 * wrong, another agent in its place, or a fixed answer.  Each such attempt is a stage of the op.  Its caller never sees them: it
 * waits for one op and is told one outcome, the last.
 *
 * The first stage is the call as it was asked for.  Each later one is a call of its own with a path of its own, "/0/3#2", and
 * passes all guards again.  An attempt that is over is settled like an outcome: what it spent stays spent, and what is left of
 * the op's share goes to the next.  The record STAGE is all that is needed to go on from there, whatever the policy says by then.
 *
 * Who has a say is asked in order: the ladder (what to do about a reply that did not pass), then the fallbacks.
 */

#ifndef DISPATCH_STAGES_H
#define DISPATCH_STAGES_H

#include "dispatch/state.h"

#define STAGES_MAX 32u /* attempts of one op */

/* All borrowed, but for `findings`. */
struct stage {
	enum stage_kind kind;
	const char *target, *version; /* CALL; version may be NULL */
	const char *text;             /* ANSWER: JSON text; HUMAN: the question */
	struct payload *findings;     /* what was wrong with the last reply, a JSON array (a reference), or NULL */
	const char *of;               /* of a fallback: whose list it is from */
	const char *cause;            /* "crash", "not_grounded": for people; NULL: the guard or the status says it */
	enum stage_by by;             /* set by stage_next */
};

/*
 * Asks who has a say for the stage after this end of an attempt: `guard` refused it, or its reply, or with NULL the call itself
 * failed.  False: there is none, and this is the op's outcome.  `findings` (may be NULL) is what the guard found.  What a giver
 * says has to follow from the policy and from op->stage->given, so that it says the same after a restart.
 */
bool stage_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings,
    struct stage *ret);

/* The attempt that the op is at is over for this reason, and the op goes on with `next`, whose findings are taken over.  Its call,
 * where it led to one, is ended.  The op may have its outcome, and be gone, when this returns. */
void stage_begin(struct dispatch *d, struct op *op, struct stage *next, const char *guard, const struct fault *why);

/* The two that have a say.  `ret` is zeroed but for `kind`, STAGE_CALL. */
bool ladder_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why,
    struct payload *findings, struct stage *ret);
bool fallback_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why,
    struct payload *findings, struct stage *ret);

/* May a failure of the op's attempt be followed by a fallback?  Nobody gets a part of such a reply before it has ended well. */
bool fallback_is_set(const struct op *op);

/* How many attempts `by` has given the op so far. */
static inline unsigned
stage_given(const struct op *op, enum stage_by by)
{
	return op->stage == NULL ? 0 : op->stage->given[by];
}

/* The op is between two attempts: the one is settled, the next has not passed the guards. */
static inline bool
stage_between(const struct op *op)
{
	return op->stage != NULL && op->state == OP_OPEN && op->callee == NULL && op->taken == 0;
}

/* The attempt of the op is over: gives back what it holds, and takes from the op's share what it spent. */
void stage_settle(struct dispatch *d, struct op *op);

/* Goes on with an op between two attempts. */
void stage_go_on(struct dispatch *d, struct op *op);

/* From the record: the stage that the op is at from now on.  False: there can be no such stage. */
bool stage_restore(struct op *op, const struct record *rec, struct payload *answer);

/* ---- Time for one attempt ---------------------------------------------------------------------------------------- */

/* When the attempt that begins now has to be over, by `limits.NAME.timeout`; at the latest when the op has to. */
int64_t attempt_ends(const struct op *op, const struct policy_plugin *rules);
void attempt_arm(struct dispatch *d, struct call *call);
void attempt_disarm(struct call *call); /* its time is no matter any more */

#endif
