/*
 * Runs that go round in circles, and are ended.
 *
 * Who is refused a call because it leads back to an ancestor, or because it was made before, may do something else.  Who asks
 * for it again and again, through whichever of its calls, will go on until the time is over: the third refusal from one agent
 * to another in a run ends the run, and with `run.on_cycle` end_run the first does.
 */

#include <string.h>

#include "dispatch/guard.h"

#define REFUSALS_MAX 3u

struct edge {
	unsigned refusals;
	char name[]; /* "a -> b" */
};

static struct edge *
edge_of(const struct op *op)
{
	_cleanup_(free_p) char *name =
	    xasprintf("%s -> %s", op->caller->plugin, op->kind == WIRE_OP_POLL ? "a poll" : op_target(op));
	struct edge *edge = map_get(&op->run->refused, name);

	if (edge == NULL) {
		edge = xcalloc(1, sizeof(*edge) + strlen(name) + 1);
		memcpy(edge->name, name, strlen(name) + 1);
		map_put(&op->run->refused, edge->name, edge);
	}
	return edge;
}

/* Counts a refusal; true: the run is to end, and why. */
static bool
one_more(const struct op *op, const char *guard, int status, const char *sentence, struct fault *why)
{
	struct edge *edge;

	if (guard == NULL || op->caller == NULL ||
	    (strcmp(guard, guard_cycle.name) != 0 && strcmp(guard, guard_repetition.name) != 0))
		return false;
	edge = edge_of(op);
	edge->refusals++;
	if (op->run->policy->on_cycle == ON_CYCLE_END_RUN)
		fault_set(why, status, "`run.on_cycle` is end_run, and %s", sentence);
	else if (edge->refusals >= REFUSALS_MAX)
		fault_set(why, status, "%s was refused %u times in this run, the last time since %s", edge->name,
		    edge->refusals, sentence);
	else
		return false;
	return true;
}

void
loops_refused(struct dispatch *d, struct op *op, const char *guard, const struct fault *why)
{
	struct fault end;

	if (one_more(op, guard, why->status, why->text, &end))
		dispatch_cancel(d, &op->run->root, end.status, end.text);
}

bool
loops_restore(struct op *op, const char *guard, int status, const char *sentence, struct fault *why)
{
	return one_more(op, guard, status, sentence, why);
}

void
loops_forget(struct run *run)
{
	struct edge *edge;
	size_t at = 0;

	while ((edge = map_next(&run->refused, &at)) != NULL)
		free(edge);
	map_free(&run->refused);
}
