/*
 * A run that was built again from its records goes on, or ends where it cannot.
 *
 * Calls that have ended are let go of; what was still open below them is ended, as it would have been a moment later.  Then
 * ops with an intent and no outcome are resumed by their executors, and open calls are handed to cells, where their handlers
 * repeat what they did: asked for again, ops with an outcome are answered at once and the others are attached to.
 */

#include "dispatch/restore.h"

#include <assert.h>
#include <string.h>

#include "dispatch/guard.h"
#include "dispatch/stages.h"
#include "dispatch/review.h"

#define AGAIN "the host was started again"

/* What has to be done once nothing is taken apart any more; by name, because one thing done may end another. */
struct todo {
	struct {
		uint64_t handle;
		uint32_t ordinal;
	} * items;
	size_t n, cap;
};

static void
todo_add(struct todo *todo, uint64_t handle, uint32_t ordinal)
{
	if (todo->n == todo->cap) {
		todo->cap = todo->cap == 0 ? 16 : todo->cap * 2;
		todo->items = xrealloc(todo->items, todo->cap * sizeof(*todo->items));
	}
	todo->items[todo->n].handle = handle;
	todo->items[todo->n++].ordinal = ordinal;
}

/* ---- What has ended ---------------------------------------------------------------------------------------------- */

/* Ends an op that is open, on record. */
static void
end_op(struct restore *r, struct op *op, const struct fault *why)
{
	struct fault unknown = {0};

	if (op->state == OP_NEW)
		review_over(r->d, op);
	if (op->state != OP_OPEN)
		return;
	payload_unref(&op->value);
	op->unanswered = op->begun > 0;
	if (op->callee != NULL)
		op->callee->state = CALL_DONE;
	else if (op->effect == WIRE_EFFECT_ONCE && op->unanswered)
		fault_set(&unknown, HOSPES_EUNKNOWN,
		    "%s was under way when the host ended, and is not safe to do twice: find out whether it took place",
		    op->target);
	pipeline_fail(r->d, op, unknown.status != 0 ? &unknown : why);
}

/* From the leaves up.  `why`: what is open below a call that has ended is ended with that; with `all` what is open at all. */
static void
clear(struct restore *r, struct op *op, bool ends, bool all, const struct fault *why)
{
	struct call *call = op->callee;

	for (uint32_t i = 0; call != NULL && i < call->n_ops; i++)
		clear(r, call->ops[i], ends || op->state == OP_DONE || all, all, why);
	if (ends)
		end_op(r, op, why);
	if (call != NULL && op->state == OP_DONE)
		call_end(r->d->calls, call);
}

void
restore_clear_past(struct restore *r, const struct fault *why)
{
	while (r->n_past > 0) {
		struct call *call = r->past[--r->n_past];

		for (uint32_t i = 0; i < call->n_ops; i++)
			clear(r, call->ops[i], true, true, why);
		call_end(r->d->calls, call);
	}
}

/* ---- What goes on ------------------------------------------------------------------------------------------------ */

static const struct restored_version *
missing(const struct restore *r, const struct op *op)
{
	const struct restored_version *found = NULL;
	const struct call *call = op->callee;

	if (call == NULL || op->state == OP_DONE)
		return NULL;
	for (unsigned i = 0; call->version == NULL && found == NULL && i < r->n_versions; i++) {
		if (r->versions[i].version == NULL && r->versions[i].semver == call->semver)
			found = &r->versions[i];
	}
	for (uint32_t i = 0; found == NULL && i < call->n_ops; i++)
		found = missing(r, call->ops[i]);
	return found;
}

static void
collect(struct call *call, struct todo *calls, struct todo *ops)
{
	todo_add(calls, call->handle, 0);
	for (uint32_t i = 0; i < call->n_ops; i++) {
		struct op *op = call->ops[i];

		if (op->callee != NULL)
			collect(op->callee, calls, ops);
		else if (op->state == OP_OPEN)
			todo_add(ops, call->handle, i);
	}
}

static void
resume_op(struct dispatch *d, struct op *op)
{
	struct fault fault;

	pipeline_arm(d, op);
	if (op->value != NULL) { /* it was decided, and the host ended before that was its outcome */
		struct payload *value = op->value;

		op->value = NULL;
		pipeline_complete(d, op, 0, value, 1);
		return;
	}
	if (executor_of(op)->resume != NULL) {
		executor_of(op)->resume(d, op);
		return;
	}
	fault_set(&fault, HOSPES_EUNKNOWN,
	    "the host ended while %s was under way: nobody can tell whether it took place", op->target);
	pipeline_fail(d, op, &fault);
}

