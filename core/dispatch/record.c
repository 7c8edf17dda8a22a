/* What dispatch writes to the journal: one function for each kind of record, so that the records of a kind look alike. */

#include <string.h>

#include "base/clock.h"
#include "dispatch/accounts.h"
#include "dispatch/guard.h"

unsigned
dispatch_maybe_billed(const struct record *r)
{
	switch (record_kind(&r->head)) {
	case RECORD_OP_INTENT:
		return record_find(r, TAG_NUMBER) != NULL && record_int(r, TAG_EFFECT) == WIRE_EFFECT_COSTLY;
	case RECORD_OP_OUTCOME:
		return record_int(r, TAG_OP_KIND) == WIRE_OP_HTTP && record_int(r, TAG_NUMBER) > 0;
	default:
		return 0;
	}
}

uint64_t
dispatch_record(struct dispatch *d, struct run *run, struct record *r)
{
	memcpy(r->head.run, run->id.bytes, sizeof(r->head.run));
	memcpy(r->head.trace, run->trace.bytes, sizeof(r->head.trace));
	r->head.prev = run->last_lsn;
	r->head.seq = run->seq++;
	run->recorded += record_size(r);
	run->maybe_billed += dispatch_maybe_billed(r);
	run->last_lsn = store_append(d->store, r);
	if (run->last_lsn >= d->tell_at && d->grown != NULL)
		d->grown(d->arg);
	return run->last_lsn;
}

/* A record borrows its fields: what is added here has to outlive it. */
static void
add_op(struct record *r, const struct op *op, const char *path)
{
	r->head.ordinal = op->ordinal;
	r->head.call = op->caller == NULL ? 0 : op->caller->handle;
	record_add_text(r, TAG_PATH, path);
	if (r->head.kind != RECORD_CALL_START && r->head.kind != RECORD_CALL_END)
		record_add(r, TAG_OP_KIND, &op->kind, sizeof(op->kind));
	record_add_text(r, TAG_TARGET, op->target);
	if (!op->check)
		return;
	record_add_text(r, TAG_ACTOR, guard_grounding.name);
	if (r->head.kind != RECORD_CALL_END)
		record_add(r, TAG_NUMBER, &op->caller->own_ops, sizeof(op->caller->own_ops));
}

static void
add_payload_or_sentence(struct record *r, struct op *op)
{
	r->head.status = op->status;
	if (op->status == 0)
		carried_add(&op->run->carried, r, TAG_OUTPUT, op->value);
	else if (op->value != NULL)
		record_add(r, TAG_MESSAGE, op->value->data, op->value->len);
}

/* Memory is looked at without a record before: what was looked for, where it is short, and since when. */
#define LOOK_RECORDED 4096u

static bool
looks_at_memory(const struct op *op)
{
	return op->kind >= WIRE_OP_RECALL && op->kind <= WIRE_OP_SEARCH && !op_memory_changes(op->kind);
}

/* The input's hash, so that a replay has all sides of the comparison on record; a call that began has it already. */
static void
add_input_hash(struct record *r, const struct op *op)
{
	if (op->callee == NULL && op->caller != NULL)
		record_add(r, TAG_INPUT_HASH, &op->input_hash, sizeof(op->input_hash));
}

/* Past a number a call's refusals are counted and told when it ends: who asks again and again fills no disk. */
#define REFUSALS_RECORDED 100u

void
record_refusal(
    struct dispatch *d, struct op *op, const char *guard, const struct fault *why, const struct payload *findings)
{
	_cleanup_(free_p) char *path = NULL;
	struct record r;

	/* What comes after a stage has to be on record as the stage is. */
	if (op->caller != NULL && op->stage == NULL && ++op->caller->refusals > REFUSALS_RECORDED)
		return;
	path = op_path(op);
	record_init(&r, RECORD_REFUSAL);
	add_op(&r, op, path);
	record_add_text(&r, TAG_GUARD, guard);
	r.head.status = why->status;
	record_add_text(&r, TAG_MESSAGE, why->text);
	add_input_hash(&r, op);
	if (findings != NULL)
		record_add(&r, TAG_BODY, findings->data, findings->len);
	dispatch_record(d, op->run, &r);
}

