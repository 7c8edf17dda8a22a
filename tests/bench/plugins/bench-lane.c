/* bench-lane: calls `callee` `rounds` times, one after the other, with `payload`; bench-lanes has `lanes` of them at once. */

#include <hospes.h>

#define LANES_MAX 1000

static int
lane(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx), *payload = hospes_get(input, "payload");
	const char *callee = hospes_text(input, "callee");

	if (callee == NULL || payload == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee and payload");
	for (int64_t i = hospes_int(input, "rounds"); i > 0; i--) {
		hospes_value *said;
		int rc = hospes_call(ctx, callee, payload, &said);

		if (rc != 0)
			return rc;
	}
	return hospes_reply(ctx, json_integer(1));
}

#ifdef BENCH_LANES
static int
lanes(hospes_ctx *ctx)
{
	int64_t n = hospes_int(hospes_input(ctx), "lanes");
	const char *targets[LANES_MAX];
	hospes_value *said[LANES_MAX];
	int rc;

	if (n < 1 || n > LANES_MAX)
		return lane(ctx);
	for (int64_t i = 0; i < n; i++)
		targets[i] = "bench-lane";
	rc = hospes_call_all(ctx, (size_t)n, targets, hospes_input(ctx), said);
	return rc != 0 ? rc : hospes_reply(ctx, json_integer((json_int_t)n));
}

HOSPES_STRATEGY("bench-lanes", "1.0.0", "Lanes of the bench", lanes)
#else
HOSPES_AGENT("bench-lane", "1.0.0", "A lane of the bench", lane)
#endif
HOSPES_NEEDS("call:bench-*")
