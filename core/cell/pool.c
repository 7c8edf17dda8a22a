/*
 * Pools: the cells of one version that calls of one client (or run, or of all) may share.
 *
 * A call takes the cell with the fewest running calls.  More cells are started when calls wait for a fiber, or when
 * every cell already computes for several calls, or for long, and the machine has a CPU left; those that idle end after a while.  Who waits has
 * a fiber in the turn of its run, and one run has no more of them than its share (share.c).
 */

#include "cell/host.h"

#include <string.h>

#include "base/id.h"

#define SPREAD    4u                /* running calls in every cell: one more would help */
#define SPREAD_NS (500 * NS_PER_US) /* the same where several are to compute for so long, one after the other */

#define IDLE_OF_RUN_NS (5 * NS_PER_S)
#define IDLE_SPARE_NS  (30 * NS_PER_S)
#define IDLE_WARM_NS   (600 * NS_PER_S)
#define IDLE_REST_NS   NS_PER_S /* then it gives back what its calls have left behind */

#define KEY_OBJECT 64 /* hexadecimal digits and a space, then who */

static struct cell *choose(const struct pool *pool);

static const char *
who_of(const struct cells *cells, const struct call *call)
{
	switch (cells->policy->isolation) {
	case ISOLATION_CLIENT:
		return call->run->client;
	case ISOLATION_RUN:
		return call->run->id_text;
	case ISOLATION_VERSION:
		break;
	}
	return "";
}

static struct pool *
pool_new(struct cells *cells, const struct cell_spec *spec, char *key)
{
	struct pool *pool = xcalloc(1, sizeof(*pool));

	pool->cells = cells;
	pool->key = key;
	pool->who = key + KEY_OBJECT + 1;
	pool->of_run = cells->policy->isolation == ISOLATION_RUN;
	spec_copy_init(&pool->spec, spec);
	TAILQ_INIT(&pool->list);
	TAILQ_INIT(&pool->parked);
	TAILQ_INSERT_TAIL(&cells->pools, pool, all);
	map_put(&cells->pools_by_key, pool->key, pool);
	return pool;
}

static struct pool *
pool_of(struct cells *cells, const struct cell_spec *spec, const struct call *call)
{
	struct pool **lately = &cells->pools_lately[spec->object[0] % ARRAY_LEN(cells->pools_lately)];
	const char *who = who_of(cells, call);
	_cleanup_(free_p) char *key = NULL;
	char hex[KEY_OBJECT + 1];

	if (*lately != NULL && memcmp((*lately)->spec.object, spec->object, 32) == 0 &&
	    strcmp((*lately)->who, who) == 0)
		return *lately;
	hex_format(spec->object, 32, hex);
	key = xasprintf("%s %s", hex, who);
	*lately = map_get(&cells->pools_by_key, key);
	if (*lately == NULL) {
		*lately = pool_new(cells, spec, key);
		key = NULL;
	}
	return *lately;
}

void
pool_free(struct pool *pool)
{
	TAILQ_REMOVE(&pool->cells->pools, pool, all);
	map_del(&pool->cells->pools_by_key, pool->key);
	for (size_t i = 0; i < ARRAY_LEN(pool->cells->pools_lately); i++) {
		if (pool->cells->pools_lately[i] == pool)
			pool->cells->pools_lately[i] = NULL;
	}
	spec_copy_free(&pool->spec);
	free(pool->key);
	free(pool);
}

/* ---- Queues ------------------------------------------------------------------------------------------------------ */

/* Suspects wait apart. */
void
pool_queue(struct pool *pool, struct call *call, bool ahead)
{
	assert(call->cell == NULL);
	call->pool = pool;
	call->state = CALL_QUEUED;
	turns_add(call->quarantined ? &pool->suspects : &pool->queue, call->run, &call->queued, ahead);
}

void
pool_unqueue(struct call *call)
{
	assert(call->cell == NULL && call->state == CALL_QUEUED);
	turns_remove(&call->queued);
	if (call->pool != NULL)
		share_relieve(call->pool, call->run);
}

/* Whose turn it is; NULL: nobody waits. */
static struct call *
take(struct turns *queue)
{
	struct turn_item *item = turns_take(queue);

	return item == NULL ? NULL : CONTAINER(item, struct call, queued);
}

