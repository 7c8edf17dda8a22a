/*
 * Looking again before sleeping.
 *
 * To wake a process on another CPU costs tens of microseconds on a virtual machine, several times what a call costs
 * otherwise.  So for a little while after the last frame the loop looks for the next one instead of sleeping, and lets the
 * cells that are at work do the same: a word on the page shared with each says so, and is taken back before the loop
 * sleeps.  Between two looks everybody yields: those that take turns on one CPU hand it on.
 *
 * That only pays where few calls are in flight (many hide the waiting) and nobody else wants the CPUs: a process that
 * yields is behind all others, one that wakes is before them.  So each yield and each answer is timed, and after one that
 * took too long all sleep as usual for a while, twice as long each time until all goes well again.  Then the loop tries
 * alone, and the cells look once it has done so for some time without being late.
 */

#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "cell/host.h"

#define LOOK_NS      (50 * NS_PER_US)
#define DISK_NS      (500 * NS_PER_US) /* while somebody waits for the disk, which answers sooner than that or late */
#define LATE_NS      (300 * NS_PER_US)
#define REST_NS      (500 * NS_PER_MS)
#define REST_MOST_NS (10 * NS_PER_S)
#define TRIED        256u  /* looks of the loop alone */
#define WELL         4096u /* looks after which the next rest is a short one */
#define FEW          64u   /* running calls */
#define LOOKERS      4u    /* cells that may look, for each CPU but ours */

void
spin_stop(struct cell *cell)
{
	if (!cell->may_look)
		return;
	cell->may_look = false;
	cell->rung_ns = 0;
	cell->cells->n_looking--;
	atomic_store(&cell->page->may_look, 0);
}

static void
sleep_all(struct cells *cells)
{
	struct cell *cell;

	TAILQ_FOREACH(cell, &cells->all, all)
	spin_stop(cell);
}

static void
rest(struct cells *cells, int64_t now)
{
	if (cells->looked_well >= WELL || cells->rest_ns == 0)
		cells->rest_ns = REST_NS;
	else if (cells->rest_ns < REST_MOST_NS)
		cells->rest_ns *= 2;
	cells->rests_until_ns = now + cells->rest_ns;
	cells->looked_well = 0;
	sleep_all(cells);
}

void
spin_heard(struct cell *cell)
{
	struct cells *cells = cell->cells;
	int64_t now;

	if (cells->cpus < 2 || cells->n_running > FEW)
		return;
	now = cells->mono_ns();
	cells->worked_ns = now;
	if (cell->rung_ns != 0 && now - cell->rung_ns > LATE_NS)
		rest(cells, now);
	cell->rung_ns = 0;
	if (cell->may_look || cell->phase != PHASE_READY || cells->looked_well < TRIED ||
	    cells->n_looking >= LOOKERS * (cells->cpus - 1))
		return;
	cell->may_look = true;
	cells->n_looking++;
	atomic_store(&cell->page->may_look, 1);
}

void
spin_sent(struct cell *cell)
{
	atomic_store(&cell->page->rings, ++cell->rings);
	if (cell->may_look && cell->n_running > 0 && cell->rung_ns == 0)
		cell->rung_ns = cell->cells->mono_ns();
}

static bool
stop(struct cells *cells)
{
	if (cells->n_looking > 0)
		sleep_all(cells);
	return false;
}

/* Whether to look now rather than to sleep. */
static bool
looks(struct cells *cells)
{
	int64_t before, after;
	bool disk;

	if (cells->cpus < 2 || cells->n_running > FEW)
		return stop(cells);
	disk = cells->events.awaits_disk != NULL && cells->events.awaits_disk(cells->events.arg);
	if (cells->n_running == 0 && !disk)
		return stop(cells);
	before = cells->mono_ns();
	if (before - cells->worked_ns > (disk ? DISK_NS : LOOK_NS) || before < cells->rests_until_ns)
		return stop(cells);
	sched_yield();
	after = cells->mono_ns();
	if (after - before > LATE_NS) {
		rest(cells, after);
		return false;
	}
	cells->looked_well++;
	return true;
}

void
cells_serve(struct cells *cells)
{
	struct event_base *loop = cells->loop;
	int rc = 0;

	while (rc == 0 && !event_base_got_exit(loop) && !event_base_got_break(loop))
		rc = event_base_loop(loop, looks(cells) ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
}
