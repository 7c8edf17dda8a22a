/*
 * Evidence: claims with their sources, built by those who say something and read by those who check it.
 *
 * All texts are copied into the call's memory, so that a source may be filled from buffers that change.  What is read is
 * held against the form member by member, since it may come from anybody: the sentence names the member that has another.
 * Whether a quote really stands where it is said to stand is not looked at here; that is what checks are for.
 */

#include <stdio.h>
#include <string.h>

#include "ctx.h"

#define EVIDENCE_CLAIMS  10000u
#define EVIDENCE_SOURCES 1000u /* of one claim */
#define EVIDENCE_DIGEST  64u
#define EVIDENCE_MEMBER  96 /* bytes of "claims[9999].sources[999].document" */
#define EVIDENCE_FIRST   8u /* room for so many at first; doubled from then on */

struct hospes_evidence {
	struct hospes_ctx *ctx;
	struct hospes_claim *claims;
	size_t n, room;
	struct hospes_source *sources; /* of the claim that was added last */
	size_t sources_room;
	double confidence;
};

/* ---- Building ---------------------------------------------------------------------------------------------------- */

/* An array for one more than the `n` entries of `size` bytes that it has; NULL when out of memory.  What it outgrew stays
 * with the call. */
static void *
evidence_grow(struct hospes_ctx *ctx, void *entries, size_t n, size_t *room, size_t size)
{
	size_t more = *room == 0 ? EVIDENCE_FIRST : *room * 2;
	void *grown;

	if (n < *room)
		return entries;
	grown = ctx_alloc(ctx, more * size);
	if (grown == NULL)
		return NULL;
	if (n > 0)
		memcpy(grown, entries, n * size);
	*room = more;
	return grown;
}

static int
evidence_no_memory(struct hospes_ctx *ctx)
{
	return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for more evidence");
}

/* Is it a text that JSON can hold? */
static bool
evidence_is_text(const char *text)
{
	json_t *json = text == NULL ? NULL : json_string(text);

	json_decref(json);
	return json != NULL;
}

/* 0, or the status when `evidence` is none or is used in the wrong place. */
static int
evidence_check(const struct hospes_evidence *evidence, const char *function)
{
	struct hospes_ctx *ctx = hospes_runtime.current;

	if (ctx != NULL && evidence == NULL)
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "%s was given no evidence; make it with hospes_evidence_new", function);
	return ctx_check(evidence == NULL ? NULL : evidence->ctx, function);
}

static struct hospes_evidence *
evidence_new(struct hospes_ctx *ctx)
{
	struct hospes_evidence *evidence = ctx_alloc(ctx, sizeof(*evidence));

	if (evidence == NULL) {
		(void)evidence_no_memory(ctx);
		return NULL;
	}
	*evidence = (struct hospes_evidence){.ctx = ctx, .confidence = 1};
	return evidence;
}

/* Adds a claim whose text is known to be one. */
static int
evidence_add_claim(struct hospes_evidence *evidence, const char *text, bool critical)
{
	struct hospes_ctx *ctx = evidence->ctx;
	struct hospes_claim *claims;

	if (evidence->n == EVIDENCE_CLAIMS)
		return ctx_fail(ctx, HOSPES_ETOOLARGE,
		    "there are %u claims already, which is as many as there may be; claim less, or in several replies",
		    EVIDENCE_CLAIMS);
	claims = evidence_grow(ctx, evidence->claims, evidence->n, &evidence->room, sizeof(*claims));
	text = claims == NULL ? NULL : ctx_copy(ctx, text, strlen(text));
	if (text == NULL)
		return evidence_no_memory(ctx);
	evidence->claims = claims;
	claims[evidence->n++] = (struct hospes_claim){.text = text, .critical = critical};
	evidence->sources = NULL;
	evidence->sources_room = 0;
	return 0;
}

