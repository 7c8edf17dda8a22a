/*
 * Answering: the reply, the fault, and what is said beside them.
 */

#include <string.h>

#include "ctx.h"

hospes_value *
hospes_input(hospes_ctx *ctx)
{
	return ctx_check(ctx, "hospes_input") == 0 ? ctx->input : NULL;
}

const hospes_value *
hospes_findings(hospes_ctx *ctx)
{
	return ctx_check(ctx, "hospes_findings") == 0 ? ctx->findings : NULL;
}

int
hospes_reply(hospes_ctx *ctx, json_t *json)
{
	struct hospes_value *value;
	int rc = ctx_check(ctx, "hospes_reply");

	if (rc != 0) {
		json_decref(json);
		return rc;
	}
	if (json == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT, "hospes_reply was given NULL; did json_pack refuse its format?");
	value = hospes_value_json(ctx, json);
	if (value == NULL)
		return ctx->failed;
	ctx->reply = value;
	return 0;
}

int
hospes_reply_value(hospes_ctx *ctx, const hospes_value *value)
{
	int rc = ctx_check(ctx, "hospes_reply_value");

	if (rc != 0)
		return rc;
	if (value == NULL)
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "hospes_reply_value was given no value; is there a member of that name?");
	if (hospes_bytes(value, NULL) == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write the reply");
	ctx->reply = (struct hospes_value *)value;
	return 0;
}

void
hospes_confidence(hospes_ctx *ctx, double confidence)
{
	if (ctx_check(ctx, "hospes_confidence") != 0)
		return;
	/* Written so that a NaN becomes 0. */
	ctx->confidence = confidence > 1 ? 1 : confidence >= 0 ? confidence : 0;
}

int
hospes_fail(hospes_ctx *ctx, int status, const char *format, ...)
{
	va_list args;
	int rc = ctx_check(ctx, "hospes_fail");

	if (status >= 0)
		status = HOSPES_EFAILED;
	if (rc != 0)
		return rc;
	va_start(args, format);
	ctx_vfail(ctx, status, format, args);
	va_end(args);
	return status;
}

int
hospes_status(hospes_ctx *ctx)
{
	int rc = ctx_check(ctx, "hospes_status");

	return rc != 0 ? rc : ctx->failed;
}

const char *
hospes_message(hospes_ctx *ctx)
{
	const char *sentence = ctx_check(ctx, "hospes_message") == 0 ? ctx_sentence(ctx, ctx->failed) : NULL;

	return sentence != NULL ? sentence : "";
}

/* A sentence may quote what is no UTF-8, which JSON cannot hold. */
static json_t *
partial_text(const char *text)
{
	json_t *json = json_string(text != NULL ? text : "");

	return json != NULL ? json : json_string("(a text that is not UTF-8)");
}

void
hospes_partial(hospes_ctx *ctx, const hospes_answer *answer)
{
	json_t *entry;

	if (ctx_check(ctx, "hospes_partial") != 0 || answer == NULL)
		return;
	if (ctx->partial == NULL)
		ctx->partial = json_array();
	entry = json_pack("{s:o s:s s:o}", "who", partial_text(answer->who), "code", hospes_status_name(answer->status),
	    "message", partial_text(answer->message));
	if (entry == NULL || json_array_append_new(ctx->partial, entry) != 0)
		(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to note a failed answer");
}
