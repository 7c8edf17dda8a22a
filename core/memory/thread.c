/*
 * The index thread: one turn of work after the other.
 *
 * A search that is ready comes first, then the files of documents, then the index, in slices.  A search is ready when
 * nothing of its own spaces that was recorded before it waits; what it waits for comes before other work of the index.
 *
 * What was written to the index is committed when there is much of it, or when nothing has come for a while.
 */

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "memory/index.h"
#include "memory/state.h"

#define IDLE_NS (200 * NS_PER_MS)

static bool
shares_space(const struct ask *a, const struct ask *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (strcmp(a->spaces[i].name, b->spaces[k].name) == 0 &&
			    strcmp(a->spaces[i].client, b->spaces[k].client) == 0)
				return true;
	return false;
}

/* What the search waits for: the first change of its spaces from before it. */
static struct ask *
needed(struct memory *m, const struct ask *search)
{
	struct ask *change;

	if (search->at_once)
		return NULL;
	TAILQ_FOREACH(change, &m->lanes[LANE_INDEX], queued)
	{
		if (change->number > search->number)
			return NULL;
		if (change->n == 0 || shares_space(change, search))
			return change;
	}
	return NULL;
}

/* The ask stays in its lane while it is worked on, so that a search sees that it is not over.  What is begun in the index and
 * not over is first in its lane: a document is filled in as a whole. */
static struct ask *
next_ask(struct memory *m)
{
	struct ask *search, *change, *first = NULL;

	TAILQ_FOREACH(search, &m->lanes[LANE_SEARCH], queued)
	{
		change = needed(m, search);
		if (change == NULL)
			return search;
		if (first == NULL)
			first = change;
	}
	if (!TAILQ_EMPTY(&m->lanes[LANE_FILES]))
		return TAILQ_FIRST(&m->lanes[LANE_FILES]);
	if (first == NULL || index_busy(m->index) ||
	    (!TAILQ_EMPTY(&m->lanes[LANE_INDEX]) && TAILQ_FIRST(&m->lanes[LANE_INDEX])->n == 0))
		first = TAILQ_FIRST(&m->lanes[LANE_INDEX]);
	return first == NULL || first->blocked ? NULL : first;
}

static void
tell_loop(struct memory *m)
{
	uint64_t one = 1;

	while (write(m->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* [lock] */
static void
turned(struct memory *m, struct ask *ask, enum turn turn)
{
	if (turn == TURN_AGAIN) {
		/* It goes on where it is, before others that a search could prefer. */
		if (ask->lane == LANE_INDEX) {
			TAILQ_REMOVE(&m->lanes[LANE_INDEX], ask, queued);
			TAILQ_INSERT_HEAD(&m->lanes[LANE_INDEX], ask, queued);
		}
		return;
	}
	if (turn == TURN_READ) {
		ask->blocked = true;
	} else {
		TAILQ_REMOVE(&m->lanes[ask->lane], ask, queued);
		if (ask->lsn > m->seen_lsn)
			m->seen_lsn = ask->lsn;
	}
	STAILQ_INSERT_TAIL(&m->finished, ask, told);
	tell_loop(m);
}

/* Everything up to the last command is in the index when nothing waits. */
static void
commit(struct memory *m, bool idle)
{
	struct fault fault;
	int rc = index_commit(m->index, idle ? m->seen_lsn : index_applied(m->index), &fault);

	if (rc == 0)
		return;
	pthread_mutex_lock(&m->lock);
	m->trouble = fault;
	tell_loop(m);
	pthread_mutex_unlock(&m->lock);
}

/* Waits for work; true: none came for a while and there is something to commit.  [lock] */
static bool
wait_for_work(struct memory *m)
{
	int64_t until = clock_mono_ns() + IDLE_NS;
	struct timespec ts = {.tv_sec = (time_t)(until / NS_PER_S), .tv_nsec = (long)(until % NS_PER_S)};

	if (!TAILQ_EMPTY(&m->lanes[LANE_INDEX]) || !index_uncommitted(m->index, m->seen_lsn)) {
		pthread_cond_wait(&m->work, &m->lock);
		return false;
	}
	return pthread_cond_timedwait(&m->work, &m->lock, &ts) == ETIMEDOUT;
}

void *
memory_main(void *memory)
{
	struct memory *m = memory;
	bool idle;

	pthread_mutex_lock(&m->lock);
	while (!m->stop) {
		struct ask *ask = next_ask(m);
		enum turn turn = TURN_OVER;

		idle = ask == NULL && wait_for_work(m);

		if (ask == NULL && !idle)
			continue;
		pthread_mutex_unlock(&m->lock);
		if (ask != NULL)
			turn = ask->work(ask, m->index);
		if (idle || index_commit_due(m->index))
			commit(m, idle);
		pthread_mutex_lock(&m->lock);
		if (ask != NULL)
			turned(m, ask, turn);
	}
	idle = TAILQ_EMPTY(&m->lanes[LANE_INDEX]);
	pthread_mutex_unlock(&m->lock);
	if (idle)
		commit(m, true);
	return NULL;
}
