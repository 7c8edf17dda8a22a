/* bench-greedy: calls `callee` `n` times at once with `payload`, and waits for each. */

#include <stdlib.h>

#include <hospes.h>

static int
each(hospes_ctx *ctx, const char *callee, const hospes_value *payload, size_t n, hospes_op **ops)
{
	for (size_t i = 0; i < n; i++) {
		ops[i] = hospes_start(ctx, callee, payload, NULL);
		if (ops[i] == NULL)
			return hospes_status(ctx);
	}
	for (size_t i = 0; i < n; i++) {
		hospes_value *said;
		int rc = hospes_wait(ops[i], &said);

		if (rc != 0)
			return rc;
		hospes_release(said);
	}
	return hospes_reply(ctx, json_integer((json_int_t)n));
}

static int
greedy(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx), *payload = hospes_get(input, "payload");
	const char *callee = hospes_text(input, "callee");
	int64_t n = hospes_int(input, "n");
	hospes_op **ops = n < 1 || n > 100000 ? NULL : calloc((size_t)n, sizeof(hospes_op *));
	int rc;

	if (ops == NULL || callee == NULL || payload == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee, payload and n up to 100,000");
	rc = each(ctx, callee, payload, (size_t)n, ops);
	free(ops);
	return rc;
}

HOSPES_AGENT("bench-greedy", "1.0.0", "Many calls at once", greedy)
HOSPES_NEEDS("call:bench-*")
