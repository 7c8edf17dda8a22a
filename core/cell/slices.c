/*
 * A call that asks for a thousand things at once is not in the way of others: of the frames of one call that were read together
 * no more than a slice is served before everybody else has had their turn of the loop.  What is left of them stays where it is,
 * and so does what else the cell has sent: nothing more is read of it until then.
 */

#include "cell/host.h"

static void
later(struct cells *cells)
{
	static const struct timeval next_turn = {0};

	evtimer_add(cells->late_turn, &next_turn);
}

void
slice_ends(struct cell *cell)
{
	assert(!cell->is_late);
	cell->is_late = true;
	TAILQ_INSERT_TAIL(&cell->cells->late, cell, late);
	later(cell->cells);
}

void
slice_forget(struct cell *cell)
{
	if (!cell->is_late)
		return;
	cell->is_late = false;
	TAILQ_REMOVE(&cell->cells->late, cell, late);
}

/* arg: struct cells.  A slice of each; who is late again is behind those that are not looked at yet. */
static void
on_late_turn(evutil_socket_t fd, short what, void *arg)
{
	struct cells *cells = arg;
	const struct cell *last = TAILQ_LAST(&cells->late, cell_list);
	const struct cell *at = NULL;

	(void)fd, (void)what;
	while (at != last && !TAILQ_EMPTY(&cells->late)) {
		struct cell *cell = TAILQ_FIRST(&cells->late);

		at = cell;
		slice_forget(cell);
		serve_frames(cell, SLICE);
		if (!cell->is_late)
			cell_read(cell);
	}
}

void
slices_open(struct cells *cells)
{
	TAILQ_INIT(&cells->late);
	cells->late_turn = evtimer_new(cells->loop, on_late_turn, cells);
}

void
slices_close(struct cells *cells)
{
	event_free(cells->late_turn);
}