/* A number where there is one. */
static void
add_some(struct record *r, enum record_tag tag, const int64_t *n)
{
	if (*n > 0)
		record_add(r, tag, n, sizeof(*n));
}

static void
add_shares(struct record *r, const struct op *op)
{
	static const uint8_t given = 1;

	add_some(r, TAG_LIMIT_CALLS, &op->share[QUANTITY_CALLS]);
	if (op->share[QUANTITY_CALLS] > 0 && !op->parted)
		record_add(r, TAG_GIVEN, &given, sizeof(given));
	add_some(r, TAG_LIMIT_MICROS, &op->share[QUANTITY_MONEY]);
}

/* The call of the op ends with this record: what it has cost by itself, which the accounts of the day have from here on. */
static void
add_cost(struct dispatch *d, struct record *r, struct op *op)
{
	static const int64_t nothing = 0;
	const struct call *call = op->callee;

	if (call == NULL) { /* none began */
		record_add(r, TAG_MICROS, &nothing, sizeof(nothing));
		return;
	}
	add_some(r, TAG_MICROS, &op->price_micros);
	add_some(r, TAG_CPU, &call->cpu_ns);
	if (strcmp(call->plugin, op->target) != 0)
		record_add_text(r, TAG_CALLEE, call->plugin);
	beside_spend(d, op, r->head.real_ns);
}

/* The effect has ended with this record: what it has cost, which counts for the day of who asked for it. */
static void
add_effect_cost(struct dispatch *d, struct record *r, struct op *op)
{
	op->cost_micros = effect_cost(op);
	if (op->cost_micros == 0)
		return;
	record_add(r, TAG_MICROS, &op->cost_micros, sizeof(op->cost_micros));
	record_add_text(r, TAG_ACTOR, op->caller->plugin);
	beside_spend(d, op, r->head.real_ns);
}

/* All that is needed to go on with the op from here. */
void
record_stage(struct dispatch *d, struct op *op, const char *stage, struct payload *answer,
    const struct payload *findings, const char *guard, const struct fault *why)
{
	_cleanup_(free_p) char *path = op_path(op);
	int64_t next = op->attempt < 2 ? 2 : op->attempt + 1;
	struct record r;

	record_init(&r, RECORD_STAGE);
	add_op(&r, op, path);
	if (op->attempt > 1)
		r.head.attempt = op->attempt;
	record_add_text(&r, TAG_GUARD, guard);
	r.head.status = why->status;
	record_add_text(&r, TAG_MESSAGE, why->text);
	record_add(&r, TAG_NUMBER, &next, sizeof(next));
	record_add_text(&r, TAG_STAGE, stage);
	record_add(&r, TAG_DEADLINE, &op->deadline_real_ns, sizeof(op->deadline_real_ns));
	add_shares(&r, op);
	add_cost(d, &r, op);
	carried_add(&op->run->carried, &r, TAG_INPUT, op->input);
	carried_add(&op->run->carried, &r, TAG_OUTPUT, answer);
	if (findings != NULL)
		record_add(&r, TAG_BODY, findings->data, findings->len);
	dispatch_record(d, op->run, &r);
}

void
record_call_start(struct dispatch *d, struct call *call, bool with_config)
{
	struct op *op = call->op;
	int64_t by_number = 1;
	struct record r;

	record_init(&r, RECORD_CALL_START);
	add_op(&r, op, call->path);
	r.head.call = call->handle;
	r.head.attempt = call->attempt;
	record_add_text(&r, TAG_CALLEE, call->plugin);
	record_add_text(&r, TAG_VERSION, call->semver);
	record_add(&r, TAG_DEADLINE, &op->deadline_real_ns, sizeof(op->deadline_real_ns));
	if (call->deadline_real_ns < op->deadline_real_ns)
		record_add(&r, TAG_ENDS, &call->deadline_real_ns, sizeof(call->deadline_real_ns));
	carried_add(&op->run->carried, &r, TAG_INPUT, call->input);
	add_shares(&r, op);
	add_some(&r, TAG_MICROS, &op->price_micros);
	if (op->repetition == REPETITION_AGAIN)
		record_add_text(&r, TAG_GUARD, guard_repetition.name);
	if (op->probe)
		record_add_text(&r, TAG_REASON, "probe");
	record_add_text(&r, TAG_ROUTE, op->route);
	if (op_version(op) != NULL)
		record_add(&r, TAG_NUMBER, &by_number, sizeof(by_number));
	if (with_config) {
		record_add(&r, TAG_OBJECT, call->version->object, sizeof(call->version->object));
		record_add(&r, TAG_CONFIG, call->config->data, call->config->len);
	}
	dispatch_record(d, op->run, &r);
}

