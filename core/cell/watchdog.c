/*
 * The watchdog: cells that are silent, that do not load, that do not leave, that nobody needs.
 *
 * Silence is measured in the CPU time of the cell, read from the kernel by the host: a cell that computes and says
 * nothing is stuck, one that waits is not, however long.  A cell that neither computes nor answers a ping is stuck too.
 * The CPU clock is read once a look and not at every frame, so a bound is kept to within one look.
 */

#include "cell/host.h"
#include "cell/prove.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

#define LOOK_MAX_NS   NS_PER_S
#define LOOK_MIN_NS   (50 * NS_PER_MS)
#define PING_NS       NS_PER_S
#define PONG_NS       (10 * NS_PER_S)
#define STILL_NS      (20 * NS_PER_MS) /* of CPU: less is standing still */
#define RESTS_NS      NS_PER_MS        /* of CPU between two looks: it only finished what it was at */
#define MOVED_ON_MAX  10               /* times the bound on silence */
#define PROBE_LOAD_NS (10 * NS_PER_S)

static int64_t
cpu_of(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) != 0)
		return -1;
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void __attribute__((format(printf, 3, 4))) kill_for(struct cell *cell, int status, const char *format, ...)
{
	struct fault fault;
	va_list args;

	va_start(args, format);
	fault_setv(&fault, status, format, args);
	va_end(args);
	cell_kill(cell, status, fault.text);
}

static void
ping(struct cell *cell, int64_t now, int64_t cpu)
{
	struct wire_frame head = {.type = WIRE_PING, .ordinal = WIRE_NO_ORDINAL};

	cell->ping_ns = cell->pinged_ns = cell->still_ns = now;
	cell->still_cpu_ns = cpu;
	cell->evicts_at_ping = cell->evicts_told;
	cell_put(cell, &head, NULL, 0, NULL);
}

/* A cell sends when no fiber can go on and every few turns; until then the page shows that one call after the other has
 * its turn.  It may lie, so it is believed for a while only. */
static bool
moved_on(struct cell *cell)
{
	uint64_t current = atomic_load(&cell->page->current);
	bool moved = current != cell->current;

	cell->current = current;
	return moved;
}

/* A ping is open: since when has the cell stood still?  Whatever it computed between the ping and its standing still
 * excuses nothing, so the clock starts anew each time that it moved. */
static void
look_still(struct cell *cell, int64_t now, int64_t cpu)
{
	if (cpu - cell->still_cpu_ns >= STILL_NS) {
		cell->still_ns = now;
		cell->still_cpu_ns = cpu;
		return;
	}
	if (now - cell->still_ns > cell->cells->pong_ns)
		kill_for(cell, HOSPES_ESTUCK, "it did not compute and did not answer for %lld s",
		    (long long)((now - cell->still_ns) / NS_PER_S));
}

static int64_t
silence_of(const struct cells *cells)
{
	return cells->silence_ns != 0 ? cells->silence_ns : cells->policy->cell_silence_ns;
}

static void
look_silence(struct cell *cell, int64_t now)
{
	int64_t silence = silence_of(cell->cells), cpu = cell->cells->cpu_ns(cell->pid);
	bool moved = moved_on(cell);

	if (cpu < 0)
		return;
	cpu_look(cell, now);
	if (cell->heard) {
		cell->heard = false;
		cell->cpu_ns = cell->current_cpu_ns = cpu;
	} else if (moved && cpu - cell->cpu_ns < MOVED_ON_MAX * silence) {
		cell->current_cpu_ns = cpu;
	} else if (cpu - cell->current_cpu_ns > silence) {
		kill_for(cell, HOSPES_ESTUCK, "it computed for %lld ms without a frame; %lld ms are allowed",
		    (long long)((cpu - cell->cpu_ns) / NS_PER_MS), (long long)(silence / NS_PER_MS));
		return;
	}
	if (cell->ping_ns == 0) {
		if (now - cell->pinged_ns >= PING_NS)
			ping(cell, now, cpu);
	} else {
		look_still(cell, now, cpu);
	}
}

/*
 * A cell without a call has nothing to do but wait for one.  It was seen to wait when its clock stood still between two
 * looks: nothing in a cell can sleep, so it then blocks on its socket and goes on only when the host sends something.  True:
 * look again.
 */
static bool
look_idle(struct cell *cell)
{
	char last[LAST_TEXT];
	int64_t cpu;

	if (cell->rests)
		return false;
	cpu = cell->cells->cpu_ns(cell->pid);
	if (cpu < 0)
		return false;
	if (cell->idle_cpu_ns < 0) {
		cell->idle_cpu_ns = cell->still_cpu_ns = cpu;
	} else if (cpu - cell->idle_cpu_ns > silence_of(cell->cells)) {
		cell_last(cell, last);
		kill_for(cell, HOSPES_ESTUCK, "it computed for %lld ms though it has no call%s",
		    (long long)((cpu - cell->idle_cpu_ns) / NS_PER_MS), last);
	} else {
		cell->rests = cpu - cell->still_cpu_ns < RESTS_NS;
		cell->still_cpu_ns = cpu;
	}
	return !cell->rests;
}

