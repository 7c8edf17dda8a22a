/*
 * How much of a pool one run may have.
 *
 * A cell computes for one call at a time and begins them in the order in which they came, so whoever is handed to it late
 * waits for all before.  Of a run that asks for a thousand calls at once no more is handed to the cells of a pool than keeps
 * these busy for a moment (CELL_AHEAD_NS each), by what its calls have taken of late; the rest is held here, and follows as its
 * calls end or begin to wait.  So a run that asks for one call waits for a moment.
 *
 * What a call takes is learned from what comes back: how long a cell had something to do, by how many calls ended or parked
 * meanwhile, less what the way there and back takes.  A run that has calls in more pools than are counted for it
 * (RUN_SHARES) is not bounded in the others.
 */

#include "cell/host.h"

#define AHEAD_FIRST 2u               /* calls, while nobody knows what one takes */
#define WAY_NS      (50 * NS_PER_US) /* of a frame there and one back */

static struct run_share *
share_of(struct run *run, const void *pool)
{
	for (struct run_share *s = run->shares; s < run->shares + RUN_SHARES; s++) {
		if (s->running > 0 && s->pool == pool)
			return s;
	}
	return NULL;
}

static struct run_share *
share_free(struct run *run)
{
	for (struct run_share *s = run->shares; s < run->shares + RUN_SHARES; s++) {
		if (s->running == 0)
			return s;
	}
	return NULL;
}

/* Calls that a cell computes for in a moment. */
static unsigned
moment(const struct pool *pool)
{
	int64_t ahead = pool->cells->ahead_ns;

	if (pool->each_ns == 0)
		return AHEAD_FIRST;
	return pool->each_ns >= ahead ? 1 : (unsigned)(ahead / pool->each_ns);
}

static unsigned
most_of(const struct pool *pool)
{
	const struct cell *cell;
	unsigned ready = 0;

	TAILQ_FOREACH(cell, &pool->list, in_pool)
	ready += cell->kind == CELL_WORK && cell->phase == PHASE_READY;
	return moment(pool) * (ready == 0 ? 1 : ready);
}

bool
share_is_full(const struct pool *pool, struct run *run)
{
	const struct run_share *share = share_of(run, pool);
	unsigned n;

	if (pool->cells->ahead_ns == 0 || (share == NULL && pool->queue.n == 0))
		return false;
	n = (share == NULL ? 0 : share->running) + (pool->queue.n == 0 ? 0 : turns_of(&pool->queue, run));
	return n >= moment(pool) && n >= most_of(pool);
}

void
share_relieve(struct pool *pool, struct run *run)
{
	struct turn_item *item;

	while (pool->held.n > 0 && !share_is_full(pool, run) && (item = turns_take_of(&pool->held, run)) != NULL)
		turns_add(&pool->queue, run, item, false);
}

void
share_runs(struct pool *pool, struct run *run)
{
	struct run_share *share = share_of(run, pool);

	if (share == NULL && (share = share_free(run)) != NULL)
		*share = (struct run_share){.pool = pool};
	if (share != NULL)
		share->running++;
}

void
share_rests(struct pool *pool, struct run *run)
{
	struct run_share *share = share_of(run, pool);

	if (share != NULL)
		share->running--;
	if (pool->held.n > 0)
		share_relieve(pool, run);
}

void
pool_pace(struct cell *cell)
{
	struct pool *pool = cell->pool;
	int64_t now, took;

	if (pool == NULL || cell->worked == 0)
		return;
	now = pool->cells->mono_ns();
	took = now - cell->paced_ns > WAY_NS ? (now - cell->paced_ns - WAY_NS) / cell->worked : 0;
	pool->each_ns = pool->each_ns == 0 ? took + 1 : (3 * pool->each_ns + took) / 4 + 1;
	cell->worked = 0;
	cell->paced_ns = now;
}
