/*
 * Replay: a call that begins again asks for its ops again, and is answered from the record.
 *
 * Kind, target and input have to be what they were.  A plugin that asks for something else is not deterministic: its run
 * ends, with both sides shown, because nobody can say what its recorded outcomes would mean for it.
 */

#include <string.h>

#include "dispatch/guard.h"

static bool
same(const struct op *op, const struct wire_op *asked, const char *target, struct payload *input)
{
	return op->ordinal < op->caller->own_ops && op->kind == asked->kind && strcmp(op->target, target) == 0 &&
	       payload_hash_equal(op->input_hash, payload_hash(input));
}

#define INPUT_TEXT 48

static const char *
input_text(char out[INPUT_TEXT], size_t len, bool only_hash, struct payload_hash hash)
{
	if (only_hash)
		snprintf(out, INPUT_TEXT, "an input of the hash %016llx", (unsigned long long)hash.lo);
	else
		snprintf(out, INPUT_TEXT, "%zu bytes of input (%016llx)", len, (unsigned long long)hash.lo);
	return out;
}

static void
nondeterministic(
    struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, struct payload *input)
{
	char was[INPUT_TEXT], is[INPUT_TEXT];
	struct call *call = op->caller;
	struct fault fault;

	if (op->ordinal >= call->own_ops)
		fault_set(&fault, HOSPES_ENONDET,
		    "%s %s (%s) replied after %u ops when it first ran, and asks for one more now, %s %s; a handler "
		    "has to "
		    "ask for the same in the same order (`hospes test` finds out why it does not)",
		    call->plugin, call->semver, call->path, call_own_ops(call), op_kind_name(asked->kind), target);
	else
		fault_set(&fault, HOSPES_ENONDET,
		    "op %u of %s %s (%s) was %s %s with %s when it first ran, and is %s %s with %s now; a handler has "
		    "to "
		    "ask for the same in the same order (`hospes test` finds out why it does not)",
		    op->ordinal, call->plugin, call->semver, call->path, op_kind_name(op->kind), op->target,
		    input_text(was, op->input_len, op->only_hash, op->input_hash), op_kind_name(asked->kind), target,
		    input_text(is, input->len, false, payload_hash(input)));
	dispatch_cancel(d, &call->run->root, fault.status, fault.text);
}

/* What the record does not have of an op that goes on, and of the group that it is a member of. */
static void
take_options(struct op *op, const struct wire_op *asked)
{
	if (asked->share_calls < 0)
		op->caller->unstarted = -(asked->share_calls + 1);
	if (asked->share_wall_ns > 0 && op->callee != NULL)
		op->callee->account.ends_real_ns = op->deadline_real_ns;
}

/* ---- Outcomes ahead ---------------------------------------------------------------------------------------------- */

#define AHEAD_VALUE (4 * KIB) /* what is larger waits until it is asked for */
#define AHEAD_EACH  64u       /* counted for each besides its value */

static size_t
weight(const struct op *op)
{
	return AHEAD_EACH + (op->value == NULL ? 0 : op->value->len);
}

/* A call that repeats what is on record will ask for one op after the other, and wait for each answer.  So the answers are
 * sent before it asks, as many as its cell may keep; what it asks for is compared all the same. */
void
replay_ahead(struct call *call)
{
	uint32_t n = call_own_ops(call);
	size_t room;

	if (call->cell == NULL || call->ahead >= n)
		return;
	room = cells_room_ahead(call);
	while (call->ahead < n && call->ahead_bytes < room) {
		struct op *op = call->ops[call->ahead++];

		if (op->ordinal < call->reissued || op->state != OP_DONE || op->delivered || weight(op) > AHEAD_VALUE)
			continue;
		op->delivered = true;
		call->ahead_bytes += weight(op);
		cells_outcome_ahead(call, op);
	}
}

/* It has asked for one that was sent: others follow when half of what may be under way has arrived. */
static void
asked_for_known(struct op *op)
{
	struct call *call = op->caller;

	call->ahead_bytes -= weight(op);
	cells_outcome_known(call, op);
	if (call->ahead_bytes <= cells_room_ahead(call) / 2)
		replay_ahead(call);
}

/* ---- Ops asked for again ----------------------------------------------------------------------------------------- */

void
replay_op(struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, struct payload *input)
{
	if (!same(op, asked, target, input)) {
		nondeterministic(d, op, asked, target, input);
		return;
	}
	if (op->ordinal + 1 == op->caller->issued) /* for the first time since the host was started */
		take_options(op, asked);
	if (op->state != OP_DONE)
		return; /* it goes on; its outcome is delivered when it comes */
	if (op->delivered) {
		asked_for_known(op);
		return;
	}
	op->delivered = true;
	cells_outcome(op->caller, op);
}

bool
replay_reviewed(
    struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, struct payload *input)
{
	if (!same(op, asked, target, input)) {
		nondeterministic(d, op, asked, target, input);
		return false;
	}
	if (op->target != op->target_room)
		free(op->target);
	op->target = NULL;
	payload_unref(&op->input);
	return true;
}

void
replay_reply(struct dispatch *d, struct call *call)
{
	uint32_t ops = call_own_ops(call), parts = call->op->parts == NULL ? 0 : call->op->parts->n;
	struct fault fault;

	if (call->op->cancelled != 0 || call->cancelled != 0 || (call->reissued >= ops && call->parts_said >= parts))
		return;
	fault_set(&fault, HOSPES_ENONDET,
	    "%s %s (%s) had asked for %u ops and said %u parts of its reply when it first ran, and replied after %u "
	    "ops and %u "
	    "parts now; a handler has to ask for the same in the same order (`hospes test` finds out why it does not)",
	    call->plugin, call->semver, call->path, ops, parts, call->reissued, call->parts_said);
	dispatch_cancel(d, &call->run->root, fault.status, fault.text);
}

void
replay_check(struct dispatch *d, const struct op *op, struct payload *input)
{
	const struct call *call = op->caller;
	struct fault fault;

	if (op->state == OP_NEW || payload_hash_equal(op->input_hash, payload_hash(input)))
		return;
	fault_set(&fault, HOSPES_ENONDET,
	    "the reply of %s %s (%s) was another one when %s first looked at it; it is asked with %zu bytes now "
	    "(`hospes test` "
	    "finds out why the plugin does not reply the same)",
	    call->plugin, call->semver, call->path, op->target, input->len);
	dispatch_cancel(d, &call->run->root, fault.status, fault.text);
}

void
replay_repeated(struct dispatch *d, struct call *call)
{
	struct run *run = call->run;

	if (!call->repeating)
		return;
	call->repeating = false;
	if (--run->repeating == 0 && d->repeated != NULL)
		d->repeated(run, d->arg);
}
