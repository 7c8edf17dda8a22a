/* The op CALL: a call of a plugin in a cell, from the check of its input to the check of its reply. */

#include <assert.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"
#include "dispatch/stages.h"

static int
check_schema(const json_t *schema, const struct payload *value, const char *what, int status, struct fault *fault)
{
	_cleanup_(json_p) json_t *json = NULL;

	if (schema == NULL)
		return 0;
	assert(value != NULL); /* what ended well has one */
	json = json_read(value->data, value->len, what, fault);
	if (json != NULL && schema_check(schema, json, what, fault) == 0)
		return 0;
	return fault->status = status;
}

static int
check_input(struct op *op, struct fault *fault)
{
	size_t max = op->caller == NULL ? op->run->policy->input_max : op->run->policy->payload_max;
	_cleanup_(free_p) char *what = NULL;

	if (op->input == NULL)
		op->input = payload_text("null");
	/* The words for what is wrong are put together when something is. */
	if ((op->caller == NULL || payload_scan(op->input->data, op->input->len, max, "", NULL) == 0) &&
	    op->resolved->input_schema == NULL)
		return 0;
	what = xasprintf("the input of %s", op->resolved->name);
	if (op->caller != NULL && payload_scan(op->input->data, op->input->len, max, what, fault) != 0)
		return fault->status;
	return check_schema(op->resolved->input_schema, op->input, what, HOSPES_EINPUT, fault);
}

struct cell_spec
dispatch_cell_spec(const struct version *v)
{
	return (struct cell_spec){
	    .plugin = v->name,
	    .semver = v->semver,
	    .object_path = v->object_path,
	    .object = v->object,
	    .memory_bytes = v->memory_bytes,
	    .state_cell = v->state_cell,
	};
}

static void
call_begin(struct dispatch *d, struct op *op)
{
	struct payload *config;
	struct fault fault;
	struct call *call;
	bool fresh;

	if (check_input(op, &fault) != 0 || config_of(op->run, op->resolved, &config, &fresh, &fault) != 0) {
		pipeline_refuse(d, op, "input", &fault);
		return;
	}
	call = call_new(
	    d->calls, op, op->resolved->name, op->resolved->semver, version_ref(op->resolved), config, depth_of(op));
	call->rules = op->rules;
	call->deadline_real_ns = attempt_ends(op, call->rules);
	concurrency_began(call);
	grounding_began(call);
	call->account.ends_real_ns = op->share_wall_ns > 0 ? op->deadline_real_ns : NO_LIMIT;
	budget_call(call);
	record_call_start(d, call, fresh);
	budget_began(d, op);
	tell_call(d, call, "call_started");
	attempt_arm(d, call);
	dispatch_submit(d, call);
}

void
call_stop(struct dispatch *d, struct call *call, int status)
{
	call->cancelled = status;
	call_ref(call); /* one that has replied ends with the last of its checks */
	for (uint32_t i = 0; i < call->n_ops; i++)
		dispatch_cancel(d, call->ops[i], status, "the call that wanted it was stopped");
	if (call->state == CALL_EVICTED)
		call_replied(d, call, status, NULL, 0, NULL); /* no cell has it: there is nobody to wait for */
	else if (call->state != CALL_DONE)
		cells_cancel(call, status);
	else if (call->op->callee == call && op_awaits_review(call->op) != NULL)
		dispatch_judged(d, call->op); /* nobody else would see it */
	call_unref(d->calls, call);
}

static void
executor_stop(struct dispatch *d, struct op *op)
{
	if (op->callee != NULL)
		call_stop(d, op->callee, op->cancelled);
}

/* The op as a whole, or this attempt of it alone. */
static int
stopped(const struct op *op, const struct call *call, struct fault *fault)
{
	const char *when = call->reply != NULL ? " while its reply was checked" : "";

	if (op->cancelled != 0)
		return fault_set(fault, op->cancelled, "%s was stopped%s: %s", call->plugin, when, op->cancel_why);
	return fault_set(fault, call->cancelled,
	    "%s was stopped%s: the time for one attempt was over (`limits.%s.timeout`, %.3g s)", call->plugin, when,
	    call->plugin, (double)call->rules->timeout_ns / NS_PER_S);
}

