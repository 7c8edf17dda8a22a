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
 * A ballot of a poll is exempt: what counts is the poll.  It is held again when another one has ended and all its voters were
 * asked this very question by polls before; however they are put together, one that asks nobody new has its outcome already.
 * As often as a call may be begun again, so often may a poll of that question.  Voters whose answer may change, or who were
 * refused, are neither new nor old.  Ballots begin before their poll does: one that counts as a call until then no longer does.
 *
 * A callee is what it was called by, a name or a capability.  An input is its hash.
 */

#include <assert.h>
#include <string.h>

#include <xxhash.h>

#include "dispatch/guard.h"

/* Keys of what is no call: a voter that was asked something, what a poll asks. */
#define OF_BALLOT 0x9e3779b97f4a7c15u
#define OF_POLL   0xc2b2ae3d27d4eb4fu

/* An entry is 1 + how often the call was begun again since its first twin ended; there is none before that. */

static uintptr_t
known_at(const struct run *run, uint64_t key)
{
	return (uintptr_t)map_get_u64(&run->ended, key);
}

static void
know_at(struct run *run, uint64_t key, uintptr_t n)
{
	map_put_u64(&run->ended, key, (void *)n);
}

/* The callee as it was asked for, the input, and below which attempt; made once for each op. */
static uint64_t
key_of(struct op *op)
{
	uint64_t below = op->caller == NULL ? 0 : op->caller->below_attempt;

	if (op->twins_key == 0)
		op->twins_key = XXH3_64bits_withSeed(
		    op->target, strlen(op->target), op->input_hash.lo ^ op->input_hash.hi ^ below << 32);
	return op->twins_key;
}

/* Counts it, or takes that back.  An entry that is there is changed in its place. */
static void
count(struct op *op, void **entry)
{
	*entry = (void *)((uintptr_t)*entry + 1);
	op->repeats = true;
}

static void
take_back(struct op *op)
{
	void **entry = op->repeats ? map_at_u64(&op->run->ended, key_of(op)) : NULL;

	if (entry != NULL)
		*entry = (void *)((uintptr_t)*entry - 1);
	op->repeats = false;
}

/* ---- Polls ------------------------------------------------------------------------------------------------------- */

/* How many ballots the op, which is a poll, names; 0: what it says can be none, which it is told when it begins. */
static uint32_t
ballots_of(const struct op *op)
{
	struct wire_poll wire;

	if (op->input == NULL || op->input->len < sizeof(wire))
		return 0;
	memcpy(&wire, op->input->data, sizeof(wire));
	return wire.ballots <= WIRE_POLL_BALLOTS_MAX &&
		       wire.ballots <= (op->input->len - sizeof(wire)) / sizeof(struct wire_ballot)
		   ? wire.ballots
		   : 0;
}

/* NULL: it can be none. */
static struct op *
ballot_at(const struct op *op, uint32_t i)
{
	struct wire_ballot ballot;

	memcpy(&ballot, (const char *)op->input->data + sizeof(struct wire_poll) + i * sizeof(ballot), sizeof(ballot));
	return ballot.ordinal < op->ordinal ? op->caller->ops[ballot.ordinal] : NULL;
}

static uint64_t
ballot_key(struct op *ballot)
{
	return key_of(ballot) ^ OF_BALLOT;
}

/* May say something else each time; or says nothing at all, since it was refused: there are names without end of whom nobody is. */
static bool
says_nothing_new(const struct op *ballot)
{
	const struct version *v = ballot->resolved != NULL ? ballot->resolved : ballot->answered;

	if (v == NULL)
		return ballot->state == OP_DONE;
	return policy_plugin(ballot->run->policy, v->name)->polled;
}

/* What each of them is given is told behind them. */
static void
set_asked(struct op *op)
{
	size_t head = sizeof(struct wire_poll) + ballots_of(op) * sizeof(struct wire_ballot);
	uint64_t below = op->caller->below_attempt;

	if (op->input != NULL && op->input->len >= head)
		op->called = XXH3_64bits_withSeed(
		    (const char *)op->input->data + head, op->input->len - head, OF_POLL ^ below << 32);
}

/* All its voters have been asked this before. */
static bool
asks_nobody_new(const struct op *op)
{
	uint32_t n = ballots_of(op);
	bool again = false;

	for (uint32_t i = 0; i < n; i++) {
		struct op *ballot = ballot_at(op, i);

		if (ballot == NULL || ballot->target == NULL)
			return false;
		if (says_nothing_new(ballot))
			continue;
		if (known_at(op->run, ballot_key(ballot)) == 0)
			return false;
		again = true;
	}
	return again;
}

static uintptr_t
polled(const struct op *op)
{
	uintptr_t n = known_at(op->run, op->called);

	return n == 0 ? 1 : n;
}