static int
evidence_add_source(struct hospes_evidence *evidence, const struct hospes_source *source)
{
	struct hospes_ctx *ctx = evidence->ctx;
	struct hospes_claim *claim = &evidence->claims[evidence->n - 1];
	struct hospes_source copy = *source, *sources;

	if (claim->n_sources == EVIDENCE_SOURCES)
		return ctx_fail(ctx, HOSPES_ETOOLARGE,
		    "the claim has %u sources already, which is as many as it may have; give the best of them",
		    EVIDENCE_SOURCES);
	sources = evidence_grow(ctx, evidence->sources, claim->n_sources, &evidence->sources_room, sizeof(*sources));
	if (sources == NULL)
		return evidence_no_memory(ctx);
	copy.document = ctx_copy(ctx, source->document, strlen(source->document));
	copy.digest = ctx_copy(ctx, source->digest, strlen(source->digest));
	copy.quote = ctx_copy(ctx, source->quote, strlen(source->quote));
	if (copy.document == NULL || copy.digest == NULL || copy.quote == NULL)
		return evidence_no_memory(ctx);
	sources[claim->n_sources++] = copy;
	evidence->sources = sources;
	claim->sources = sources;
	return 0;
}

/* ---- What a source has to be ------------------------------------------------------------------------------------- */

static bool
evidence_is_digest(const char *digest)
{
	return strlen(digest) == EVIDENCE_DIGEST && strspn(digest, "0123456789abcdef") == EVIDENCE_DIGEST;
}

/* 0, or bad_input with a sentence that begins with the member, which stands below `at`. */
static int
evidence_check_source(struct hospes_ctx *ctx, const char *at, const struct hospes_source *source)
{
	if (!evidence_is_digest(source->digest))
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "%s.digest: expected 64 hexadecimal digits in lower case, found \"%.80s\"", at, source->digest);
	if (source->from > source->to)
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "%s.to: expected the end of the bytes from %zu on, found %zu, which is before them", at,
		    source->from, source->to);
	return 0;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static const char *
evidence_what(const json_t *json)
{
	static const char *const names[] = {
	    [JSON_OBJECT] = "an object",
	    [JSON_ARRAY] = "an array",
	    [JSON_STRING] = "a text",
	    [JSON_INTEGER] = "a whole number",
	    [JSON_REAL] = "a number with a fraction",
	    [JSON_TRUE] = "true",
	    [JSON_FALSE] = "false",
	    [JSON_NULL] = "null",
	};

	return json == NULL ? "nothing" : names[json_typeof(json)];
}

static int
evidence_wrong(struct hospes_ctx *ctx, const char *at, const char *member, const char *expected, const json_t *found)
{
	return ctx_fail(ctx, HOSPES_EINPUT, "%s%s%s: expected %s, found %s", at, at[0] == '\0' ? "" : ".", member,
	    expected, evidence_what(found));
}

/* [the texts of `object` stay its own] */
static int
evidence_read_text(struct hospes_ctx *ctx, const char *at, const json_t *object, const char *member, const char **ret)
{
	json_t *json = json_object_get(object, member);

	if (!json_is_string(json))
		return evidence_wrong(ctx, at, member, "a text", json);
	if (strlen(json_string_value(json)) != json_string_length(json))
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "%s.%s: expected a text, found one with a zero byte in it", at, member);
	*ret = json_string_value(json);
	return 0;
}

static int
evidence_read_bytes(struct hospes_ctx *ctx, const char *at, const json_t *object, const char *member, size_t *ret)
{
	json_t *json = json_object_get(object, member);

	if (!json_is_integer(json))
		return evidence_wrong(ctx, at, member, "a number of bytes", json);
	if (json_integer_value(json) < 0)
		return ctx_fail(ctx, HOSPES_EINPUT, "%s.%s: expected a number of bytes, found %" JSON_INTEGER_FORMAT,
		    at, member, json_integer_value(json));
	*ret = (size_t)json_integer_value(json);
	return 0;
}