void
cells_submit(struct cells *cells, const struct cell_spec *spec, struct call *call)
{
	struct pool *pool = pool_of(cells, spec, call);
	size_t config_len = call->config == NULL ? 0 : call->config->len;
	struct cell *cell;

	if (call->input->len > WIRE_FRAME_MAX - MIB || config_len > MIB / 2) {
		struct fault fault;

		fault_set(&fault, HOSPES_ETOOLARGE,
		    "the input of %s has %zu bytes and its configuration %zu; "
		    "a frame has room for %zu and %zu",
		    call->plugin, call->input->len, config_len, WIRE_FRAME_MAX - MIB, MIB / 2);
		call_lost(cells, call, &fault);
		return;
	}
	if (pool->keep > 0)
		pool->retired = false;
	call->pool = pool;
	call->state = CALL_QUEUED;
	if (!call->quarantined && share_is_full(pool, call->run)) {
		turns_add(&pool->held, call->run, &call->queued, false);
	} else if (!call->quarantined && pool->queue.n == 0 && (cell = choose(pool)) != NULL) {
		call_run(cell, call);
	} else {
		pool_queue(pool, call, false);
	}
	pool_pump(pool);
}

void
cells_withdraw(struct call *call)
{
	struct pool *pool = call->pool;

	pool_unqueue(call);
	call->pool = NULL;
	call->state = CALL_EVICTED;
	if (call->executions > 0 && call->again == NULL)
		call->again = "its cell had ended";
	pool_sweep_later(pool->cells);
}

/* ---- How many cells ---------------------------------------------------------------------------------------------- */

static bool
cell_idle(const struct cell *cell)
{
	return cell->phase == PHASE_READY && cell->n_calls + cell->n_gone == 0;
}

struct census {
	unsigned starting, live, least_running; /* of cells that work */
	unsigned free;                          /* fibers in those */
	unsigned q_starting, q_running, q_all;  /* of those in quarantine */
};

static unsigned
fibers_of(const struct pool *pool)
{
	return pool->spec.spec.state_cell ? 1 : pool->cells->policy->fibers;
}

/* For calls to come. */
static unsigned
free_fibers(const struct cell *cell)
{
	unsigned fibers = fibers_of(cell->pool), used = cell->n_calls + cell->n_gone;

	return cell->phase != PHASE_READY || cell->draining || cell->closed || used >= fibers ? 0 : fibers - used;
}

static struct census
count(const struct pool *pool)
{
	struct census c = {.least_running = UINT32_MAX};
	const struct cell *cell;

	TAILQ_FOREACH(cell, &pool->list, in_pool)
	{
		if (cell->phase >= PHASE_STOPPING)
			continue;
		if (cell->kind == CELL_QUARANTINE) {
			c.q_all++;
			c.q_starting += cell->phase < PHASE_READY;
			c.q_running += cell->phase == PHASE_READY && cell->n_running > 0;
			continue;
		}
		c.live++;
		c.starting += cell->phase < PHASE_READY;
		if (cell->phase == PHASE_READY && cell->n_running < c.least_running)
			c.least_running = cell->n_running;
		c.free += free_fibers(cell);
	}
	return c;
}

/* No uid is free: the cell that has idled longest, of whatever pool, makes room. */
static void
reclaim(struct cells *cells)
{
	struct cell *cell, *oldest = NULL;

	cells->starved = true;
	TAILQ_FOREACH(cell, &cells->all, all)
	if (cell_idle(cell) && cell->kind == CELL_WORK && (oldest == NULL || cell->idle_ns < oldest->idle_ns))
		oldest = cell;
	if (oldest != NULL)
		cell_stop(oldest);
}

static bool
start(struct pool *pool, enum cell_kind kind, bool only)
{
	struct fault fault;
	struct cell *cell;
	int rc = cell_start(pool->cells, pool, &pool->spec.spec, kind, &cell, &fault);

	if (rc == 0)
		return true;
	if (rc == HOSPES_EBUSY) {
		reclaim(pool->cells);
	} else if (only) {
		pool->broken = fault;
		pool_sweep_later(pool->cells);
	}
	return false;
}

/* Every cell has more to do than it should, of the calls that have begun and of those that are held. */
static bool
is_busy(const struct pool *pool, const struct census *c)
{
	unsigned waiting = pool->held.n + (c->least_running == UINT32_MAX ? 0 : c->least_running);

	return c->least_running >= SPREAD || pool->held.n >= SPREAD ||
	       (waiting > 1 && pool->each_ns >= SPREAD_NS / waiting);
}

