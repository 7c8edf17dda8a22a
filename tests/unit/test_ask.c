/* The answer of `hospes ask`: made of a run's end, wrapped and printed; hostile texts in it are harmless. */

#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/ask.h"
#include "cli/text.h"

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static void
test_width(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		const char *shortened_4;
	} rows[] = {{"", 0, ""}, {"abc", 3, "abc"}, {"äöü", 3, "äöü"}, {"漢字", 4, "漢字"}, {"漢字a", 5, "漢…"},
	    {"한국어", 6, "한…"}, {"ＡＢ", 4, "ＡＢ"}, {"e\u0301te\u0301", 3, "e\u0301te\u0301"}, {"😀😀😀", 6, "😀…"},
	    {"\xff\xfe", 2, "\xff\xfe"}, {"Ω≈ç√x", 5, "Ω≈ç…"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(free_p) char *shortened = text_shortened(rows[i].text, 4);

		assert_int_equal(text_width(rows[i].text), rows[i].width);
		assert_string_equal(shortened, rows[i].shortened_4);
	}
	/* one that is wider than the line goes there all the same, or nobody would get on */
	assert_int_equal(text_line("漢字", 1), 3);
}

/* Wraps and compares; `|` stands for a line's end. */
static void
wraps(const char *text, const char *first, const char *rest, size_t width, const char *expected)
{
	char *out = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&out, &len);

	text_wrap(to, text, first, rest, width);
	fclose(to);
	for (char *c = out; *c != '\0'; c++)
		if (*c == '\n')
			*c = '|';
	assert_string_equal(out, expected);
	free(out);
}

static void
test_wrap(void **state)
{
	(void)state;
	wraps("", "1. ", "   ", 40, "1. |");
	wraps("one line", "1. ", "   ", 40, "1. one line|");
	wraps("the quick brown fox jumps over the dog", "1. ", "   ", 23,
	    "1. the quick brown fox|   jumps over the dog|");
	wraps("   leading and   inner", "", "", 24, "leading and   inner|");
	wraps("a-word-that-is-much-longer-than-any-line", "- ", "  ", 20,
	    "- a-word-that-is-muc|  h-longer-than-any-|  line|");
	wraps("漢字漢字漢字漢字漢字漢字", "", "", 17, "漢字漢字漢字漢字|漢字漢字|");
	/* however narrow the terminal, there is some text in each line */
	wraps("sixteen columns of text", "          ", "          ", 5, "          sixteen columns|          of text|");
	wraps("no limit at all, be it as long as it likes", "> ", "  ", 0,
	    "> no limit at all, be it as long as it likes|");
}

/* ---- Printing ---------------------------------------------------------------------------------------------------- */

static json_t *
json(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_ALLOW_NUL, &error);

	if (value == NULL)
		fail_msg("%s: %s", error.text, text);
	return value;
}

/* Prints an answer on a terminal of so many columns (0: none); allocated. */
static char *
printed(const char *answer, size_t columns)
{
	struct cli cli = {.columns = columns};
	_cleanup_(json_p) json_t *value = json(answer);
	char *out = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&out, &len);

	ask_print(&cli, value, to);
	fclose(to);
	return out;
}

static void
test_print(void **state)
{
	_cleanup_(free_p) char *out = printed(
	    "{\"run\": \"01ABC\", \"question\": \"What?\", \"answer\": \"found\", \"confidence\": 0.832,"
	    " \"documents\": 17, \"points\": ["
	    "  {\"text\": \"You may\\n   copy\\tit.\", \"cites\": [1, 3]}, {\"text\": \"Or not.\", \"cites\": [2]}],"
	    " \"contradictions\": [{\"text\": \"A says 3, B says 4\", \"cites\": [1, 2], \"kind\": \"number\"}],"
	    " \"sources\": [{\"n\": 1, \"document\": \"GPL-3\", \"heading\": \"6. Conveying\", \"from\": 10, \"to\": "
	    "20},"
	    "  {\"n\": 2, \"document\": \"BSD\", \"from\": 0, \"to\": 5}],"
	    " \"failed\": [{\"who\": \"research\", \"code\": \"poison\", \"message\": \"died\"}],"
	    " \"took\": {\"ms\": 843.2, \"calls\": 23, \"agents\": 4}}",
	    0);

	(void)state;
	assert_string_equal(out, "What?\n"
				 "\n1. You may copy it. [1][3]\n"
				 "\n2. Or not. [2]\n"
				 "\nThe sources disagree:\n"
				 " - A says 3, B says 4 [1][2]\n"
				 "\nSources\n"
				 "[1] GPL-3, 6. Conveying, bytes 10-20\n"
				 "[2] BSD, bytes 0-5\n"
				 "\nfailed: research: poison: died\n"
				 "\nconfidence 0.83, 17 documents, 23 calls of 4 agents, 0.84 s, run 01ABC\n");
}

static void
test_print_none(void **state)
{
	_cleanup_(free_p) char *out =
	    printed("{\"question\": \"What boils mercury?\", \"answer\": \"none\", \"points\": [], \"sources\": [],"
		    " \"confidence\": 0.0, \"documents\": 1, \"took\": {\"ms\": 5.0, \"calls\": 1}}",
		0);

	(void)state;
	assert_string_equal(out, "What boils mercury?\n\nThe sources do not tell. 1 document was looked at.\n"
				 "\nconfidence 0.00, 1 document, 1 call, 0.01 s\n");
}

