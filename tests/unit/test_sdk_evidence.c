/*
 * Evidence and early release, as a handler sees them.
 */

#include "sdk_world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGEST "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
#define SOURCE "{\"document\":\"GPL-3\",\"digest\":\"" DIGEST "\",\"from\":10,\"to\":14,\"quote\":\"must\"}"

/* ---- Building ---------------------------------------------------------------------------------------------------- */

static int
builds(hospes_ctx *ctx)
{
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	char quote[8] = "must";
	hospes_source source = {.document = "GPL-3", .digest = DIGEST, .from = 10, .to = 14, .quote = quote};
	json_t *json;

	(void)hospes_evidence_claim(evidence, "one \"says\" so", true);
	(void)hospes_evidence_source(evidence, &source);
	memcpy(quote, "may!", 4); /* it was copied */
	(void)hospes_evidence_source(evidence, &source);
	(void)hospes_evidence_claim(evidence, "nobody says so", false);
	json = hospes_evidence_json(evidence, 1.5);
	json_object_set_new(json, "answer", json_string("found"));
	return hospes_reply(ctx, json);
}

static void
test_what_is_built_has_the_form(void **state)
{
	(void)state;
	host_start(&host, builds, 1);
	host_call(&host, 1, "{}", "1");
	host_expect_reply(&host, 1, 0,
	    "{\"claims\":[{\"text\":\"one \\\"says\\\" so\",\"critical\":true,\"sources\":[" SOURCE
	    ",{\"document\":\"GPL-3\",\"digest\":\"" DIGEST "\",\"from\":10,\"to\":14,\"quote\":\"may!\"}]},{\"text\":"
							    "\"nobody says so\",\"critical\":false,\"sources\":[]}],"
	    "\"confidence\":1.0,\"answer\":\"found\"}");
	host_stop(&host);
}

/* Adds, as the input says, one thing that cannot be. */
static int
builds_wrong(hospes_ctx *ctx)
{
	const char *what = json_string_value(hospes_json(hospes_input(ctx)));
	hospes_evidence *evidence = hospes_evidence_new(ctx);
	hospes_source source = {.document = "d", .digest = DIGEST, .from = 10, .to = 14, .quote = "must"};

	if (strcmp(what, "no claim") == 0)
		return hospes_evidence_source(evidence, &source);
	if (strcmp(what, "no evidence") == 0)
		return hospes_evidence_claim(NULL, "x", true);
	if (strcmp(what, "latin") == 0)
		return hospes_evidence_claim(evidence, "caf\xe9", true);
	(void)hospes_evidence_claim(evidence, "a", true);
	if (strcmp(what, "digest") == 0)
		source.digest = "ABC";
	else if (strcmp(what, "backwards") == 0)
		source.to = 9;
	else if (strcmp(what, "no quote") == 0)
		source.quote = NULL;
	else if (strcmp(what, "claims") == 0) {
		for (int i = 1; i < 10000; i++)
			(void)hospes_evidence_claim(evidence, "a", true);
		return hospes_evidence_claim(evidence, "one too many", true);
	} else if (strcmp(what, "sources") == 0) {
		for (int i = 0; i < 1000; i++)
			(void)hospes_evidence_source(evidence, &source);
	}
	return hospes_evidence_source(evidence, &source);
}

