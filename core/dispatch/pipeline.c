/*
 * The pipeline: guards in, the executor, guards out.
 *
 * An op enters once.  Guards run in the order of the table; what a guard took is remembered by its place in the table and
 * given back in reverse, by `undo` when a later guard waits or refuses, by `settle` when the op has its outcome.  An op
 * that waits holds nothing and starts again at the top.  What a call replies passes the guards that judge before it is the
 * outcome of the op that made the call.
 */

#include <assert.h>
#include <stdarg.h>

#include "base/clock.h"
#include "dispatch/guard.h"
#include "dispatch/stages.h"
#include "dispatch/review.h"

/* tests/bench/guards.sh measures what they cost on a binary that has none; none such is installed. */
static const struct guard *const guards[] = {
#ifndef HOSPES_BENCH_BARE
    &guard_admission,
    &guard_permission,
    &guard_deadline,
    &guard_depth,
    &guard_cycle,
    &guard_repetition,
    &guard_context,
    &guard_breaker,
    &guard_rate,
    &guard_concurrency,
    &guard_memory,
    &guard_review,
    &guard_budget,
    &guard_grounding,
    &guard_quality,
#endif
};

#define ALL ((1u << ARRAY_LEN(guards)) - 1)

int
guard_refuse(struct fault *why, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fault_setv(why, status, format, args);
	va_end(args);
	return GUARD_REFUSE;
}

/* Their places in the table, as bits: few guards have all of these.  Nearly all have `admit`, which each op passes: so those stand
 * in a row of their own. */
static struct {
	unsigned undo, settle, judge, judged, parked, resume;
	unsigned n_admit;
	struct {
		int (*admit)(struct dispatch *d, struct op *op, struct fault *why);
		unsigned at;
	} admit[ARRAY_LEN(guards) + 1];
} with;

__attribute__((constructor)) static void
look_at_guards(void)
{
	for (size_t i = 0; i < ARRAY_LEN(guards); i++) {
		if (guards[i]->admit != NULL) {
			with.admit[with.n_admit].admit = guards[i]->admit;
			with.admit[with.n_admit++].at = (unsigned)i;
		}
		with.undo |= (unsigned)(guards[i]->undo != NULL) << i;
		with.settle |= (unsigned)(guards[i]->settle != NULL) << i;
		with.judge |= (unsigned)(guards[i]->judge != NULL) << i;
		with.judged |= (unsigned)(guards[i]->judged != NULL) << i;
		with.parked |= (unsigned)(guards[i]->parked != NULL) << i;
		with.resume |= (unsigned)(guards[i]->resume != NULL) << i;
	}
}

/* Takes the first place out, or the last. */
static const struct guard *
first_of(unsigned *places)
{
	unsigned i = (unsigned)__builtin_ctz(*places);

	*places &= *places - 1;
	return guards[i];
}

static const struct guard *
last_of(unsigned *places)
{
	unsigned i = 31u - (unsigned)__builtin_clz(*places);

	*places &= ~(1u << i);
	return guards[i];
}

static void
guards_undo(struct dispatch *d, struct op *op)
{
	for (unsigned places = op->taken & with.undo; places != 0;)
		last_of(&places)->undo(d, op);
	op->taken = 0;
}

static void
guards_settle(struct dispatch *d, struct op *op)
{
	for (unsigned places = op->taken & with.settle; places != 0;)
		last_of(&places)->settle(d, op);
	op->taken = 0;
}

void
pipeline_settle(struct dispatch *d, struct op *op)
{
	guards_settle(d, op);
	if (op->resolved != NULL)
		version_unref(&op->resolved);
}

static int
ask_judges(struct dispatch *d, struct op *op, const char **guard, struct fault *why, struct payload **findings)
{
	for (unsigned places = with.judge; places != 0;) {
		const struct guard *judge = first_of(&places);
		int answer = judge->judge(d, op, why, findings);

		if (answer == GUARD_PASS)
			continue;
		*guard = judge->name;
		return answer;
	}
	return GUARD_PASS;
}

int
guards_judge(struct dispatch *d, struct op *op, const char **guard, struct fault *why, struct payload **findings)
{
	int answer = ask_judges(d, op, guard, why, findings);

	for (unsigned places = answer == GUARD_WAIT ? 0 : with.judged; places != 0;)
		first_of(&places)->judged(d, op);
	return answer;
}

