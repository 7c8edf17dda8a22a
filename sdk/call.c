/*
 * Calling other agents: one, one in the background, several at once.
 */

#include <string.h>

#include "ctx.h"

/* Checks what a call is given and fills the request; 0 or a status. */
static int
call_request(struct hospes_ctx *ctx, const char *function, const char *target, const hospes_value *input,
    const hospes_options *options, struct op_request *request)
{
	int rc = ctx_check_op(ctx, function);

	if (rc != 0)
		return rc;
	if (target == NULL || target[0] == '\0')
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "%s was given no target; expected a name or \"cap:NAME\"", function);
	*request = (struct op_request){.kind = WIRE_OP_CALL, .target = target, .input = "null", .input_len = 4};
	request->options = options;
	if (input != NULL)
		request->input = hospes_bytes(input, &request->input_len);
	if (request->input == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write the input of %s", target);
	return 0;
}

int
hospes_call_with(
    hospes_ctx *ctx, const char *target, const hospes_value *input, const hospes_options *options, hospes_value **ret)
{
	struct op_request request;
	struct hospes_op op = {.arrived = false};
	int rc = call_request(ctx, "hospes_call", target, input, options, &request);

	if (rc == 0)
		rc = op_run(ctx, &op, &request);
	if (rc == 0 && ret != NULL)
		*ret = op.answer.value;
	return rc;
}

int
hospes_call(hospes_ctx *ctx, const char *target, const hospes_value *input, hospes_value **ret)
{
	return hospes_call_with(ctx, target, input, NULL, ret);
}

struct hospes_op *
call_start(struct hospes_ctx *ctx, const char *target, const struct hospes_value *input,
    const struct hospes_options *options, uint32_t sharers)
{
	struct op_request request;
	int rc = call_request(ctx, "hospes_start", target, input, options, &request);

	if (rc == 0) {
		request.target = ctx_copy(ctx, target, strlen(target));
		request.sharers = sharers;
		if (request.target == NULL) {
			(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for another op");
			return NULL;
		}
	}
	return op_start(ctx, rc, &request);
}

hospes_op *
hospes_start(hospes_ctx *ctx, const char *target, const hospes_value *input, const hospes_options *options)
{
	return call_start(ctx, target, input, options, 0);
}

static int
call_all(
    struct hospes_ctx *ctx, size_t n, const char *const targets[], const hospes_value *input, struct hospes_op **ops)
{
	for (size_t i = 0; i < n; i++) {
		ops[i] = hospes_start(ctx, targets[i], input, NULL);
		if (ops[i] == NULL)
			return ctx->failed;
	}
	return wait_all(ctx, n, ops);
}

int
hospes_call_all(hospes_ctx *ctx, size_t n, const char *const targets[], const hospes_value *input, hospes_value *ret[])
{
	struct hospes_op **ops;
	int rc = ctx_check_op(ctx, "hospes_call_all");

	if (rc != 0 || n == 0)
		return rc;
	if (n == 1)
		return hospes_call(ctx, targets[0], input, ret);
	ops = n > INT32_MAX ? NULL : ctx_alloc(ctx, n * sizeof(*ops));
	if (ops == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for %zu ops", n);
	memset(ops, 0, n * sizeof(*ops));
	rc = call_all(ctx, n, targets, input, ops);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && ret != NULL)
			ret[i] = ops[i]->answer.value;
		else if (rc != 0 && ops[i] != NULL)
			hospes_cancel(ops[i]);
	}
	return rc;
}
