/*
 * Guard: deadline.
 *
 * Nothing begins whose time is over.  What has begun is ended by its timer (pipeline.c).  Takes nothing.
 */

#include "base/clock.h"
#include "dispatch/guard.h"

static int
deadline_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	int64_t late = clock_real_ns() - op->deadline_real_ns;

	(void)d;
	if (late < 0)
		return GUARD_PASS;
	return guard_refuse(why, HOSPES_EDEADLINE,
	    "%s was asked for %.3f s after its deadline; give the run more time (--wall, `run.wall`) or the op a "
	    "longer timeout",
	    op->target, (double)late / NS_PER_S);
}

const struct guard guard_deadline = {
    .name = "deadline",
    .admit = deadline_admit,
};
