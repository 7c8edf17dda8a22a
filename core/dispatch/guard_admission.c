/*
 * Guard: admission.
 *
 * So many runs are under way at a time (`run.at_once`); some more may have been taken in (`run.waiting`), and wait here for one of
 * those to end.  What waits is the root op of a run that is on record: it may be cancelled, its time may be over, and after a
 * start it waits again.  Who was under way when the host ended is not asked again, so there may be more than that many for
 * a while.
 */

#include "dispatch/guard.h"

static int
admission_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	(void)why;
	if (op->caller != NULL)
		return GUARD_PASS;
	if (d->roots >= op->run->policy->runs_at_once)
		return guard_wait(op, &d->admission);
	d->roots++;
	return GUARD_PASS;
}

/* arg: struct dispatch. */
static bool
has_room(void *arg)
{
	struct dispatch *d = arg;
	const struct turn_item *item = turns_first(&d->admission.ops);

	return item != NULL && d->roots < CONTAINER(item, struct op, waiting)->run->policy->runs_at_once;
}

static void
admission_give_back(struct dispatch *d, struct op *op)
{
	if (op->caller != NULL)
		return;
	d->roots--;
	if (d->admission.ops.n > 0)
		dispatch_wake_while(d, &d->admission, has_room, d);
}

static int
admission_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	(void)fault;
	d->roots += op->caller == NULL;
	return 0;
}

const struct guard guard_admission = {
    .name = "admission",
    .admit = admission_admit,
    .undo = admission_give_back,
    .settle = admission_give_back,
    .restore = admission_restore,
};
