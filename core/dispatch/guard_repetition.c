/*
 * Guard: repetition.
 *
 * The same call (the same callee, the same input) begun again after it has ended has an answer already.  A few times that is
 * a retry or a plan made anew; more often (`run.repetition`) it is a loop in which nothing changes, and nothing but the
 * budget would end it.  What counts is in the run, whoever asks: a loop may go through several calls.
 *
 * Another attempt of the same call (stages.h) is not the same call again, and what is asked for below it is counted by itself:
 * who has to do it once more asks for the same once more.
 *
 * Begun again means: when it was asked for, a twin of it had ended.  Twins side by side are no repetition, nor is one that
 * only waited at a guard meanwhile, nor a later member of a group, which was asked for with those before it.  Exempt is
 * what the host asks for itself (checks), and an agent whose answer may change (`limits.NAME.polled`).
 *
 * A callee is what it was called by, a name or a capability.  An input is its hash.
 */

#include <string.h>

#include <xxhash.h>

#include "dispatch/guard.h"

/* An entry is 1 + how often the call was begun again since its first twin ended; there is none before that. */

static uint64_t
key_of(const struct op *op)
{
	uint64_t below = op->caller == NULL ? 0 : op->caller->below_attempt;

	return XXH3_64bits_withSeed(
	    op->target, strlen(op->target), op->input_hash.lo ^ op->input_hash.hi ^ below << 32);
}

static uintptr_t
known(const struct op *op)
{
	return (uintptr_t)map_get_u64(&op->run->ended, key_of(op));
}

static void
know(struct op *op, uintptr_t n)
{
	map_put_u64(&op->run->ended, key_of(op), (void *)n);
}

/* By an agent. */
static bool
is_known(const struct op *op)
{
	return op->kind == WIRE_OP_CALL && op->caller != NULL && op->ordinal < op->caller->own_ops;
}

static bool
counts(const struct op *op)
{
	return is_known(op) && op->stage == NULL;
}

static int
repetition_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	unsigned most = op->run->policy->repetition;
	uintptr_t n;

	(void)d;
	if (!counts(op) || op->resolved == NULL)
		return GUARD_PASS;
	n = known(op);
	if (op->repetition == REPETITION_UNKNOWN)
		op->repetition = n == 0 || op->queued || policy_plugin(op->run->policy, op->resolved->name)->polled
				     ? REPETITION_NONE
				     : REPETITION_AGAIN;
	if (op->repetition == REPETITION_NONE)
		return GUARD_PASS;
	if (most != 0 && n > most)
		return guard_refuse(why, HOSPES_EREPEATED,
		    "%s was called with this very input again %llu times in this run after it had ended, and the limit "
		    "is %u; "
		    "use the answer that is there, ask something else, raise `run.repetition`, or, where its answer "
		    "may "
		    "change, set polled = true in limits.%s",
		    op->target, (unsigned long long)n - 1, most, op->resolved->name);
	know(op, n + 1);
	return GUARD_PASS;
}

static void
repetition_undo(struct dispatch *d, struct op *op)
{
	(void)d;
	if (counts(op) && op->repetition == REPETITION_AGAIN)
		know(op, known(op) - 1);
}

static void
repetition_settle(struct dispatch *d, struct op *op)
{
	if (op->callee == NULL)
		repetition_undo(d, op); /* it never began: its input was refused */
	else if (is_known(op) && known(op) == 0)
		know(op, 1);
}

/* A damaged record may say so of a call without a twin; what is counted then can be taken back like any other. */
static int
repetition_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	uintptr_t n = known(op);

	(void)d, (void)fault;
	if (counts(op) && op->repetition == REPETITION_AGAIN)
		know(op, n == 0 ? 2 : n + 1);
	return 0;
}

void
repetition_forget(struct run *run)
{
	map_free(&run->ended);
}

const struct guard guard_repetition = {
    .name = "repetition",
    .admit = repetition_admit,
    .undo = repetition_undo,
    .settle = repetition_settle,
    .restore = repetition_restore,
};
