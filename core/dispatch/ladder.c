/* The ladder: which step comes next for a reply that is not grounded, and what that is.  See ladder.h. */

#include "dispatch/ladder.h"

#include <string.h>

#include "base/json.h"
#include "dispatch/guard.h"
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
		ret->target = op_target(op);
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
record_not_grounded(struct dispatch *d, struct op *op, const struct fault *why, struct payload *findings)
{
	if (!op->refused)
		record_refusal(d, op, guard_grounding.name, why, findings);
	op->refused = true;
}

int
ladder_judge(struct dispatch *d, struct op *op, struct fault *why, struct payload *findings)
{
	switch (ladder_step(op->handoff, stage_given(op, STAGE_BY_LADDER), false)) {
	case STEP_PASS:
		record_not_grounded(d, op, why, findings);
		return GUARD_PASS;
	case STEP_REVIEW:
	case STEP_RETRY:
	case STEP_ESCALATE:
	case STEP_FAIL:
		break;
	}
	return GUARD_REFUSE;
}
