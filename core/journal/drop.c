/* What the journal holds, and letting go of the oldest of it. */

#include <assert.h>
#include <string.h>

#include "journal/state.h"

uint64_t
journal_first(struct journal *j)
{
	uint64_t first;

	pthread_mutex_lock(&j->lock);
	first = (j->segment_count == 0 ? LSN_FIRST : j->segments[0].first_lsn) + sizeof(struct batch_head);
	pthread_mutex_unlock(&j->lock);
	return first;
}

size_t
journal_segments(struct journal *j, struct journal_segment **ret)
{
	size_t n;

	pthread_mutex_lock(&j->lock);
	n = j->segment_count;
	*ret = xcalloc(n + 1, sizeof **ret);
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct journal_segment){
		    .first = j->segments[i].first_lsn + sizeof(struct batch_head), .bytes = j->segments[i].size};
	pthread_mutex_unlock(&j->lock);
	return n;
}

void
journal_turned(struct journal *j, uint64_t first_lsn)
{
	blocks_forget(j->blocks, first_lsn);
	atomic_fetch_add(&j->turned, 1);
}

/* They leave the list at once, so that nobody begins to read what the writer will overwrite; who is reading reads again.
 * While a backup is under way none does: the next call comes again. */
void
journal_drop(struct journal *j, uint64_t below)
{
	size_t n = 0;

	assert(j->magic == JOURNAL_MAGIC);
	if (j->erasure != NULL) /* which would put back a segment that just went */
		return;
	pthread_mutex_lock(&j->lock);
	while (j->held == 0 && n + 1 < j->segment_count && j->segments[n + 1].first_lsn <= below)
		n++;
	if (n > 0) {
		j->leaving = xrealloc(j->leaving, (j->leaving_count + n) * sizeof *j->leaving);
		memcpy(j->leaving + j->leaving_count, j->segments, n * sizeof *j->leaving);
		for (size_t i = 0; i < n; i++)
			journal_turned(j, j->segments[i].first_lsn);
		j->leaving_count += n;
		j->segment_count -= n;
		memmove(j->segments, j->segments + n, j->segment_count * sizeof *j->segments);
		writer_wake(j);
	}
	pthread_mutex_unlock(&j->lock);
}

void
journal_turn(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->turn = true;
	pthread_mutex_unlock(&j->lock);
}

bool
journal_is_left(struct journal *j, uint64_t lsn)
{
	bool left;

	pthread_mutex_lock(&j->lock);
	left = j->segment_count == 0 || lsn < j->segments[j->segment_count - 1].first_lsn;
	pthread_mutex_unlock(&j->lock);
	return left;
}