static int
evidence_read_source(struct hospes_evidence *evidence, const char *at, const json_t *json)
{
	struct hospes_ctx *ctx = evidence->ctx;
	struct hospes_source source = {.document = "", .digest = "", .quote = ""};
	int rc;

	if (!json_is_object(json))
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "%s: expected {\"document\", \"digest\", \"from\", \"to\", \"quote\"}, "
		    "found %s",
		    at, evidence_what(json));
	rc = evidence_read_text(ctx, at, json, "document", &source.document);
	if (rc == 0)
		rc = evidence_read_text(ctx, at, json, "digest", &source.digest);
	if (rc == 0)
		rc = evidence_read_bytes(ctx, at, json, "from", &source.from);
	if (rc == 0)
		rc = evidence_read_bytes(ctx, at, json, "to", &source.to);
	if (rc == 0)
		rc = evidence_read_text(ctx, at, json, "quote", &source.quote);
	if (rc == 0)
		rc = evidence_check_source(ctx, at, &source);
	return rc != 0 ? rc : evidence_add_source(evidence, &source);
}

static int
evidence_read_claim(struct hospes_evidence *evidence, size_t nth, const json_t *json)
{
	struct hospes_ctx *ctx = evidence->ctx;
	json_t *critical = json_object_get(json, "critical"), *sources = json_object_get(json, "sources"), *source;
	char at[EVIDENCE_MEMBER];
	const char *text = "";
	size_t i;
	int rc;

	(void)snprintf(at, sizeof(at), "claims[%zu]", nth);
	if (!json_is_object(json))
		return ctx_fail(ctx, HOSPES_EINPUT, "%s: expected {\"text\", \"critical\", \"sources\"}, found %s", at,
		    evidence_what(json));
	rc = evidence_read_text(ctx, at, json, "text", &text);
	if (rc != 0)
		return rc;
	if (!json_is_boolean(critical))
		return evidence_wrong(ctx, at, "critical", "true or false", critical);
	if (!json_is_array(sources))
		return evidence_wrong(ctx, at, "sources", "an array", sources);
	if (json_array_size(sources) > EVIDENCE_SOURCES)
		return ctx_fail(ctx, HOSPES_ETOOLARGE, "%s.sources: expected %u at most, found %zu", at,
		    EVIDENCE_SOURCES, json_array_size(sources));
	rc = evidence_add_claim(evidence, text, json_is_true(critical));
	json_array_foreach(sources, i, source)
	{
		if (rc != 0)
			break;
		(void)snprintf(at, sizeof(at), "claims[%zu].sources[%zu]", nth, i);
		rc = evidence_read_source(evidence, at, source);
	}
	return rc;
}

static int
evidence_read(struct hospes_evidence *evidence, const json_t *json)
{
	struct hospes_ctx *ctx = evidence->ctx;
	json_t *claims = json_object_get(json, "claims"), *confidence = json_object_get(json, "confidence"), *claim;
	int rc = 0;
	size_t i;

	if (!json_is_array(claims))
		return evidence_wrong(ctx, "", "claims", "an array", claims);
	if (json_array_size(claims) > EVIDENCE_CLAIMS)
		return ctx_fail(ctx, HOSPES_ETOOLARGE, "claims: expected %u at most, found %zu", EVIDENCE_CLAIMS,
		    json_array_size(claims));
	if (confidence != NULL && !json_is_number(confidence))
		return evidence_wrong(ctx, "", "confidence", "a number from 0 to 1", confidence);
	if (confidence != NULL)
		evidence->confidence = json_number_value(confidence);
	if (!(evidence->confidence >= 0 && evidence->confidence <= 1))
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "confidence: expected a number from 0 to 1, found %g", evidence->confidence);
	json_array_foreach(claims, i, claim)
	{
		if (rc == 0)
			rc = evidence_read_claim(evidence, i, claim);
	}
	return rc;
}

/* ---- The functions of hospes.h ----------------------------------------------------------------------------------- */

hospes_evidence *
hospes_evidence_new(hospes_ctx *ctx)
{
	return ctx_check(ctx, "hospes_evidence_new") == 0 ? evidence_new(ctx) : NULL;
}