/* Starts as many as the calls that wait for a fiber ask for.  Those that are on their way count. */
static void
grow(struct pool *pool)
{
	struct cells *cells = pool->cells;
	unsigned fibers = fibers_of(pool), most = cells->policy->cells_per_pool;
	struct census c = count(pool);

	while (c.live < most && pool->queue.n > c.free + c.starting * fibers && start(pool, CELL_WORK, c.live == 0)) {
		c.live++;
		c.starting++;
	}
	if (most > cells->cpus)
		most = cells->cpus;
	if (c.live > 0 && c.live < most && c.starting == 0 && is_busy(pool, &c))
		(void)start(pool, CELL_WORK, false);
	while (pool->suspects.n > c.q_starting && c.q_running + c.q_starting < QUARANTINES &&
	       c.q_all < QUARANTINES_MAX && start(pool, CELL_QUARANTINE, c.q_all == 0)) {
		c.q_starting++;
		c.q_all++;
	}
}

unsigned
pool_short(const struct pool *pool)
{
	const struct cell *cell;
	unsigned coming = 0;

	if (pool->queue.n == 0)
		return 0;
	TAILQ_FOREACH(cell, &pool->list, in_pool)
	{
		if (cell->kind == CELL_WORK && cell->phase < PHASE_READY)
			return 0;
		coming += cell->n_gone + (cell->kind == CELL_WORK ? free_fibers(cell) : 0);
	}
	return pool->queue.n > coming ? pool->queue.n - coming : 0;
}

/* ---- Which cell -------------------------------------------------------------------------------------------------- */

static struct cell *
choose(const struct pool *pool)
{
	struct cell *cell, *best = NULL;

	TAILQ_FOREACH(cell, &pool->list, in_pool)
	{
		if (cell->kind != CELL_WORK || free_fibers(cell) == 0)
			continue;
		if (best == NULL || cell->n_running < best->n_running ||
		    (cell->n_running == best->n_running && cell->n_calls < best->n_calls))
			best = cell;
	}
	return best;
}

static struct cell *
choose_quarantine(const struct pool *pool)
{
	struct cell *cell;

	TAILQ_FOREACH(cell, &pool->list, in_pool)
	if (cell->kind == CELL_QUARANTINE && cell_idle(cell) && !cell->closed)
		return cell;
	return NULL;
}

void
pool_pump(struct pool *pool)
{
	struct cell *cell;

	while (pool->queue.n > 0 && (cell = choose(pool)) != NULL)
		call_run(cell, take(&pool->queue));
	while (pool->suspects.n > 0 && (cell = choose_quarantine(pool)) != NULL)
		call_run(cell, take(&pool->suspects));
	while (pool->suspects.n == 0 && (cell = choose_quarantine(pool)) != NULL)
		cell_stop(cell);
	grow(pool);
	pool->cells->sweep |= TAILQ_EMPTY(&pool->list);
}

void
pool_cell_free(struct cell *cell)
{
	struct pool *pool = cell->pool;
	int64_t now;

	if (!cell_idle(cell)) {
		if (pool->queue.n > 0)
			pool_pump(pool);
		return;
	}
	now = pool->cells->mono_ns();
	cell->idle_ns = now;
	/* A cell in which a suspect has been is not trusted with another. */
	if (cell->kind == CELL_QUARANTINE || cell->draining)
		cell_stop(cell);
	if (pool->queue.n + pool->suspects.n > 0)
		pool_pump(pool);
	if (pool->retired)
		(void)pool_trim(pool, now);
	watchdog_wake(pool->cells);
}

/* ---- Cells that do not start ------------------------------------------------------------------------------------- */

/* Its calls are told why it is broken. */
static void
fail(struct pool *pool)
{
	struct fault fault = pool->broken;
	struct call *call;

	/* What comes while they are told may try again. */
	pool->broken.status = 0;
	for (unsigned n = pool->queue.n; n > 0 && (call = take(&pool->queue)) != NULL; n--)
		call_lost(pool->cells, call, &fault);
	for (unsigned n = pool->held.n; n > 0 && (call = take(&pool->held)) != NULL; n--)
		call_lost(pool->cells, call, &fault);
	for (unsigned n = pool->suspects.n; n > 0 && (call = take(&pool->suspects)) != NULL; n--)
		call_lost(pool->cells, call, &fault);
	pool_sweep_later(pool->cells);
}