/* The next attempts of calls, or all else.  An attempt passes the guards, and one of those may end the run: what is stopped then
 * has to be under way. */
static void
resume_ops(struct restore *r, const struct todo *ops, bool attempts)
{
	for (size_t i = 0; i < ops->n; i++) {
		struct call *call = call_by_handle(r->d->calls, ops->items[i].handle);
		struct op *op = call == NULL ? NULL : call->ops[ops->items[i].ordinal];

		if (op != NULL && op->state == OP_OPEN && (op->kind == WIRE_OP_CALL) == attempts)
			resume_op(r->d, op);
	}
}

/* Those that were stopped meanwhile, callers last: no cell has them, so there is nobody to wait for. */
static void
end_stopped(struct restore *r, const struct todo *calls)
{
	for (size_t i = calls->n; i-- > 0;) {
		struct call *call = call_by_handle(r->d->calls, calls->items[i].handle);

		if (call != NULL && call->cancelled != 0 && call->state == CALL_QUEUED && call->pool == NULL)
			call_replied(r->d, call, call->cancelled, NULL, 0, NULL);
	}
}

static void
submit(struct restore *r, const struct todo *calls)
{
	end_stopped(r, calls);
	for (size_t i = 0; i < calls->n; i++) {
		struct call *call = call_by_handle(r->d->calls, calls->items[i].handle);

		if (call == NULL) /* what went on before has ended it */
			continue;
		call->again = AGAIN;
		call->repeats = call_own_ops(call);
		call->repeating = true;
		r->run->repeating++;
		pipeline_arm(r->d, call->op);
		attempt_arm(r->d, call);
	}
	for (size_t i = 0; i < calls->n; i++) {
		struct call *call = call_by_handle(r->d->calls, calls->items[i].handle);

		if (call != NULL && call->state == CALL_QUEUED && call->pool == NULL)
			dispatch_submit(r->d, call);
	}
}

static void
go_on(struct restore *r)
{
	struct run *run = r->run;
	struct todo calls = {0}, ops = {0};

	if (run->root.callee != NULL)
		collect(run->root.callee, &calls, &ops);
	else
		resume_op(r->d, &run->root);
	resume_ops(r, &ops, false);
	resume_ops(r, &ops, true);
	submit(r, &calls);
	free(calls.items);
	free(ops.items);
}

/* From here on what happens to the run is recorded and told again. */
static void
go_live(struct restore *r)
{
	r->run->from_record = false;
	if (r->run->seq < r->next_seq)
		r->run->seq = r->next_seq;
}

int
dispatch_restore_end(struct restore **rp, struct fault *fault)
{
	struct restore *r = *rp;
	struct op *root = &r->run->root;
	const struct restored_version *gone = missing(r, root);
	struct fault ended;
	char hex[65];

	go_live(r);
	if (gone != NULL) {
		hex_format(gone->object, sizeof(gone->object), hex);
		return fault_set(fault, HOSPES_ENOVERSION,
		    "the host ended while this run was open, and %s %s, which a call of it was on, is gone since then "
		    "(object "
		    "%.16s...)",
		    gone->name, gone->semver, hex);
	}
	if (r->cancelled != 0) {
		fault_set(&ended, r->cancelled, "%s was stopped: %s", r->run->target, r->cancel_why);
		dispatch_restore_fail(rp, &ended);
		return 0;
	}
	fault_set(&ended, HOSPES_ECANCELLED, "the call that wanted it has ended");
	restore_clear_past(r, &ended);
	clear(r, root, false, false, &ended);
	if (root->state == OP_OPEN)
		go_on(r);
	else if (root->state == OP_NEW)
		pipeline_enter(r->d, root);
	restore_free(rp);
	return 0;
}

void
dispatch_restore_fail(struct restore **rp, const struct fault *why)
{
	struct restore *r = *rp;
	struct op *root = &r->run->root;

	go_live(r);
	if (root->state == OP_NEW) {
		pipeline_refuse(r->d, root, "restart", why);
	} else {
		restore_clear_past(r, why);
		clear(r, root, true, true, why);
	}
	restore_free(rp);
}
