/*
 * Looking again before sleeping.
 *
 * To wake a process on another CPU costs tens of microseconds on a virtual machine, several times what a call costs
 * otherwise, and each frame over a socket two system calls.  So where few calls are in flight (many hide the waiting) cells
 * may leave their frames in a box on the page shared with each (sdk/mail.h), into which the loop looks before it sleeps, and
 * for a little while after the last frame it looks again instead of sleeping.
 *
 * How it waits depends on who works.  When all cells that do are on other CPUs, it stays where it is.  Else it yields: those
 * that take turns on one CPU hand it on.  That pays only while nobody else wants that CPU: a process that yields is behind
 * all others, one that wakes is before them.  So an account is kept of what looking spares and of what it costs when
 * somebody comes between, and when it is used up the loop rests: it sleeps as usual for a while, twice as long each time
 * until all goes well again.  While it does not rest cells may look again too, and yield, until it takes that back.
 */

#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "cell/host.h"

#define LOOK_NS      (50 * NS_PER_US)
#define BRIEF_NS     (10 * NS_PER_US) /* the same, while we rest, for a cell on another CPU */
#define LATE_NS      (300 * NS_PER_US)
#define REST_NS      (500 * NS_PER_MS)
#define REST_MOST_NS (10 * NS_PER_S)
#define SPARED_NS    (10 * NS_PER_US) /* by a frame that found us looking: a wake, at the least */
#define CREDIT_NS    (10 * NS_PER_MS) /* at first, and after a rest */
#define CREDIT_MOST  (20 * NS_PER_MS)
#define ANSWER_MOST  NS_PER_MS /* what computes for long is not kept from it by others */
#define TRIED        64u       /* looks of the loop alone */
#define WELL         4096u     /* looks after which the next rest is a short one */
#define FEW          64u       /* running calls */
#define LOOKERS      4u        /* cells that may look, for each CPU but ours */
#define PAUSES       8u
#define TURNS        8u /* looks, or batches, before the loop sees to everybody else */

void
spin_open(struct cells *cells)
{
	cells->credit_ns = CREDIT_NS;
}

static void
stop_cell(struct cell *cell)
{
	if (cell->may_look) {
		cell->may_look = false;
		cell->cells->n_may_look--;
		atomic_store(&cell->page->may_look, 0);
	}
	cell->rung_ns = 0;
}

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
	stop_cell(cell);
	atomic_store(&cell->page->host_looks, 0);
}

static void
rest(struct cells *cells, int64_t now)
{
	for (unsigned i = 0; i < cells->n_looking; i++)
		stop_cell(cells->looking[i]);
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
	if (now < cells->rests_until_ns)
		return;
	cells->credit_ns -= lost;
	if (cells->credit_ns < 0)
		rest(cells, now);
}

/* False: there are too many, or there is too much to do. */
static bool
look_at(struct cell *cell)
{
	struct cells *cells = cell->cells;

	if (cell->looked_at)
		return true;
	if (!cells->serves || cell->pool == NULL || cell->phase != PHASE_READY || cells->n_running > FEW ||
	    cells->n_looking == LOOKING_MOST)
		return false;
	cell->looked_at = true;
	cells->looking[cells->n_looking++] = cell;
	atomic_store(&cell->page->host_looks, 1);
	return true;
}

void
spin_heard(struct cell *cell)
{
	struct cells *cells = cell->cells;
	int64_t now;

	if (!look_at(cell))
		return;
	now = cells->mono_ns();
	cells->worked_ns = now;
	if (cell->rung_ns != 0 && now - cell->rung_ns > LATE_NS)
		charge(cells, now - cell->rung_ns < ANSWER_MOST ? now - cell->rung_ns : ANSWER_MOST, now);
	cell->rung_ns = 0;
	if (cell->may_look || cells->looked_well < TRIED || now < cells->rests_until_ns ||
	    cells->n_may_look >= LOOKERS * (cells->cpus - 1))
		return;
	cell->may_look = true;
	cells->n_may_look++;
	atomic_store(&cell->page->may_look, 1);
}

void
spin_sends(struct cell *cell)
{
	if (!look_at(cell) || !cell->may_look)
		return;
	atomic_store_explicit(&cell->page->host_cpu, (uint32_t)sched_getcpu(), memory_order_relaxed);
	if (cell->rung_ns == 0 && cell->n_running > 0)
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

/* From now on nobody relies on our looking; what was left for us before is read.  False: nothing was. */
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

/* Whether all that is at work is so on other CPUs, as far as is known: there is then nobody to make room for. */
static bool
elsewhere(const struct cells *cells)
{
	uint32_t here = (uint32_t)sched_getcpu();
	unsigned working = 0;

	for (unsigned i = 0; i < cells->n_looking; i++) {
		const struct cell *cell = cells->looking[i];

		if (cell->n_running == 0)
			continue;
		if (atomic_load_explicit(&cell->page->cell_cpu, memory_order_relaxed) == here)
			return false;
		working++;
	}
	return working > 0;
}

static void
pause_briefly(void)
{
	for (unsigned i = 0; i < PAUSES; i++) {
#ifdef __x86_64__
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("yield");
#endif
	}
}

/* Waits a little, unless it is better to sleep: false. */
static bool
wait_a_little(struct cells *cells, int64_t *now)
{
	int64_t before = *now, worked = before - cells->worked_ns;
	bool rests = before < cells->rests_until_ns;

	if (cells->cpus < 2 || cells->n_running == 0 || cells->n_running > FEW)
		return false;
	if (worked > (rests ? BRIEF_NS : LOOK_NS))
		return false;
	if (elsewhere(cells)) {
		pause_briefly();
	} else if (rests) {
		return false;
	} else {
		sched_yield();
	}
	*now = cells->mono_ns();
	if (*now - before > LATE_NS)
		charge(cells, *now - before, *now);
	cells->looked_well++;
	return true;
}

bool
spin_look(struct cells *cells)
{
	int64_t now = 0;
	bool again = true;

	cells->in_looks = true;
	for (unsigned turn = 0; again && turn < TURNS; turn++) {
		if (read_boxes(cells)) {
			cells->credit_ns += SPARED_NS;
			cells_turn(cells);
			now = 0;
			continue;
		}
		if (!TAILQ_EMPTY(&cells->late))
			break;
		if (now == 0)
			now = cells->mono_ns();
		again = wait_a_little(cells, &now);
	}
	if (!again && stop(cells)) {
		cells_turn(cells);
		again = true;
	}
	if (cells->credit_ns > CREDIT_MOST)
		cells->credit_ns = CREDIT_MOST;
	cells->in_looks = false;
	return again;
}

void
cells_serve(struct cells *cells)
{
	struct event_base *loop = cells->loop;
	int rc = 0;

	cells->serves = true;
	/* One turn at a time: a loop that does not block goes on for as long as there is something, and boxes wait meanwhile. */
	while (rc == 0 && !event_base_got_exit(loop) && !event_base_got_break(loop))
		rc = event_base_loop(loop, spin_look(cells) ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
	cells->serves = false;
	while (cells->n_looking > 0)
		spin_stop(cells->looking[0]);
}
