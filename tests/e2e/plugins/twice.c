/* twice: calls `callee` with `input`, naps (fixtures/nap.h), calls it again; replies both answers. */

#include <hospes.h>

#include "../../fixtures/nap.h"

static int
twice(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx), *what = hospes_get(input, "input");
	const char *callee = hospes_text(input, "callee");
	hospes_value *first, *second;
	int rc;

	if (callee == NULL || what == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee and input");
	rc = hospes_call(ctx, callee, what, &first);
	if (rc == 0)
		rc = nap(ctx, input);
	if (rc == 0)
		rc = hospes_call(ctx, callee, what, &second);
	if (rc != 0)
		return rc;
	return hospes_reply(ctx, json_pack("{s:O s:O}", "first", hospes_json(first), "second", hospes_json(second)));
}

HOSPES_STRATEGY("twice", "1.0.0", "Calls an agent, waits, calls it again", twice)
HOSPES_NEEDS("call:*")
