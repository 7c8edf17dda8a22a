/*
 * Scores: what a caller says of the work of those that it called.
 *
 * The host knows who answered; what is sent names the call by its ordinal.
 */

#include <stddef.h>
#include <string.h>

#include "ctx.h"

#define WHY_MOST 2000u

/* The ordinal of the call that an answer is of; false, and the failure noted: there is none. */
static bool
ordinal_of(struct hospes_ctx *ctx, const hospes_answer *answer, uint32_t *ret)
{
	const struct hospes_op *op =
	    answer == NULL ? NULL : (const void *)((const char *)answer - offsetof(struct hospes_op, answer));

	if (answer == NULL && ctx->called == 0)
		(void)ctx_fail(
		    ctx, HOSPES_EWRONGPLACE, "hospes_score was given no answer, and hospes_call was not used before");
	else if (answer != NULL && !op_is_of(ctx, op))
		(void)ctx_fail(
		    ctx, HOSPES_EWRONGPLACE, "hospes_score was given what is no answer of an op of this call");
	else if (answer != NULL && (op->kind != WIRE_OP_CALL || op->ordinal == WIRE_NO_ORDINAL || !op->told))
		(void)ctx_fail(ctx, HOSPES_EWRONGPLACE,
		    "hospes_score was given the answer of what is no call, or was not waited for; only calls have a "
		    "score");
	else {
		*ret = answer == NULL ? ctx->called - 1 : op->ordinal;
		return true;
	}
	return false;
}

int
hospes_score(hospes_ctx *ctx, const hospes_answer *answer, double score, const char *why)
{
	size_t why_len = why == NULL ? 0 : strlen(why);
	struct op_request request = {.kind = WIRE_OP_SCORE, .target = ""};
	struct hospes_op op = {.arrived = false};
	uint32_t ordinal;
	char *input;
	int rc = ctx_check_op(ctx, "hospes_score");

	if (rc != 0)
		return rc;
	if (!ordinal_of(ctx, answer, &ordinal))
		return HOSPES_EWRONGPLACE;
	if (!(score >= 0 && score <= 1) || why_len > WHY_MOST)
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "hospes_score was given the score %g and %zu bytes of why; a score is from 0 to 1, and why has at "
		    "most "
		    "%u bytes",
		    score, why_len, WHY_MOST);
	request.input_len = sizeof(ordinal) + sizeof(score) + why_len;
	input = ctx_scratch(ctx, request.input_len);
	if (input == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write the score");
	memcpy(input, &ordinal, sizeof(ordinal));
	memcpy(input + sizeof(ordinal), &score, sizeof(score));
	if (why_len > 0)
		memcpy(input + sizeof(ordinal) + sizeof(score), why, why_len);
	request.input = input;
	return op_run(ctx, &op, &request);
}
