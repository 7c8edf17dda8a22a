/*
 * Decisions: a human says whether an effect took place.
 *
 * An effect of the class `once` that a host finds begun and without an outcome when it starts is not done again: the op stays
 * open, holds nothing, and waits.  What decides it is a record of the run (RESOLVED), so it outlives the next kill: that it
 * was done is the op's outcome, with an answer or without; that it was not done begins it again as the next attempt, under
 * a key of its own.  While it waits its deadline and its call's hold: then it is outcome_unknown, and nobody decides it.
 */

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "dispatch/guard.h"

void
decision_await(struct dispatch *d, struct op *op)
{
	_cleanup_(free_p) char *path = op_path(op);

	op->undecided = true;
	breaker_leave(op);
	op->run->undecided++;
	log_warn("an effect may have taken place when the host ended, and waits for a decision: `hospes resolve`",
	    LOG_S("run", op->run->id_text), LOG_S("call", path), LOG_S("target", op->target));
	tell_undecided(d, op);
}

void
decision_over(struct op *op)
{
	if (!op->undecided)
		return;
	op->undecided = false;
	op->run->undecided--;
}

/* The op at a path, "/0/3", as far as it and all above it are open, and at the attempts that it says; else NULL. */
static struct op *
op_at(struct run *run, const char *path)
{
	uint32_t ordinal, attempt;
	struct op *op = &run->root;

	if (!op_path_next(&path, &ordinal, &attempt) || ordinal != 0)
		return NULL;
	while (*path != '\0') {
		struct call *call = op->callee;

		if (call == NULL || call->attempt != attempt || !op_path_next(&path, &ordinal, &attempt) ||
		    ordinal >= call->n_ops)
			return NULL;
		op = call->ops[ordinal];
	}
	return attempt == (op->stage != NULL ? op->attempt : 1u) ? op : NULL;
}

/* Nothing has come of the attempt before, whatever its key. */
void
decision_next_attempt(struct op *op)
{
	_cleanup_(free_p) char *own = effect_key(op);
	bool by_host = op->key != NULL && strcmp(op->key, own) == 0;

	op->attempt++;
	op->begun = 0;
	op->sent = 0;
	op->intent_real_ns = 0;
	if (!by_host)
		return;
	free(op->key);
	op->key = effect_key(op);
}

int
dispatch_resolve(
    struct dispatch *d, struct run *run, const char *path, const struct decision *said, struct fault *fault)
{
	struct op *op = op_at(run, path);
	struct payload *value = NULL;

	if (op == NULL || !op->undecided)
		return fault_set(fault, HOSPES_ECONFLICT,
		    "%s of run %s does not wait for a decision; `hospes show %s` tells what does", path, run->id_text,
		    run->id_text);
	if (said->outcome != DECISION_NOT_DONE) {
		value = executor_of(op)->decided(op, said->answer, fault);
		if (value == NULL)
			return fault->status;
		if (payload_scan(value->data, value->len, run->policy->payload_max, "the answer", fault) != 0) {
			payload_unref(&value);
			return fault->status;
		}
	}
	decision_over(op);
	if (value == NULL)
		decision_next_attempt(op);
	record_resolved(d, op, said, value);
	log_info("an effect was decided", LOG_S("run", run->id_text), LOG_S("call", path),
	    LOG_S("outcome", decision_name(said->outcome)), LOG_S("by", said->who));
	if (value != NULL)
		pipeline_complete(d, op, 0, value, 1);
	else
		executor_of(op)->begin(d, op);
	return 0;
}

const char *
decision_name(enum decision_outcome outcome)
{
	static const char *const names[] = {
	    [DECISION_DONE] = "done", [DECISION_NOT_DONE] = "not-done", [DECISION_ANSWER] = "answer"};

	return names[outcome];
}

json_t *
decision_command(const struct op *op)
{
	_cleanup_(free_p) char *path = op_path(op);

	return json_sprintf("hospes resolve %s %s --outcome done|not-done|FILE", op->run->id_text, path);
}

static json_t *
undecided_below(struct call *call, json_t *list)
{
	for (uint32_t i = 0; call != NULL && i < call->n_ops; i++) {
		struct op *op = call->ops[i];
		_cleanup_(free_p) char *path = op->undecided ? op_path(op) : NULL;
		char since[CLOCK_TEXT];

		undecided_below(op->callee, list);
		if (!op->undecided)
			continue;
		clock_format(op->intent_real_ns, since);
		json_array_append_new(
		    list, json_pack("{s:s s:s s:s s:s s:o}", "path", path, "op", op_kind_name(op->kind), "target",
			      op->target, "since", since, "command", decision_command(op)));
	}
	return list;
}

json_t *
dispatch_undecided(const struct run *run)
{
	return run->undecided == 0 ? NULL : undecided_below(run->root.callee, json_array());
}
