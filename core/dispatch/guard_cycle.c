/*
 * Guard: cycle.
 *
 * An agent that calls its own ancestor delegates in a circle: the loop would end only with the budget.  It is refused at
 * once and the whole loop is named.  A plugin made for recursion says so in its notes (`recursion=N` appearances in one
 * chain) and the policy caps that (`limits.NAME.recursion`, default 0); each deeper appearance then has to be given a
 * smaller share of calls than what is left above it, so that it must end.
 *
 * Looks at the call tree and takes nothing, so it has no undo.
 */

#include <string.h>

#include "dispatch/guard.h"

/* "a -> b -> a": from the ancestor of that name down to the caller, and back. */
static void
loop_of(const struct call *call, const char *name, struct buf *out)
{
	if (strcmp(call->plugin, name) != 0 && call_parent(call) != NULL)
		loop_of(call_parent(call), name, out);
	buf_printf(out, "%s -> ", call->plugin);
}

static unsigned
appearances(const struct call *call, const char *name)
{
	unsigned n = 0;

	for (; call != NULL; call = call_parent(call))
		n += strcmp(call->plugin, name) == 0;
	return n;
}

/* The plugin appears `n` times above. */
static int
admit_again(const struct op *op, unsigned n, struct fault *why)
{
	_cleanup_(buf_free) struct buf loop = {0};
	unsigned cap = policy_plugin(op->run->policy, op->resolved->name)->recursion;
	unsigned allowed = op->resolved->recursion < cap ? op->resolved->recursion : cap;
	int64_t left = account_left(&op->caller->account, QUANTITY_CALLS);

	if (n < allowed && op->share[QUANTITY_CALLS] > 0 && op->share[QUANTITY_CALLS] < left)
		return GUARD_PASS;
	loop_of(op->caller, op->resolved->name, &loop);
	buf_appends(&loop, op->resolved->name);
	if (n < allowed)
		return guard_refuse(why, HOSPES_ECYCLE,
		    "%s: %s may recur, but each time with a smaller share of calls than the %lld left; give one in the "
		    "options",
		    buf_text(&loop), op->resolved->name, (long long)left);
	return guard_refuse(why, HOSPES_ECYCLE,
	    "%s: an agent may not call its own ancestor; break the loop, or note recursion=%u and allow it in "
	    "limits.%s",
	    buf_text(&loop), n + 1, op->resolved->name);
}

/* Those above are the same for all calls of one caller. */
static int
cycle_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	struct met *met = resolve_met(op);
	unsigned n;

	(void)d;
	if (op->kind != WIRE_OP_CALL || op->caller == NULL || op->resolved == NULL || (met != NULL && met->apart))
		return GUARD_PASS;
	n = appearances(op->caller, op->resolved->name);
	if (n > 0)
		return admit_again(op, n, why);
	if (met != NULL)
		met->apart = true;
	return GUARD_PASS;
}

const struct guard guard_cycle = {
    .name = "cycle",
    .admit = cycle_admit,
};
