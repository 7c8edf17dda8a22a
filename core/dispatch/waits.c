/* What is shown of calls and ops that wait: since when, and for what; one by one, and of a run as a whole. */

#include <string.h>

#include "base/clock.h"
#include "dispatch/guard.h"

#define FIRST_SHOWN 16u

static void
set_time(json_t *json, const char *key, int64_t real_ns)
{
	char text[CLOCK_TEXT];

	clock_format(real_ns, text);
	json_object_set_new(json, key, json_string(text));
}

/* A time of the monotonic clock; 0: not known. */
static void
set_since(json_t *json, int64_t mono_ns)
{
	if (mono_ns != 0)
		set_time(json, "since", clock_real_ns() - (clock_mono_ns() - mono_ns));
}

static json_t *
path_of(const struct op *op)
{
	_cleanup_(free_p) char *path = op_path(op);

	return json_string(path);
}

/* The ops that FIRST, or PART as the only one, names. */
static json_t *
named_by(const struct op *op)
{
	size_t n = op->kind == WIRE_OP_PART ? 1 : op->input->len / sizeof(uint32_t);
	json_t *paths = json_array();

	for (size_t i = 0; i < n && json_array_size(paths) < FIRST_SHOWN; i++) {
		uint32_t ordinal;

		memcpy(&ordinal, op->input->data + i * sizeof(ordinal), sizeof(ordinal));
		if (ordinal < op->ordinal && op->caller->ops[ordinal]->state != OP_DONE)
			json_array_append_new(paths, path_of(op->caller->ops[ordinal]));
	}
	return paths;
}

/* The ballots that a poll waits for. */
static json_t *
ballots_of(const struct op *op)
{
	json_t *paths = json_array();
	const struct op *ballot;
	uint32_t at = 0;

	while (json_array_size(paths) < FIRST_SHOWN && (ballot = poll_open_ballot(op, &at)) != NULL)
		json_array_append_new(paths, path_of(ballot));
	return paths;
}

static json_t *
at_guard(const char *name)
{
	return json_pack("{s:s s:s}", "for", "guard", "guard", name);
}

static json_t *
for_review(const struct review *r)
{
	json_t *json = json_pack("{s:s s:s}", "for", "review", "review", r->id);

	set_time(json, "until", r->deadline_real_ns);
	return json;
}

/* What an op waits for, or whoever waits for it. */
static json_t *
waits_of_op(const struct op *op)
{
	json_t *json;

	if (op_awaits_review(op) != NULL)
		return for_review(op_awaits_review(op));
	if (op->state == OP_WAITING)
		return at_guard(op->held_at->name);
	if (op->callee != NULL)
		return json_pack("{s:s s:s}", "for", "call", "on", op->callee->path);
	if (op->kind == WIRE_OP_FIRST || op->kind == WIRE_OP_PART)
		return json_pack("{s:s s:o}", "for", op->kind == WIRE_OP_FIRST ? "first" : "part", "on", named_by(op));
	if (op->kind == WIRE_OP_POLL) {
		json = json_pack("{s:s s:o}", "for", "poll", "on", ballots_of(op));
		set_time(json, "until", op->deadline_real_ns);
		return json;
	}
	if (op->kind == WIRE_OP_SLEEP) {
		json = json_pack("{s:s}", "for", "timer");
		if (sleep_ends(op) != 0)
			set_time(json, "until", sleep_ends(op));
		return json;
	}
	json = json_pack("{s:s}", "for", op->undecided ? "decision" : op_kind_name(op->kind));
	if (op->target[0] != '\0')
		json_object_set_new(json, "target", json_string(op->target));
	return json;
}

static json_t *
checks_of(const struct call *call)
{
	json_t *paths = json_array();

	for (uint32_t i = 0; i < call->n_ops; i++) {
		if (call->ops[i]->check && call->ops[i]->state != OP_DONE)
			json_array_append_new(paths, path_of(call->ops[i]));
	}
	return json_pack("{s:s s:o}", "for", "check", "on", paths);
}

static const char *
state_name(const struct call *call)
{
	static const char *const names[] = {
	    [CALL_QUEUED] = "queued",
	    [CALL_RUNNING] = "running",
	    [CALL_PARKED] = "parked",
	    [CALL_EVICTED] = "evicted",
	    [CALL_DONE] = "checked",
	};

	return names[call->state];
}

/* NULL: it computes. */
static json_t *
waits_of_call(const struct call *call)
{
	const struct op *op;
	json_t *json;

	switch (call->state) {
	case CALL_RUNNING:
		return NULL;
	case CALL_QUEUED:
		return json_pack("{s:s}", "for", "cell");
	case CALL_DONE:
		return op_awaits_review(call->op) != NULL ? for_review(op_awaits_review(call->op)) : checks_of(call);
	case CALL_PARKED:
	case CALL_EVICTED:
		break;
	}
	if (call->waits_for >= call->n_ops)
		return NULL;
	op = call->ops[call->waits_for];
	json = op->state == OP_DONE ? at_guard(guard_concurrency.name) : waits_of_op(op);
	set_since(json, call->parked_mono_ns);
	return json;
}

static void
add_call(json_t *all, const struct call *call)
{
	json_t *node = json_pack("{s:s}", "state", state_name(call)), *waits = waits_of_call(call);

	if (waits != NULL)
		json_object_set_new(node, "waits", waits);
	json_object_set_new(all, call->path, node);
}

