/*
 * Turns: things that wait for something scarce, each owner in its turn.
 *
 * The owner is a run, mostly.  One thing of each, then one of each again, and within an owner first come, first served: who
 * waits with a thousand things delays who waits with one by a single turn.  Who comes anew is next, as often as one of those
 * is who have had turns already; who has had one stays in line until it is round again, even with nothing to take, so that
 * nobody is new by coming back.  What is `ahead` goes before its owner's others.
 *
 * Zeroed is empty, and where nothing waits no memory is held.  What each of these costs does not depend on how many wait.  All [loop].
 */

#ifndef BASE_TURNS_H
#define BASE_TURNS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/map.h"

struct turn; /* one owner's */
TAILQ_HEAD(turn_list, turn);

struct turns {
	struct turn_list fresh, served; /* whose turn is next, first */
	struct map by_owner;
	unsigned n; /* things */
	bool was_fresh; /* that was taken last */
};

/* Part of a thing that may wait, in one queue at a time; zeroed: it does not. */
struct turn_item {
	struct turn *turn;
	TAILQ_ENTRY(turn_item) entry;
	bool ahead;
};

void turns_add(struct turns *q, const void *owner, struct turn_item *item, bool ahead);
void turns_remove(struct turn_item *item);

/* Whose turn it is: looked at, or taken, with which the turn goes to the next owner.  NULL: nothing waits. */
struct turn_item *turns_first(struct turns *q);
struct turn_item *turns_take(struct turns *q);

/* The next of one owner, which has no turn for it.  NULL: nothing of it waits. */
struct turn_item *turns_take_of(struct turns *q, const void *owner);

unsigned turns_of(const struct turns *q, const void *owner); /* how many things of it wait here */

#endif
