/* A walk over a part of the journal in slices of a segment, so that the store's thread has time for others. */

#include <string.h>

#include "run/care.h"
#include "run/state.h"

#define SLICE_ENDS 1 /* what the visitor returns at the end of one; faults are negative */

static int
visit(const struct record *r, void *arg)
{
	struct scan *s = arg;

	if (r->head.lsn >= s->limit) {
		s->from = r->head.lsn;
		return SLICE_ENDS;
	}
	s->visit(r, s->arg);
	return 0;
}

static void
read_slice(struct store_txn *txn, struct journal *j, void *arg)
{
	struct scan *s = arg;
	_cleanup_(free_p) struct journal_segment *segments = NULL;
	size_t n = journal_segments(j, &segments);

	(void)txn;
	s->limit = s->to;
	for (size_t i = n; i-- > 0 && segments[i].first > s->from;)
		if (segments[i].first < s->limit)
			s->limit = segments[i].first;
	s->more = journal_scan(j, s->from, visit, s, &s->fault) == SLICE_ENDS && s->from < s->to;
}

static void
was_read(void *arg)
{
	struct scan *s = arg;

	if (s->more)
		store_read(s->runs->store, read_slice, was_read, s);
	else
		s->done(s->arg);
}

void
scan_begin(struct scan *s)
{
	s->fault.status = 0;
	store_read(s->runs->store, read_slice, was_read, s);
}