/* A cell died before it was ready.  Something outside may have ended it: that is tried again a few times. */
void
pool_cell_failed(struct pool *pool, const struct cell *cell, const struct fault *fault, bool outside)
{
	struct census c = count(pool);
	struct call *call;

	if (outside && ++pool->failures <= LOAD_TRIES)
		return;
	if (cell->kind == CELL_QUARANTINE) {
		if ((call = take(&pool->suspects)) != NULL)
			call_lost(pool->cells, call, fault);
	} else if (c.live == 0) {
		pool->broken = *fault;
		fail(pool);
	}
}

/* At the end of a loop turn: pools that can't run their calls, pools that nobody needs, pools that waited for a uid. */
void
pools_sweep(struct cells *cells)
{
	bool starved = cells->starved;
	struct pool *pool, *next;

	cells->sweep = false;
	TAILQ_FOREACH(pool, &cells->pools, all)
	if (pool->broken.status != 0)
		fail(pool);
	if (starved && cells->uid_came_back) {
		cells->starved = cells->uid_came_back = false;
		TAILQ_FOREACH(pool, &cells->pools, all)
		if (pool->queue.n + pool->suspects.n > 0)
			pool_pump(pool);
	}
	for (pool = TAILQ_FIRST(&cells->pools); pool != NULL; pool = next) {
		next = TAILQ_NEXT(pool, all);
		if (TAILQ_EMPTY(&pool->list) && pool->queue.n + pool->held.n + pool->suspects.n == 0)
			pool_free(pool);
	}
}

void
pool_sweep_later(struct cells *cells)
{
	cells->sweep = true;
	cells_at_turn(cells);
}

/* ---- Idle cells -------------------------------------------------------------------------------------------------- */

static int64_t
idle_limit(const struct pool *pool, unsigned ready)
{
	if (pool->retired)
		return ready > pool->keep ? 0 : INT64_MAX;
	if (pool->of_run)
		return IDLE_OF_RUN_NS;
	return ready > 1 ? IDLE_SPARE_NS : IDLE_WARM_NS;
}

/* When it is to give memory back; INT64_MAX once it was told to, and looked at again to see that it did no more. */
static int64_t
trim(struct cell *cell, int64_t now_ns)
{
	struct wire_frame head = {.type = WIRE_REST, .ordinal = WIRE_NO_ORDINAL};

	if (cell->trimmed)
		return INT64_MAX;
	if (now_ns - cell->idle_ns < IDLE_REST_NS)
		return cell->idle_ns + IDLE_REST_NS;
	cell->trimmed = true;
	cell->rests = false;
	cell->idle_cpu_ns = -1;
	cell_put(cell, &head, NULL, 0, NULL);
	return now_ns;
}

/* Has those give memory back that idle, and ends what has idled too long; returns when to look again, INT64_MAX for never. */
int64_t
pool_trim(struct pool *pool, int64_t now_ns)
{
	int64_t next = INT64_MAX;
	unsigned ready = 0;
	struct cell *cell;

	TAILQ_FOREACH(cell, &pool->list, in_pool)
	ready += cell->kind == CELL_WORK && cell->phase == PHASE_READY;
	TAILQ_FOREACH(cell, &pool->list, in_pool)
	{
		int64_t limit = idle_limit(pool, ready), at;

		if (cell->kind != CELL_WORK || !cell_idle(cell))
			continue;
		if (limit != INT64_MAX && now_ns - cell->idle_ns >= limit) {
			cell_stop(cell);
			ready--;
			continue;
		}
		at = trim(cell, now_ns);
		if (limit != INT64_MAX && cell->idle_ns + limit < at)
			at = cell->idle_ns + limit;
		if (at < next)
			next = at;
	}
	return next;
}

void
cells_retire(struct cells *cells, const uint8_t object[32], unsigned keep)
{
	int64_t now = cells->mono_ns();
	struct pool *pool;

	TAILQ_FOREACH(pool, &cells->pools, all)
	{
		if (memcmp(pool->spec.object, object, 32) != 0)
			continue;
		pool->retired = true;
		pool->keep = keep;
		(void)pool_trim(pool, now);
	}
}
