/*
 * Guard: quality.
 *
 * Lets everything pass, and keeps book: what the checks say of a reply is a score of the version that gave it, whether the
 * reply may be handed on or not.  A version that used to be right and is no longer shows in its scores long before
 * somebody complains (quality.h).
 *
 * A score is on record before the outcome that it belongs to; a host that is killed between the two finds it there, and does
 * not count the same reply twice.
 */

#include <math.h>

#include "dispatch/guard.h"
#include "dispatch/quality.h"

static char *
checks_of(const struct call *call)
{
	struct buf out = {0};
	const char *check;

	for (unsigned i = 0; (check = grounding_check(call, i)) != NULL; i++)
		buf_printf(&out, "%s%s", out.len > 0 ? ", " : "", check);
	buf_text(&out);
	return (char *)out.data;
}

static void
quality_judged(struct dispatch *d, struct op *op)
{
	struct call *call = op->callee;
	_cleanup_(free_p) char *by = NULL;

	if (isnan(call->verdict) || op->judged >= call->attempt)
		return;
	op->judged = call->attempt;
	by = checks_of(call);
	dispatch_score(d, &(struct score){.kind = SCORE_CHECK,
			      .score = call->verdict,
			      .plugin = call->plugin,
			      .semver = call->semver,
			      .capability = quality_capability(op),
			      .path = call->path,
			      .attempt = call->attempt,
			      .ordinal = UINT32_MAX,
			      .by = by,
			      .run = op->run,
			      .policy = op->run->policy});
}

const struct guard guard_quality = {
    .name = "quality",
    .judged = quality_judged,
};
