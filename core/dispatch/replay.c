/*
 * Replay: a call that begins again asks for its ops again, and is answered from the record.
 *
 * Kind, target and input have to be what they were.  A plugin that asks for something else is not deterministic: its run
 * ends, with both sides shown, because nobody can say what its recorded outcomes would mean for it.
 */

#include <string.h>

#include "dispatch/state.h"

static bool
same(const struct op *op, const struct wire_op *asked, const char *target, struct payload *input)
{
	if (op->kind != asked->kind || strcmp(op->target, target) != 0)
		return false;
	return op->input_len == input->len && payload_hash_equal(op->input_hash, payload_hash(input));
}

static void
nondeterministic(
    struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, const struct payload *input)
{
	struct call *call = op->caller;
	struct fault fault;

	fault_set(&fault, HOSPES_ENONDET,
	    "op %u of %s %s (%s) was %s %s with %zu bytes of input when it first ran, and is %s %s with %zu bytes now; "
	    "a handler has to "
	    "ask for the same in the same order (`hospes test` finds out why it does not)",
	    op->ordinal, call->plugin, call->semver, call->path, op_kind_name(op->kind), op->target, op->input_len,
	    op_kind_name(asked->kind), target, input->len);
	dispatch_cancel(d, &call->run->root, fault.status, fault.text);
}

void
replay_op(struct dispatch *d, struct op *op, const struct wire_op *asked, const char *target, struct payload *input)
{
	if (!same(op, asked, target, input)) {
		nondeterministic(d, op, asked, target, input);
		return;
	}
	if (op->state != OP_DONE)
		return; /* it goes on; its outcome is delivered when it comes */
	op->delivered = true;
	cells_outcome(op->caller, op);
}