void
guards_parked(struct dispatch *d, struct call *call)
{
	for (unsigned places = with.parked; places != 0;)
		first_of(&places)->parked(d, call);
}

bool
guards_resume(struct dispatch *d, struct call *call)
{
	for (unsigned places = with.resume; places != 0;) {
		if (!first_of(&places)->resume(d, call))
			return false;
	}
	return true;
}

static void
set_outcome(struct op *op, int status, struct payload *value, double confidence)
{
	assert(op->state != OP_DONE && op->executing == NULL && op->waiting_on == NULL);
	decision_over(op);
	op->state = OP_DONE;
	op->status = status;
	op->value = value;
	op->confidence = status == 0 ? confidence : 0;
}

/* What it is told is kept until its call ends. */
static void
count_value(struct call *caller, const struct payload *value)
{
	caller->kept_bytes += value == NULL ? 0 : value->len;
	caller->given += value == NULL ? 0 : value->len;
}

/* Who has answered is known for as long as somebody may score it. */
static void
resolved_over(struct op *op)
{
	if (op->resolved == NULL)
		return;
	if (op->caller != NULL && op->callee != NULL)
		op->answered = op->resolved;
	else
		version_unref(&op->resolved);
	op->resolved = NULL;
}

/* ---- From the record --------------------------------------------------------------------------------------------- */

static void
opened(struct op *op)
{
	op->state = OP_OPEN;
	if (op->caller == NULL)
		return;
	call_ref(op->caller);
	op->caller->open_ops++;
	op->caller->kept_bytes += op->input_len;
}

int
pipeline_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	bool again = stage_between(op);

	assert(op->state == OP_NEW || again);
	for (size_t i = 0; i < ARRAY_LEN(guards); i++) {
		int rc = guards[i]->restore == NULL ? 0 : guards[i]->restore(d, op, fault);

		if (rc != 0) {
			if (op->resolved != NULL) /* what goes by that nobody has taken again yet */
				version_unref(&op->resolved);
			guards_undo(d, op);
			return rc;
		}
		op->taken |= 1u << i;
	}
	op->began_mono_ns = clock_mono_ns();
	if (!again)
		opened(op);
	return 0;
}

void
pipeline_restore_stage(struct op *op)
{
	assert(op->state == OP_NEW);
	opened(op);
}

void
pipeline_restore_outcome(struct dispatch *d, struct op *op, int status, struct payload *value, double confidence)
{
	struct call *caller = op->caller;

	set_outcome(op, status, value, confidence);
	op->on_record = true;
	guards_settle(d, op);
	payload_unref(&op->input);
	resolved_over(op);
	parts_settled(op);
	if (caller == NULL)
		return;
	breaker_told(caller, status);
	caller->open_ops--;
	count_value(caller, value);
	caller->kept_bytes -= op->input_len;
	call_unref(d->calls, caller);
}

void
pipeline_restore_refusal(struct op *op, int status, struct payload *value)
{
	set_outcome(op, status, value, 0);
	payload_unref(&op->input);
	if (op->caller != NULL)
		count_value(op->caller, value);
}

void
pipeline_restore_known(struct op *op, struct payload *value)
{
	set_outcome(op, 0, value, 1);
	payload_unref(&op->input);
	op->caller->kept_bytes += value->len;
}

/* ---- Deadlines --------------------------------------------------------------------------------------------------- */

static void
stop_late(struct op *op)
{
	int64_t share = budget_wall_share(op);
	char why[128] = "its time was over";

	if (share > 0)
		(void)snprintf(why, sizeof(why),
		    "its share of wall time, %lld ms, was over; have its caller give it more (budget_wall_ns)",
		    (long long)(share / NS_PER_MS));
	dispatch_cancel(op->run->dispatch, op, HOSPES_EDEADLINE, why);
}

static void
deadline_passed(evutil_socket_t fd, short what, void *arg)
{
	struct op *op = arg;
	struct fault why;

	(void)fd, (void)what;
	if (op->state == OP_WAITING && op->held_at->late != NULL) {
		op->held_at->late(op, &why);
		guard_leave(op);
		pipeline_refuse(op->run->dispatch, op, op->held_at->name, &why);
		return;
	}
	breaker_overdue(op);
	stop_late(op);
}

