/* See turns.h: two lists of owners, each with its things; the one whose thing was taken goes to the end of the second. */

#include "base/turns.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/slab.h"

TAILQ_HEAD(item_list, turn_item);

struct turn {
	struct turns *queue;
	const void *owner; /* only compared: it may be gone when nothing of it waits */
	struct item_list ahead, others;
	unsigned n;
	bool fresh;
	TAILQ_ENTRY(turn) entry;
};

/* [loop] */
static struct slab turn_slab = {.size = sizeof(struct turn), .most = 4096};

static uint64_t
key_of(const void *owner)
{
	return (uint64_t)(uintptr_t)owner;
}

static struct turn_list *
list_of(struct turns *q, const struct turn *turn)
{
	return turn->fresh ? &q->fresh : &q->served;
}

static void
turn_free(struct turns *q, struct turn *turn)
{
	assert(turn->n == 0);
	TAILQ_REMOVE(list_of(q, turn), turn, entry);
	map_del_u64(&q->by_owner, key_of(turn->owner));
	slab_give(&turn_slab, turn);
}

static struct turn *
turn_of(struct turns *q, const void *owner)
{
	struct turn *turn = map_get_u64(&q->by_owner, key_of(owner));

	if (turn != NULL)
		return turn;
	if (q->n == 0) {
		TAILQ_INIT(&q->fresh);
		TAILQ_INIT(&q->served);
	}
	turn = slab_take(&turn_slab);
	*turn = (struct turn){.queue = q, .owner = owner, .fresh = true};
	TAILQ_INIT(&turn->ahead);
	TAILQ_INIT(&turn->others);
	TAILQ_INSERT_TAIL(&q->fresh, turn, entry);
	map_put_u64(&q->by_owner, key_of(owner), turn);
	return turn;
}

void
turns_add(struct turns *q, const void *owner, struct turn_item *item, bool ahead)
{
	struct turn *turn = turn_of(q, owner);

	assert(item->turn == NULL);
	item->turn = turn;
	item->ahead = ahead;
	TAILQ_INSERT_TAIL(ahead ? &turn->ahead : &turn->others, item, entry);
	turn->n++;
	q->n++;
}

/* Nothing waits: who had turns is forgotten. */
static void
clear(struct turns *q)
{
	struct turn *turn;

	while ((turn = TAILQ_FIRST(&q->fresh)) != NULL || (turn = TAILQ_FIRST(&q->served)) != NULL)
		turn_free(q, turn);
	map_free(&q->by_owner);
	q->was_fresh = false;
}

void
turns_remove(struct turn_item *item)
{
	struct turn *turn = item->turn;
	struct turns *q = turn->queue;

	TAILQ_REMOVE(item->ahead ? &turn->ahead : &turn->others, item, entry);
	item->turn = NULL;
	turn->n--;
	if (--q->n == 0)
		clear(q);
	else if (turn->n == 0 && turn->fresh)
		turn_free(q, turn);
}

static struct turn_item *
next_of(const struct turn *turn)
{
	return TAILQ_EMPTY(&turn->ahead) ? TAILQ_FIRST(&turn->others) : TAILQ_FIRST(&turn->ahead);
}

/* Its turn has come; those before it that have nothing to take have had theirs. */
static struct turn *
next_served(struct turns *q)
{
	struct turn *turn;

	while ((turn = TAILQ_FIRST(&q->served)) != NULL && turn->n == 0)
		turn_free(q, turn);
	return turn;
}

struct turn_item *
turns_first(struct turns *q)
{
	struct turn *turn = NULL;

	if (q->n == 0)
		return NULL;
	if (q->was_fresh || TAILQ_EMPTY(&q->fresh))
		turn = next_served(q);
	if (turn == NULL)
		turn = TAILQ_FIRST(&q->fresh);
	return next_of(turn);
}

struct turn_item *
turns_take(struct turns *q)
{
	struct turn_item *item = turns_first(q);
	struct turn *turn;

	if (item == NULL)
		return NULL;
	turn = item->turn;
	TAILQ_REMOVE(list_of(q, turn), turn, entry);
	q->was_fresh = turn->fresh;
	turn->fresh = false;
	TAILQ_INSERT_TAIL(&q->served, turn, entry);
	turns_remove(item);
	return item;
}

struct turn_item *
turns_take_of(struct turns *q, const void *owner)
{
	const struct turn *turn = map_get_u64(&q->by_owner, key_of(owner));
	struct turn_item *item = turn == NULL ? NULL : next_of(turn);

	if (item != NULL)
		turns_remove(item);
	return item;
}

unsigned
turns_of(const struct turns *q, const void *owner)
{
	const struct turn *turn = map_get_u64(&q->by_owner, key_of(owner));

	return turn == NULL ? 0 : turn->n;
}
