/*
 * demo-ping and demo-pong: two agents that each think the other knows better.
 *
 * Built twice from this file.  Left alone they would hand the question back and forth until the money is gone.
 */

#include <hospes.h>

#ifdef PONG
#define ME    "demo-pong"
#define OTHER "demo-ping"
#else
#define ME    "demo-ping"
#define OTHER "demo-pong"
#endif

static int
delegate(hospes_ctx *ctx)
{
	hospes_value *said;
	int rc = hospes_call(ctx, OTHER, hospes_input(ctx), &said);

	return rc != 0 ? rc : hospes_reply_value(ctx, said);
}

HOSPES_AGENT(ME, "1.0.0", "Delegates to " OTHER, delegate)
HOSPES_NEEDS("call:" OTHER)
HOSPES_PRICE("100000")
