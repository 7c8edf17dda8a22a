/* The ladder: which step comes next for a reply that is not grounded, and what that is.  See ladder.h. */

#include "dispatch/ladder.h"

#include <string.h>

#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"
#include "dispatch/stages.h"

/* How many attempts a step may give. */
static unsigned
width(const struct policy_handoff *rule, enum policy_step step)
{
	switch (step) {
	case STEP_RETRY:
		return rule->retries;
	case STEP_ESCALATE:
		return 1;
	case STEP_REVIEW:
	case STEP_PASS:
	case STEP_FAIL:
		break;
	}
	return 0;
}

enum policy_step
ladder_step(const struct policy_handoff *rule, unsigned given, bool rejected)
{
	for (unsigned i = 0; i < rule->n_steps; i++) {
		enum policy_step step = rule->steps[i];
		unsigned attempts = width(rule, step);

		if (attempts > given)
			return step;
		given -= attempts;
		if (attempts == 0 && given == 0 && !(step == STEP_REVIEW && rejected))
			return step;
	}
	return STEP_FAIL;
}

/* ---- Another attempt --------------------------------------------------------------------------------------------- */

bool
ladder_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings,
    struct stage *ret)
{
	bool judged = guard != NULL && strcmp(guard, guard_grounding.name) == 0;
	unsigned given = stage_given(op, STAGE_BY_LADDER);

	(void)d;
	if (op->handoff == NULL || (!judged && given == 0))
		return false; /* no reply of it was ever judged: that it failed is no matter of this */
	switch (ladder_step(op->handoff, given, true)) {
	case STEP_RETRY:
		/* whoever it was, also where a capability was asked for */
		ret->target = op->callee != NULL ? op->callee->plugin : op_target(op);
		ret->version = op_version(op);
		break;
	case STEP_ESCALATE:
		ret->target = op->handoff->escalate;
		break;
	case STEP_REVIEW:
	case STEP_PASS:
	case STEP_FAIL:
		return false;
	}
	ret->findings = payload_ref(findings);
	ret->cause = judged ? status_name(why->status) : NULL;
	return true;
}

/* ---- Without one ------------------------------------------------------------------------------------------------- */

/* That it did not pass is on record also where it goes on all the same; after a restart it is there already. */
static void
record_not_grounded(struct dispatch *d, struct op *op, const struct fault *why, const json_t *findings)
{
	_cleanup_(payload_unref) struct payload *body = json_payload(findings);

	if (!op->refused)
		record_refusal(d, op, guard_grounding.name, why, body);
	op->refused = true;
}

static json_t *
as_json(const struct payload *p)
{
	json_t *json = json_read(p->data, p->len, "it", NULL);

	return json != NULL ? json : json_stringn((const char *)p->data, p->len);
}

/* What a human is shown of a reply: all that a check is, and what was found. */
static json_t *
shown(const struct call *call, json_t *findings)
{
	return json_pack("{s:s s:s s:f s:o s:o s:O}", "agent", call->plugin, "version", call->semver, "confidence",
	    call->confidence, "input", as_json(call->input), "reply", as_json(call->reply), "findings", findings);
}

/* Whoever is asked once more is told what a human said, too. */
static void
add_words(const struct op *op, const char *cause, json_t *findings)
{
	const struct review *r = op_review(op, cause);

	if (r != NULL && r->why != NULL)
		json_array_append_new(findings,
		    json_pack("{s:s s:s%}", "check", "review", "why", r->why, strnlen(r->why, REVIEW_QUESTION_MAX)));
}

static int
ask_human(struct dispatch *d, struct op *op, const char *cause, json_t *findings, struct fault *why)
{
	struct call *call = op->callee;
	_cleanup_(free_p) char *question = xasprintf("%s.  Is it to be handed on?", why->text);
	_cleanup_(json_p) json_t *context = shown(call, findings);
	const struct review_ask ask = {.cause = cause, .question = question, .context = context};
	struct payload *value = NULL;

	switch (review_about(d, op, &ask, &value, why)) {
	case REVIEW_OPEN:
		attempt_disarm(call); /* it has replied, and the time that a human takes is not its own */
		return GUARD_WAIT;
	case REVIEW_EDITED:
	case REVIEW_ANSWERED:
		payload_unref(&call->reply);
		call->reply = value;
		return GUARD_PASS;
	case REVIEW_APPROVED:
		return GUARD_PASS;
	case REVIEW_REJECTED:
		break;
	}
	add_words(op, cause, findings);
	return GUARD_REFUSE;
}

int
ladder_judge(struct dispatch *d, struct op *op, const char *cause, json_t *findings, struct fault *why)
{
	switch (ladder_step(op->handoff, stage_given(op, STAGE_BY_LADDER), false)) {
	case STEP_PASS:
		record_not_grounded(d, op, why, findings);
		return GUARD_PASS;
	case STEP_REVIEW:
		record_not_grounded(d, op, why, findings);
		return ask_human(d, op, cause, findings, why);
	case STEP_RETRY:
	case STEP_ESCALATE:
	case STEP_FAIL:
		break;
	}
	return GUARD_REFUSE;
}
