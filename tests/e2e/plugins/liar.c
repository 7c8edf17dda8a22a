/*
 * liar-1 ... liar-4, honest: {text}: claims ten things of the text, each with a quote of it, of which a liar makes one up; before
 * that it asks the one below for its claims, and makes them its own.  liar-4 asks liar-3, and so on; honest asks liar-2, as liar-3
 * does.  Told what was wrong with its reply, it leaves that out; liar-3 is STUBBORN and says the same again.
 */

#include <stdio.h>
#include <string.h>

#include <hospes.h>

#ifndef NAME
#define NAME "liar-1"
#endif
#ifndef LIES
#define LIES 1
#endif
#ifndef STUBBORN
#define STUBBORN 0
#endif

#define CLAIMS 10
#define QUOTE  12 /* bytes of one */
#define DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

/* Was the claim with this number refused? */
static bool
was_wrong(hospes_ctx *ctx, size_t nth)
{
	const hospes_value *findings = STUBBORN ? NULL : hospes_findings(ctx);
	json_t *one;
	size_t i;

	if (findings == NULL)
		return false;
	json_array_foreach(hospes_json(findings), i, one)
	{
		if (json_integer_value(json_object_get(one, "claim")) == (json_int_t)nth)
			return true;
	}
	return false;
}

static int
add(hospes_ctx *ctx, hospes_evidence *evidence, size_t *nth, const char *text, const hospes_source *source)
{
	int rc;

	if (was_wrong(ctx, (*nth)++))
		return 0;
	rc = hospes_evidence_claim(evidence, text, true);
	return rc != 0 ? rc : hospes_evidence_source(evidence, source);
}

/* Ten pieces of the text, of which the last is another one. */
static int
own_claims(hospes_ctx *ctx, hospes_evidence *evidence, size_t *nth, const char *text)
{
	int rc = 0;

	for (size_t i = 0; i < CLAIMS && rc == 0; i++) {
		char quote[QUOTE + 1] = "", claim[64];
		bool lie = LIES && i == CLAIMS - 1;
		hospes_source source = {
		    .document = "the text", .digest = DIGEST, .from = i * QUOTE, .to = (i + 1) * QUOTE, .quote = quote};

		memcpy(quote, lie ? "it was never" : text + i * QUOTE, QUOTE);
		snprintf(claim, sizeof(claim), "%s %zu: %s", NAME, i, lie ? "invented" : "true");
		rc = add(ctx, evidence, nth, claim, &source);
	}
	return rc;
}

static int
claims_from_below(hospes_ctx *ctx, hospes_evidence *evidence, size_t *nth)
{
	int rc = 0;
#ifdef NEXT
	const hospes_claim *claims;
	hospes_value *said;
	size_t n;

	rc = hospes_call(ctx, NEXT, hospes_input(ctx), &said);
	if (rc != 0)
		return rc;
	n = hospes_evidence_claims(hospes_evidence_read(ctx, said), &claims);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add(ctx, evidence, nth, claims[i].text, &claims[i].sources[0]);
#else
	(void)ctx, (void)evidence, (void)nth;
#endif
	return rc;
}

static int
liar(hospes_ctx *ctx)
{
	const char *text = hospes_text(hospes_input(ctx), "text");
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	size_t nth = 0;
	int rc;

	if (text == NULL || strlen(text) < CLAIMS * QUOTE)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected a text of at least %d bytes", CLAIMS * QUOTE);
	rc = claims_from_below(ctx, evidence, &nth);
	if (rc == 0)
		rc = own_claims(ctx, evidence, &nth, text);
	return rc != 0 ? rc : hospes_reply(ctx, hospes_evidence_json(evidence, 0.9));
}

HOSPES_AGENT(NAME, "1.0.0", "Claims ten things, nine of which are true", liar)
#ifdef NEXT
HOSPES_NEEDS("call:" NEXT)
#endif