int
call_check_reply(const struct call *call, const struct payload *reply, struct fault *fault)
{
	_cleanup_(free_p) char *what = NULL;

	if (call->version == NULL || call->version->output_schema == NULL)
		return 0;
	what = xasprintf("the reply of %s", call->plugin);
	return check_schema(call->version->output_schema, reply, what, HOSPES_EOUTPUT, fault);
}

/* What a cell says of a call is foreign: what was asked to stop has stopped, and a reply has to fit its own schema. */
static int
believe(struct op *op, const struct call *call, int status, struct payload **value)
{
	struct fault fault;

	if (op->cancelled != 0 || call->cancelled != 0) {
		stopped(op, call, &fault);
		*value = payload_text(fault.text);
		return fault.status;
	}
	if (status == 0 && call_check_reply(call, *value, &fault) != 0) {
		*value = payload_text(fault.text);
		return fault.status;
	}
	if (status != 0 && (*value == NULL || !utf8_valid((*value)->data, (*value)->len))) {
		fault_set(
		    &fault, status, "%s failed as %s and gave no readable reason", call->plugin, status_name(status));
		*value = payload_text(fault.text);
		return status;
	}
	payload_ref(*value);
	return status;
}

/* The op goes on with another attempt, or this is its outcome.  `value` is taken over. */
static void
failed(struct dispatch *d, struct call *call, int status, struct payload *value)
{
	struct op *op = call->op;
	struct stage next;
	struct fault why;

	fault_set(
	    &why, status, "%.*s", (int)(value->len < FAULT_TEXT ? value->len : FAULT_TEXT), (const char *)value->data);
	if (stage_next(d, op, NULL, &why, NULL, &next)) {
		payload_unref(&value);
		stage_begin(d, op, &next, NULL, &why);
		return;
	}
	pipeline_complete(d, op, status, value, 0);
	call_end(d->calls, call);
}

void
call_replied(struct dispatch *d, struct call *call, int status, struct payload *value, double confidence,
    struct payload *partial)
{
	struct op *op = call->op;

	assert(op->callee == call);
	call->state = CALL_DONE;
	replay_repeated(d, call);
	status = believe(op, call, status, &value);
	/* Checks that were asked before the host was started look at the reply that comes now. */
	for (uint32_t i = 0; i < (status == 0 ? call_own_ops(call) : call->n_ops); i++)
		dispatch_cancel(d, call->ops[i], HOSPES_ECANCELLED, "the call that wanted it has ended");
	if (status != 0) {
		failed(d, call, status, value);
		return;
	}
	call->reply = value;
	call->partial = payload_ref(partial);
	call->confidence = confidence;
	breaker_answered(d, op);
	dispatch_judged(d, op);
}

void
dispatch_judged(struct dispatch *d, struct op *op)
{
	_cleanup_(payload_unref) struct payload *findings = NULL;
	struct call *call = op->callee;
	const char *guard;
	int answer;
	struct fault why;

	answer = op->cancelled != 0 || call->cancelled != 0 ? GUARD_PASS : guards_judge(d, op, &guard, &why, &findings);

	if (answer == GUARD_WAIT)
		return;
	if (op->cancelled != 0 || call->cancelled != 0) { /* before, or by what was found in judging */
		stopped(op, call, &why);
		failed(d, call, why.status, payload_text(why.text));
		return;
	}
	if (answer == GUARD_PASS) {
		if (op->caller == NULL)
			op->run->partial = payload_ref(call->partial);
		pipeline_complete(d, op, 0, payload_ref(call->reply), call->confidence);
	} else if (!pipeline_refuse_reply(d, op, guard, &why, findings)) {
		return;
	}
	call_end(d->calls, call);
}

/* The host ended between two attempts. */
static void
executor_resume(struct dispatch *d, struct op *op)
{
	stage_go_on(d, op);
}

const struct executor executor_call = {
    .name = "call",
    .outside = true,
    .begin = call_begin,
    .stop = executor_stop,
    .resume = executor_resume,
};
