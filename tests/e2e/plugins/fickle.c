/*
 * fickle: does as it is told by `do`: ok (also by nothing), fail, bad_input, crash, spin (for ever), sleep (as fixtures/nap.h
 * says), call (`callee`, with `input`, and hands its failure on).  Where `whom` names somebody else it does nothing but answer.
 * Replies {"who": its name}.  Flavours: NAME, SEMVER, PRICE, OFFERS.
 */

#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#include "../../fixtures/nap.h"

#ifndef NAME
#define NAME  "fickle"
#define PRICE "400000"
#endif
#ifndef SEMVER
#define SEMVER "1.0.0"
#endif

static int
act(hospes_ctx *ctx, const hospes_value *input, const char *what)
{
	volatile unsigned long turns = 0;
	hospes_value *said;

	if (strcmp(what, "fail") == 0)
		return hospes_fail(ctx, HOSPES_EFAILED, "as it was told");
	if (strcmp(what, "bad_input") == 0)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected something else");
	if (strcmp(what, "crash") == 0)
		abort();
	while (strcmp(what, "spin") == 0)
		turns++;
	if (strcmp(what, "sleep") == 0)
		return nap(ctx, input);
	if (strcmp(what, "call") == 0)
		return hospes_call(ctx, hospes_text(input, "callee"), hospes_get(input, "input"), &said);
	return 0;
}

static int
fickle(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *what = hospes_text(input, "do"), *whom = hospes_text(input, "whom");
	int rc = what == NULL || (whom != NULL && strcmp(whom, NAME) != 0) ? 0 : act(ctx, input, what);

	return rc != 0 ? rc : hospes_reply(ctx, json_pack("{s:s}", "who", NAME));
}

HOSPES_AGENT(NAME, SEMVER, "Fails when it is told to", fickle)
HOSPES_PRICE(PRICE)
HOSPES_NEEDS("call:*")
#ifdef OFFERS
HOSPES_CAPABILITY(OFFERS)
#endif
