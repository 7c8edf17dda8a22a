/* The check of quotes: what is true passes, and nothing else does, however it is malformed. */

#include <stdlib.h>
#include <string.h>

#include <hospes/status.h>

#include "base/buf.h"
#include "base/util.h"
#include "cmocka_all.h"
#include "guest.h"

#define QUOTES "plugins/checks/quotes/quotes.so"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define OTHER  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char text[] =
    "1. Duties\n\nYou must keep the\n  notice. You may\nsell copies.\n\na) Caf\xc3\xa9s are free; and\n";
static size_t reads;

/* The host, with one document; ranges are moved outward to whole characters as the real one does. */
static void
sources(const struct wire_op *op, const char *target, const json_t *input, struct guest_answer *ret)
{
	json_int_t from = json_integer_value(json_object_get(input, "from"));
	json_int_t to = json_integer_value(json_object_get(input, "to")), len = (json_int_t)sizeof(text) - 1;

	if (op->kind == WIRE_OP_SEARCH) {
		/* Another space has it as "Z". */
		assert_string_equal(json_string_value(json_array_get(json_object_get(input, "within"), 0)), DIGEST);
		ret->value = json_pack("{s:[{s:s s:s},{s:s s:s}]}", "found", "document", "D", "digest", DIGEST,
		    "document", "Z", "digest", DIGEST);
		return;
	}
	assert_int_equal(op->kind, WIRE_OP_DOCUMENT);
	reads++;
	if (strcmp(target, "sources/" DIGEST) != 0) {
		ret->status = HOSPES_ENOENT;
		ret->message = "no such document";
		return;
	}
	if (from < 0 || from > len) {
		ret->status = HOSPES_EINPUT;
		ret->message = "beyond the end";
		return;
	}
	to = to == 0 || to > len ? len : to;
	while (from > 0 && ((unsigned char)text[from] & 0xc0) == 0x80)
		from--;
	while (to < len && ((unsigned char)text[to] & 0xc0) == 0x80)
		to++;
	ret->value = json_pack("{s:s s:s s:I s:I s:I s:s%}", "document", "D", "digest", DIGEST, "bytes", len, "from",
	    from, "to", to, "text", text + from, (size_t)(to > from ? to - from : 0));
}

/* Runs the check on an output; returns its status and leaves the reply in *g. */
static int
check(struct guest *g, const char *output)
{
	_cleanup_(free_p) char *input = xasprintf(
	    "{\"agent\": \"a\", \"version\": \"1.0.0\", \"input\": {}, \"confidence\": 1, \"output\": %s}", output);

	*g = (struct guest){.file = QUOTES, .input = input, .answer = sources};
	reads = 0;
	guest_run(g);
	g->input = NULL;
	return g->status;
}

/* Passed: it replied, and nothing failed. */
static bool
passes(const char *output)
{
	struct guest g;
	bool passed = check(&g, output) == 0 && json_array_size(json_object_get(g.reply, "failed")) == 0;

	if (g.status == 0 && !passed)
		assert_true(json_real_value(json_object_get(g.reply, "score")) < 1);
	guest_clear(&g);
	return passed;
}

/* A source of `len` bytes from `from`, with a quote that stands there; `more` members. */
static char *
source_of(size_t from, size_t to, const char *quote)
{
	json_t *json = json_pack("{s:s s:s s:I s:I s:s}", "document", "D", "digest", DIGEST, "from", (json_int_t)from,
	    "to", (json_int_t)to, "quote", quote);
	char *dumped = json_dumps(json, 0);

	json_decref(json);
	return dumped;
}

static size_t
place(const char *part)
{
	return (size_t)(strstr(text, part) - text);
}

#define KEEP   "You must keep the\n  notice."
#define PLAIN  "You must keep the notice."
#define SELL   "You may\nsell copies."
#define COFFEE "a) Caf\xc3\xa9s are free; and"

/* A brief of two points and a contradiction, with one text of it replaced. */
static char *
brief_with(const char *first, const char *second, const char *contrast, const char *heading)
{
	_cleanup_(free_p) char *a = source_of(place(KEEP), place(KEEP) + strlen(KEEP), KEEP);
	_cleanup_(free_p) char *b = source_of(place(COFFEE), place(COFFEE) + strlen(COFFEE), COFFEE);

	return xasprintf("{\"claims\": [{\"text\": \"x\", \"critical\": true, \"sources\": [%s]}],"
			 "\"sources\": [{\"n\": 1, %s, {\"n\": 2, \"heading\": \"%s\", %s],"
			 "\"points\": [{\"text\": \"%s\", \"cites\": [1]}, {\"text\": \"%s\", \"cites\": [2]}],"
			 "\"contradictions\": [{\"text\": \"%s\", \"cites\": [1, 2], \"kind\": \"number\"}]}",
	    a, a + 1, heading, b + 1, first, second, contrast);
}