/* Documents and plugins are foreign: no text of theirs reaches the terminal as an order, and no form of theirs is trusted. */
static void
test_print_hostile(void **state)
{
	_cleanup_(free_p) char *out = printed(
	    "{\"question\": \"\\u001b[2Jq\", \"answer\": \"found\", \"confidence\": \"high\", \"documents\": \"many\","
	    " \"points\": [{\"text\": \"\\u001b]0;owned\\u0007 \\u202egnp\", \"cites\": [\"\\u001b\", 1, null, -5]}, "
	    "3, null],"
	    " \"contradictions\": {\"no\": \"array\"},"
	    " \"sources\": [{\"n\": \"x\", \"document\": \"a\\u001b[31mb\\nc\", \"heading\": \"\\u009b1m\", \"from\": "
	    "\"1\"}, []],"
	    " \"failed\": [{\"who\": 5, \"code\": \"\\u001b\"}], \"took\": {\"ms\": \"soon\"}, \"run\": "
	    "\"\\u001b[5m\"}",
	    40);

	(void)state;
	for (const char *c = out; *c != '\0'; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
	assert_null(strstr(out, "\u202e"));
	assert_null(strstr(out, "\xc2\x9b"));
	assert_non_null(strstr(out, "\\x1b]0;owned\\x07 \\u{202e}gnp"));
	assert_non_null(strstr(out, "[0] a\\x1b[31mb c"));
}

static void
test_print_wraps(void **state)
{
	static const size_t columns[] = {20, 33, 80, 0};
	_cleanup_(json_p) json_t *answer =
	    json("{\"question\": \"q\", \"answer\": \"found\", \"run\": \"01ABC\", \"sources\": [], \"took\": {}}");
	char text[2000], name[300];
	size_t n = 0;

	(void)state;
	while (n < sizeof(text) - 8)
		n += (size_t)sprintf(text + n, n % 3 == 0 ? "漢字 " : "word ");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	json_object_set_new(answer, "points", json_pack("[{s:s, s:[i]}]", "text", text, "cites", 1));
	json_array_append_new(json_object_get(answer, "sources"), json_pack("{s:i, s:s}", "n", 1, "document", name));
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		_cleanup_(free_p) char *whole = json_text(answer), *out = printed(whole, columns[i]);
		char *rest = NULL, *last = strstr(out, "\n0 documents");

		/* what it took is one line in any case */
		assert_string_equal(last, "\n0 documents, 0 calls, 0.00 s, run 01ABC\n");
		last[1] = '\0';
		for (char *line = strtok_r(out, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
			assert_true(text_width(line) <= (columns[i] > 0 ? columns[i] : 80));
	}
}

/* ---- The answer -------------------------------------------------------------------------------------------------- */

static json_t *
answer_of(const char *run, bool stays)
{
	static const struct ask_took took = {
	    .began_ns = 5000000, .loaded_ns = 8000000, .ended_ns = 15500000, .documents = 3};
	_cleanup_(json_p) json_t *end = json(run);

	return ask_answer(end, "Why?", &took, stays);
}

static void
test_answer(void **state)
{
	_cleanup_(json_p) json_t *answer =
	    answer_of("{\"id\": \"01X\", \"calls\": 7, \"result\": {\"question\": \"other\", \"answer\": \"found\", "
		      "\"points\": [1],"
		      " \"sources\": [2], \"claims\": [], \"confidence\": 0.5, \"secret\": true}}",
		true);
	const json_t *took = json_object_get(answer, "took");

	(void)state;
	assert_null(json_object_get(answer, "error"));
	assert_string_equal(cli_text(answer, "run"), "01X");
	assert_string_equal(cli_text(answer, "question"), "Why?");
	assert_null(json_object_get(answer, "secret"));
	assert_int_equal(json_integer_value(json_object_get(answer, "documents")), 3);
	assert_int_equal(json_integer_value(json_object_get(took, "calls")), 7);
	assert_true(json_number_value(json_object_get(took, "ms")) == 10.5);
	assert_true(json_number_value(json_object_get(took, "load_ms")) == 3.0);
}

static void
test_answer_of_another_form(void **state)
{
	static const char *const results[] = {"null", "[]", "\"text\"", "{}",
	    "{\"answer\": 5, \"points\": [], \"sources\": []}",
	    "{\"answer\": \"found\", \"points\": {}, \"sources\": []}", "{\"answer\": \"found\", \"points\": []}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(results); i++) {
		_cleanup_(free_p) char *run = xasprintf("{\"id\": \"01X\", \"result\": %s}", results[i]);
		_cleanup_(json_p) json_t *answer = answer_of(run, false);

		assert_string_equal(cli_text(json_object_get(answer, "error"), "code"), "bad_output");
		assert_null(json_object_get(answer, "run"));
	}
}

static void
test_answer_failed(void **state)
{
	_cleanup_(json_p) json_t *failed =
	    answer_of("{\"id\": \"01X\", \"error\": {\"code\": \"not_grounded\", \"findings\": [1]}}", true);
	_cleanup_(json_p) json_t *partial = answer_of("{\"id\": \"01X\", \"partial\": [{\"who\": \"a\"}], \"result\": "
						      "{\"answer\": \"found\", \"points\": [], \"sources\": []}}",
	    true);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(json_object_get(failed, "error"), "findings")), 1);
	assert_null(json_object_get(failed, "points"));
	assert_int_equal(json_array_size(json_object_get(partial, "failed")), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_print_none),
	    cmocka_unit_test(test_print_hostile),
	    cmocka_unit_test(test_print_wraps),
	    cmocka_unit_test(test_answer),
	    cmocka_unit_test(test_answer_of_another_form),
	    cmocka_unit_test(test_answer_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
