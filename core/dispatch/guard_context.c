/*
 * Guard: context.
 *
 * What an agent is given to look at costs more the longer it is, and past a length it looks at nothing well.  So a plugin has a
 * largest input of one call (`limits.NAME.input`), and a most that one call of it is given altogether, its input and the
 * answers to all that it asked for (`limits.NAME.context`).  A call whose input is larger does not begin; an answer that
 * would be too much for who asked for it is not handed on; and who has been given as much as it may is told so whenever it asks
 * on.
 *
 * What was given is counted with the call, from its record too.  So this takes nothing that could come back.
 */

#include "dispatch/guard.h"

static int
admit_input(const struct op *op, struct fault *why)
{
	const struct policy_plugin *rules = op->rules;
	size_t most = rules->input_max, len = op->input == NULL ? 0 : op->input->len;
	const char *key = "input";

	if (rules->context_max != 0 && (most == 0 || rules->context_max < most)) {
		most = rules->context_max;
		key = "context";
	}
	if (most == 0 || len <= most)
		return GUARD_PASS;
	return guard_refuse(why, HOSPES_ETOOLARGE,
	    "the input of %s has %zu bytes and may have %zu (`limits.%s.%s`); give it less, or in several calls",
	    op->target, len, most, rules->name, key);
}

/* Answers of these are of no length to speak of. */
static bool
gives(uint16_t kind)
{
	return kind != WIRE_OP_NOW && kind != WIRE_OP_RANDOM && kind != WIRE_OP_SLEEP && kind != WIRE_OP_FIRST &&
	       kind != WIRE_OP_REMEMBER && kind != WIRE_OP_FORGET;
}

/* What the host asks for its own sake is not given to the call. */
static size_t
most_of(const struct op *op)
{
	return op->caller == NULL || op->check || !gives(op->kind) ? 0 : op->caller->rules->context_max;
}

static int
context_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	size_t most = most_of(op);

	(void)d;
	if (op->rules != NULL && admit_input(op, why) != GUARD_PASS)
		return GUARD_REFUSE;
	if (most == 0 || op->caller->given < most)
		return GUARD_PASS;
	return guard_refuse(why, HOSPES_ETOOLARGE,
	    "%s has been given %zu bytes in this call, its input and all answers, and may be given %zu "
	    "(`limits.%s.context`); it has to go on with what it has",
	    op->caller->plugin, op->caller->given, most, op->caller->plugin);
}

bool
context_exceeded(const struct op *op, size_t len, struct fault *why)
{
	size_t most = most_of(op);

	if (most == 0 || op->caller->given + len <= most)
		return false;
	fault_set(why, HOSPES_ETOOLARGE,
	    "the answer of %s has %zu bytes; %s has been given %zu in this call, its input and all answers, and may be "
	    "given %zu (`limits.%s.context`): it has to ask for less",
	    op->target[0] != '\0' ? op->target : op_kind_name(op->kind), len, op->caller->plugin, op->caller->given,
	    most, op->caller->plugin);
	return true;
}

static int
context_judge(struct dispatch *d, struct op *op, struct fault *why, struct payload **findings)
{
	(void)d, (void)findings;
	return context_exceeded(op, op->callee->reply->len, why) ? GUARD_REFUSE : GUARD_PASS;
}

const struct guard guard_context = {
    .name = "context",
    .admit = context_admit,
    .judge = context_judge,
};
