/*
 * Eviction: calls that wait for long give their fiber back.
 *
 * A parked call holds a stack, the memory of its handler and a place in its cell, and while a cell has one it cannot end.
 * One that has waited for `cells.evict_after` is taken out: the cell drops the fiber, and the call is begun again, and
 * replays, when what it waits for has come.  So a sleeper of 30 days holds no cell.  The same is done, from the call that
 * waits longest on, when calls wait for a place and no cell is coming: else those who wait for an answer of those who wait
 * for a place would keep it from them.
 *
 * A plugin that keeps state in its globals is spared: its calls cannot be expected to replay.
 *
 * What the fiber said before the cell learned of its end is let pass; that it said anything means that it went on, and the
 * call then does so too.  EVICTED ends that; who does not send it before the pong to a later ping breaks the phase table,
 * and who sends more for the call after it names a call that is not its own.
 */

#include "cell/host.h"

#include <string.h>

#include "base/clock.h"

#define ROOM_NS    NS_PER_S /* who waits for less keeps its place, whoever wants it: it may go on at any moment */
#define LEAKED_MAX (16 * MIB)

static bool
may_go(const struct call *call)
{
	const struct cell *cell = call->cell;

	return cell->phase == PHASE_READY && !cell->closed && cancel_status(cell->cells, call) == 0;
}

static void
evict(struct call *call)
{
	struct wire_frame head = {.type = WIRE_EVICT, .call = call->handle, .ordinal = WIRE_NO_ORDINAL};
	struct cell *cell = call->cell;
	struct cells *cells = cell->cells;

	map_put_u64(&cell->evicting, call->handle, cell);
	cell->n_gone++;
	cell->evicts_told++;
	cell_put(cell, &head, NULL, 0, NULL);
	cell_left(cell, call, true);
	call_leave(cell, call);
	call->pool = NULL;
	call->state = CALL_EVICTED;
	call->evictions++;
	call->again = "it was evicted while it waited";
	watchdog_wake(cells);
	cells->events.evicted(call, cells->events.arg);
}

void
pool_evict(struct pool *pool, int64_t now_ns)
{
	int64_t after = pool->cells->policy->evict_after_ns, least = after < ROOM_NS ? after : ROOM_NS;
	unsigned wanted = pool_short(pool);
	struct call *call, *next;

	if (after == 0 || pool->spec.spec.state_cell)
		return;
	/* Where one waits for a place others will follow: after a start as many as were open when the host ended. */
	if (wanted > 0 && wanted < pool->cells->policy->fibers)
		wanted = pool->cells->policy->fibers;
	for (call = TAILQ_FIRST(&pool->parked); call != NULL; call = next) {
		int64_t waited = now_ns - call->parked_mono_ns;

		next = TAILQ_NEXT(call, parked);
		if (waited < least || (waited < after && wanted == 0))
			return;
		if (!may_go(call) || (waited < after && call->cell->kind != CELL_WORK))
			continue;
		wanted -= wanted > 0 && call->cell->kind == CELL_WORK;
		evict(call);
	}
}

/* ---- What the cell says to that ---------------------------------------------------------------------------------- */

void
evict_late(struct cell *cell, const struct frame *f)
{
	struct cells *cells = cell->cells;
	struct call *call = call_by_handle(cells->calls, f->head.call);

	if (call != NULL && call->state == CALL_EVICTED)
		cells->events.woke(call, cells->events.arg);
}

/* The smaller its memory, the sooner what is lost of it is missed. */
void
serve_leaked(struct cell *cell, uint64_t bytes)
{
	uint64_t most = cell_heap(cell) / 4;

	if (most > LEAKED_MAX)
		most = LEAKED_MAX;
	if (bytes > most)
		cell->draining = true;
}

void
serve_evicted(struct cell *cell, const struct frame *f)
{
	struct wire_pong pong;

	if (map_get_u64(&cell->evicting, f->head.call) == NULL) {
		violation(cell, "it sent EVICTED for call %llu, whose fiber it was not told to drop",
		    (unsigned long long)f->head.call);
		return;
	}
	memcpy(&pong, f->prefix, sizeof(pong));
	map_del_u64(&cell->evicting, f->head.call);
	cell->n_gone--;
	cell->evicts_done++;
	serve_leaked(cell, pong.leaked_bytes);
	pool_cell_free(cell);
}

/* ---- Waiting for each other -------------------------------------------------------------------------------------- */

/* Will all that are in this cell stay as long as calls of `run` wait for what they wait for? */
static bool
is_kept(const struct cell *cell, const struct run *run)
{
	const struct call *call;

	if (cell->phase != PHASE_READY || cell->closed || cell->n_gone > 0)
		return false;
	TAILQ_FOREACH(call, &cell->calls, in_cell)
	{
		if (call->run != run || call->state != CALL_PARKED || cancel_status(cell->cells, call) != 0)
			return false;
	}
	return true;
}

/* Suspects have cells of their own, and those whom eviction makes room for get it. */
struct call *
cells_kept_by(const struct call *call)
{
	const struct pool *pool = call->pool;
	const struct cells *cells;
	struct call *keeper = NULL;
	const struct cell *cell;
	unsigned n = 0;

	if (call->state != CALL_QUEUED || pool == NULL || call->quarantined)
		return NULL;
	cells = pool->cells;
	if (cells->policy->evict_after_ns != 0 && !pool->spec.spec.state_cell)
		return NULL;
	TAILQ_FOREACH(cell, &pool->list, in_pool)
	{
		if (cell->kind != CELL_WORK)
			continue;
		if (!is_kept(cell, call->run) || TAILQ_EMPTY(&cell->calls))
			return NULL;
		keeper = TAILQ_FIRST(&cell->calls);
		n++;
	}
	return n < cells->policy->cells_per_pool ? NULL : keeper;
}
