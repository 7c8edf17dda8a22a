/* demo-poll: asks those whom its input names {"voters": [...]}, and a chair where they are of two minds; replies the outcome. */

#include <hospes.h>

#define MS     INT64_C(1000000)
#define VOTERS 16

static int
poll(hospes_ctx *ctx)
{
	const char *voters[VOTERS], *const options[] = {"publish", "wait", NULL};
	const json_t *named = hospes_json(hospes_get(hospes_input(ctx), "voters")), *one;
	hospes_value *outcome;
	size_t i, n = 0;
	int rc;

	json_array_foreach(named, i, one)
	{
		if (n < VOTERS)
			voters[n++] = json_string_value(one);
	}
	rc = hospes_poll(ctx, "Is the brief good enough to be published?", n, voters, options,
	    HOSPES_POLL(.timeout_ns = hospes_int(hospes_input(ctx), "ms") * MS, .tie_breaker = "demo-chair"), &outcome);
	return rc != 0 ? rc : hospes_reply_value(ctx, outcome);
}

HOSPES_STRATEGY("demo-poll", "1.0.0", "Holds the poll of the tour", poll)
HOSPES_NEEDS("call:*")
