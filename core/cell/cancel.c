/*
 * Calls that were told to stop.
 *
 * One that waits for a cell is lost at once.  One in a cell has its waits end with the status, and the grace to clean up
 * and reply.  After the grace it is lost, and its cell remembers the handle: what still comes for it is passed over, and
 * the watchdog sees to a fiber that never stops.
 *
 * The grace is the same for all, so those that run out first were told first: one list and one timer do.
 */

#include "cell/host.h"

#include <string.h>

struct grace {
	TAILQ_ENTRY(grace) next;
	uint64_t handle;
	int status;
	int64_t ends_ns;
};

static void
grace_drop(struct cells *cells, struct grace *g)
{
	map_del_u64(&cells->graces_by_call, g->handle);
	TAILQ_REMOVE(&cells->graces, g, next);
	free(g);
}

int
cancel_status(const struct cells *cells, const struct call *call)
{
	const struct grace *g = map_get_u64(&cells->graces_by_call, call->handle);

	return g == NULL ? 0 : g->status;
}

void
cancel_forget(struct cells *cells, const struct call *call)
{
	struct grace *g = map_get_u64(&cells->graces_by_call, call->handle);

	if (g != NULL)
		grace_drop(cells, g);
}

static void
arm(struct cells *cells)
{
	const struct grace *g = TAILQ_FIRST(&cells->graces);
	struct timeval tv = {0};
	int64_t left;

	if (g == NULL)
		return;
	left = g->ends_ns - cells->mono_ns();
	if (left > 0)
		tv = (struct timeval){left / NS_PER_S, (left % NS_PER_S) / NS_PER_US + 1};
	event_add(cells->grace, &tv);
}

static void
grace_over(struct cells *cells, struct call *call, int status)
{
	struct cell *cell = call->cell;
	struct fault fault;

	fault_set(&fault, status, "%s %s was told to stop (%s) and had not replied %lld ms later", call->plugin,
	    call->semver, status_name(status), (long long)(cells->policy->kill_grace_ns / NS_PER_MS));
	map_put_u64(&cell->gone, call->handle, cell);
	cell->n_gone++;
	call_leave(cell, call);
	call_lost(cells, call, &fault);
	pool_pump(cell->pool);
	watchdog_wake(cells);
}

/* arg: struct cells. */
static void
on_grace(evutil_socket_t fd, short what, void *arg)
{
	struct cells *cells = arg;
	struct grace *g;

	(void)fd;
	(void)what;
	while ((g = TAILQ_FIRST(&cells->graces)) != NULL && g->ends_ns <= cells->mono_ns()) {
		struct call *call = call_by_handle(cells->calls, g->handle);
		int status = g->status;

		grace_drop(cells, g);
		if (call != NULL && call->cell != NULL)
			grace_over(cells, call, status);
	}
	arm(cells);
}

static void
lost_at_once(struct cells *cells, struct call *call, int status)
{
	struct pool *pool = call->pool;
	struct fault fault;

	fault_set(&fault, status, "%s was told to stop (%s) before it had begun", call->plugin, status_name(status));
	if (call->executions > 0)
		fault_set(&fault, status, "%s was told to stop (%s) while it waited to begin again", call->plugin,
		    status_name(status));
	if (call->cell != NULL)
		call_leave(call->cell, call);
	else
		pool_unqueue(call);
	call_lost(cells, call, &fault);
	pool_pump(pool);
	pool_sweep_later(cells);
}

void
cancel_for(struct call *call, int status, const char *why)
{
	struct wire_frame head = {
	    .type = WIRE_CANCEL, .call = call->handle, .ordinal = WIRE_NO_ORDINAL, .status = status};
	struct iovec sentence = {(void *)why, why == NULL ? 0 : strlen(why)};
	struct pool *pool = call->pool;
	struct cell *cell = call->cell;
	struct cells *cells;
	struct grace *g;

	if (pool == NULL)
		return;
	cells = pool->cells;
	if (cell == NULL || cell->phase == PHASE_DEAD) {
		lost_at_once(cells, call, status);
		return;
	}
	if (cancel_status(cells, call) != 0)
		return;
	g = xcalloc(1, sizeof(*g));
	g->handle = call->handle;
	g->status = status;
	g->ends_ns = cells->mono_ns() + cells->policy->kill_grace_ns;
	TAILQ_INSERT_TAIL(&cells->graces, g, next);
	map_put_u64(&cells->graces_by_call, g->handle, g);
	cell_put(cell, &head, &sentence, 1, NULL);
	call_set_state(call, CALL_RUNNING);
	watchdog_wake(cells);
	if (TAILQ_FIRST(&cells->graces) == g)
		arm(cells);
}

void
cells_cancel(struct call *call, int status)
{
	cancel_for(call, status, NULL);
}

void
cancel_open(struct cells *cells)
{
	TAILQ_INIT(&cells->graces);
	cells->grace = event_new(cells->loop, -1, 0, on_grace, cells);
}

void
cancel_close(struct cells *cells)
{
	struct grace *g;

	while ((g = TAILQ_FIRST(&cells->graces)) != NULL)
		grace_drop(cells, g);
	map_free(&cells->graces_by_call);
	event_free(cells->grace);
}
