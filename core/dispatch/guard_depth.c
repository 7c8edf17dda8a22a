/*
 * Guard: depth.
 *
 * A chain of agents may be at most `depth` long.  Each hop costs time and money, and after a handful nobody can say
 * who answers for what: a runaway chain is the dearest bug that a multi-agent system has.  The root call stands at 0;
 * with the default of 5 an agent at 5 may still be called, and what it calls in turn is refused.  Checks and tools do
 * not count.
 *
 * Looks at the call tree and takes nothing, so it has no undo.
 */

#include "dispatch/guard.h"

unsigned
depth_of(const struct op *op)
{
	if (op->caller == NULL)
		return 0;
	if (op->resolved != NULL && (op->resolved->kind == PLUGIN_CHECK || op->resolved->kind == PLUGIN_TOOL))
		return op->caller->depth;
	return op->caller->depth + 1;
}

static int
depth_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	_cleanup_(free_p) char *chain = NULL;
	unsigned depth = depth_of(op), limit = op->run->policy->depth;

	(void)d;
	if (op->kind != WIRE_OP_CALL)
		return GUARD_PASS;
	if (depth <= limit)
		return GUARD_PASS;
	chain = call_chain(op->caller);
	return guard_refuse(why, HOSPES_EDEPTH,
	    "%s would run at depth %u and the limit is %u (%s); raise `run.depth`, or call it nearer the root",
	    op_target(op), depth, limit, chain);
}

const struct guard guard_depth = {
    .name = "depth",
    .admit = depth_admit,
};
