/*
 * Fallbacks: what stands in for a call that failed.
 *
 * The operator has lists for agents and capabilities (`fallbacks`), in order: another agent, another version, a fixed answer,
 * a human.
 * When an attempt ends in one of the ways that its list is for, the next member of the list is the next attempt.  The list is
 * that of what the op asked for, or of the agent that a capability came to; it stays the op's to the end, whoever stands in, so
 * lists that name each other make no circle.  What stands in has to pass all guards as anybody would.
 */

#include "dispatch/stages.h"

#include <string.h>

/* How the attempt ended, as a bit of the list. */
static unsigned
cause_of(const char *guard, int status)
{
	if (guard != NULL)
		return status == HOSPES_EBREAKER ? FALLBACK_ON_BREAKER : FALLBACK_ON_REFUSED;
	switch (status) {
	case HOSPES_EPOISON:
	case HOSPES_ESTUCK:
	case HOSPES_EPROTOCOL:
	case HOSPES_ELOAD:
		return FALLBACK_ON_CRASH;
	case HOSPES_EDEADLINE:
		return FALLBACK_ON_TIMEOUT;
	default:
		return FALLBACK_ON_FAILED;
	}
}

/* The plugin that the attempt went to, as far as it got. */
static const char *
plugin_of(const struct op *op)
{
	if (op->callee != NULL)
		return op->callee->plugin;
	return op->resolved != NULL ? op->resolved->name : NULL;
}

static const struct policy_fallback *
list_of(const struct op *op)
{
	const struct policy *policy = op->run->policy;
	const struct policy_fallback *list;
	const char *plugin;

	if (policy->n_fallbacks == 0)
		return NULL;
	if (op->stage != NULL && op->stage->of != NULL)
		return policy_fallback(policy, op->stage->of);
	list = policy_fallback(policy, op->target);
	plugin = list == NULL ? plugin_of(op) : NULL;
	return plugin == NULL ? list : policy_fallback(policy, plugin);
}

bool
fallback_is_set(const struct op *op)
{
	return list_of(op) != NULL;
}

bool
fallback_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings,
    struct stage *ret)
{
	const struct policy_fallback *list = list_of(op);
	unsigned cause = cause_of(guard, why->status), n = stage_given(op, STAGE_BY_FALLBACK);
	const struct policy_stand_in *to;

	(void)d;
	if (list == NULL || !(list->causes & cause) || n >= list->n)
		return false;
	to = &list->to[n];
	ret->kind = to->agent != NULL ? STAGE_CALL : to->answer != NULL ? STAGE_ANSWER : STAGE_HUMAN;
	ret->target = to->agent;
	ret->version = to->version;
	ret->text = to->answer != NULL ? to->answer : to->human;
	ret->findings = payload_ref(findings);
	ret->of = list->of;
	ret->cause = policy_fallback_cause(cause);
	return true;
}
