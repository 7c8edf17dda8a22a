/* Stages: an attempt ends, the next begins.  See stages.h. */

#include "dispatch/stages.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"

/* ---- Which is next ----------------------------------------------------------------------------------------------- */

/* Of these nobody asks for another way: the operator or a human said no, or there is no time left for one. */
static bool
is_final(const char *guard, int status)
{
	static const char *const final[] = {"permission", "deadline", "cancel", "restart", "review"};

	for (size_t i = 0; guard != NULL && i < ARRAY_LEN(final); i++) {
		if (strcmp(guard, final[i]) == 0)
			return true;
	}
	/* What may have taken place is not done once more. */
	return status == HOSPES_EUNKNOWN || status == HOSPES_ENONDET;
}

/* Whom it asked for is not there, which is found out before anything else: might it have asked? */
static bool
is_not_its_own(struct dispatch *d, struct op *op, const char *guard)
{
	struct fault ignored;

	return guard != NULL && strcmp(guard, "resolve") == 0 && op->stage == NULL &&
	       guard_permission.admit(d, op, &ignored) != GUARD_PASS;
}

static bool
is_stopping(const struct op *op)
{
	return op->cancelled != 0 || (op->caller != NULL && op->caller->cancelled != 0);
}

/* Somebody has a part of the reply already: another one would not go with it. */
static bool
was_heard(const struct op *op)
{
	return op->parts != NULL && !op->parts->held && op->parts->n > 0;
}

bool
stage_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings,
    struct stage *ret)
{
	if (op->kind != WIRE_OP_CALL || op->check || op->run->script != NULL || is_stopping(op) ||
	    is_final(guard, why->status) || was_heard(op) || op->attempt >= STAGES_MAX ||
	    clock_real_ns() >= op->deadline_real_ns || is_not_its_own(d, op, guard))
		return false;
	*ret = (struct stage){.kind = STAGE_CALL, .by = STAGE_BY_LADDER};
	if (ladder_next(d, op, guard, why, findings, ret))
		return true;
	*ret = (struct stage){.kind = STAGE_CALL, .by = STAGE_BY_FALLBACK};
	return fallback_next(d, op, guard, why, findings, ret);
}

/* ---- On record --------------------------------------------------------------------------------------------------- */

static const char *const bys[] = {[STAGE_BY_LADDER] = "ladder", [STAGE_BY_FALLBACK] = "fallback"};
static const char *const kinds[] = {[STAGE_CALL] = "call", [STAGE_ANSWER] = "answer", [STAGE_HUMAN] = "human"};

static int
word(const json_t *json, const char *key, const char *const *words, size_t n)
{
	const char *text = json_string_value(json_object_get(json, key));

	for (size_t i = 0; text != NULL && i < n; i++) {
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	}
	return -1;
}

static json_t *
stage_json(const struct stage *next, const char *guard, const struct fault *why)
{
	json_t *json = json_pack("{s:s s:s s:s}", "by", bys[next->by], "cause",
	    next->cause != NULL ? next->cause
	    : guard != NULL     ? guard
				: status_name(why->status),
	    "kind", kinds[next->kind]);

	if (next->kind == STAGE_CALL)
		json_object_set_new(json, "to", json_string(next->target));
	if (next->kind == STAGE_HUMAN)
		json_object_set_new(json, "question", json_string(next->text));
	if (next->version != NULL)
		json_object_set_new(json, "version", json_string(next->version));
	if (next->of != NULL)
		json_object_set_new(json, "of", json_string(next->of));
	return json;
}

/* A copy, or NULL. */
static char *
copied(const char *text)
{
	return text == NULL ? NULL : xstrdup(text);
}

