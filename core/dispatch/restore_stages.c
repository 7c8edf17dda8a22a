/*
 * Stages from the record: an attempt was over, and the op goes on with another one.
 *
 * What the call of an attempt had asked for may still be stopping when the next attempt is under way.  Such a call is kept beside
 * its op until all of that has an outcome, so that records of it find it.
 */

#include "dispatch/restore.h"

#include "dispatch/guard.h"
#include "dispatch/stages.h"

/* ---- Calls of attempts that are over ----------------------------------------------------------------------------- */

/* The call that an attempt of the op led to, as far as something of it is open; else NULL. */
struct call *
restore_call_of(const struct restore *r, const struct op *op, uint32_t attempt)
{
	if (op->callee != NULL && op->callee->attempt == attempt)
		return op->callee;
	for (size_t i = 0; i < r->n_past; i++) {
		if (r->past[i]->op == op && r->past[i]->attempt == attempt)
			return r->past[i];
	}
	return NULL;
}

bool
restore_has_past(const struct restore *r, const struct op *op)
{
	for (size_t i = 0; op->stage != NULL && i < r->n_past; i++) {
		if (r->past[i]->op == op)
			return true;
	}
	return false;
}

bool
restore_is_quiet(const struct restore *r, const struct call *call)
{
	if (call->open_ops > 0)
		return false;
	for (uint32_t i = 0; i < call->n_ops; i++) {
		if (call->ops[i]->callee != NULL || restore_has_past(r, call->ops[i]))
			return false;
	}
	return true;
}

void
restore_past_ended(struct restore *r, struct call *call)
{
	size_t i = 0;

	while (r->past[i] != call)
		i++;
	r->past[i] = r->past[--r->n_past];
	call_end(r->d->calls, call);
}

/* ---- Stages ------------------------------------------------------------------------------------------------------ */

/* Its first attempt was refused before it began: all that is known of the op is in this record. */
static int
stage_is_first(const struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	int64_t deadline_ns = record_int(rec, TAG_DEADLINE), calls = record_int(rec, TAG_LIMIT_CALLS);

	if (op->input == NULL || deadline_ns < 0 || calls < 0)
		return restore_senseless(
		    rec, "its input is in none of the records before, or a limit is negative", fault);
	if (op->caller != NULL)
		op->deadline_real_ns = deadline_ns;
	op->share[QUANTITY_CALLS] = calls;
	pipeline_restore_stage(op);
	stage_settle(r->d, op);
	return 0;
}

static void
call_is_past(struct restore *r, struct op *op)
{
	struct call *call = op->callee;

	call->state = CALL_DONE;
	stage_settle(r->d, op);
	if (restore_is_quiet(r, call)) {
		call_end(r->d->calls, call);
		return;
	}
	if (r->n_past == r->cap_past) {
		r->cap_past = r->cap_past == 0 ? 8 : r->cap_past * 2;
		r->past = xrealloc(r->past, r->cap_past * sizeof(struct call *));
	}
	r->past[r->n_past++] = call;
	op->callee = NULL;
}

/* An attempt was over, or refused, and the op goes on with another one. */
int
restore_stage(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	_cleanup_(free_p) char *guard = record_text(rec, TAG_GUARD), *message = record_text(rec, TAG_MESSAGE);
	bool began = op->callee != NULL;
	struct fault why;

	if (op->kind != WIRE_OP_CALL || op->check || rec->head.status >= 0)
		return restore_senseless(
		    rec, "only a call has attempts, and of the one before it is said why it failed", fault);
	if (op->state == OP_NEW && stage_is_first(r, op, rec, fault) != 0)
		return fault->status;
	if (began)
		call_is_past(r, op);
	if (!began && loops_restore(op, guard, rec->head.status, message == NULL ? "" : message, &why))
		dispatch_restore_cancel(r, why.status, why.text);
	if (!stage_between(op) || !stage_restore(op, rec, r->output))
		return restore_senseless(rec, "no such attempt can come next", fault);
	return 0;
}
