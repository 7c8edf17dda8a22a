/* See turns.h: a list of owners, each with its things; the one whose thing was taken goes to the end of it. */

#include "call/turns.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/slab.h"

TAILQ_HEAD(item_list, turn_item);

struct turn {
	struct turns *queue;
	const void *owner;
	struct item_list ahead, others;
	unsigned n;
	TAILQ_ENTRY(turn) entry;
};

/* [loop] */
static struct slab turn_slab = {.size = sizeof(struct turn), .most = 4096};

static uint64_t
key_of(const void *owner)
{
	return (uint64_t)(uintptr_t)owner;
}

static struct turn *
turn_of(struct turns *q, const void *owner)
{
	struct turn *turn = map_get_u64(&q->by_owner, key_of(owner));

	if (turn != NULL)
		return turn;
	if (q->n == 0)
		TAILQ_INIT(&q->list);
	turn = slab_take(&turn_slab);
	*turn = (struct turn){.queue = q, .owner = owner};
	TAILQ_INIT(&turn->ahead);
	TAILQ_INIT(&turn->others);
	TAILQ_INSERT_TAIL(&q->list, turn, entry);
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

void
turns_remove(struct turn_item *item)
{
	struct turn *turn = item->turn;
	struct turns *q = turn->queue;

	TAILQ_REMOVE(item->ahead ? &turn->ahead : &turn->others, item, entry);
	item->turn = NULL;
	q->n--;
	if (--turn->n > 0)
		return;
	TAILQ_REMOVE(&q->list, turn, entry);
	map_del_u64(&q->by_owner, key_of(turn->owner));
	slab_give(&turn_slab, turn);
	if (q->n == 0)
		map_free(&q->by_owner);
}

struct turn_item *
turns_first(const struct turns *q)
{
	const struct turn *turn = q->n == 0 ? NULL : TAILQ_FIRST(&q->list);

	if (turn == NULL)
		return NULL;
	return TAILQ_EMPTY(&turn->ahead) ? TAILQ_FIRST(&turn->others) : TAILQ_FIRST(&turn->ahead);
}

struct turn_item *
turns_take(struct turns *q)
{
	struct turn_item *item = turns_first(q);
	struct turn *turn;

	if (item == NULL)
		return NULL;
	turn = item->turn;
	TAILQ_REMOVE(&q->list, turn, entry);
	TAILQ_INSERT_TAIL(&q->list, turn, entry);
	turns_remove(item);
	return item;
}

unsigned
turns_of(const struct turns *q, const void *owner)
{
	const struct turn *turn = map_get_u64(&q->by_owner, key_of(owner));

	return turn == NULL ? 0 : turn->n;
}