uint64_t
record_intent(struct dispatch *d, struct op *op)
{
	_cleanup_(free_p) char *path = op_path(op);
	int64_t before = op->begun;
	struct record r;

	record_init(&r, RECORD_OP_INTENT);
	add_op(&r, op, path);
	record_add(&r, TAG_EFFECT, &op->effect, sizeof(op->effect));
	record_add_text(&r, TAG_KEY, op->key);
	record_add(&r, TAG_DEADLINE, &op->deadline_real_ns, sizeof(op->deadline_real_ns));
	add_some(&r, TAG_MICROS, &op->price_micros);
	r.head.attempt = op->attempt;
	if (op->probe)
		record_add_text(&r, TAG_REASON, "probe");
	if (op->repetition == REPETITION_AGAIN)
		record_add_text(&r, TAG_GUARD, guard_repetition.name);
	if (before > 0)
		record_add(&r, TAG_NUMBER, &before, sizeof(before));
	carried_add(&op->run->carried, &r, TAG_INPUT, op->input);
	op->begun++;
	op->intent_real_ns = r.head.real_ns;
	return dispatch_record(d, op->run, &r);
}

void
record_resolved(struct dispatch *d, struct op *op, const struct decision *said, struct payload *value)
{
	_cleanup_(free_p) char *path = op_path(op);
	struct record r;

	record_init(&r, RECORD_RESOLVED);
	add_op(&r, op, path);
	r.head.attempt = op->attempt;
	record_add_text(&r, TAG_DECISION, decision_name(said->outcome));
	record_add_text(&r, TAG_ACTOR, said->who);
	record_add_text(&r, TAG_REASON, said->why);
	carried_add(&op->run->carried, &r, TAG_OUTPUT, value);
	dispatch_record(d, op->run, &r);
}

void
record_review(struct dispatch *d, struct op *op, const struct review *review, const char *body)
{
	_cleanup_(free_p) char *path = op_path(op);
	struct record r;

	record_init(&r, RECORD_REVIEW);
	add_op(&r, op, path);
	record_add_text(&r, TAG_REVIEW, review->id);
	record_add(&r, TAG_DEADLINE, &review->deadline_real_ns, sizeof(review->deadline_real_ns));
	record_add_text(&r, TAG_BODY, body);
	if (op->callee == NULL && op->input != NULL)
		carried_add(&op->run->carried, &r, TAG_INPUT, op->input);
	dispatch_record(d, op->run, &r);
}

void
record_reviewed(struct dispatch *d, const struct review *review, const char *decision)
{
	struct op *op = review->op;
	_cleanup_(free_p) char *path = op_path(op);
	struct record r;

	record_init(&r, RECORD_RESOLVED);
	add_op(&r, op, path);
	record_add_text(&r, TAG_REVIEW, review->id);
	record_add_text(&r, TAG_DECISION, decision);
	record_add_text(&r, TAG_ACTOR, review->by);
	record_add_text(&r, TAG_REASON, review->why);
	if (review->value != NULL)
		record_add(&r, TAG_BODY, review->value->data, review->value->len);
	dispatch_record(d, op->run, &r);
}

/* Of the run whose call asked for it; what it does to the host's own state was said by whose state it is. */
uint64_t
record_command(struct dispatch *d, struct op *op, struct record *r)
{
	_cleanup_(free_p) char *path = op_path(op);

	add_op(r, op, path);
	record_add(r, TAG_INPUT_HASH, &op->input_hash, sizeof(op->input_hash));
	return dispatch_record(d, op->run, r);
}

