/* Words, stems, and what is made of a query. */

#include <string.h>

#include "cmocka_all.h"

#include "base/util.h"
#include "memory/query.h"

/* The stems of a text with blanks between; "=" behind one that was there before. */
static const char *
stems(const char *text)
{
	static char out[1024];
	struct words *words = words_new();
	struct word w;
	size_t at = 0, len = 0;

	out[0] = '\0';
	words_begin(words);
	while (words_next(words, text, strlen(text), &at, &w))
		len += (size_t)snprintf(out + len, sizeof out - len, "%s%.*s%s", len > 0 ? " " : "", (int)w.len, w.stem,
		    w.again ? "=" : "");
	words_free(&words);
	return out;
}

static void
words_are_folded_and_stemmed(void **state)
{
	(void)state;
	assert_string_equal(stems("Distributes, distribution; DISTRIBUTES!"), "distribut distribut distribut=");
	assert_string_equal(stems("the cat of a hat"), "cat hat");
	assert_string_equal(stems("caf\xc3\xa9 \xc3\x89tudes \xc3\xa6on"), "cafe etud \xc3\xa6on");
	assert_string_equal(stems("GPL-3 section 6.2"), "gpl 3 section 6 2");
	assert_string_equal(stems("e\xcc\x81t\xc3\xa9"), "et");
	assert_string_equal(stems("\xe4\xb8\xad\xe6\x96\x87 ok"), "\xe4\xb8\xad \xe6\x96\x87 ok");
	assert_string_equal(stems("\xe2\x80\x9cquoted\xe2\x80\x9d\xc2\xa0word"), "quot word");
	assert_string_equal(stems("\xd0\x9c\xd0\x98\xd0\xa0 \xd0\xbc\xd0\xb8\xd1\x80"),
	    "\xd0\xbc\xd0\xb8\xd1\x80 \xd0\xbc\xd0\xb8\xd1\x80=");
	assert_string_equal(stems("hyphe\xe2\x80\x90\n    nated so\xc2\xad"
				  "ft"),
	    "hyphen soft");
	assert_string_equal(stems("one\xe2\x80\x90two \xe2\x80\x90\nx y\xe2\x80\x90\n"), "on two x y");
	assert_string_equal(
	    stems("pneumonoultramicroscopicsilicovolcanoconiosis pneumonoultramicroscopicsilicovolcano"),
	    "pneumonoultramicroscopicsilicovolcanoconiosi pneumonoultramicroscopicsilicovolcano");
	assert_string_equal(stems(""), "");
}

/* From Porter's paper and his vocabulary. */
static void
stems_are_porters(void **state)
{
	static const char *const pairs[][2] = {{"caresses", "caress"}, {"ponies", "poni"}, {"cats", "cat"},
	    {"feed", "feed"}, {"agreed", "agre"}, {"plastered", "plaster"}, {"motoring", "motor"}, {"sing", "sing"},
	    {"conflated", "conflat"}, {"sized", "size"}, {"hopping", "hop"}, {"falling", "fall"}, {"filing", "file"},
	    {"happy", "happi"}, {"sky", "sky"}, {"relational", "relat"}, {"conditional", "condit"},
	    {"valenci", "valenc"}, {"digitizer", "digit"}, {"operator", "oper"}, {"feudalism", "feudal"},
	    {"decisiveness", "decis"}, {"hopefulness", "hope"}, {"formaliti", "formal"}, {"sensibiliti", "sensibl"},
	    {"triplicate", "triplic"}, {"electrical", "electr"}, {"goodness", "good"}, {"revival", "reviv"},
	    {"allowance", "allow"}, {"inference", "infer"}, {"adjustable", "adjust"}, {"replacement", "replac"},
	    {"adoption", "adopt"}, {"communism", "commun"}, {"effective", "effect"}, {"probate", "probat"},
	    {"rate", "rate"}, {"cease", "ceas"}, {"controll", "control"}, {"roll", "roll"}, {"licensing", "licens"},
	    {"binaries", "binari"}, {"binary", "binari"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		char word[32];
		size_t len;

		snprintf(word, sizeof word, "%s", pairs[i][0]);
		len = stem_word(word, strlen(word));
		word[len] = '\0';
		assert_string_equal(word, pairs[i][1]);
	}
}

/* Items with "|" between, the words of a phrase with "+". */
static const char *
query(const char *text)
{
	static char out[4096];
	static struct query q;
	struct fault fault = {0};
	size_t len = 0;

	if (query_read(text, &q, &fault) != 0) {
		assert_int_equal(fault.status, HOSPES_EINPUT);
		return "fault";
	}
	for (size_t i = 0; i < q.n_items; i++)
		for (size_t k = 0; k < q.items[i].n; k++)
			len += (size_t)snprintf(out + len, sizeof out - len, "%s%s",
			    k > 0   ? "+"
			    : i > 0 ? "|"
				    : "",
			    q.words[q.items[i].first + k].stem);
	return out;
}

static void
a_query_is_words_and_phrases(void **state)
{
	char many[8192];
	size_t items = 1;

	(void)state;
	assert_string_equal(query("What must someone who distributes binaries do?"), "must|distribut|binari");
	assert_string_equal(query("\"object code\" form"), "object+code|form");
	assert_string_equal(query("form \"object code"), "form|object+code");
	assert_string_equal(query("a a cat cats \"cat\""), "cat");
	assert_string_equal(
	    query("NEAR(x y) OR words:z* NOT ^q -r \"\" '; DROP TABLE"), "near|x|y|word|z|not|q|r|drop|tabl");
	assert_string_equal(query("who is it"), "who");
	assert_string_equal(query(""), "fault");
	assert_string_equal(query("?! \"\" the"), "fault");
	assert_string_equal(query("\xff\xfe"), "fault");
	for (size_t i = 0; i < 1000; i++)
		sprintf(many + i * 8, "wd%05zu ", i);
	for (const char *c = query(many); *c != '\0'; c++)
		items += *c == '|';
	assert_int_equal(items, QUERY_WORDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_folded_and_stemmed),
	    cmocka_unit_test(stems_are_porters),
	    cmocka_unit_test(a_query_is_words_and_phrases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
