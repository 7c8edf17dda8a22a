/*
 * A run built again from its records, as the tree of calls and ops that it was when the host ended.
 *
 * Each record is taken in the order in which it was written and does to the tree and its accounts what the event that it
 * tells of did: a call that begins is reserved, one that has ended is settled.  So accounts, shares, pins and counts come out
 * as they were without being written down.  Nothing happens on the way; restore_go.c lets the run go on when all is there.
 *
 * An op that left no record (it waited at a guard, or only looked) is a gap among its call's ops: it stays OP_NEW, and is an
 * op like any other when its call asks for it again.
 */

#include "dispatch/restore.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/money.h"
#include "dispatch/accounts.h"
#include "dispatch/guard.h"
#include "dispatch/stages.h"
#include "dispatch/review.h"

#define PATH_DEPTH_MAX 200u
#define HOST_OPS_MAX   1000u /* of one call */

void
dispatch_restore_begin(struct dispatch *d, struct run *run, struct restore **ret)
{
	struct restore *r = xcalloc(1, sizeof(*r));

	r->d = d;
	r->run = run;
	dispatch_take(d, run);
	run->from_record = true;
	*ret = r;
}

void
restore_free(struct restore **rp)
{
	struct restore *r = *rp;

	*rp = NULL;
	for (unsigned i = 0; i < r->n_versions; i++) {
		free(r->versions[i].name);
		free(r->versions[i].semver);
		if (r->versions[i].version != NULL)
			version_unref(&r->versions[i].version);
	}
	free(r->versions);
	free(r->past);
	free(r->cancel_why);
	free(r);
}

int
restore_senseless(const struct record *rec, const char *what, struct fault *fault)
{
	return fault_set(fault, HOSPES_EDAMAGED, "the record %s at %" PRIu64 " of the journal makes no sense: %s",
	    record_kind_name(record_kind(&rec->head)), rec->head.lsn, what);
}

/* ---- Payloads ---------------------------------------------------------------------------------------------------- */

static bool
hash_of(const struct record *rec, enum record_tag tag, struct payload_hash *ret)
{
	const struct record_field *f = record_find(rec, tag);

	if (f == NULL || f->len != sizeof(*ret))
		return false;
	memcpy(ret, f->data, sizeof(*ret));
	return true;
}

/* What the op was told: its answer or the sentence. */
static int
value_of(const struct restore *r, const struct record *rec, struct payload **ret, struct fault *fault)
{
	const struct record_field *message = record_find(rec, TAG_MESSAGE);

	if (rec->head.status == 0)
		*ret = payload_ref(r->output);
	else
		*ret = message == NULL ? payload_text("") : payload_new(message->data, message->len);
	return *ret != NULL ? 0 : restore_senseless(rec, "its output is in none of the records before", fault);
}

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

static struct op *
op_made(struct call *call, uint32_t ordinal)
{
	struct op *op = NULL;
	bool made;

	for (uint32_t i = call->n_ops < ordinal ? call->n_ops : ordinal; i <= ordinal; i++)
		op = call_op(call, i, &made);
	return op;
}

/* The op at a path, which is that of the attempt that it is at; those before it that have no record are made as well.  NULL and
 * the fault: it can't be. */
static struct op *
op_at(const struct restore *r, const struct record *rec, struct fault *fault)
{
	_cleanup_(free_p) char *path = record_text(rec, TAG_PATH);
	struct op *op = &r->run->root;
	const char *at = path;
	uint32_t n = 0, attempt = 1;
	unsigned depth = 0;

	if (path == NULL || !op_path_next(&at, &n, &attempt) || n != 0) {
		restore_senseless(rec, "it has no path", fault);
		return NULL;
	}
	while (*at == '/') {
		struct call *call = restore_call_of(r, op, attempt);

		if (call == NULL || depth++ == PATH_DEPTH_MAX || !op_path_next(&at, &n, &attempt) ||
		    n >= CALL_OPS_MAX + HOST_OPS_MAX) {
			restore_senseless(rec, "its path leads nowhere", fault);
			return NULL;
		}
		op = op_made(call, n);
	}
	if (attempt != (op->stage != NULL ? op->attempt : 1u)) {
		restore_senseless(rec, "it is of another attempt than the op is at", fault);
		return NULL;
	}
	return op;
}

