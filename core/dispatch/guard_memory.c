/*
 * Guard: memory.
 *
 * A run has at most so many ops of memory in progress; further ones wait their turn.  One thread searches for everybody: an
 * agent that starts a hundred thousand searches at once is then behind nobody's work but its own.
 *
 * What it was told and what it gave, all together, has an end as well: it is in the journal, and outcomes stay in the host
 * for replays until their call ends, so that no agent fills memory or disk by reading the same document again and again.
 */

#include "dispatch/guard.h"

#define AT_ONCE    16u
#define MOVED_MOST (512 * MIB)

static bool
is_of_memory(const struct op *op)
{
	return op->kind >= WIRE_OP_REMEMBER && op->kind <= WIRE_OP_SEARCH;
}

static int
memory_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	(void)d;
	if (!is_of_memory(op))
		return GUARD_PASS;
	if (op->run->memory_moved >= MOVED_MOST)
		return guard_refuse(why, HOSPES_EBUDGET,
		    "this run has moved %zu MiB to and from memory, as much as one run may; search instead of reading "
		    "all, "
		    "or do it in several runs",
		    (size_t)(MOVED_MOST / MIB));
	if (op->run->memory_ops >= AT_ONCE)
		return guard_wait(op, &op->run->memory_waiters);
	op->run->memory_ops++;
	return GUARD_PASS;
}

static int
memory_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	(void)d, (void)fault;
	op->run->memory_ops += is_of_memory(op);
	return 0;
}

/* arg: struct run. */
static bool
has_room(void *arg)
{
	const struct run *run = arg;

	return run->memory_ops < AT_ONCE;
}

static void
memory_give_back(struct dispatch *d, struct op *op)
{
	struct run *run = op->run;

	if (!is_of_memory(op))
		return;
	run->memory_ops--;
	run->memory_moved += op->input_len + (op->value == NULL ? 0 : op->value->len);
	dispatch_wake_while(d, &run->memory_waiters, has_room, run);
}

const struct guard guard_memory = {
    .name = "memory",
    .admit = memory_admit,
    .undo = memory_give_back,
    .settle = memory_give_back,
    .restore = memory_restore,
};