void
pipeline_arm(struct dispatch *d, struct op *op)
{
	int64_t left = op->deadline_real_ns - clock_real_ns();
	struct timeval tv;

	if (op->timer != NULL || (op->caller != NULL && op->deadline_real_ns >= op->caller->deadline_real_ns))
		return;
	if (left < 0)
		left = 0;
	tv = (struct timeval){.tv_sec = left / NS_PER_S, .tv_usec = left % NS_PER_S / 1000};
	op->timer = evtimer_new(d->loop, deadline_passed, op);
	evtimer_add(op->timer, &tv);
}

/* ---- In ---------------------------------------------------------------------------------------------------------- */

/* Runs the guards; fills `why` and names the guard when one refuses. */
static enum guard_answer
admit(struct dispatch *d, struct op *op, const char **guard, struct fault *why)
{
	*guard = "resolve";
	if (op->kind == WIRE_OP_CALL && op->resolved == NULL && resolve_op(d, op, why) != 0)
		return GUARD_REFUSE;
	for (unsigned i = 0; i < with.n_admit; i++) {
		int answer = with.admit[i].admit(d, op, why);
		const struct guard *no;

		if (answer == GUARD_PASS)
			continue;
		op->taken = (1u << with.admit[i].at) - 1; /* all before it */
		guards_undo(d, op);
		no = guards[with.admit[i].at];
		*guard = no->name;
		op->held_at = no;
		return (enum guard_answer)answer;
	}
	op->taken = ALL;
	return GUARD_PASS;
}

/* The same until it is known: those that go on with what it gives back may wake it, or stop it. */
static enum guard_answer
try_guards(struct dispatch *d, struct op *op, const char **guard, struct fault *why)
{
	enum guard_answer answer;

	op->trying = true;
	do
		answer = admit(d, op, guard, why);
	while (answer == GUARD_WAIT && op->waiting_on == NULL && op->cancelled == 0);
	op->trying = false;
	return answer;
}

void
pipeline_try(struct dispatch *d, struct op *op)
{
	const char *guard = NULL;
	struct fault why;
	enum guard_answer answer = try_guards(d, op, &guard, &why);

	if (answer != GUARD_PASS && op->cancelled != 0) {
		pipeline_stop_waiting(d, op);
		return;
	}
	switch (answer) {
	case GUARD_WAIT:
		if (!waitq_has_room(d, op, &why)) {
			guard_leave(op);
			pipeline_refuse(d, op, "queue", &why);
			return;
		}
		if (op->state == OP_NEW)
			op->began_mono_ns = clock_mono_ns();
		op->state = OP_WAITING;
		pipeline_arm(d, op);
		return;
	case GUARD_REFUSE:
		pipeline_refuse(d, op, guard, &why);
		return;
	case GUARD_PASS:
		op->state = OP_OPEN;
		op->began_mono_ns = clock_mono_ns();
		pipeline_arm(d, op);
		executor_of(op)->begin(d, op);
		return;
	}
}

void
pipeline_enter(struct dispatch *d, struct op *op)
{
	if (op->caller != NULL) {
		call_ref(op->caller);
		op->caller->open_ops++;
	}
	if (op->caller != NULL && op->caller->cancelled != 0) {
		struct fault why;

		fault_set(&why, op->caller->cancelled, "the call was stopped before it asked for this");
		pipeline_refuse(d, op, "cancel", &why);
		return;
	}
	pipeline_try(d, op);
}

void
pipeline_again(struct dispatch *d, struct op *op)
{
	op->state = OP_NEW;
	pipeline_try(d, op);
}

/* ---- Out --------------------------------------------------------------------------------------------------------- */

/* An evicted call goes on when it has what it waited for; or when anything that it asked for has failed, because waiting for
 * all of several ends with the first that does (a poll does not).  It then asks for the outcome as it replays. */
static void
wake(struct dispatch *d, struct call *call, const struct op *op)
{
	if (call->cancelled != 0 || (op->ordinal != call->waits_for && (op->status == 0 || op->poll != NULL)))
		return;
	if (guards_resume(d, call))
		dispatch_submit(d, call);
}

