/*
 * The op FIRST: waiting for the first of several ops, recorded with its winner so that a replay sees the same one win.
 */

#include <string.h>

#include "dispatch/state.h"

/* Each outcome is looked for in all that are open; a handler, which waits in one place at a time, has one. */
#define FIRSTS_MAX 16u

static bool
waits_for(const struct op *first, uint32_t ordinal)
{
	size_t n = first->input->len / sizeof(uint32_t);

	for (size_t i = 0; i < n; i++) {
		uint32_t one;

		memcpy(&one, first->input->data + i * sizeof(one), sizeof(one));
		if (one == ordinal)
			return true;
	}
	return false;
}

static void
won(struct dispatch *d, struct op *first, uint32_t winner)
{
	first->caller->firsts--;
	pipeline_complete(d, first, 0, payload_new(&winner, sizeof(winner)), 1);
}

static void
first_begin(struct dispatch *d, struct op *op)
{
	size_t n = op->input == NULL ? 0 : op->input->len / sizeof(uint32_t);
	struct fault fault;

	if (n > op->ordinal || op->caller->firsts >= FIRSTS_MAX) {
		fault_set(&fault, HOSPES_EINPUT,
		    "waiting for %zu ops where %u were started, or in more than %u ways at once", n, op->ordinal,
		    FIRSTS_MAX);
		pipeline_fail(d, op, &fault);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t one;

		memcpy(&one, op->input->data + i * sizeof(one), sizeof(one));
		if (one >= op->ordinal) {
			fault_set(&fault, HOSPES_EINPUT, "waiting for op %u, which was not started before", one);
			pipeline_fail(d, op, &fault);
			return;
		}
	}
	op->caller->firsts++;
	for (size_t i = 0; i < n; i++) {
		uint32_t one;

		memcpy(&one, op->input->data + i * sizeof(one), sizeof(one));
		if (op->caller->ops[one]->state == OP_DONE) {
			won(d, op, one);
			return;
		}
	}
	if (n > 0)
		return;
	op->caller->firsts--;
	fault_set(&fault, HOSPES_EINPUT, "waiting for the first of no ops would never end");
	pipeline_fail(d, op, &fault);
}

static void
first_stop(struct dispatch *d, struct op *op)
{
	(void)d;
	op->caller->firsts--;
}

void
first_noticed(struct dispatch *d, struct op *op)
{
	struct call *call = op->caller;

	if (call->firsts == 0)
		return;
	for (uint32_t i = op->ordinal + 1; i < call->n_ops; i++) {
		struct op *first = call->ops[i];

		if (first->kind == WIRE_OP_FIRST && first->state == OP_OPEN && waits_for(first, op->ordinal))
			won(d, first, op->ordinal);
	}
}

const struct executor executor_first = {
    .name = "first",
    .begin = first_begin,
    .stop = first_stop,
};
