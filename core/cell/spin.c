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
#define LATE_NS      (300 * NS_PER_US)
#define REST_NS      (500 * NS_PER_MS)
#define REST_MOST_NS (10 * NS_PER_S)
#define SPARED_NS    (10 * NS_PER_US)   /* by a frame that found us looking: a wake, at the least */
#define CREDIT_NS    (3 * NS_PER_MS)    /* after a rest */
#define CREDIT_MOST  (20 * NS_PER_MS)
#define ANSWER_MOST  NS_PER_MS          /* what computes for long is not kept from it by others */
#define TRIED        64u   /* looks of the loop alone */
#define WELL         4096u /* looks after which the next rest is a short one */
#define FEW          64u   /* running calls */
#define LOOKERS      4u    /* cells that may look, for each CPU but ours */
#define TURNS        8u    /* looks, or batches, before the loop sees to everybody else */

void
spin_stop(struct cell *cell)
{
	struct cells *cells = cell->cells;
	unsigned i = 0;

	if (!cell->looked_at)
		return;
	while (cells->looking[i] != cell)
		i++;
	cells->looking[i] = cells->looking[--cells->n_looking];
	cell->looked_at = false;
	cell->rung_ns = 0;
	atomic_store(&cell->page->host_looks, 0);
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
	cells->credit_ns = CREDIT_NS;
}

static void
charge(struct cells *cells, int64_t lost, int64_t now)
{
	cells->credit_ns -= lost;
	if (cells->credit_ns < 0)
		rest(cells, now);
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
		charge(cells, now - cell->rung_ns < ANSWER_MOST ? now - cell->rung_ns : ANSWER_MOST, now);
	cell->rung_ns = 0;
	if (cell->looked_at || cell->phase != PHASE_READY || cells->looked_well < TRIED ||
	    now < cells->rests_until_ns || cells->n_looking == LOOKING_MOST ||
	    cells->n_looking >= LOOKERS * (cells->cpus - 1))
		return;
	cell->looked_at = true;
	cells->looking[cells->n_looking++] = cell;
	atomic_store(&cell->page->host_looks, 1);
}

void
spin_sent(struct cell *cell)
{
	if (!cell->looked_at || cell->n_running == 0)
		return;
	atomic_store_explicit(&cell->page->host_cpu, (uint32_t)sched_getcpu(), memory_order_relaxed);
	if (cell->rung_ns == 0)
		cell->rung_ns = cell->cells->mono_ns();
}

/* What lies in the boxes.  False: nothing. */
static bool
read_boxes(struct cells *cells)
{
	bool found = false;

	for (unsigned i = cells->n_looking; i > 0; i--) {
		if (i <= cells->n_looking)
			found |= cell_read_mail(cells->looking[i - 1]);
	}
	return found;
}

/* Nobody may rely on our looking any more; what was left for us before is still looked for.  False: nothing was. */
static bool
stop(struct cells *cells)
{
	bool found = false;

	for (unsigned n = cells->n_looking; n > 0 && cells->n_looking > 0; n--) {
		struct cell *cell = cells->looking[0];

		spin_stop(cell);
		found |= cell_read_mail(cell);
	}
	return found;
}

static bool
pays(const struct cells *cells, int64_t now)
{
	return cells->cpus >= 2 && cells->n_running > 0 && cells->n_running <= FEW &&
	       now - cells->worked_ns <= LOOK_NS && now >= cells->rests_until_ns;
}

/* Looks for a while.  True: everybody else is to be seen to before we look again; false: we may sleep. */
static bool
looks(struct cells *cells)
{
	int64_t now = cells->n_running == 0 ? 0 : cells->mono_ns();

	for (unsigned turn = 0; turn < TURNS; turn++) {
		int64_t before = now;

		if (!pays(cells, now))
			return stop(cells);
		if (read_boxes(cells)) {
			cells->credit_ns += SPARED_NS;
			cells_turn(cells);
			now = cells->mono_ns();
			continue;
		}
		sched_yield();
		now = cells->mono_ns();
		if (now - before > LATE_NS)
			charge(cells, now - before, now);
		cells->looked_well++;
	}
	if (cells->credit_ns > CREDIT_MOST)
		cells->credit_ns = CREDIT_MOST;
	return true;
}

void
cells_serve(struct cells *cells)
{
	struct event_base *loop = cells->loop;
	int rc = 0;

	while (rc == 0 && !event_base_got_exit(loop) && !event_base_got_break(loop)) {
		bool again;

		cells->in_looks = true;
		again = looks(cells);
		cells_turn(cells);
		cells->in_looks = false;
		rc = event_base_loop(loop, again ? EVLOOP_NONBLOCK : EVLOOP_ONCE);
	}
}
