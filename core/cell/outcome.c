/* What cells are told of the ops that their calls asked for: outcomes, when they are there or before they are asked for again. */

#include "cell/host.h"

static void
put_outcome(struct cell *cell, const struct call *call, const struct op *op)
{
	struct wire_frame head = {
	    .type = WIRE_OUTCOME, .call = call->handle, .ordinal = op->ordinal, .status = op->status};
	struct wire_outcome outcome = {.confidence = op->confidence};
	struct iovec part = {&outcome, sizeof(outcome)};
	_cleanup_(payload_unref) struct payload *value = payload_ref(op->value);

	if (value != NULL && value->len > WIRE_FRAME_MAX - sizeof(outcome)) {
		payload_unref(&value);
		value = payload_text("the outcome is larger than any frame may be; ask for less");
		head.status = HOSPES_ETOOLARGE;
	}
	cell_put(cell, &head, &part, 1, value);
}

void
cells_outcome(struct call *call, const struct op *op)
{
	struct cell *cell = call->cell;

	/* One that begins again will ask for it once more, and is then answered from the record. */
	if (cell == NULL || op->ordinal >= call->reissued)
		return;
	if (cell->answering_call == call->handle && cell->answering_ordinal == op->ordinal)
		cell->answered = true;
	if (call->state == CALL_PARKED && call->waits_for == op->ordinal)
		call_set_state(call, CALL_RUNNING);
	put_outcome(cell, call, op);
	watchdog_wake(cell->cells);
}

/* The cell keeps what it has not asked for yet: all its calls together no more than a little. */
#define AHEAD_CELL (4 * MIB)
#define AHEAD_CALL (64 * KIB)

size_t
cells_room_ahead(const struct call *call)
{
	size_t each = AHEAD_CELL / call->cell->n_calls;

	return each < AHEAD_CALL ? each : AHEAD_CALL;
}

void
cells_outcome_ahead(struct call *call, const struct op *op)
{
	put_outcome(call->cell, call, op);
}

void
cells_outcome_known(struct call *call, const struct op *op)
{
	struct cell *cell = call->cell;

	if (cell->answering_call == call->handle && cell->answering_ordinal == op->ordinal)
		cell->answered = true;
}
