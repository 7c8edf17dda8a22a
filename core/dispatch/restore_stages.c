/*
 * Calls from the record that have ended: the op has its outcome, or goes on with another attempt.
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

static bool
has_past(const struct restore *r, const struct op *op)
{
	for (size_t i = 0; op->stage != NULL && i < r->n_past; i++) {
		if (r->past[i]->op == op)
			return true;
	}
	return false;
}

/* Nothing of what it asked for is open. */
static bool
is_quiet(const struct restore *r, const struct call *call)
{
	if (call->open_ops > 0)
		return false;
	for (uint32_t i = 0; i < call->n_ops; i++) {
		if (call->ops[i]->callee != NULL || has_past(r, call->ops[i]))
			return false;
	}
	return true;
}

static void
past_ended(struct restore *r, struct call *call)
{
	size_t i = 0;

	while (r->past[i] != call)
		i++;
	r->past[i] = r->past[--r->n_past];
	call_end(r->d->calls, call);
}

/* ---- Calls that have ended ---------------------------------------------------------------------------------------- */

/* The call's attempt is over, and its op is at another one. */
static bool
is_past(const struct call *call)
{
	return call->op->callee != call;
}

/* What has ended is let go of when it is read, as it was when it ended: else a run would need memory for all that its calls
 * were ever told, and a record of a few bytes may tell of many.  What is open below keeps it.  An op has its outcome: with it
 * may go the call that it led to, and the one that had only been waiting for it. */
void
restore_let_go(struct restore *r, struct op *op)
{
	while (op->caller != NULL) {
		struct call *caller = op->caller;
		struct op *above = caller->op;

		if (op->callee != NULL && op->state == OP_DONE && is_quiet(r, op->callee))
			call_end(r->d->calls, op->callee);
		if (is_past(caller) ? !is_quiet(r, caller) : above->state != OP_DONE)
			return;
		if (is_past(caller))
			past_ended(r, caller);
		op = above;
	}
}

void
restore_took_cpu(struct op *op, const struct record *rec)
{
	int64_t cpu_ns = record_int(rec, TAG_CPU);

	if (op->callee == NULL || cpu_ns <= 0)
		return;
	op->callee->cpu_ns = cpu_ns;
	account_spend(&op->callee->account, QUANTITY_CPU, cpu_ns);
}

/* ---- Stages ------------------------------------------------------------------------------------------------------ */

/* Its first attempt was refused before it began: all that is known of the op is in this record. */
static int
stage_is_first(const struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	int64_t deadline_ns = record_int(rec, TAG_DEADLINE), calls = record_int(rec, TAG_LIMIT_CALLS);
	int64_t micros = record_int(rec, TAG_LIMIT_MICROS);

	if (op->input == NULL || deadline_ns < 0 || calls < 0 || micros < 0)
		return restore_senseless(
		    rec, "its input is in none of the records before, or a limit is negative", fault);
	if (op->caller != NULL)
		op->deadline_real_ns = deadline_ns;
	op->share[QUANTITY_CALLS] = calls;
	op->share[QUANTITY_MONEY] = micros;
	op->parted = record_find(rec, TAG_GIVEN) == NULL;
	pipeline_restore_stage(op);
	stage_settle(r->d, op);
	return 0;
}

static void
call_is_past(struct restore *r, struct op *op, const struct record *rec)
{
	struct call *call = op->callee;

	call->state = CALL_DONE;
	restore_took_cpu(op, rec);
	op->on_record = true;
	stage_settle(r->d, op);
	if (is_quiet(r, call)) {
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
		call_is_past(r, op, rec);
	if (!began && loops_restore(op, guard, rec->head.status, message == NULL ? "" : message, &why))
		dispatch_restore_cancel(r, why.status, why.text);
	if (!stage_between(op) || !stage_restore(op, rec, r->output))
		return restore_senseless(rec, "no such attempt can come next", fault);
	return 0;
}
