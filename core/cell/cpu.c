/*
 * CPU time: what a cell used is attributed to the calls that ran in it.
 *
 * The kernel tells what the cell as a whole has used.  Of its calls the host knows how long each had something to do: from a
 * START or an outcome that it waited for until it waits again or replies.  What was used between two looks at the clock is divided in
 * that proportion, so calls that share a cell pay alike for what they did alike, and nothing that the cell says of itself counts.
 *
 * A look costs a system call and a walk over the cell's calls, so there is at most one in LOOK_NS, and more for each of these, at
 * what the cell sends, and one with each look of the watchdog.  A call that leaves in between pays by the rate of the last one.
 */

#include "cell/host.h"

#define LOOK_NS       NS_PER_MS
#define LOOK_EACH_NS  (10 * NS_PER_US)  /* more for each call of the cell */
#define RATE_ONE      1024              /* all the time that it had something to do it computed */
#define RATE_LEAST_NS (100 * NS_PER_US) /* a rate that was seen over less says nothing */

static void
tell(struct cell *cell, struct call *call, int64_t ns)
{
	const struct cells_events *events = &cell->cells->events;

	if (ns > 0 && events->cpu != NULL)
		events->cpu(call, ns, events->arg);
}

/* How long it has had something to do since the last look. */
static int64_t
busy_of(const struct call *call, int64_t now)
{
	return call->busy_ns + (call->state == CALL_RUNNING ? now - call->busy_since_ns : 0);
}

/* `part` of `whole`, of so much time: none of them is longer than a cell lives, but hostile clocks are not trusted to that. */
static int64_t
part_of(int64_t ns, int64_t part, int64_t whole)
{
	return (int64_t)((__int128)ns * part / whole);
}

static void
charge(struct cell *cell, int64_t used, int64_t busy, int64_t now)
{
	struct call *call;

	TAILQ_FOREACH(call, &cell->calls, in_cell)
	{
		int64_t its = busy > 0 ? part_of(used, busy_of(call, now), busy) : used / cell->n_calls;

		call->busy_ns = 0;
		call->busy_since_ns = now;
		tell(cell, call, its);
	}
}

void
cpu_look(struct cell *cell, int64_t now)
{
	/* Fibers of calls that were let go of may still compute, and who shares a cell with them does not pay for that. */
	int64_t cpu = cell->cells->cpu_ns(cell->pid), used;
	int64_t busy = cell->left_busy_ns + cell->n_gone * (now - cell->cpu_looked_ns);
	const struct call *call;

	if (cpu < 0)
		return;
	used = cpu - cell->charged_cpu_ns;
	TAILQ_FOREACH(call, &cell->calls, in_cell)
	busy += busy_of(call, now);
	if (busy >= RATE_LEAST_NS)
		cell->cpu_rate = used < busy ? (unsigned)part_of(RATE_ONE, used, busy) : RATE_ONE;
	cell->charged_cpu_ns = cpu;
	cell->cpu_looked_ns = now;
	cell->left_busy_ns = 0;
	if (used > 0 && cell->n_calls > 0)
		charge(cell, used, busy, now);
}

/* Was the last look long ago? */
static bool
look_is_due(const struct cell *cell, int64_t now)
{
	return now - cell->cpu_looked_ns >= LOOK_NS + cell->n_calls * LOOK_EACH_NS;
}

void
cpu_ready(struct cell *cell)
{
	int64_t cpu = cell->cells->cpu_ns(cell->pid);

	cell->charged_cpu_ns = cpu < 0 ? 0 : cpu;
	cell->cpu_looked_ns = cell->cells->mono_ns();
	cell->cpu_rate = RATE_ONE / 2;
}

void
cpu_idled(struct cell *cell)
{
	int64_t now = cell->cells->mono_ns();

	if (cell->n_calls == 0 && look_is_due(cell, now))
		cpu_look(cell, now);
}

void
cpu_begins(struct call *call, int64_t now)
{
	call->busy_since_ns = now;
}

void
cpu_rests(struct call *call, int64_t now)
{
	struct cell *cell = call->cell;

	if (look_is_due(cell, now))
		cpu_look(cell, now);
	call->busy_ns += now - call->busy_since_ns;
}

void
cpu_leaves(struct cell *cell, struct call *call)
{
	int64_t busy = call->busy_ns;

	if (busy <= 0)
		return;
	cell->left_busy_ns += busy;
	call->busy_ns = 0;
	tell(cell, call, part_of(busy, cell->cpu_rate, RATE_ONE));
}
