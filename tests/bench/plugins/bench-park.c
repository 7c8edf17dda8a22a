/*
 * bench-park: a call that waits for `ms` milliseconds, as one that waits for a model or a human does.
 *
 * bench-fan starts `n` of them at once and waits for each; bench-fans starts `fans` of those.
 */

#include <hospes.h>

#if defined(BENCH_FAN) || defined(BENCH_FANS)
#include <stdlib.h>

static int
each(hospes_ctx *ctx, const char *callee, size_t n, hospes_op **ops)
{
	json_int_t ended = 0;

	for (size_t i = 0; i < n; i++) {
		ops[i] = hospes_start(ctx, callee, hospes_input(ctx), NULL);
		if (ops[i] == NULL)
			return hospes_status(ctx);
	}
	for (size_t i = 0; i < n; i++) {
		hospes_value *said;
		int rc = hospes_wait(ops[i], &said);

		if (rc != 0)
			return rc;
		ended += json_integer_value(hospes_json(said));
		hospes_release(said);
	}
	return hospes_reply(ctx, json_integer(ended));
}

static int
fan(hospes_ctx *ctx, const char *callee, int64_t n)
{
	hospes_op **ops = n < 0 || n > 100000 ? NULL : calloc((size_t)n + 1, sizeof(hospes_op *));
	int rc;

	if (ops == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected a number of calls up to 100,000");
	rc = each(ctx, callee, (size_t)n, ops);
	free(ops);
	return rc;
}
#endif

#ifdef BENCH_FANS
static int
fans(hospes_ctx *ctx)
{
	return fan(ctx, "bench-fan", hospes_int(hospes_input(ctx), "fans"));
}

HOSPES_AGENT("bench-fans", "1.0.0", "Fans of calls that wait", fans)
HOSPES_NEEDS("call:bench-fan")
#elif defined(BENCH_FAN)
static int
parks(hospes_ctx *ctx)
{
	return fan(ctx, "bench-park", hospes_int(hospes_input(ctx), "n"));
}

HOSPES_AGENT("bench-fan", "1.0.0", "Many calls that wait", parks)
HOSPES_NEEDS("call:bench-park")
#else
static int
park(hospes_ctx *ctx)
{
	int rc = hospes_sleep(ctx, hospes_int(hospes_input(ctx), "ms") * 1000000);

	return rc != 0 ? rc : hospes_reply(ctx, json_integer(1));
}

HOSPES_AGENT("bench-park", "1.0.0", "A call that waits", park)
#endif