/* The page may lie, to whoever reads the sentence and to nobody else. */
static const char *
stands_in(const struct cell *cell)
{
	if (atomic_load(&cell->page->step_ns[WIRE_STEP_FILTERED]) == 0)
		return "";
	if (atomic_load(&cell->page->step_ns[WIRE_STEP_LOADED]) == 0)
		return " and stands in the dynamic loader, which runs its constructors";
	return atomic_load(&cell->page->step_ns[WIRE_STEP_INIT]) == 0 ? " and stands in its init hook" : "";
}

static void
look_load(struct cell *cell, int64_t now)
{
	int64_t most = cell->proof != NULL        ? proof_load_ns(cell)
		       : cell->kind == CELL_PROBE ? PROBE_LOAD_NS
						  : cell->cells->policy->cell_load_ns;

	if (now - cell->started_ns > most)
		kill_for(cell, HOSPES_ELOAD,
		    "it was not ready after %lld ms%s; loading and its init hook may take no longer",
		    (long long)(most / NS_PER_MS), stands_in(cell));
}

/* True: there is something to look at again soon. */
static bool
look(struct cell *cell, int64_t now)
{
	bool late = cell->end_by_ns != 0 && now >= cell->end_by_ns;

	switch (cell->phase) {
	case PHASE_NEW:
	case PHASE_LOADING:
		look_load(cell, now);
		return true;
	case PHASE_READY:
		if (cell->closed) {
			if (late)
				cell_kill(cell, HOSPES_EPROTOCOL, "it closed its socket and lives on");
			return true;
		}
		if (cell->n_calls + cell->n_gone == 0 && !(cell->proof != NULL && cell->proof->watched))
			return look_idle(cell);
		look_silence(cell, now);
		return true;
	case PHASE_STOPPING:
		if (late)
			cell_kill(cell, HOSPES_ECANCELLED, "it did not leave when told to");
		return true;
	case PHASE_KILLED:
		if (late) {
			log_error("a killed cell does not end", LOG_S("plugin", cell->spec.spec.plugin),
			    LOG_I("pid", cell->pid));
			cell_ended(cell);
		}
		return true;
	case PHASE_DEAD:
		break;
	}
	return false;
}

/* The host itself stood still (a paused machine): nobody else is to blame for pings that wait. */
static void
forgive(struct cells *cells, int64_t now)
{
	struct cell *cell;

	TAILQ_FOREACH(cell, &cells->all, all)
	if (cell->ping_ns != 0)
		cell->still_ns = now;
}

static int64_t
look_interval(const struct cells *cells)
{
	int64_t ns = silence_of(cells) / 4;

	return ns < LOOK_MIN_NS ? LOOK_MIN_NS : ns > LOOK_MAX_NS ? LOOK_MAX_NS : ns;
}

static void
arm(struct cells *cells, int64_t in_ns)
{
	struct timeval tv = {in_ns / NS_PER_S, (in_ns % NS_PER_S) / NS_PER_US};

	event_add(cells->tick, &tv);
}

void
watchdog_look(struct cells *cells)
{
	int64_t now = cells->mono_ns(), next_ns = INT64_MAX;
	struct cell *cell, *next;
	struct pool *pool;
	bool soon = false;

	if (cells->awake && now - cells->looked_ns > cells->pong_ns / 2)
		forgive(cells, now);
	cells->looked_ns = now;
	for (cell = TAILQ_FIRST(&cells->all); cell != NULL; cell = next) {
		next = TAILQ_NEXT(cell, all);
		soon |= look(cell, now);
	}
	TAILQ_FOREACH(pool, &cells->pools, all)
	{
		int64_t at;

		pool_evict(pool, now);
		at = pool_trim(pool, now);
		if (at < next_ns)
			next_ns = at;
	}
	cells->awake = soon;
	if (soon)
		arm(cells, look_interval(cells));
	else if (next_ns != INT64_MAX)
		arm(cells, next_ns - now + LOOK_MIN_NS);
}

/* arg: struct cells. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	watchdog_look(arg);
}

void
watchdog_open(struct cells *cells)
{
	cells->mono_ns = clock_mono_ns;
	cells->cpu_ns = cpu_of;
	cells->filters_of = filters_of;
	cells->pong_ns = PONG_NS;
	cells->tick = event_new(cells->loop, -1, 0, on_tick, cells);
}

void
watchdog_wake(struct cells *cells)
{
	if (cells->awake)
		return;
	cells->awake = true;
	cells->looked_ns = cells->mono_ns();
	arm(cells, look_interval(cells));
}
