/* The room as a whole: opened and closed, what is done at the end of a loop turn, uids. */

#include "cell/host.h"

#include <string.h>
#include <unistd.h>

void
spec_copy_init(struct spec_copy *copy, const struct cell_spec *spec)
{
	copy->spec = *spec;
	copy->spec.plugin = xstrdup(spec->plugin);
	copy->spec.semver = xstrdup(spec->semver);
	copy->spec.object_path = xstrdup(spec->object_path);
	if (spec->object != NULL)
		memcpy(copy->object, spec->object, sizeof(copy->object));
	copy->spec.object = copy->object;
}

void
spec_copy_free(struct spec_copy *copy)
{
	free((char *)copy->spec.plugin);
	free((char *)copy->spec.semver);
	free((char *)copy->spec.object_path);
	*copy = (struct spec_copy){0};
}

/* ---- Uids -------------------------------------------------------------------------------------------------------- */

/* One that no living process of ours has; the one given back longest ago comes last. */
uint32_t
uid_take(struct cells *cells, bool *none)
{
	unsigned n = cells->policy->cell_uids;

	*none = false;
	if (!cells->own_uids)
		return UINT32_MAX;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = (cells->next_uid + i) % n;

		if (cells->uids_used[at])
			continue;
		cells->uids_used[at] = true;
		cells->next_uid = at + 1;
		return (uint32_t)cells->policy->cell_uid_first + at;
	}
	*none = true;
	return UINT32_MAX;
}

void
uid_give(struct cells *cells, uint32_t uid)
{
	if (uid == UINT32_MAX)
		return;
	cells->uids_used[uid - (uint32_t)cells->policy->cell_uid_first] = false;
	if (cells->starved) {
		cells->uid_came_back = true;
		pool_sweep_later(cells);
	}
}

/* ---- The end of a turn ------------------------------------------------------------------------------------------- */

/* All that was put for a cell while the loop turned leaves in one go. */
void
cells_turn(struct cells *cells)
{
	struct cell *cell;

	if (cells->sweep)
		pools_sweep(cells);
	while ((cell = TAILQ_FIRST(&cells->dirty)) != NULL)
		cell_flush(cell);
}

/* arg: struct cells. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	cells_turn(arg);
}

/* An active event is queued behind those that this turn has already found. */
void
cells_at_turn(struct cells *cells)
{
	if (!cells->in_looks && !event_pending(cells->turn, EV_TIMEOUT, NULL))
		event_active(cells->turn, EV_TIMEOUT, 0);
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

static struct cells *
cells_new(const struct cells_options *options)
{
	struct cells *cells = xcalloc(1, sizeof(*cells));
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	cells->magic = CELLS_MAGIC;
	cells->loop = options->loop;
	cells->calls = options->calls;
	cells->policy = policy_ref(options->policy);
	cells->events = options->events;
	cells->spawner_fd = options->spawner_fd;
	cells->next_id = 1;
	cells->ahead_ns = CELL_AHEAD_NS;
	cells->cpus = cpus < 1 ? 1 : (unsigned)cpus;
	cells->uids_used = xcalloc(cells->policy->cell_uids + 1, sizeof(*cells->uids_used));
	TAILQ_INIT(&cells->pools);
	TAILQ_INIT(&cells->all);
	TAILQ_INIT(&cells->dirty);
	TAILQ_INIT(&cells->requests);
	TAILQ_INIT(&cells->inspections);
	cells->turn = event_new(cells->loop, -1, 0, on_turn, cells);
	slices_open(cells);
	spin_open(cells);
	cancel_open(cells);
	watchdog_open(cells);
	return cells;
}

int
cells_open(struct cells **ret, const struct cells_options *options, struct fault *fault)
{
	struct cells *cells = cells_new(options);
	int rc = spawner_open(cells, fault);

	if (rc == 0 && !options->unproved)
		rc = probe_sandbox(cells, fault);
	if (rc != 0) {
		cells_close(&cells);
		return rc;
	}
	*ret = cells;
	return 0;
}

/* The handles stay with whoever holds them; only our marks on the calls go. */
static void
drop_calls(struct cells *cells)
{
	struct turn_item *item;
	struct call *call;
	struct pool *pool;
	struct cell *cell;

	TAILQ_FOREACH(cell, &cells->all, all)
	while ((call = TAILQ_FIRST(&cell->calls)) != NULL) {
		call_leave(cell, call);
		call->pool = NULL;
	}
	TAILQ_FOREACH(pool, &cells->pools, all)
	while ((item = turns_first(&pool->queue)) != NULL || (item = turns_first(&pool->held)) != NULL ||
	       (item = turns_first(&pool->suspects)) != NULL) {
		call = CONTAINER(item, struct call, queued);
		call->pool = NULL;
		pool_unqueue(call);
	}
}

void
cells_close(struct cells **p)
{
	struct cells *cells = *p;
	struct cell *cell;
	struct pool *pool;

	if (cells == NULL)
		return;
	assert(cells->magic == CELLS_MAGIC);
	*p = NULL;
	cells->events.stalled = NULL;
	drop_calls(cells);
	while ((cell = TAILQ_FIRST(&cells->all)) != NULL) {
		spawner_kill(cells, cell->id);
		cell_free(cell);
	}
	while ((pool = TAILQ_FIRST(&cells->pools)) != NULL)
		pool_free(pool);
	inspect_close(cells);
	spawner_close(cells);
	cancel_close(cells);
	event_free(cells->turn);
	slices_close(cells);
	event_free(cells->tick);
	map_free(&cells->pools_by_key);
	json_decref(cells->report);
	policy_unref(&cells->policy);
	free(cells->uids_used);
	cells->magic = 0;
	free(cells);
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

unsigned
cells_of(struct cells *cells, const uint8_t object[32], struct cell_info *ret, unsigned n)
{
	const struct cell *cell;
	unsigned found = 0;

	TAILQ_FOREACH(cell, &cells->all, all)
	{
		if (cell->pool == NULL || cell->phase >= PHASE_KILLED || memcmp(cell->spec.object, object, 32) != 0)
			continue;
		if (found < n)
			ret[found] = cell_info(cell);
		found++;
	}
	return found;
}

const json_t *
cells_report(const struct cells *cells)
{
	return cells->report;
}

uint32_t
cells_layers(const struct cells *cells)
{
	return cells->layers;
}