static void
add_op(json_t *all, const struct op *op)
{
	_cleanup_(free_p) char *path = op_path(op);
	json_t *waits = waits_of_op(op);

	if (op->intent_real_ns != 0)
		set_time(waits, "since", op->intent_real_ns);
	else
		set_since(waits, op->began_mono_ns);
	json_object_set_new(all, path,
	    json_pack("{s:s s:s s:o}", "op", op_kind_name(op->kind), "target", op_target(op), "waits", waits));
}

/* arg: the JSON object. */
static bool
add(struct call *call, void *arg)
{
	add_call(arg, call);
	for (uint32_t i = 0; call->open_ops > 0 && i < call->n_ops; i++) {
		const struct op *op = call->ops[i];

		if (op->callee == NULL && (op->state == OP_WAITING || op->state == OP_OPEN))
			add_op(arg, op);
	}
	return false;
}

json_t *
dispatch_waits(const struct run *run)
{
	json_t *all = json_object();

	if (run->root.callee == NULL && (run->root.state == OP_WAITING || run->root.state == OP_OPEN))
		add_op(all, &run->root);
	run_calls(run, add, all);
	return all;
}

/* ---- A run as a whole -------------------------------------------------------------------------------------------- */

#define REASONS_MAX 16u

/* Why it waits, in the end: what calls wait for that wait for no call. */
struct reason {
	const char *what, *guard;
	const struct op *one;
	unsigned n;
	int64_t until_ns; /* the nearest, or 0 */
};

struct reasons {
	struct reason reason[REASONS_MAX];
	size_t n;
	unsigned running, evicted;
	int64_t since_mono_ns;
};

static void
add_reason(struct reasons *all, const char *what, const char *guard, const struct op *op)
{
	const struct review *review = op == NULL ? NULL : op_awaits_review(op);
	int64_t until_ns = op == NULL || op->kind != WIRE_OP_SLEEP || guard != NULL ? 0 : sleep_ends(op);
	struct reason *r = all->reason;

	if (review != NULL)
		until_ns = review->deadline_real_ns;
	while (r < all->reason + all->n && (strcmp(r->what, what) != 0 || r->guard != guard))
		r++;
	if (r == all->reason + REASONS_MAX)
		return;
	if (r == all->reason + all->n)
		all->reason[all->n++] = (struct reason){.what = what, .guard = guard, .until_ns = until_ns};
	r->one = op;
	r->n++;
	if (until_ns != 0 && until_ns < r->until_ns)
		r->until_ns = until_ns;
}

static const char *
reason_of(const struct op *op)
{
	if (op->undecided)
		return "decision";
	return op->kind == WIRE_OP_SLEEP ? "timer" : op_kind_name(op->kind);
}

static void
add_op_reason(struct reasons *all, const struct op *op)
{
	if (op_awaits_review(op) != NULL)
		add_reason(all, "review", NULL, op);
	else if (op->state == OP_WAITING)
		add_reason(all, "guard", op->held_at->name, op);
	else if (op->state == OP_OPEN && op->callee == NULL && op->kind != WIRE_OP_FIRST && op->kind != WIRE_OP_PART &&
		 op->kind != WIRE_OP_POLL)
		add_reason(all, reason_of(op), NULL, op);
}

/* arg: struct reasons.  True: it computes, so the run does not wait. */
static bool
add_reasons(struct call *call, void *arg)
{
	struct reasons *all = arg;

	all->running += call->state == CALL_RUNNING;
	all->evicted += call->state == CALL_EVICTED;
	if (call->state == CALL_QUEUED)
		add_reason(all, "cell", NULL, NULL);
	if ((call->state == CALL_PARKED || call->state == CALL_EVICTED) && call->parked_mono_ns > all->since_mono_ns)
		all->since_mono_ns = call->parked_mono_ns;
	if (call->resuming)
		add_reason(all, "guard", guard_concurrency.name, NULL);
	for (uint32_t i = 0; call->open_ops > 0 && i < call->n_ops; i++)
		add_op_reason(all, call->ops[i]);
	return all->running > 0;
}

json_t *
dispatch_waits_of_run(const struct run *run)
{
	struct reasons all = {0};
	json_t *json, *list = json_array();

	add_op_reason(&all, &run->root);
	run_calls(run, add_reasons, &all);
	for (const struct reason *r = all.reason; r < all.reason + all.n; r++) {
		json = json_pack("{s:s s:i}", "for", r->what, "n", (int)r->n);
		if (r->guard != NULL)
			json_object_set_new(json, "guard", json_string(r->guard));
		else if (r->n == 1 && r->one != NULL && op_awaits_review(r->one) != NULL)
			json_object_set_new(json, "review", json_string(op_awaits_review(r->one)->id));
		else if (r->n == 1 && r->one != NULL && r->one->target[0] != '\0')
			json_object_set_new(json, "target", json_string(r->one->target));
		if (r->until_ns != 0)
			set_time(json, "until", r->until_ns);
		json_array_append_new(list, json);
	}
	if (all.running > 0 || all.n == 0) {
		json_decref(list);
		return NULL;
	}
	json = json_pack("{s:o s:i}", "for", list, "evicted", (int)all.evicted);
	set_since(json, all.since_mono_ns);
	return json;
}
