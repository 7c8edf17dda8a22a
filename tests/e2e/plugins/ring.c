/*
 * ring-0000: hands its input to ring-0001.  A scenario writes other names over both in the built file (ring_made in lib.sh):
 * so a ring of any size costs one compilation.
 *
 * {"missing": NAME, "instead": OTHER}: the one of that name asks an agent that there is not, and falls back to OTHER.
 * {"stubborn": true}: asks again and again, whatever it is told.
 */

#include <string.h>

#include <hospes.h>

static int
ring(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *missing = hospes_text(input, "missing"), *instead = hospes_text(input, "instead");
	hospes_value *said;
	int rc;

	if (missing != NULL && instead != NULL && strcmp(missing, "ring-0000") == 0) {
		rc = hospes_call(ctx, "ring-none", input, &said);
		if (rc != 0)
			rc = hospes_call(ctx, instead, input, &said);
	} else {
		do
			rc = hospes_call(ctx, "ring-0001", input, &said);
		while (rc == HOSPES_ECYCLE && hospes_flag(input, "stubborn"));
	}
	return rc != 0 ? rc : hospes_reply_value(ctx, said);
}

HOSPES_AGENT("ring-0000", "1.0.0", "One of a ring", ring)
HOSPES_NEEDS("call:*")
