/* crowd: starts `n` calls of `callee` at once with `input`, waits for each, and replies how many ended well. */

#include <stdlib.h>

#include <hospes.h>

#define MOST 20000

static int
crowd(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *callee = hospes_text(input, "callee");
	int64_t n = hospes_int(input, "n");
	hospes_op **ops;
	json_int_t well = 0;

	if (callee == NULL || n < 1 || n > MOST)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee, and n from 1 to %d", MOST);
	ops = calloc((size_t)n, sizeof(hospes_op *));
	for (int64_t i = 0; ops != NULL && i < n; i++)
		ops[i] = hospes_start(ctx, callee, hospes_get(input, "input"), NULL);
	for (int64_t i = 0; ops != NULL && i < n; i++)
		well += ops[i] != NULL && hospes_wait(ops[i], NULL) == 0;
	free(ops);
	return hospes_reply(ctx, json_integer(well));
}

HOSPES_STRATEGY("crowd", "1.0.0", "Many calls of one agent at once", crowd)
HOSPES_NEEDS("call:*")