static void
set_stage(struct op *op, const struct stage *next, struct payload *answer, const char *why)
{
	struct op_stage *stage = op->stage;
	char *target, *version;

	if (stage == NULL)
		stage = op->stage = xcalloc(1, sizeof(*stage));
	/* what comes may be what was: the same agent once more */
	target = next->kind == STAGE_CALL ? xstrdup(next->target) : NULL;
	version = copied(next->version);
	free(stage->target);
	free(stage->version);
	free(stage->question);
	free(stage->why);
	payload_unref(&stage->answer);
	payload_unref(&stage->findings);
	stage->kind = next->kind;
	stage->target = target;
	stage->version = version;
	stage->question = next->kind == STAGE_HUMAN ? xstrdup(next->text) : NULL;
	stage->why = next->kind == STAGE_HUMAN ? xstrdup(why) : NULL;
	stage->answer = payload_ref(answer);
	stage->findings = next->findings;
	stage->given[next->by]++;
	if (next->of != NULL && (stage->of == NULL || strcmp(stage->of, next->of) != 0)) {
		free(stage->of);
		stage->of = xstrdup(next->of);
	}
	op->attempt = (uint16_t)(op->attempt < 2 ? 2 : op->attempt + 1);
	op->refused = false;
}

/* A target as a plugin may name one, and no more of it than that. */
static bool
names_callee(const char *target)
{
	return target != NULL && target[0] != '\0' && strlen(target) <= WIRE_TARGET_MAX;
}

bool
stage_restore(struct op *op, const struct record *rec, struct payload *answer)
{
	const struct record_field *body = record_find(rec, TAG_BODY), *text = record_find(rec, TAG_STAGE);
	_cleanup_(json_p) json_t *json = text == NULL ? NULL : json_read(text->data, text->len, "a stage", NULL);
	_cleanup_(free_p) char *why = record_text(rec, TAG_MESSAGE);
	int by = word(json, "by", bys, ARRAY_LEN(bys)), kind = word(json, "kind", kinds, ARRAY_LEN(kinds));
	struct stage next;

	if (by < 0 || kind < 0 || op->attempt >= STAGES_MAX ||
	    record_int(rec, TAG_NUMBER) != (op->attempt < 2 ? 2 : op->attempt + 1))
		return false;
	next = (struct stage){.kind = (enum stage_kind)kind,
	    .by = (enum stage_by)by,
	    .target = json_string_value(json_object_get(json, "to")),
	    .version = json_string_value(json_object_get(json, "version")),
	    .text = json_string_value(json_object_get(json, "question")),
	    .of = json_string_value(json_object_get(json, "of"))};
	if ((next.kind == STAGE_CALL && !names_callee(next.target)) || (next.kind == STAGE_ANSWER && answer == NULL) ||
	    (next.kind == STAGE_HUMAN && next.text == NULL))
		return false;
	next.findings = body == NULL ? NULL : payload_new(body->data, body->len);
	set_stage(op, &next, next.kind == STAGE_ANSWER ? answer : NULL, why == NULL ? "" : why);
	return true;
}

/* ---- From one to the next ---------------------------------------------------------------------------------------- */

/* A share of its own is prepaid: what its call has left of it is the next one's. */
static bool
take_spent(struct op *op)
{
	bool left = true;

	for (int q = 0; q < QUANTITIES; q++) {
		const struct account *a = op->callee == NULL ? NULL : &op->callee->account;

		if (a == NULL || op->share[q] <= 0 || !a->prepaid[q])
			continue;
		op->share[q] -= a->spent[q] + a->reserved[q];
		left &= op->share[q] > 0;
		if (op->share[q] < 0)
			op->share[q] = 0;
	}
	return left;
}

void
stage_settle(struct dispatch *d, struct op *op)
{
	bool left = take_spent(op);

	pipeline_settle(d, op);
	op_drop_parts(op);
	if (op->stage == NULL)
		op->stage = xcalloc(1, sizeof(*op->stage));
	op->stage->spent |= !left;
}