void
record_outcome(struct dispatch *d, struct op *op)
{
	_cleanup_(free_p) char *made = op->callee == NULL ? op_path(op) : NULL;
	const char *path = op->callee == NULL ? made : op->callee->path;
	static const int64_t once = 1;
	int64_t unrecorded, took_ns;
	struct record r;

	record_init(&r, op->kind == WIRE_OP_CALL ? RECORD_CALL_END : RECORD_OP_OUTCOME);
	if (op->attempt > 1)
		r.head.attempt = op->attempt;
	add_op(&r, op, path);
	add_payload_or_sentence(&r, op);
	if (looks_at_memory(op) && op->input->len <= LOOK_RECORDED)
		carried_add(&op->run->carried, &r, TAG_INPUT, op->input);
	else
		add_input_hash(&r, op);
	if (looks_at_memory(op) && op->began_mono_ns != 0) {
		took_ns = clock_mono_ns() - op->began_mono_ns;
		record_add(&r, TAG_NUMBER, &took_ns, sizeof(took_ns));
	}
	if (op->unanswered && op->effect == WIRE_EFFECT_COSTLY)
		record_add(&r, TAG_NUMBER, &once, sizeof(once));
	if (op->callee != NULL && op->callee->refusals > REFUSALS_RECORDED) {
		unrecorded = op->callee->refusals - REFUSALS_RECORDED;
		record_add(&r, TAG_NUMBER, &unrecorded, sizeof(unrecorded));
	}
	if (op->kind == WIRE_OP_CALL)
		add_cost(d, &r, op);
	else if (op->kind == WIRE_OP_HTTP)
		add_effect_cost(d, &r, op);
	if (op->kind == WIRE_OP_CALL && op->status == 0)
		record_add(&r, TAG_CONFIDENCE, &op->confidence, sizeof(op->confidence));
	if (op->caller == NULL && op->status == 0 && op->run->partial != NULL)
		record_add(&r, TAG_PARTIAL, op->run->partial->data, op->run->partial->len);
	dispatch_record(d, op->run, &r);
}

void
record_known(struct dispatch *d, struct op *op, const struct version *v)
{
	_cleanup_(free_p) char *path = op_path(op);
	struct record r;

	record_init(&r, RECORD_OP_OUTCOME);
	add_op(&r, op, path);
	record_add_text(&r, TAG_CALLEE, v->name);
	record_add_text(&r, TAG_VERSION, v->semver);
	record_add_text(&r, TAG_REASON, "cached");
	add_payload_or_sentence(&r, op);
	add_input_hash(&r, op);
	dispatch_record(d, op->run, &r);
}

void
dispatch_record_cancel(struct dispatch *d, struct run *run, int status, const char *why)
{
	struct record r;

	record_init(&r, RECORD_COMMAND);
	r.head.status = status;
	record_add_text(&r, TAG_COMMAND, DISPATCH_CANCEL);
	record_add_text(&r, TAG_REASON, why);
	run->stopping = true;
	dispatch_record(d, run, &r);
}

void
record_part(struct dispatch *d, struct call *call, uint32_t nth, struct payload *part)
{
	int64_t number = nth;
	struct record r;

	record_init(&r, RECORD_PART);
	r.head.call = call->handle;
	record_add_text(&r, TAG_PATH, call->path);
	record_add(&r, TAG_NUMBER, &number, sizeof(number));
	if (call->op->parts->held)
		record_add_text(&r, TAG_GUARD, call->looked_at ? guard_grounding.name : "fallback");
	carried_add(&call->run->carried, &r, TAG_OUTPUT, part);
	dispatch_record(d, call->run, &r);
}

void
record_replay(struct dispatch *d, struct call *call, const char *why)
{
	struct record r;

	record_init(&r, RECORD_REPLAY);
	r.head.call = call->handle;
	record_add_text(&r, TAG_PATH, call->path);
	record_add_text(&r, TAG_MESSAGE, why);
	dispatch_record(d, call->run, &r);
}

void
record_log(struct dispatch *d, struct call *call, enum log_level level, const char *line)
{
	struct record r;

	record_init(&r, RECORD_LOG);
	r.head.call = call->handle;
	r.head.status = (int32_t)level;
	record_add_text(&r, TAG_PATH, call->path);
	record_add_text(&r, TAG_MESSAGE, line);
	dispatch_record(d, call->run, &r);
}
