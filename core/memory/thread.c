/*
 * The index thread: one piece of work after the other.
 *
 * A search that is ready comes first, then the files of documents, then the index, in slices.  A search is ready when
 * nothing of its own spaces that was recorded before it waits; what it waits for comes before other work of the index.
 */

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "memory/index.h"
#include "memory/state.h"

static bool
same_space(const struct ask *a, const struct ask *b)
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

	STAILQ_FOREACH(change, &m->lanes[LANE_INDEX], queued)
	{
		if (change->number > search->number)
			return NULL;
		if (change->n == 0 || same_space(change, search))
			return change;
	}
	return NULL;
}

/* The ask stays in its lane while it is worked on, so that a search sees that it is not over. */
static struct ask *
next_ask(struct memory *m)
{
	struct ask *search, *change, *first = NULL;

	STAILQ_FOREACH(search, &m->lanes[LANE_SEARCH], queued)
	{
		change = needed(m, search);
		if (change == NULL)
			return search;
		if (first == NULL)
			first = change;
	}
	if (!STAILQ_EMPTY(&m->lanes[LANE_FILES]))
		return STAILQ_FIRST(&m->lanes[LANE_FILES]);
	return first != NULL ? first : STAILQ_FIRST(&m->lanes[LANE_INDEX]);
}

static void
finished(struct memory *m, struct ask *ask)
{
	uint64_t one = 1;

	STAILQ_REMOVE(&m->lanes[ask->lane], ask, ask, queued);
	STAILQ_INSERT_TAIL(&m->finished, ask, queued);
	while (write(m->wake_fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

void *
memory_main(void *memory)
{
	struct memory *m = memory;
	struct ask *ask;
	bool over;

	pthread_mutex_lock(&m->lock);
	while (!m->stop) {
		ask = next_ask(m);
		if (ask == NULL) {
			pthread_cond_wait(&m->work, &m->lock);
			continue;
		}
		pthread_mutex_unlock(&m->lock);
		over = ask->work(ask, m->index);
		pthread_mutex_lock(&m->lock);
		if (over)
			finished(m, ask);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}