#define CONTRAST                                                                                                       \
	"D says \xe2\x80\x9c" PLAIN "\xe2\x80\x9d, but D says \xe2\x80\x9c"                                            \
	"Caf\xc3\xa9s are free\xe2\x80\x9d."

static void
test_brief(void **state)
{
	static const struct {
		const char *first, *second, *contrast, *heading;
		bool passes;
	} rows[] = {
	    {PLAIN, "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", true},
	    {PLAIN, "D: Caf\xc3\xa9s are free; and", CONTRAST, "1. Duties", true},
	    {PLAIN, "D, 1. Duties: Caf\xc3\xa9s are free", CONTRAST, "1. Duties", true},
	    /* an invented heading, and one of the text that is not the source's */
	    {PLAIN, "D, 1. Gifts: Caf\xc3\xa9s are free", CONTRAST, "1. Gifts", false},
	    {PLAIN, "D, 1. Duties: Caf\xc3\xa9s are free", CONTRAST, "", false},
	    {PLAIN, "E: Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    /* another text; a part of one that says something else; the quote of the other point */
	    {"You must pay.", "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    {"keep the notice.", "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    {"You must keep", "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    {"You must keep the notice. Pay.", "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    {"Caf\xc3\xa9s are free", "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    {"", "Caf\xc3\xa9s are free", CONTRAST, "1. Duties", false},
	    /* contradictions with words of their own */
	    {PLAIN, "Caf\xc3\xa9s are free", "D is wrong.", "1. Duties", false},
	    {PLAIN, "Caf\xc3\xa9s are free",
		"D says \xe2\x80\x9c" PLAIN "\xe2\x80\x9d, but D says \xe2\x80\x9cPay.\xe2\x80\x9d.", "1. Duties",
		false},
	    {PLAIN, "Caf\xc3\xa9s are free", "Therefore " CONTRAST, "1. Duties", false},
	    {PLAIN, "Caf\xc3\xa9s are free", CONTRAST " Pay.", "1. Duties", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(free_p) char *output =
		    brief_with(rows[i].first, rows[i].second, rows[i].contrast, rows[i].heading);

		if (passes(output) != rows[i].passes)
			fail_msg("row %zu: expected it to %s: %s", i, rows[i].passes ? "pass" : "fail", output);
	}
}

static char *
claim_with(const char *sources_json)
{
	return xasprintf("{\"claims\": [{\"text\": \"x\", \"critical\": true, \"sources\": [%s]}]}", sources_json);
}

static void
test_quotes(void **state)
{
	size_t from = place(SELL), to = from + strlen(SELL), accent = place("\xc3\xa9");
	const struct {
		size_t from, to;
		const char *quote;
		bool passes;
	} rows[] = {
	    {from, to, SELL, true}, {from, to, "You may sell copies.", false}, /* white space is text as well */
	    {from, to, "You may\nsell copies!", false}, {from + 1, to + 1, SELL, false}, {from, to + 1, SELL, false},
	    {from, to - 1, SELL, false}, {from, from, "", false}, {to, from, SELL, false},
	    {from, SIZE_MAX / 2, SELL, false}, {SIZE_MAX / 2 - 20, SIZE_MAX / 2, SELL, false},
	    {sizeof(text) - 1, sizeof(text), "x", false}, {0, sizeof(text) - 1, text, true},
	    {accent, accent + 2, "\xc3\xa9", true}, {accent + 1, accent + 2, "s", false}, /* in a character */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(free_p) char *source = source_of(rows[i].from, rows[i].to, rows[i].quote);
		_cleanup_(free_p) char *output = claim_with(source);

		if (passes(output) != rows[i].passes)
			fail_msg("row %zu: expected it to %s: %s", i, rows[i].passes ? "pass" : "fail", output);
	}
}

static void
test_malformed(void **state)
{
	static const char *const outputs[] = {
	    "null",
	    "42",
	    "[]",
	    "\"claims\"",
	    "{}",
	    "{\"claims\": {}}",
	    "{\"claims\": [[]]}",
	    "{\"claims\": [null]}",
	    "{\"claims\": [{\"text\": \"x\", \"critical\": true, \"sources\": []}]}",
	    "{\"claims\": [{\"text\": \"x\", \"critical\": \"yes\", \"sources\": []}]}",
	    "{\"claims\": [{\"text\": \"x\", \"sources\": []}]}",
	    "{\"claims\": [{\"text\": \"x\", \"critical\": true}]}",
	    "{\"claims\": [{\"text\": \"x\", \"critical\": true, \"sources\": [{}]}]}",
	    "{\"claims\": [], \"points\": [{\"text\": \"x\", \"cites\": []}]}",
	    "{\"claims\": [], \"points\": [{\"text\": \"x\", \"cites\": [1]}]}",
	    "{\"claims\": [], \"points\": [{\"text\": \"x\"}]}",
	    "{\"claims\": [], \"points\": [null]}",
	    "{\"claims\": [], \"points\": {}}",
	    "{\"claims\": [], \"points\": \"x\"}",
	    "{\"claims\": [], \"sources\": {}}",
	    "{\"claims\": [], \"sources\": [1]}",
	    "{\"claims\": [], \"sources\": [], \"contradictions\": [{\"text\": \"x\", \"cites\": [1, 1]}]}",
	    "{\"claims\": [], \"contradictions\": 1}",
	};
	static const char *const numbers[] = {
	    "-1", "1e300", "1.5", "9223372036854775807", "\"1\"", "null", "[]", "true"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
		if (passes(outputs[i]))
			fail_msg("it passed: %s", outputs[i]);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		for (int which = 0; which < 2; which++) {
			_cleanup_(free_p) char *source = xasprintf("{\"document\": \"D\", \"digest\": \"" DIGEST
								   "\", \"from\": %s, \"to\": %s, \"quote\": \"1\"}",
			    which == 0 ? numbers[i] : "0", which == 0 ? "1" : numbers[i]);
			_cleanup_(free_p) char *output = claim_with(source);

			if (passes(output))
				fail_msg("it passed: %s", output);
		}
}

static void
test_other_documents(void **state)
{
	_cleanup_(free_p) char *good = source_of(place(SELL), place(SELL) + strlen(SELL), SELL);
	_cleanup_(free_p) char *unknown = xstrdup(good), *renamed = xstrdup(good), *other = xstrdup(good);
	char *at = strstr(unknown, DIGEST);

	(void)state;
	memcpy(at, OTHER, strlen(OTHER));
	at = strstr(renamed, "\"D\"");
	at[1] = 'E';
	at = strstr(other, "\"D\"");
	at[1] = 'Z';
	_cleanup_(free_p) char *a = claim_with(unknown), *b = claim_with(renamed), *c = claim_with(good),
			       *d = claim_with(other);

	assert_false(passes(a));
	assert_false(passes(b));
	assert_true(passes(c));
	assert_true(passes(d)); /* by a name that the text has in another space */
}

/* `n` claims that quote the same place, and the last one lies where `lie`. */
static char *
many(size_t n, bool lie, bool apart)
{
	_cleanup_(buf_free) struct buf out = {0};

	buf_appends(&out, "{\"claims\": [");
	for (size_t i = 0; i < n; i++) {
		size_t from = apart ? i % (sizeof(text) - 1) : 0;
		bool lies = lie && i + 1 == n;

		buf_printf(&out,
		    "%s{\"text\": \"x\", \"critical\": true, \"sources\": [{\"document\": \"D\", \"digest\": \"%s\", "
		    "\"from\": %zu, "
		    "\"to\": %zu, \"quote\": \"%s\"}]}",
		    i > 0 ? "," : "", DIGEST, from, from + 1, lies ? "2" : "1");
	}
	buf_appends(&out, "]}");
	return xstrdup(buf_text(&out));
}

static void
test_many(void **state)
{
	_cleanup_(free_p) char *true_ones = many(5000, false, false), *one_lie = many(5000, true, false);
	_cleanup_(free_p) char *too_many = many(100000, false, false), *all_lie = many(3000, false, true);
	struct guest g;

	(void)state;
	assert_true(passes(true_ones));
	assert_int_equal(reads, 1); /* a place is read once */
	assert_false(passes(one_lie));
	assert_false(passes(too_many));
	assert_int_equal(check(&g, all_lie), 0);
	assert_int_equal(json_array_size(json_object_get(g.reply, "failed")), 50);
	assert_true(json_array_size(json_object_get(g.reply, "reasons")) == 2);
	guest_clear(&g);
}

/* A document's name is cut in the middle of a character in the sentence: the failure is told all the same. */
static void
test_long_names(void **state)
{
	_cleanup_(buf_free) struct buf name = {0};
	_cleanup_(free_p) char *output = NULL, *source = NULL;

	(void)state;
	buf_appends(&name, "x");
	for (size_t i = 0; i < 700; i++)
		buf_appends(&name, "\xc3\xa9");
	source =
	    xasprintf("{\"document\": \"%s\", \"digest\": \"" OTHER "\", \"from\": 0, \"to\": 1, \"quote\": \"1\"}",
		buf_text(&name));
	output = claim_with(source);
	assert_false(passes(output));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_brief),
	    cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_other_documents),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
