/* bench-lane: calls `callee` `rounds` times, one after the other, with `payload`. */

#include <hospes.h>

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
		hospes_release(said);
	}
	return hospes_reply(ctx, json_integer(1));
}

HOSPES_AGENT("bench-lane", "1.0.0", "A lane of the bench", lane)
HOSPES_NEEDS("call:bench-*")