int
hospes_evidence_claim(hospes_evidence *evidence, const char *text, bool critical)
{
	int rc = evidence_check(evidence, "hospes_evidence_claim");

	if (rc != 0)
		return rc;
	if (!evidence_is_text(text))
		return ctx_fail(evidence->ctx, HOSPES_EINPUT, "claims[%zu].text: expected a text in UTF-8, found %s",
		    evidence->n, text == NULL ? "NULL" : "other bytes");
	return evidence_add_claim(evidence, text, critical);
}

int
hospes_evidence_source(hospes_evidence *evidence, const hospes_source *source)
{
	int rc = evidence_check(evidence, "hospes_evidence_source");
	char at[EVIDENCE_MEMBER];

	if (rc != 0)
		return rc;
	if (evidence->n == 0 || source == NULL)
		return ctx_fail(evidence->ctx, HOSPES_EINPUT, "hospes_evidence_source was given %s; %s",
		    source == NULL ? "no source" : "a source for no claim",
		    source == NULL ? "fill a hospes_source" : "add the claim first, with hospes_evidence_claim");
	(void)snprintf(
	    at, sizeof(at), "claims[%zu].sources[%zu]", evidence->n - 1, evidence->claims[evidence->n - 1].n_sources);
	if (!evidence_is_text(source->document) || source->digest == NULL || !evidence_is_text(source->quote))
		return ctx_fail(evidence->ctx, HOSPES_EINPUT,
		    "%s: expected document, digest and quote as texts in UTF-8, found NULL or other bytes", at);
	rc = evidence_check_source(evidence->ctx, at, source);
	return rc != 0 ? rc : evidence_add_source(evidence, source);
}

hospes_evidence *
hospes_evidence_read(hospes_ctx *ctx, const hospes_value *value)
{
	struct hospes_evidence *evidence = hospes_evidence_new(ctx);
	json_t *json = hospes_json(value);

	if (evidence == NULL)
		return NULL;
	if (!json_is_object(json)) {
		(void)ctx_fail(ctx, HOSPES_EINPUT, "evidence: expected {\"claims\", \"confidence\"}, found %s",
		    value != NULL && json == NULL ? "no JSON" : evidence_what(json));
		return NULL;
	}
	return evidence_read(evidence, json) == 0 ? evidence : NULL;
}

size_t
hospes_evidence_claims(const hospes_evidence *evidence, const hospes_claim **ret)
{
	if (evidence == NULL)
		return 0;
	if (ret != NULL)
		*ret = evidence->claims;
	return evidence->n;
}

double
hospes_evidence_confidence(const hospes_evidence *evidence)
{
	return evidence == NULL ? 0 : evidence->confidence;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static json_t *
evidence_sources_json(const struct hospes_claim *claim)
{
	json_t *sources = json_array();

	for (size_t i = 0; i < claim->n_sources; i++) {
		const struct hospes_source *source = &claim->sources[i];
		json_t *json =
		    json_pack("{s:s s:s s:I s:I s:s}", "document", source->document, "digest", source->digest, "from",
			(json_int_t)source->from, "to", (json_int_t)source->to, "quote", source->quote);

		if (json == NULL || json_array_append_new(sources, json) != 0) {
			json_decref(sources);
			return NULL;
		}
	}
	return sources;
}

json_t *
hospes_evidence_json(const hospes_evidence *evidence, double confidence)
{
	json_t *claims, *json;

	if (evidence_check(evidence, "hospes_evidence_json") != 0)
		return NULL;
	claims = json_array();
	for (size_t i = 0; claims != NULL && i < evidence->n; i++) {
		const struct hospes_claim *claim = &evidence->claims[i];

		json = json_pack("{s:s s:b s:o}", "text", claim->text, "critical", (int)claim->critical, "sources",
		    evidence_sources_json(claim));
		if (json == NULL || json_array_append_new(claims, json) != 0) {
			json_decref(claims);
			claims = NULL;
		}
	}
	/* Written so that a NaN becomes 0. */
	confidence = confidence > 1 ? 1 : confidence >= 0 ? confidence : 0;
	json = claims == NULL ? NULL : json_pack("{s:o s:f}", "claims", claims, "confidence", confidence);
	if (json == NULL)
		(void)evidence_no_memory(evidence->ctx);
	return json;
}
