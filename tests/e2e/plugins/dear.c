/* dear: replies its input, for a cent. */

#include <hospes.h>

static int
dear(hospes_ctx *ctx)
{
	return hospes_reply_value(ctx, hospes_input(ctx));
}

HOSPES_AGENT("dear", "1.0.0", "Says what it was told, for a cent", dear)
HOSPES_PRICE("10000")
