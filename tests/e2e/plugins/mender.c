/*
 * mender, senior, stubborn: {text, quotes: [...], confidence?, sure?, source?}: claims each quote and says where in the text it stands, or
 * at 0 where it does not.  Asked again it leaves out what was found to be wrong, and is as sure as {sure}; told by a human to
 * say something, it says that.  stubborn says the same again.  With {source: false} it names no source.
 */

#include <string.h>

#include <hospes.h>

#ifndef NAME
#define NAME "mender"
#endif
#ifndef STUBBORN
#define STUBBORN 0
#endif

#define DIGEST "0000000000000000000000000000000000000000000000000000000000000000"

static bool
was_wrong(const hospes_value *findings, size_t nth)
{
	json_t *one;
	size_t i;

	if (findings == NULL || STUBBORN)
		return false;
	json_array_foreach(hospes_json(findings), i, one)
	{
		if (json_is_integer(json_object_get(one, "claim")) &&
		    json_integer_value(json_object_get(one, "claim")) == (json_int_t)nth)
			return true;
	}
	return false;
}

/* What a human said of the reply before, or NULL. */
static const char *
words(const hospes_value *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings == NULL ? NULL : hospes_json(findings), i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "check")), "review") == 0)
			return json_string_value(json_object_get(one, "why"));
	}
	return NULL;
}

static int
claim(hospes_ctx *ctx, hospes_evidence *evidence, const char *text, const char *quote)
{
	const char *at = strstr(text, quote);
	hospes_source source = {.document = "the text", .digest = DIGEST, .quote = quote};
	int rc = hospes_evidence_claim(evidence, quote, true);

	source.from = at == NULL ? 0 : (size_t)(at - text);
	source.to = source.from + strlen(quote);
	if (rc != 0 || json_is_false(hospes_json(hospes_get(hospes_input(ctx), "source"))))
		return rc;
	return hospes_evidence_source(evidence, &source);
}

static int
mender(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx), *findings = hospes_findings(ctx);
	json_t *quotes = hospes_json(hospes_get(input, "quotes")), *quote;
	const char *text = hospes_text(input, "text"), *said = words(findings);
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	double confidence = hospes_get(input, "confidence") != NULL ? hospes_real(input, "confidence") : 1;
	size_t i;
	int rc = 0;

	if (text == NULL || !json_is_array(quotes))
		return hospes_fail(ctx, HOSPES_EINPUT, "expected {\"text\", \"quotes\": []}");
	json_array_foreach(quotes, i, quote)
	{
		if (rc == 0 && !was_wrong(findings, i))
			rc = claim(ctx, evidence, text, json_string_value(quote));
	}
	if (rc == 0 && said != NULL && strstr(text, said) != NULL)
		rc = claim(ctx, evidence, text, said);
	if (rc != 0)
		return rc;
	if (findings != NULL && !STUBBORN && hospes_get(input, "sure") != NULL)
		confidence = hospes_real(input, "sure");
	hospes_confidence(ctx, confidence);
	return hospes_reply(ctx, hospes_evidence_json(evidence, confidence));
}

HOSPES_AGENT(NAME, "1.0.0", "Mends what was found to be wrong", mender)
HOSPES_CAPABILITY("witness.mended")