/* ---- What an op is ----------------------------------------------------------------------------------------------- */

static void
take_input(const struct restore *r, struct op *op, const struct record *rec)
{
	if (r->input == NULL) {
		op->only_hash = true;
		(void)hash_of(rec, TAG_INPUT_HASH, &op->input_hash);
		return;
	}
	op->input = payload_ref(r->input);
	op->input_len = r->input->len;
	op->input_hash = payload_hash(r->input);
}

static void
take_check(struct op *op, const struct record *rec)
{
	const struct record_field *actor = record_find(rec, TAG_ACTOR);
	int64_t own = record_int(rec, TAG_NUMBER);

	if (actor == NULL || op->kind != WIRE_OP_CALL || op->caller == NULL || own < 0 || own > op->ordinal)
		return;
	op->check = true;
	op->caller->own_ops = (uint32_t)own;
}

/* The first record of an op says what it is; those after it have to agree. */
static int
take_op(const struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	_cleanup_(free_p) char *target = record_text(rec, TAG_TARGET);
	uint16_t kind = WIRE_OP_CALL;

	if (record_find(rec, TAG_OP_KIND) != NULL)
		kind = (uint16_t)record_int(rec, TAG_OP_KIND);
	if (target == NULL || op->state == OP_DONE || !op_kind_known(kind))
		return restore_senseless(rec, "an op has ended already, or is of no kind that there is", fault);
	if (op->target != NULL) /* of the root it is known */
		return op->kind == kind && strcmp(op->target, target) == 0
			   ? 0
			   : restore_senseless(
				 rec, "it says something else than the record of the op before it", fault);
	op->kind = kind;
	op->deadline_real_ns = op->caller->deadline_real_ns;
	op_set_target(op, target);
	take_input(r, op, rec);
	take_check(op, rec);
	return 0;
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

/* The bytes that a call is on.  Where they are gone that matters only if the call has not ended. */
static struct restored_version *
version_of(struct restore *r, const struct record *rec)
{
	const struct record_field *object = record_find(rec, TAG_OBJECT), *config = record_find(rec, TAG_CONFIG);
	_cleanup_(free_p) char *name = record_text(rec, TAG_CALLEE), *semver = record_text(rec, TAG_VERSION);
	struct restored_version *v;
	char hex[2 * sizeof(v->object) + 1];

	if (name == NULL || semver == NULL)
		return NULL;
	for (unsigned i = object == NULL ? r->n_versions : 0; i-- > 0;) {
		v = &r->versions[i];
		if (strcmp(v->name, name) == 0 && strcmp(v->semver, semver) == 0)
			return v;
	}
	if (object == NULL || object->len != sizeof(v->object) || config == NULL)
		return NULL;
	r->versions = xrealloc(r->versions, (r->n_versions + 1) * sizeof(*r->versions));
	v = &r->versions[r->n_versions++];
	*v = (struct restored_version){.name = xstrdup(name), .semver = xstrdup(semver)};
	memcpy(v->object, object->data, object->len);
	hex_format(v->object, sizeof(v->object), hex);
	v->version = registry_object(r->d->registry, hex);
	if (v->version != NULL) {
		version_ref(v->version);
		config_restore(r->run, v->version, config->data, config->len);
	}
	return v;
}

/* Until the guards have taken again what they had. */
static void
take_version(struct op *op, const struct restored_version *v)
{
	if (v->version != NULL)
		resolve_as(op, v->version);
}

static struct call *
call_made(const struct restore *r, struct op *op, const struct restored_version *v)
{
	struct payload *config = NULL;
	struct version *version = v->version;
	struct call *call;
	struct fault ignored;

	if (version != NULL)
		(void)config_of(r->run, version, &config, NULL, &ignored);
	call = call_new(r->d->calls, op, version != NULL ? version->name : v->name,
	    version != NULL ? version->semver : v->semver, version != NULL ? version_ref(version) : NULL, config,
	    depth_of(op));
	call->rules = policy_plugin(r->run->policy, call->plugin);
	grounding_began(call);
	return call;
}

static bool
is_next_call(const struct op *op)
{
	return stage_between(op) && op->stage->kind == STAGE_CALL;
}

static int
call_started(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	const struct restored_version *v = version_of(r, rec);
	struct call *call;

	if ((op->state != OP_NEW && !is_next_call(op)) || op->kind != WIRE_OP_CALL || v == NULL)
		return restore_senseless(
		    rec, "the op is under way already, or is no call, or nobody knows its version", fault);
	if (op->input == NULL)
		return restore_senseless(rec, "its input is in none of the records before", fault);
	if (op->caller != NULL)
		op->deadline_real_ns = record_int(rec, TAG_DEADLINE);
	op->share[QUANTITY_CALLS] = record_int(rec, TAG_LIMIT_CALLS);
	op->share[QUANTITY_MONEY] = record_int(rec, TAG_LIMIT_MICROS);
	op->parted = record_find(rec, TAG_GIVEN) == NULL;
	op->price_micros = record_int(rec, TAG_MICROS);
	if (op->share[QUANTITY_CALLS] < 0 || op->share[QUANTITY_MONEY] < 0 || op->price_micros < 0 ||
	    op->price_micros > MONEY_MAX || op->deadline_real_ns < 0)
		return restore_senseless(rec, "its share, its price or its deadline is negative", fault);
	op->repetition = record_find(rec, TAG_GUARD) != NULL ? REPETITION_AGAIN : REPETITION_NONE;
	op->probe = record_find(rec, TAG_REASON) != NULL;
	take_version(op, v);
	op->beside[0] = &accounts_agent(r->d, v->name)->account;
	if (pipeline_restore(r->d, op, fault) != 0)
		return fault->status;
	call = call_made(r, op, v);
	if (record_find(rec, TAG_ENDS) != NULL)
		call->deadline_real_ns = record_int(rec, TAG_ENDS);
	budget_call(call);
	if (v->version != NULL && (op->check || record_int(rec, TAG_NUMBER) == 0))
		resolve_pin(r->run, v->version);
	return 0;
}

static int
call_ended(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	const struct record_field *partial = record_find(rec, TAG_PARTIAL);
	struct payload *value;

	if (op->state != OP_OPEN || (op->callee == NULL && !stage_between(op)))
		return restore_senseless(rec, "a call ends that is not under way", fault);
	if (value_of(r, rec, &value, fault) != 0)
		return fault->status;
	if (op->caller == NULL && partial != NULL)
		r->run->partial = payload_new(partial->data, partial->len);
	if (op->callee != NULL)
		op->callee->state = CALL_DONE;
	restore_took_cpu(op, rec);
	pipeline_restore_outcome(r->d, op, rec->head.status, value, record_real(rec, TAG_CONFIDENCE));
	restore_let_go(r, op);
	return 0;
}

/* ---- Other ops --------------------------------------------------------------------------------------------------- */

/* What a human said of it: its value, which its outcome then has, or that it was not done. */
static int
op_decided(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	_cleanup_(free_p) char *decision = record_text(rec, TAG_DECISION);

	if (op->state != OP_OPEN || op->callee != NULL || decision == NULL)
		return restore_senseless(rec, "nobody had to decide", fault);
	payload_unref(&op->value);
	if (strcmp(decision, decision_name(DECISION_NOT_DONE)) == 0)
		decision_next_attempt(op);
	else
		op->value = payload_ref(r->output);
	return 0;
}

/* An op that only waits to begin stays as it is, and is asked for again. */
static int
op_reviewed_before(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	bool is_the_op = op->kind == WIRE_OP_REVIEW && op->state == OP_NEW;

	if ((is_the_op && op->input == NULL) || !review_restore(op, rec))
		return restore_senseless(rec, "it does not say what was asked", fault);
	return is_the_op ? pipeline_restore(r->d, op, fault) : 0;
}

/* Of a call only a check ends so, whose verdict was known when it was to be asked. */
static int
check_known(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	struct payload *value;

	if (!op->check || op->state != OP_NEW || rec->head.status != 0)
		return restore_senseless(rec, "a call ends otherwise", fault);
	if (value_of(r, rec, &value, fault) != 0)
		return fault->status;
	pipeline_restore_known(op, value);
	return 0;
}

static int
op_ended(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	struct payload *value;

	if (op->kind == WIRE_OP_CALL)
		return check_known(r, op, rec, fault);
	if (value_of(r, rec, &value, fault) != 0)
		return fault->status;
	if ((op->state != OP_OPEN && pipeline_restore(r->d, op, fault) != 0) || restore_cost(op, rec, fault) != 0) {
		payload_unref(&value);
		return fault->status;
	}
	payload_unref(&op->value); /* that was decided */
	pipeline_restore_outcome(r->d, op, rec->head.status, value, 1);
	restore_let_go(r, op);
	return 0;
}

/* Of a call that has not begun that is its outcome; of one that has replied the outcome follows. */
static int
op_refused(struct restore *r, struct op *op, const struct record *rec, struct fault *fault)
{
	const struct record_field *findings = record_find(rec, TAG_BODY);
	_cleanup_(free_p) char *guard = NULL;
	struct payload *value;
	struct fault why;

	if (rec->head.status >= 0)
		return restore_senseless(rec, "a guard refuses and does not say why", fault);
	if (op->caller != NULL && op->stage == NULL)
		op->caller->refusals++;
	if (op->callee != NULL) {
		op->refused = true;
		payload_unref(&r->run->findings);
		r->run->findings = findings == NULL ? NULL : payload_new(findings->data, findings->len);
		return 0;
	}
	if (op->state != OP_NEW && !stage_between(op))
		return restore_senseless(rec, "an op is refused that is under way", fault);
	if (value_of(r, rec, &value, fault) != 0)
		return fault->status;
	guard = record_text(rec, TAG_GUARD);
	if (loops_restore(op, guard, rec->head.status, (const char *)value->data, &why))
		dispatch_restore_cancel(r, why.status, why.text);
	if (op->state == OP_NEW) {
		pipeline_restore_refusal(op, rec->head.status, value);
	} else {
		pipeline_restore_outcome(r->d, op, rec->head.status, value, 0);
		restore_let_go(r, op);
	}
	return 0;
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

static int
take_of_op(struct restore *r, const struct record *rec, struct fault *fault)
{
	struct op *op = op_at(r, rec, fault);

	if (op == NULL || take_op(r, op, rec, fault) != 0)
		return fault->status;
	r->run->maybe_billed += dispatch_maybe_billed(rec);
	switch (record_kind(&rec->head)) {
	case RECORD_CALL_START:
		return call_started(r, op, rec, fault);
	case RECORD_CALL_END:
		return call_ended(r, op, rec, fault);
	case RECORD_OP_INTENT:
	case RECORD_COMMAND:
		return restore_under_way(r, op, rec, fault);
	case RECORD_OP_OUTCOME:
		return op_ended(r, op, rec, fault);
	case RECORD_REVIEW:
		return op_reviewed_before(r, op, rec, fault);
	case RECORD_RESOLVED:
		if (record_find(rec, TAG_REVIEW) == NULL)
			return op_decided(r, op, rec, fault);
		return review_restore_decided(op, rec) ? 0 : restore_senseless(rec, "no such review is open", fault);
	case RECORD_STAGE:
		return restore_stage(r, op, rec, fault);
	default:
		return op_refused(r, op, rec, fault);
	}
}

static int
take_part(struct restore *r, const struct record *rec, struct fault *fault)
{
	struct op *op = op_at(r, rec, fault);

	if (op == NULL)
		return fault->status;
	if (r->output == NULL || op->callee == NULL ||
	    !parts_restore(op->callee, record_int(rec, TAG_NUMBER), r->output, record_find(rec, TAG_GUARD) != NULL))
		return restore_senseless(rec, "it is no part that can come next", fault);
	return 0;
}

/* What was scored is not scored again: the reply of a call by its checks, or its outcome by the op of this ordinal. */
static int
take_score(struct restore *r, const struct record *rec, struct fault *fault)
{
	struct op *op = op_at(r, rec, fault);

	if (op == NULL)
		return fault->status;
	if (rec->head.ordinal == UINT32_MAX)
		op->judged = rec->head.attempt;
	else
		op->scored = rec->head.ordinal + 1;
	return 0;
}

/* Of a task it may come behind the end of that. */
static void
take_alert(struct restore *r, const struct record *rec)
{
	struct fault none;
	struct op *op = record_find(rec, TAG_PATH) == NULL ? NULL : op_at(r, rec, &none);

	watch_restore(r->run, op == NULL ? NULL : op->callee, rec);
}

static int
take_line(struct restore *r, const struct record *rec, struct fault *fault)
{
	const struct record_field *line = record_find(rec, TAG_MESSAGE);
	struct op *op = op_at(r, rec, fault);

	if (op == NULL)
		return fault->status;
	if (op->callee != NULL && line != NULL)
		op->callee->logged_bytes += line->len + 1;
	return 0;
}

static int
take_command(struct restore *r, const struct record *rec, struct fault *fault)
{
	_cleanup_(free_p) char *command = record_text(rec, TAG_COMMAND), *reason = NULL;

	if (command == NULL || strcmp(command, DISPATCH_CANCEL) != 0)
		return take_of_op(r, rec, fault);
	reason = record_text(rec, TAG_REASON);
	if (rec->head.status < 0)
		dispatch_restore_cancel(r, rec->head.status, reason == NULL ? "" : reason);
	return 0;
}

void
dispatch_restore_cancel(struct restore *r, int status, const char *why)
{
	r->run->stopping = true;
	if (r->cancelled != 0)
		return;
	r->cancelled = status;
	r->cancel_why = xstrdup(why);
}

static int
take_start(struct restore *r, const struct record *rec, struct fault *fault)
{
	if (r->input == NULL)
		return restore_senseless(rec, "a run starts with an input", fault);
	take_input(r, &r->run->root, rec);
	return 0;
}

static int
take(struct restore *r, const struct record *rec, struct fault *fault)
{
	switch (record_kind(&rec->head)) {
	case RECORD_RUN_START:
		return take_start(r, rec, fault);
	case RECORD_CALL_START:
	case RECORD_CALL_END:
	case RECORD_OP_INTENT:
	case RECORD_OP_OUTCOME:
	case RECORD_REFUSAL:
	case RECORD_RESOLVED:
	case RECORD_STAGE:
	case RECORD_REVIEW:
		return take_of_op(r, rec, fault);
	case RECORD_COMMAND:
		return take_command(r, rec, fault);
	case RECORD_PART:
		return take_part(r, rec, fault);
	case RECORD_LOG:
		return take_line(r, rec, fault);
	case RECORD_ALERT:
		take_alert(r, rec);
		return 0;
	case RECORD_SCORE:
		return take_score(r, rec, fault);
	default:
		return 0; /* what else there is changes nothing for the run */
	}
}

int
dispatch_restore_record(struct restore *r, const struct record *rec, struct fault *fault)
{
	int rc;

	if (rec->head.seq != r->next_seq)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the record at %" PRIu64 " of the journal is the run's number %u, and number %u comes next",
		    rec->head.lsn, rec->head.seq, r->next_seq);
	if (rec->head.real_ns < 0)
		return restore_senseless(rec, "it was written before 1970", fault);
	if ((record_kind(&rec->head) == RECORD_RUN_START) != (r->next_seq == 0))
		return restore_senseless(rec, "a run has one start, which is its first record", fault);
	r->next_seq++;
	r->run->recorded += rec->head.length;
	if (r->run->last_lsn < rec->head.lsn)
		r->run->last_lsn = rec->head.lsn;
	r->input = carried_read(&r->run->carried, rec, TAG_INPUT, NULL);
	r->output = carried_read(&r->run->carried, rec, TAG_OUTPUT, NULL);
	rc = take(r, rec, fault);
	payload_unref(&r->input);
	payload_unref(&r->output);
	return rc;
}
