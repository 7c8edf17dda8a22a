/* bench-toil: counts `turns` down, then replies its input.  bench-toil-few is the same, of which few run at a time. */

#include <hospes.h>

static int
toil(hospes_ctx *ctx)
{
	volatile uint64_t turns = (uint64_t)hospes_int(hospes_input(ctx), "turns");

	while (turns > 0)
		turns--;
	return hospes_reply_value(ctx, hospes_input(ctx));
}

HOSPES_AGENT("bench-toil" SUFFIX, "1.0.0", "Computes", toil)