static int
poll_admit(struct op *op, struct fault *why)
{
	unsigned most = op->run->policy->repetition;
	uintptr_t n;

	if (op->repetition == REPETITION_UNKNOWN) {
		op->repetition = asks_nobody_new(op) ? REPETITION_AGAIN : REPETITION_NONE;
		set_asked(op);
	}
	if (op->repetition == REPETITION_NONE)
		return GUARD_PASS;
	n = polled(op);
	if (most != 0 && n > most)
		return guard_refuse(why, HOSPES_EREPEATED,
		    "this very question was put to nobody new by %llu polls in this run, and the limit is %u; use the "
		    "outcome that is there, ask something else or somebody else, raise `run.repetition`, or, where "
		    "their answers may change, set polled = true in limits of the voters",
		    (unsigned long long)n - 1, most);
	know_at(op->run, op->called, n + 1);
	op->repeats = true;
	return GUARD_PASS;
}

void
repetition_polled(struct op *op)
{
	uint32_t n = ballots_of(op);

	for (uint32_t i = 0; i < n; i++) {
		struct op *ballot = ballot_at(op, i);

		if (ballot == NULL || (ballot->kind != WIRE_OP_CALL && ballot->state != OP_NEW))
			continue;
		ballot->ballot = true;
		take_back(ballot);
		ballot->repetition = REPETITION_NONE;
	}
}

static void
poll_undo(struct op *op)
{
	if (op->repeats)
		know_at(op->run, op->called, polled(op) - 1);
	op->repeats = false;
}

/* One that never began, since it was none, is not counted; else its voters have been asked. */
static void
poll_settle(struct op *op)
{
	uint32_t n = op->begun == 0 ? 0 : ballots_of(op);

	if (op->begun == 0)
		poll_undo(op);
	for (uint32_t i = 0; i < n; i++) {
		struct op *ballot = ballot_at(op, i);

		if (ballot != NULL && ballot->target != NULL)
			know_at(op->run, ballot_key(ballot), 1);
	}
}

static void
poll_restore(struct op *op)
{
	if (op->begun == 0)
		return;
	set_asked(op);
	if (op->repetition == REPETITION_AGAIN) {
		know_at(op->run, op->called, polled(op) + 1);
		op->repeats = true;
	}
	repetition_polled(op);
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

/* By an agent. */
static bool
is_known(const struct op *op)
{
	return op->kind == WIRE_OP_CALL && op->caller != NULL && op->ordinal < op->caller->own_ops && !op->ballot;
}

static bool
counts(const struct op *op)
{
	return is_known(op) && op->stage == NULL;
}

static int
refuse_again(const struct op *op, uintptr_t n, struct fault *why)
{
	return guard_refuse(why, HOSPES_EREPEATED,
	    "%s was called with this very input again %llu times in this run after it had ended, and the limit is %u; "
	    "use the answer that is there, ask something else, raise `run.repetition`, or, where its answer may "
	    "change, set polled = true in limits.%s",
	    op->target, (unsigned long long)n - 1, op->run->policy->repetition, op->resolved->name);
}

static int
repetition_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	unsigned most = op->run->policy->repetition;
	void **entry;

	(void)d;
	if (op->kind == WIRE_OP_POLL)
		return poll_admit(op, why);
	if (!counts(op) || op->resolved == NULL)
		return GUARD_PASS;
	entry = map_at_u64(&op->run->ended, key_of(op));
	if (op->repetition == REPETITION_UNKNOWN)
		op->repetition = entry == NULL || op->queued || op->rules->polled ? REPETITION_NONE : REPETITION_AGAIN;
	if (op->repetition == REPETITION_NONE)
		return GUARD_PASS;
	assert(entry != NULL); /* what is known of a run is never forgotten before it */
	if (most != 0 && (uintptr_t)*entry > most)
		return refuse_again(op, (uintptr_t)*entry, why);
	count(op, entry);
	return GUARD_PASS;
}

static void
repetition_undo(struct dispatch *d, struct op *op)
{
	(void)d;
	if (op->kind == WIRE_OP_POLL)
		poll_undo(op);
	else
		take_back(op);
}

/* Of one that was begun again it is known that a twin of it has ended. */
static void
repetition_settle(struct dispatch *d, struct op *op)
{
	if (op->kind == WIRE_OP_POLL)
		poll_settle(op);
	else if (op->callee == NULL)
		repetition_undo(d, op); /* it never began: its input was refused */
	else if (!op->repeats && is_known(op))
		map_place_u64(&op->run->ended, key_of(op), (void *)1);
}

/* A damaged record may say so of a call without a twin; what is counted then can be taken back like any other. */
static int
repetition_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	(void)d, (void)fault;
	if (op->kind == WIRE_OP_POLL)
		poll_restore(op);
	else if (counts(op) && op->repetition == REPETITION_AGAIN)
		count(op, map_place_u64(&op->run->ended, key_of(op), (void *)1));
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
