/*
 * Ops that wait at guards: who is next, who may wait at all, and how they are woken.
 *
 * Each limit has a queue of its own, in which each run has its turn (base/turns.h).  An op that is tried again may wait
 * elsewhere then, or fail at once and give back what it took, and so come here again while others are being woken: who came
 * first then goes on, so that no queue is as deep as the stack.
 *
 * One that begins to wait gives back what it took before, with which others go on at once: should they wake it, it tries again by
 * itself when all is given back (pipeline.c).
 */

#include "dispatch/guard.h"

int
guard_wait(struct op *op, struct waitq *queue)
{
	op->waiting_on = queue;
	turns_add(&queue->ops, op->run, &op->waiting, false);
	op->run->dispatch->waiting++;
	op->run->waiting++;
	return GUARD_WAIT;
}

static void
waits_no_more(struct op *op)
{
	op->waiting_on = NULL;
	op->run->dispatch->waiting--;
	op->run->waiting--;
}

void
guard_leave(struct op *op)
{
	turns_remove(&op->waiting);
	waits_no_more(op);
}

/* What waits costs memory, so there is an end to it.  A run that has nothing here yet may always wait with one. */
bool
waitq_has_room(const struct dispatch *d, const struct op *op, struct fault *why)
{
	unsigned most = op->run->policy->queue;

	if (op->state != OP_NEW || d->waiting <= most || op->run->waiting <= 1)
		return true;
	fault_set(why, HOSPES_EBUSY,
	    "%s would have to wait (%s), and %u ops wait already, as many as `run.queue` allows; ask for fewer at a "
	    "time, or try again later",
	    op->target[0] != '\0' ? op->target : op_kind_name(op->kind), op->held_at->name, most);
	return false;
}

/* False: none waits. */
static bool
try_next(struct dispatch *d, struct waitq *queue)
{
	struct turn_item *item = turns_take(&queue->ops);
	struct op *op = item == NULL ? NULL : CONTAINER(item, struct op, waiting);

	if (op == NULL)
		return false;
	waits_no_more(op);
	if (!op->trying)
		pipeline_try(d, op);
	return true;
}

void
dispatch_wake(struct dispatch *d, struct waitq *queue)
{
	queue->owed++;
	if (queue->waking)
		return;
	queue->waking = true;
	while (queue->owed > 0 && try_next(d, queue))
		queue->owed--;
	queue->owed = 0;
	queue->waking = false;
}

void
dispatch_wake_while(struct dispatch *d, struct waitq *queue, bool (*more)(void *arg), void *arg)
{
	if (queue->waking)
		return;
	queue->waking = true;
	while (more(arg) && try_next(d, queue))
		;
	queue->waking = false;
}

void
dispatch_wake_all(struct dispatch *d, struct waitq *queue)
{
	struct waitq now = {0};
	struct turn_item *item;

	queue->owed = 1;
	if (queue->waking)
		return;
	queue->waking = true;
	while (queue->owed > 0) {
		queue->owed = 0;
		while ((item = turns_take(&queue->ops)) != NULL)
			turns_add(&now.ops, CONTAINER(item, struct op, waiting)->run, item, false);
		while (try_next(d, &now))
			;
	}
	queue->waking = false;
}
