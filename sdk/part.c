/*
 * Parts of a reply: said by the one who replies, taken by the one who called.
 *
 * A part leaves at once and has no ordinal: a call that begins again says its parts again, and the host passes over those
 * that it has.  Taking one is an op, so that a replay gets the same parts in the same order.
 */

#include <string.h>

#include "ctx.h"

int
hospes_part(hospes_ctx *ctx, const hospes_value *value)
{
	struct iovec part;
	int rc = ctx_check(ctx, "hospes_part");

	if (rc != 0)
		return rc;
	if (value == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT, "hospes_part was given no value; did hospes_value_json refuse it?");
	part.iov_base = (void *)hospes_bytes(value, &part.iov_len);
	if (part.iov_base == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write a part of the reply");
	if (ctx->stopped != 0) {
		ctx->failed = ctx->stopped;
		return ctx->stopped;
	}
	if (runtime_send(ctx, WIRE_PART, WIRE_NO_ORDINAL, 0, &part, 1) != 0)
		return ctx_fail(
		    ctx, HOSPES_ETOOLARGE, "the part is larger than a frame can be, 68 MiB; say it in smaller ones");
	runtime_flush();
	return 0;
}

/* 0, or the status when `op` is not the call of another whose parts can be had. */
static int
part_check(struct hospes_ctx *ctx, const struct hospes_op *op)
{
	if (!op_is_of(ctx, op))
		return ctx_fail(ctx, HOSPES_EWRONGPLACE,
		    "hospes_next_part was given %s; it takes the parts of calls that this call has started",
		    op == NULL ? "NULL" : "what is no op of this call");
	if (op->settled) {
		ctx_note_failure(ctx, op->answer.status, op->answer.message);
		return op->answer.status;
	}
	if (op->kind != WIRE_OP_CALL)
		return ctx_fail(ctx, HOSPES_EWRONGPLACE,
		    "hospes_next_part was given an op that is no call; only calls reply in parts");
	return 0;
}

int
hospes_next_part(hospes_op *op, hospes_value **ret)
{
	struct hospes_ctx *ctx = hospes_runtime.current;
	struct hospes_op part = {.arrived = false};
	struct op_request request = {.kind = WIRE_OP_PART, .target = ""};
	uint32_t which[2];
	int rc, failed;

	if (ctx == NULL)
		return ctx_check_op(NULL, "hospes_next_part");
	rc = part_check(ctx, op);
	if (rc != 0)
		return rc;
	which[0] = op->ordinal;
	which[1] = op->parts;
	request.input = which;
	request.input_len = sizeof(which);
	failed = ctx->failed;
	rc = op_run(ctx, &part, &request);
	if (rc == HOSPES_ENOENT && part.arrived) {
		ctx->failed = failed; /* that there are no more is no failure */
		return 0;
	}
	if (rc != 0)
		return rc;
	op->parts++;
	if (ret != NULL)
		*ret = part.answer.value;
	return 1;
}
