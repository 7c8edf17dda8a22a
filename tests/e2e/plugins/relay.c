/*
 * relay, relay-1 ... relay-4: each looks at the clock, draws a number, sleeps `ms`, has the next do the same, sleeps again and
 * replies the names and versions from itself downwards.
 */

#include <hospes.h>

#ifndef SEMVER
#define SEMVER "1.0.0"
#endif

static int
relay(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	int64_t ns = hospes_int(input, "ms") * 1000000;
	json_t *path = json_pack("[s]", NAME " " SEMVER);
	uint64_t drawn;
	int rc = hospes_random(ctx, &drawn, sizeof(drawn));

	if (rc == 0 && hospes_now_ns(ctx) > 0)
		rc = hospes_sleep(ctx, ns + (int64_t)(drawn % 1000));
#ifdef NEXT
	if (rc == 0) {
		hospes_value *below = NULL;

		rc = hospes_call(ctx, NEXT, input, &below);
		if (rc == 0)
			json_array_extend(path, (json_t *)(uintptr_t)hospes_json(below));
	}
#endif
	if (rc == 0)
		rc = hospes_sleep(ctx, ns);
	return rc != 0 ? rc : hospes_reply(ctx, path);
}

HOSPES_AGENT(NAME, SEMVER, "Passes it on and sleeps", relay)
#ifdef NEXT
HOSPES_NEEDS("call:" NEXT)
#endif
