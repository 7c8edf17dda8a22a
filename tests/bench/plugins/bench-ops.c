/* bench-ops: asks for the time `ops` times, says so, then sleeps `ms` `naps` times. */

#include <time.h>

#include <hospes.h>

static int
ops(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	struct timespec t;

	for (int64_t i = hospes_int(input, "ops"); i > 0; i--) {
		if (clock_gettime(CLOCK_REALTIME, &t) != 0)
			return hospes_fail(ctx, HOSPES_EFAILED, "there is no time");
	}
	hospes_progress(ctx, 0.5, "they are made");
	for (int64_t i = hospes_int(input, "naps"); i > 0; i--) {
		int rc = hospes_sleep(ctx, hospes_int(input, "ms") * 1000000);

		if (rc != 0)
			return rc;
	}
	return hospes_reply(ctx, json_integer(1));
}

HOSPES_AGENT("bench-ops", "1.0.0", "Ops of the bench", ops)