static void
deliver(struct dispatch *d, struct op *op)
{
	struct call *caller = op->caller;

	if (caller->state == CALL_EVICTED) {
		wake(d, caller, op);
		return;
	}
	/* A call that waits for its cell, or has not come this far again, asks for it when it replays. */
	if (caller->state == CALL_DONE || caller->cell == NULL || op->ordinal >= caller->reissued)
		return;
	if (caller->state == CALL_PARKED && caller->waits_for == op->ordinal && !guards_resume(d, caller))
		return;
	op->delivered = true;
	cells_outcome(caller, op);
}

void
dispatch_submit(struct dispatch *d, struct call *call)
{
	struct cell_spec spec = dispatch_cell_spec(call->version);

	cells_submit(d->cells, &spec, call);
}

void
dispatch_resume(struct call *call)
{
	struct op *op;

	if (call->state == CALL_EVICTED)
		dispatch_submit(call->run->dispatch, call);
	if (call->state != CALL_PARKED || call->waits_for >= call->n_ops)
		return;
	op = call->ops[call->waits_for];
	if (op->state == OP_DONE && !op->delivered && call->cell != NULL) {
		op->delivered = true;
		cells_outcome(call, op);
	}
}

/* Its outcome is set and recorded: settles, delivers, wakes, lets go. */
static void
finish(struct dispatch *d, struct op *op)
{
	struct call *caller = op->caller;

	if (op->timer != NULL) {
		event_free(op->timer);
		op->timer = NULL;
	}
	free(op->route);
	op->route = NULL;
	budget_unshare(op);
	guards_settle(d, op);
	payload_unref(&op->input);
	tell_outcome(d, op);
	resolved_over(op);
	if (caller == NULL) {
		parts_ended(d, op);
		d->run_ended(op->run, d->arg);
		return;
	}
	breaker_told(caller, op->status);
	op->run->moves++;
	caller->open_ops--;
	count_value(caller, op->value);
	caller->kept_bytes -= op->input_len;
	deliver(d, op);
	first_noticed(d, op);
	if (op->poll != NULL)
		poll_noticed(d, op);
	parts_ended(d, op);
	grounding_noticed(d, op);
	if (op->run->calls_running == 0)
		deadlock_watch(d, op->run);
	call_unref(d->calls, caller);
}

void
pipeline_complete(struct dispatch *d, struct op *op, int status, struct payload *value, double confidence)
{
	struct fault why;

	/* A reply was judged before it came here. */
	if (status == 0 && op->kind != WIRE_OP_CALL && context_exceeded(op, value == NULL ? 0 : value->len, &why)) {
		payload_unref(&value);
		value = payload_text(why.text);
		status = why.status;
	}
	review_over(d, op);
	set_outcome(op, status, value, confidence);
	record_outcome(d, op);
	finish(d, op);
}

void
pipeline_known(struct dispatch *d, struct op *op, const struct version *v, struct payload *value)
{
	call_ref(op->caller);
	op->caller->open_ops++;
	op->state = OP_OPEN;
	set_outcome(op, 0, value, 1);
	record_known(d, op, v);
	finish(d, op);
}

void
pipeline_refuse(struct dispatch *d, struct op *op, const char *guard, const struct fault *why)
{
	struct stage next;

	review_over(d, op);
	if (stage_next(d, op, guard, why, NULL, &next)) {
		stage_begin(d, op, &next, guard, why);
		return;
	}
	set_outcome(op, why->status, payload_text(why->text), 0);
	record_refusal(d, op, guard, why, NULL);
	loops_refused(d, op, guard, why);
	finish(d, op);
}

/* Two records: the guard said no, and with that the call has ended. */
bool
pipeline_refuse_reply(
    struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings)
{
	struct stage next;

	review_over(d, op);
	if (!op->refused)
		record_refusal(d, op, guard, why, findings);
	payload_unref(&op->run->findings);
	op->run->findings = payload_ref(findings);
	if (stage_next(d, op, guard, why, findings, &next)) {
		stage_begin(d, op, &next, guard, why);
		return false;
	}
	set_outcome(op, why->status, payload_text(why->text), 0);
	record_outcome(d, op);
	finish(d, op);
	return true;
}

void
pipeline_fail(struct dispatch *d, struct op *op, const struct fault *fault)
{
	pipeline_complete(d, op, fault->status, payload_text(fault->text), 0);
}
