/* Stopping an op, wherever it is on its way. */

#include "dispatch/guard.h"
#include "dispatch/review.h"

static void
stopped(const struct op *op, struct fault *why)
{
	fault_set(why, op->cancelled, "%s was stopped: %s", op->target[0] != '\0' ? op->target : op_kind_name(op->kind),
	    op->cancel_why);
}

void
pipeline_stop_waiting(struct dispatch *d, struct op *op)
{
	struct fault why;

	if (op->waiting_on != NULL)
		guard_leave(op);
	stopped(op, &why);
	pipeline_refuse(d, op, op->cancelled == HOSPES_EDEADLINE ? "deadline" : "cancel", &why);
}

/* A call ends when its cell has answered or the grace is over; an effect may have said more than "stopped". */
static void
stop_open(struct dispatch *d, struct op *op)
{
	struct fault why;

	executor_of(op)->stop(d, op);
	if (op->state != OP_OPEN || op->callee != NULL)
		return;
	stopped(op, &why);
	pipeline_fail(d, op, &why);
}

void
dispatch_cancel(struct dispatch *d, struct op *op, int status, const char *why)
{
	struct call *caller = op->caller;
	bool only_on_record = op->state == OP_NEW && !op->trying;

	if (only_on_record)
		review_over(d, op); /* it was asked for before the host was started, and will not be again */
	if (only_on_record || op->state == OP_DONE || op->cancelled != 0)
		return;
	if (caller != NULL)
		call_ref(caller); /* the op is there as long as its caller is */
	op->cancelled = status;
	op->cancel_why = xstrdup(why);
	if (caller == NULL && op->callee != NULL && !op->run->stopping)
		dispatch_record_cancel(d, op->run, status, why);
	if (op->state == OP_OPEN)
		stop_open(d, op);
	else if (!op->trying) /* else it sees to that itself */
		pipeline_stop_waiting(d, op);
	if (caller != NULL)
		call_unref(d->calls, caller);
}