void
stage_begin(struct dispatch *d, struct op *op, struct stage *next, const char *guard, const struct fault *why)
{
	_cleanup_(json_p) json_t *json = stage_json(next, guard, why);
	_cleanup_(free_p) char *text = json_text(json);
	_cleanup_(payload_unref) struct payload *answer = next->kind == STAGE_ANSWER ? payload_text(next->text) : NULL;
	_cleanup_(free_p) char *target = copied(next->target);
	bool began = op->callee != NULL;

	assert(op->executing == NULL && op->waiting_on == NULL);
	next->target = target; /* the call whose name it may be ends before that is looked at */
	review_over(d, op);
	op->state = OP_NEW; /* whatever is stopped on the way finds nothing to stop here; it is asked for below */
	record_stage(d, op, text, answer, next->findings, guard, why);
	tell_stage(d, op, json, why);
	op->run->moves++;
	op->status = why->status; /* guards are told how the attempt ended */
	stage_settle(d, op);
	if (began)
		call_end(d->calls, op->callee);
	if (!began && guard != NULL)
		loops_refused(d, op, guard, why);
	set_stage(op, next, answer, why->text);
	op->state = OP_OPEN;
	stage_go_on(d, op);
}

/* Asks, or learns what was said since; the op has its outcome when that is known. */
static void
ask_human(struct dispatch *d, struct op *op)
{
	const struct op_stage *stage = op->stage;
	struct review *asked = op_review(op, "fallback");
	_cleanup_(json_p) json_t *context = NULL, *input = NULL;
	struct payload *value = NULL;
	enum review_answer answer;
	struct fault why;

	if (asked != NULL) {
		answer = review_stands(d, asked, &value, &why);
	} else {
		input = json_read(op->input->data, op->input->len, "it", NULL);
		if (input == NULL)
			input = json_stringn((const char *)op->input->data, op->input->len);
		context = json_pack("{s:s s:O? s:s}", "asked_for", op->target, "input", input, "failed", stage->why);
		answer = review_about(d, op,
		    &(struct review_ask){.cause = "fallback", .question = stage->question, .context = context}, &value,
		    &why);
	}
	if (answer == REVIEW_EDITED || answer == REVIEW_ANSWERED)
		pipeline_complete(d, op, 0, value, 1);
	else if (answer != REVIEW_OPEN)
		pipeline_fail(d, op, &why);
}

void
stage_go_on(struct dispatch *d, struct op *op)
{
	struct fault why;

	assert(stage_between(op));
	if (is_stopping(op)) {
		fault_set(&why, op->cancelled != 0 ? op->cancelled : op->caller->cancelled,
		    "%s was stopped before it was tried once more", op->target);
		pipeline_refuse(d, op, "cancel", &why);
	} else if (op->stage->kind == STAGE_ANSWER) {
		pipeline_complete(d, op, 0, payload_ref(op->stage->answer), 0);
	} else if (op->stage->kind == STAGE_HUMAN) {
		ask_human(d, op);
	} else if (op->stage->spent) {
		fault_set(&why, HOSPES_EBUDGET,
		    "nothing is left of the share of %s for another attempt; give it more in the options", op->target);
		pipeline_refuse(d, op, guard_budget.name, &why);
	} else {
		pipeline_again(d, op);
	}
}

/* ---- Time for one attempt ---------------------------------------------------------------------------------------- */

int64_t
attempt_ends(const struct op *op, const struct policy_plugin *rules)
{
	int64_t now;

	if (rules->timeout_ns == 0)
		return op->deadline_real_ns;
	now = clock_real_ns();
	return rules->timeout_ns < op->deadline_real_ns - now ? now + rules->timeout_ns : op->deadline_real_ns;
}

static void
attempt_over(evutil_socket_t fd, short what, void *arg)
{
	struct call *call = arg;

	(void)fd, (void)what;
	breaker_overdue(call->op);
	call_stop(call->run->dispatch, call, HOSPES_EDEADLINE);
}

void
attempt_arm(struct dispatch *d, struct call *call)
{
	int64_t left = call->deadline_real_ns - clock_real_ns();
	struct timeval tv;

	if (call->deadline_real_ns >= call->op->deadline_real_ns || op_review(call->op, "grounding") != NULL ||
	    op_review(call->op, "confidence") != NULL)
		return;
	if (left < 0)
		left = 0;
	tv = (struct timeval){.tv_sec = left / NS_PER_S, .tv_usec = left % NS_PER_S / 1000};
	call->deadline = evtimer_new(d->loop, attempt_over, call);
	evtimer_add(call->deadline, &tv);
}

void
attempt_disarm(struct call *call)
{
	if (call->deadline != NULL)
		event_del(call->deadline);
}