static void
test_what_cannot_be_is_not_built(void **state)
{
	static const struct {
		const char *what;
		int status;
		const char *sentence;
	} rows[] = {
	    {"no claim", HOSPES_EINPUT,
		"hospes_evidence_source was given a source for no claim; add the claim first, with "
		"hospes_evidence_claim"},
	    {"no evidence", HOSPES_EINPUT,
		"hospes_evidence_claim was given no evidence; make it with hospes_evidence_new"},
	    {"latin", HOSPES_EINPUT, "claims[0].text: expected a text in UTF-8, found other bytes"},
	    {"digest", HOSPES_EINPUT,
		"claims[0].sources[0].digest: expected 64 hexadecimal digits in lower case, found \"ABC\""},
	    {"backwards", HOSPES_EINPUT,
		"claims[0].sources[0].to: expected the end of the bytes from 10 on, found 9, which is before them"},
	    {"no quote", HOSPES_EINPUT,
		"claims[0].sources[0]: expected document, digest and quote as texts in UTF-8, found NULL or other "
		"bytes"},
	    {"claims", HOSPES_ETOOLARGE,
		"there are 10000 claims already, which is as many as there may be; claim less, or in several replies"},
	    {"sources", HOSPES_ETOOLARGE,
		"the claim has 1000 sources already, which is as many as it may have; give the best of them"},
	};
	char input[64];

	(void)state;
	host_start(&host, builds_wrong, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(input, sizeof(input), "\"%s\"", rows[i].what);
		host_call(&host, i + 1, "{}", input);
		host_expect_reply(&host, i + 1, rows[i].status, rows[i].sentence);
	}
	host_stop(&host);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* Reads its input and writes it again. */
static int
reads(hospes_ctx *ctx)
{
	hospes_evidence *evidence = hospes_evidence_read(ctx, hospes_input(ctx)), *again;
	const hospes_claim *claims;
	size_t n;

	if (evidence == NULL)
		return hospes_status(ctx);
	again = hospes_evidence_new(ctx);
	n = hospes_evidence_claims(evidence, &claims);
	for (size_t i = 0; i < n; i++) {
		(void)hospes_evidence_claim(again, claims[i].text, claims[i].critical);
		for (size_t j = 0; j < claims[i].n_sources; j++)
			(void)hospes_evidence_source(again, &claims[i].sources[j]);
	}
	return hospes_reply(ctx, hospes_evidence_json(again, hospes_evidence_confidence(evidence)));
}

static void
test_what_is_read_is_what_was_built(void **state)
{
	static const char text[] = "{\"claims\":[{\"text\":\"a\",\"critical\":true,\"sources\":[" SOURCE "," SOURCE
				   "]},{\"text\":\"\",\"critical\":false,\"sources\":[]}],\"confidence\":0.25}";

	(void)state;
	host_start(&host, reads, 1);
	host_call(&host, 1, "{}", text);
	host_expect_reply(&host, 1, 0, text);
	host_call(&host, 2, "{}", "{\"claims\":[],\"points\":[1,2]}");
	host_expect_reply(&host, 2, 0, "{\"claims\":[],\"confidence\":1.0}");
	host_stop(&host);
}

#define CLAIM(sources) "{\"claims\":[{\"text\":\"a\",\"critical\":true,\"sources\":" sources "}]}"

static void
test_the_sentence_names_the_member(void **state)
{
	static const struct {
		const char *input, *sentence;
	} rows[] = {
	    {"7", "evidence: expected {\"claims\", \"confidence\"}, found a whole number"},
	    {"{}", "claims: expected an array, found nothing"},
	    {"{\"claims\":{}}", "claims: expected an array, found an object"},
	    {"{\"claims\":[],\"confidence\":\"sure\"}", "confidence: expected a number from 0 to 1, found a text"},
	    {"{\"claims\":[],\"confidence\":1.5}", "confidence: expected a number from 0 to 1, found 1.5"},
	    {"{\"claims\":[],\"confidence\":-1}", "confidence: expected a number from 0 to 1, found -1"},
	    {"{\"claims\":[null]}", "claims[0]: expected {\"text\", \"critical\", \"sources\"}, found null"},
	    {"{\"claims\":[{\"critical\":true}]}", "claims[0].text: expected a text, found nothing"},
	    {"{\"claims\":[{\"text\":\"a\\u0000b\",\"critical\":true,\"sources\":[]}]}",
		"claims[0].text: expected a text, found one with a zero byte in it"},
	    {"{\"claims\":[{\"text\":\"a\",\"critical\":1,\"sources\":[]}]}",
		"claims[0].critical: expected true or false, found a whole number"},
	    {CLAIM("null"), "claims[0].sources: expected an array, found null"},
	    {CLAIM("[" SOURCE ",[]]"), "claims[0].sources[1]: expected {\"document\", \"digest\", \"from\", \"to\", "
				       "\"quote\"}, found an array"},
	    {CLAIM("[{\"document\":\"d\",\"digest\":\"zz\",\"from\":1,\"to\":2,\"quote\":\"q\"}]"),
		"claims[0].sources[0].digest: expected 64 hexadecimal digits in lower case, found \"zz\""},
	    {CLAIM("[{\"document\":\"d\",\"digest\":\"" DIGEST "\",\"from\":-1,\"to\":2,\"quote\":\"q\"}]"),
		"claims[0].sources[0].from: expected a number of bytes, found -1"},
	    {CLAIM("[{\"document\":\"d\",\"digest\":\"" DIGEST "\",\"from\":1.0,\"to\":2,\"quote\":\"q\"}]"),
		"claims[0].sources[0].from: expected a number of bytes, found a number with a fraction"},
	    {CLAIM("[{\"document\":\"d\",\"digest\":\"" DIGEST "\",\"from\":3,\"to\":2,\"quote\":\"q\"}]"),
		"claims[0].sources[0].to: expected the end of the bytes from 3 on, found 2, which is before them"},
	    {CLAIM("[{\"document\":\"d\",\"digest\":\"" DIGEST "\",\"from\":1,\"to\":2}]"),
		"claims[0].sources[0].quote: expected a text, found nothing"},
	};

	(void)state;
	host_start(&host, reads, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_call(&host, i + 1, "{}", rows[i].input);
		host_expect_reply(&host, i + 1, HOSPES_EINPUT, rows[i].sentence);
	}
	host_stop(&host);
}

/* `n` times `entry` between `before` and `after`. */
static char *
many(const char *before, const char *entry, size_t n, const char *after)
{
	size_t size = strlen(before) + n * (strlen(entry) + 1) + strlen(after) + 1;
	char *text = malloc(size), *at = text;

	assert_non_null(text);
	at += sprintf(at, "%s", before);
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s%s", i == 0 ? "" : ",", entry);
	(void)sprintf(at, "%s", after);
	return text;
}

static void
test_reading_has_bounds(void **state)
{
	static const char claim[] = "{\"text\":\"a\",\"critical\":true,\"sources\":[]}";
	char *text = many("{\"claims\":[", claim, 10001, "]}");

	(void)state;
	host_start(&host, reads, 1);
	host_call(&host, 1, "{}", text);
	host_expect_reply(&host, 1, HOSPES_ETOOLARGE, "claims: expected 10000 at most, found 10001");
	free(text);
	text = many("{\"claims\":[{\"text\":\"a\",\"critical\":true,\"sources\":[", SOURCE, 1001, "]}]}");
	host_call(&host, 2, "{}", text);
	host_expect_reply(&host, 2, HOSPES_ETOOLARGE, "claims[0].sources: expected 1000 at most, found 1001");
	free(text);
	text = many("{\"claims\":[", claim, 10000, "],\"confidence\":0.5}");
	host_call(&host, 3, "{}", text);
	host_expect_reply(&host, 3, 0, text);
	free(text);
	host_stop(&host);
}

/* ---- Release ----------------------------------------------------------------------------------------------------- */

/* Looks at `n` answers of some KiB, each released at once, and tells how much memory that left behind. */
static int
looks_at_many(hospes_ctx *ctx)
{
	int64_t n = hospes_int(hospes_input(ctx), "n");
	size_t before = mallinfo2().uordblks;

	for (int64_t i = 0; i < n; i++) {
		hospes_value *value, *member;
		int rc = hospes_call(ctx, "w", NULL, &value);

		if (rc != 0)
			return rc;
		member = hospes_get(value, "member");
		if (hospes_text(member, "text") == NULL || hospes_bytes(member, NULL) == NULL)
			return hospes_fail(ctx, HOSPES_EFAILED, "no text");
		hospes_release(value);
		/* What must not be done: it gives nothing, and breaks nothing. */
		if (hospes_json(value) != NULL || hospes_bytes(member, NULL) != NULL ||
		    hospes_get(member, "text") != NULL)
			return hospes_fail(ctx, HOSPES_EFAILED, "it is still there");
		hospes_release(member);
		hospes_release(value);
	}
	hospes_release(NULL);
	return hospes_reply(ctx, json_integer((json_int_t)((mallinfo2().uordblks - before) / (size_t)n)));
}

static void
test_released_values_cost_little(void **state)
{
	char *big = many("{\"member\":{\"text\":\"", "0123456789abcdef", 500, "\"}}");
	enum { N = 200 };

	(void)state;
	host_start(&host, looks_at_many, 1);
	host_call(&host, 1, "{}", "{\"n\":200}");
	for (uint32_t i = 0; i < N; i++) {
		host_expect_op(&host, &said, 1, i, WIRE_OP_CALL, "w");
		host_answer(&host, 1, i, big);
	}
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_int_equal(said.frame.status, 0);
	assert_true(atoi(said.text) < 600);
	free(big);
	host_stop(&host);
}

static int
releases_its_reply(hospes_ctx *ctx)
{
	hospes_value *text = hospes_get(hospes_input(ctx), "text");
	int rc = hospes_reply_value(ctx, text);

	hospes_release(hospes_input(ctx));
	hospes_release(text);
	return rc;
}

static void
test_the_reply_is_spared(void **state)
{
	(void)state;
	host_start(&host, releases_its_reply, 1);
	host_call(&host, 1, "{}", "{\"text\":[1,2,3]}");
	host_expect_reply(&host, 1, 0, "[1,2,3]");
	host_stop(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_what_is_built_has_the_form, said_teardown),
	    cmocka_unit_test_teardown(test_what_cannot_be_is_not_built, said_teardown),
	    cmocka_unit_test_teardown(test_what_is_read_is_what_was_built, said_teardown),
	    cmocka_unit_test_teardown(test_the_sentence_names_the_member, said_teardown),
	    cmocka_unit_test_teardown(test_reading_has_bounds, said_teardown),
	    cmocka_unit_test_teardown(test_released_values_cost_little, said_teardown),
	    cmocka_unit_test_teardown(test_the_reply_is_spared, said_teardown),
	};

	return cmocka_run_group_tests_name("sdk-evidence", tests, NULL, NULL);
}
