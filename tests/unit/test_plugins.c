/* The plugins that come with Hospes: what they make of good and bad input, and of good and bad answers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <hospes/status.h>

#include "base/util.h"
#include "guest.h"

#define WORDCOUNT "plugins/agents/wordcount/wordcount.so"
#define NEWER     "plugins/agents/wordcount/wordcount-1.1.so"
#define FETCH     "plugins/agents/fetch/fetch.so"
#define SURVEY    "plugins/strategies/survey/survey.so"

static const char *
text(const json_t *j, const char *key)
{
	const char *found = json_string_value(json_object_get(j, key));

	return found == NULL ? "(none)" : found;
}

static int64_t
number(const json_t *j, const char *key)
{
	const json_t *found = json_object_get(j, key);

	return found == NULL ? -1 : json_integer_value(found);
}

/* ---- wordcount --------------------------------------------------------------------------------------------------- */

static void
test_counts(void **state)
{
	static const struct {
		const char *text;
		int64_t lines, words, characters, longest, sentences, paragraphs;
	} rows[] = {
	    {"", 0, 0, 0, 0, 0, 0},
	    {"one", 1, 1, 3, 3, 0, 1},
	    {"one two\\nthree\\n", 2, 3, 14, 7, 0, 1},
	    {"\\n\\n", 2, 0, 2, 0, 0, 0},
	    {"a\\r\\nbb\\r\\n", 2, 2, 7, 2, 0, 1},
	    {"caf\\u00e9 \\ud83d\\ude00", 1, 2, 6, 6, 0, 1},
	    {"a\\u00a0b\\u3000c\\u2028d", 1, 4, 7, 7, 0, 1},
	    {"One. Two! (Three?)\\n\\nFour... 3.14 is no end\\n", 3, 8, 43, 22, 4, 2},
	    {"\\u4f60\\u597d\\u3002 \\u518d\\u89c1\\u3002", 1, 2, 7, 7, 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(free_p) char *input = xasprintf("{\"name\": \"x\", \"text\": \"%s\"}", rows[i].text);

		for (int newer = 0; newer < 2; newer++) {
			struct guest g = {.file = newer ? NEWER : WORDCOUNT, .input = input};

			guest_run(&g);
			assert_int_equal(g.status, 0);
			assert_string_equal(text(g.reply, "name"), "x");
			assert_int_equal(number(g.reply, "lines"), rows[i].lines);
			assert_int_equal(number(g.reply, "words"), rows[i].words);
			assert_int_equal(number(g.reply, "characters"), rows[i].characters);
			assert_int_equal(number(g.reply, "longest_line"), rows[i].longest);
			assert_int_equal(number(g.reply, "sentences"), newer ? rows[i].sentences : -1);
			assert_int_equal(number(g.reply, "paragraphs"), newer ? rows[i].paragraphs : -1);
			guest_clear(&g);
		}
	}
}

static void
test_languages(void **state)
{
	static const struct {
		const char *code, *text;
	} rows[] = {
	    {"en", "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be "
		   "in want "
		   "of a wife."},
	    {"de",
		"Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte, fand er sich in seinem Bett zu einem "
		"ungeheueren Ungeziefer verwandelt. Er lag auf dem Rücken und sah die Decke, die nicht mit ihm war."},
	    {"fr", "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se "
		   "fermaient si "
		   "vite que je n'avais pas le temps de me dire: je m'endors. Et une demi-heure après, la pensée qu'il "
		   "est "
		   "temps de chercher le sommeil"},
	    {"es", "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, no ha mucho tiempo que vivía un "
		   "hidalgo de los "
		   "de lanza en astillero."},
	    {"it", "Nel mezzo del cammin di nostra vita mi ritrovai per una selva oscura, che la diritta via era "
		   "smarrita. Non "
		   "è la cosa che gli uomini sono"},
	    {"pt", "Ao verme que primeiro roeu as frias carnes do meu cadáver dedico como saudosa lembrança estas "
		   "memórias. Não "
		   "é uma coisa que se diz com os homens"},
	    {"nl", "Ik ben makelaar in koffie, en woon op de Lauriergracht. Het is mijn gewoonte niet, om een roman te "
		   "schrijven, of zulke dingen; dat was het ook voor hem."},
	    {"sv", "Det var en gång en man som hette Karl och som inte hade något att äta, men han var glad för det. "
		   "Jag vet "
		   "att han kan det."},
	    {"unknown", "int main(void) { return 0; }"},
	    {"unknown", "Lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor incididunt"},
	    {"unknown", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_(free_p) char *input = xasprintf("{\"name\": \"x\", \"text\": \"%s\"}", rows[i].text);
		struct guest g = {.file = WORDCOUNT, .input = input};

		guest_run(&g);
		assert_string_equal(text(g.reply, "language"), rows[i].code);
		assert_true(g.confidence > 0.5 && g.confidence <= 1);
		guest_clear(&g);
	}
}

static void
test_not_text(void **state)
{
	struct guest g = {.file = WORDCOUNT, .input = "{\"name\": \"x\", \"base64\": \"AAEC/w==\"}"};

	(void)state;
	guest_run(&g);
	assert_int_equal(number(g.reply, "bytes"), 4);
	assert_int_equal(number(g.reply, "lines"), -1);
	guest_clear(&g);
	g = (struct guest){.file = WORDCOUNT, .input = "{\"name\": \"x\"}"};
	guest_run(&g);
	assert_int_equal(g.status, HOSPES_EINPUT);
	assert_string_equal(g.message, "expected either text or base64 for x, found neither");
	guest_clear(&g);
}

/* ---- fetch ------------------------------------------------------------------------------------------------------- */

static json_t *page; /* what the web answers */

static void
web(const struct wire_op *op, const char *target, const json_t *input, struct guest_answer *ret)
{
	assert_int_equal(op->kind, WIRE_OP_HTTP);
	assert_string_equal(target, "http://example.com/");
	assert_string_equal(text(input, "method"), "GET");
	if (page == NULL)
		*ret = (struct guest_answer){HOSPES_EHTTP, NULL, "nobody there", 0};
	else
		ret->value = json_incref(page);
}

static void
fetch(struct guest *g, long status, const char *type, const char *key, const char *body)
{
	guest_clear(g);
	json_decref(page);
	page = status == 0 ? NULL
			   : json_pack("{s:i s:s s:{s:s} s:s}", "status", (int)status, "url",
				 "http://example.com/final", "headers", "content-type", type, key, body);
	*g = (struct guest){.file = FETCH, .input = "{\"url\": \"http://example.com/\"}", .answer = web};
	guest_run(g);
}

static void
test_fetch(void **state)
{
	struct guest g = {0};

	(void)state;
	fetch(&g, 200, "text/plain; charset=utf-8", "body", "caf\xc3\xa9");
	assert_int_equal(g.status, 0);
	assert_string_equal(text(g.reply, "url"), "http://example.com/final");
	assert_string_equal(text(g.reply, "type"), "text/plain");
	assert_string_equal(text(g.reply, "text"), "caf\xc3\xa9");
	assert_int_equal(number(g.reply, "bytes"), 5);

	fetch(&g, 200, "image/png", "base64", "AAEC/w==");
	assert_int_equal(number(g.reply, "bytes"), 4);
	assert_string_equal(text(g.reply, "text"), "(none)");

	fetch(&g, 404, "text/html", "body", "gone");
	assert_int_equal(g.status, HOSPES_EFAILED);
	assert_non_null(strstr(g.message, "404"));
	fetch(&g, 0, "", "", "");
	assert_int_equal(g.status, HOSPES_EHTTP);
	assert_string_equal(g.message, "nobody there");
	guest_clear(&g);
}

static void
test_titles(void **state)
{
	static const struct {
		const char *html, *title;
		int64_t length;
	} rows[] = {
	    {"<html><TITLE lang=en>\n A  page \n</TITLE><body>Hello <b>world</b></body>", "A page", 18},
	    {"<p>no title</p>", "(none)", 8},
	    {"<!-- <title>not this</title> --><title>this</title>", "this", 4},
	    {"<title>", "", 0},
	    {"<title", "", 0},
	    {"<", "(none)", 0},
	    {"<script>if (a < b) { x = '<title>no</title>' }</script>text", "(none)", 4},
	    {"<style>p { }</style><!-- open", "(none)", 0},
	    {"<titles>x</titles>", "(none)", 1},
	    {"caf\xc3\xa9", "(none)", 4},
	};
	_cleanup_(free_p) char *longest = xcalloc(1, 2000);
	struct guest g = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fetch(&g, 200, "text/html; charset=utf-8", "body", rows[i].html);
		assert_int_equal(g.status, 0);
		assert_string_equal(text(g.reply, "title"), rows[i].title);
		if (number(g.reply, "text_length") != rows[i].length)
			fail_msg("%s: expected %d characters, found %d", rows[i].html, (int)rows[i].length,
			    (int)number(g.reply, "text_length"));
	}
	strcpy(longest, "<title>");
	for (int i = 0; i < 400; i++) /* cut between characters, not within one */
		strcat(longest, "\xe2\x82\xac");
	fetch(&g, 200, "text/html", "body", longest);
	assert_int_equal(g.status, 0);
	assert_int_equal(strlen(text(g.reply, "title")), 255);
	guest_clear(&g);
}

/* ---- survey ------------------------------------------------------------------------------------------------------ */

static void
agents(const struct wire_op *op, const char *target, const json_t *input, struct guest_answer *ret)
{
	const char *name = text(input, "name");

	assert_int_equal(op->kind, WIRE_OP_CALL);
	if (strcmp(target, "fetch") == 0 && strstr(text(input, "url"), "bad") == NULL)
		ret->value = json_pack("{s:s s:i s:s s:i s:s}", "url", "http://elsewhere/", "status", 200, "type",
		    "text/plain", "bytes", 3, "text", "abc");
	else if (strcmp(target, "wordcount") == 0 && strcmp(name, "crash") != 0)
		ret->value = json_pack(
		    "{s:s s:i s:i s:i s:i}", "name", name, "lines", 1, "words", 10, "characters", 100, "bytes", 1000);
	else
		*ret = (struct guest_answer){HOSPES_EPOISON, NULL, "it died", 0};
}

static void
test_survey(void **state)
{
	struct guest g = {.file = SURVEY,
	    .config = "{\"at_once\": 2}",
	    .answer = agents,
	    .input =
		"{\"files\": [{\"name\": \"b\", \"text\": \"1\"}, {\"name\": \"crash\", \"text\": \"2\"},"
		" {\"name\": \"a\", \"text\": \"3\"}], \"urls\": [\"http://z/\", \"http://y/\", \"http://bad/\"]}"};
	const json_t *files, *urls, *failed, *totals;

	(void)state;
	guest_run(&g);
	assert_int_equal(g.status, 0);
	files = json_object_get(g.reply, "files");
	urls = json_object_get(g.reply, "urls");
	failed = json_object_get(g.reply, "failed");
	totals = json_object_get(g.reply, "totals");
	assert_int_equal(json_array_size(files), 2);
	assert_string_equal(text(json_array_get(files, 0), "name"), "a");
	assert_string_equal(text(json_array_get(files, 1), "name"), "b");
	assert_int_equal(json_array_size(urls), 2);
	assert_string_equal(text(json_array_get(urls, 0), "url"), "http://y/");
	assert_string_equal(text(json_array_get(urls, 1), "url"), "http://z/");
	assert_string_equal(text(json_array_get(urls, 0), "text"), "(none)");
	assert_int_equal(json_array_size(failed), 2);
	assert_string_equal(text(json_array_get(failed, 0), "who"), "crash");
	assert_string_equal(text(json_array_get(failed, 0), "code"), "poison");
	assert_string_equal(text(json_array_get(failed, 0), "message"), "it died");
	assert_string_equal(text(json_array_get(failed, 1), "who"), "http://bad/");
	assert_int_equal(number(totals, "words"), 20);
	assert_int_equal(number(totals, "failed"), 2);
	assert_int_equal(json_array_size(g.partial), 2);
	assert_int_equal(g.progress, 6);
	assert_int_equal(g.waited_most, 2); /* at_once */
	guest_clear(&g);
}

static void
test_survey_bounds(void **state)
{
	struct guest g = {.file = SURVEY, .config = "{\"at_once\": 8}", .answer = agents, .input = "{}"};

	(void)state;
	guest_run(&g);
	assert_int_equal(g.status, HOSPES_EINPUT);
	guest_clear(&g);
	g = (struct guest){.file = SURVEY, .config = "{\"at_once\": 8}", .answer = agents, .input = "{\"files\": []}"};
	guest_run(&g);
	assert_int_equal(g.status, HOSPES_EINPUT);
	guest_clear(&g);
}

static int
teardown(void **state)
{
	(void)state;
	json_decref(page);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_languages),
	    cmocka_unit_test(test_not_text),
	    cmocka_unit_test(test_fetch),
	    cmocka_unit_test(test_titles),
	    cmocka_unit_test(test_survey),
	    cmocka_unit_test(test_survey_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
