/* What the agents that read documents make of a text: words, stems, sentences, list items, headings. */

#include <stdlib.h>

#include "cmocka_all.h"

#include "common/text.h"

static void
assert_stem(const char *word, const char *expected)
{
	char stem[TEXT_STEM];

	text_stem(word, strlen(word), stem);
	assert_string_equal(stem, expected);
}

/* Examples of Porter's paper, a pair for each step. */
static void
stems_are_those_of_porter(void **state)
{
	static const char *const pairs[][2] = {{"caresses", "caress"}, {"ponies", "poni"}, {"cats", "cat"},
	    {"feed", "feed"}, {"agreed", "agre"}, {"plastered", "plaster"}, {"bled", "bled"}, {"motoring", "motor"},
	    {"sing", "sing"}, {"conflated", "conflat"}, {"troubled", "troubl"}, {"sized", "size"}, {"hopping", "hop"},
	    {"falling", "fall"}, {"hissing", "hiss"}, {"failing", "fail"}, {"filing", "file"}, {"happy", "happi"},
	    {"sky", "sky"}, {"relational", "relat"}, {"conditional", "condit"}, {"digitizer", "digit"},
	    {"radically", "radic"}, {"vietnamization", "vietnam"}, {"operator", "oper"}, {"hopefulness", "hope"},
	    {"formality", "formal"}, {"triplicate", "triplic"}, {"electrical", "electr"}, {"goodness", "good"},
	    {"revival", "reviv"}, {"allowance", "allow"}, {"replacement", "replac"}, {"adoption", "adopt"},
	    {"homologous", "homolog"}, {"effective", "effect"}, {"probate", "probat"}, {"rate", "rate"},
	    {"cease", "ceas"}, {"controll", "control"}, {"roll", "roll"}, {"by", "by"}, {"Distribution", "distribut"},
	    {"DISTRIBUTES", "distribut"}, {"licensor's", "licensor"}, {"licensor\xe2\x80\x99s", "licensor"},
	    {"don't", "dont"}, {"3.2", "3.2"}, {"\xc3\x84rger", "\xc3\xa4rger"}};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_stem(pairs[i][0], pairs[i][1]);
	/* cut at a whole character, whatever comes */
	assert_stem("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
	    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
	assert_stem("", "");
}

static void
a_word_has_its_stem_and_its_kind(void **state)
{
	static const char text[] = "What must \xe2\x80\x9cmachine-readable\xe2\x80\x9d GPL-3.2 cost: 1,000.";
	static const char *const stems[] = {"what", "must", "machin", "readabl", "gpl", "3.2", "cost", "1,000"};
	static const int flags[] = {
	    TEXT_STOP | TEXT_CAPITAL, TEXT_STOP, 0, 0, TEXT_CAPITAL | TEXT_UPPER, TEXT_NUMBER, 0, TEXT_NUMBER};
	struct text_word *words;
	size_t n = text_words(text, sizeof(text) - 1, &words);

	(void)state;
	assert_int_equal(n, 8);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(words[i].stem, stems[i]);
		assert_int_equal(words[i].flags, flags[i]);
	}
	assert_memory_equal(text + words[2].from, "machine", words[2].len);
	free(words);
	/* divided at the end of a line of a manual page, or by a soft hyphen */
	assert_int_equal(text_words("hyphe\xe2\x80\x90\n     nated so\xc2\xad"
				    "ft",
			     26, &words),
	    2);
	assert_string_equal(words[0].stem, "hyphen");
	assert_int_equal(words[0].len, 19);
	assert_string_equal(words[1].stem, "soft");
	free(words);
	assert_int_equal(text_words("one\xe2\x80\x90two\xe2\x80\x90\n Three", 19, &words), 3);
	free(words);
	assert_int_equal(text_words(" .-,\xe2\x80\x94 ", 8, &words), 0);
	assert_null(words);
}

/* Every one is found, so they are in order. */
static void
function_words_are_known(void **state)
{
	static const char *const some[] = {"a", "about", "i", "of", "the", "what", "someone", "yourselves"};

	(void)state;
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		assert_true(text_is_stop(some[i], strlen(some[i])));
	assert_false(text_is_stop("binary", 6));
	assert_false(text_is_stop("averyverylongwordindeed", 23));
}

struct expected {
	enum text_kind kind;
	int lead; /* -1: none */
	const char *text;
};

static void
assert_units(const char *text, const struct expected *expected, size_t n)
{
	struct text_unit *units;

	assert_int_equal(text_units(text, strlen(text), &units), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(units[i].to - units[i].from, strlen(expected[i].text));
		assert_memory_equal(text + units[i].from, expected[i].text, strlen(expected[i].text));
		assert_int_equal(units[i].kind, expected[i].kind);
		assert_int_equal(units[i].lead == TEXT_NO_LEAD ? -1 : (int)units[i].lead, expected[i].lead);
	}
	free(units);
}

#define ASSERT_UNITS(text, ...)                                                                                        \
	assert_units(text, (const struct expected[]){__VA_ARGS__},                                                     \
	    sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

static void
sentences_end_where_they_end(void **state)
{
	(void)state;
	ASSERT_UNITS("See sec. 3 of it, i.e. here.  Mr. A. Smith\nsaid \"No.\"  Why?  3.5 times.",
	    {TEXT_SENTENCE, -1, "See sec. 3 of it, i.e. here."}, {TEXT_SENTENCE, -1, "Mr. A. Smith\nsaid \"No.\""},
	    {TEXT_SENTENCE, -1, "Why?"}, {TEXT_SENTENCE, -1, "3.5 times."});
	assert_units("", NULL, 0);
	assert_units(" \n\n\t\n", NULL, 0);
}

/* What never ends is cut, behind a semicolon where there is one, and at a whole character. */
static void
long_ones_are_cut(void **state)
{
	char text[5000];
	struct text_unit *units;
	size_t n;

	(void)state;
	memset(text, 'a', sizeof(text));
	n = text_units(text, sizeof(text), &units);
	assert_int_equal(n, 5);
	assert_int_equal(units[0].to, 1000);
	free(units);
	memcpy(text + 600, "; ", 2);
	(void)text_units(text, sizeof(text), &units);
	assert_int_equal(units[0].to, 601);
	free(units);
	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	(void)text_units(text + 1, sizeof(text) - 1, &units);
	assert_int_equal(units[0].to % 2, 1);
	free(units);
}

/* A licence: headings with their numbers, and items that are nothing without what introduces them. */
static void
items_know_what_introduces_them(void **state)
{
	(void)state;
	ASSERT_UNITS("  6. Conveying Non-Source Forms.\n\n  You may convey it, provided that you also:\n\n"
		     "    a) Do this in section\n    7.  Or do that.\n\n    b) Stop.\n\n  A third way is none.\n\n  1. "
		     "It is set apart.\n",
	    {TEXT_HEADING, -1, "6. Conveying Non-Source Forms."},
	    {TEXT_SENTENCE, -1, "You may convey it, provided that you also:"},
	    {TEXT_ITEM, 1, "a) Do this in section\n    7."}, {TEXT_ITEM, 1, "Or do that."}, {TEXT_ITEM, 1, "b) Stop."},
	    {TEXT_SENTENCE, -1, "A third way is none."}, {TEXT_ITEM, -1, "1. It is set apart."});
	ASSERT_UNITS(
	    "3. Do one of these:\n\n  (a) that:\n     - deep one\n     - deep two\n  (b) this.\n4. The rest of it.",
	    {TEXT_ITEM, -1, "3. Do one of these:"}, {TEXT_ITEM, 0, "(a) that:"}, {TEXT_ITEM, 1, "- deep one"},
	    {TEXT_ITEM, 1, "- deep two"}, {TEXT_ITEM, 0, "(b) this."}, {TEXT_ITEM, -1, "4. The rest of it."});
}

static void
a_manual_page_has_options(void **state)
{
	(void)state;
	ASSERT_UNITS(
	    "NAME\n       ls - list\n\nOPTIONS\n       -a, --all\n              all of them\n\n       -b     back\n"
	    "              to front\n       PATH\n              where it looks\n",
	    {TEXT_HEADING, -1, "NAME"}, {TEXT_SENTENCE, -1, "ls - list"}, {TEXT_HEADING, -1, "OPTIONS"},
	    {TEXT_ITEM, -1, "-a, --all\n              all of them"},
	    {TEXT_ITEM, -1, "-b     back\n              to front"},
	    {TEXT_ITEM, -1, "PATH\n              where it looks"});
}

static void
a_changelog_has_items(void **state)
{
	(void)state;
	ASSERT_UNITS("x (1.2-1) unstable; urgency=low\n\n  * New one.\n    - Fix this\n      and that.\n  * Last\n\n"
		     " -- A B <a@b>  Mon, 02 Jan 2023 13:06:21 +0100\n",
	    {TEXT_HEADING, -1, "x (1.2-1) unstable; urgency=low"}, {TEXT_ITEM, -1, "* New one."},
	    {TEXT_ITEM, -1, "- Fix this\n      and that."}, {TEXT_ITEM, -1, "* Last"},
	    {TEXT_RULE, -1, "-- A B <a@b>  Mon, 02 Jan 2023 13:06:21 +0100"});
}

static void
control_fields_and_rules(void **state)
{
	(void)state;
	ASSERT_UNITS("Files: *\nCopyright: 2020 Me\nLicense: X\n Do what\n you want.\n .\n And more.\n",
	    {TEXT_ITEM, -1, "Files: *"}, {TEXT_ITEM, -1, "Copyright: 2020 Me"},
	    {TEXT_ITEM, -1, "License: X\n Do what\n you want."}, {TEXT_SENTENCE, -1, "And more."});
	ASSERT_UNITS("Title\n=====\n\n1.2  Scope ........... 7\n\nText.", {TEXT_HEADING, -1, "Title"},
	    {TEXT_RULE, -1, "====="}, {TEXT_RULE, -1, "1.2  Scope ........... 7"}, {TEXT_SENTENCE, -1, "Text."});
}

/* What only looks like an item, an option or a title. */
static void
a_sentence_goes_on_over_lines(void **state)
{
	(void)state;
	ASSERT_UNITS("Any licence that was granted in section\n2.1 of this License shall end.",
	    {TEXT_SENTENCE, -1, "Any licence that was granted in section\n2.1 of this License shall end."});
	ASSERT_UNITS("A signal is named in one of several ways, and the argument to\n-l is a number of it.",
	    {TEXT_SENTENCE, -1,
		"A signal is named in one of several ways, and the argument to\n-l is a number of it."});
	ASSERT_UNITS("\n      # Done Reading\n\n  http://Example.org/Title\n\n-- Berlin Town\n\n\xe2\x80\x94 Berlin, "
		     "Town\n\nIt is.",
	    {TEXT_SENTENCE, -1, "# Done Reading"}, {TEXT_SENTENCE, -1, "http://Example.org/Title"},
	    {TEXT_RULE, -1, "-- Berlin Town"}, {TEXT_SENTENCE, -1, "\xe2\x80\x94 Berlin, Town"},
	    {TEXT_SENTENCE, -1, "It is."});
	ASSERT_UNITS("             Appendix: How to Apply These Terms\n\nDo it.",
	    {TEXT_HEADING, -1, "Appendix: How to Apply These Terms"}, {TEXT_SENTENCE, -1, "Do it."});
}

static void
a_copyright_notice_ends_without_a_full_stop(void **state)
{
	(void)state;
	ASSERT_UNITS("Copyright (C) 1989 Free\n Software Foundation, Inc.,\n51 Franklin Street, USA\n"
		     "University of Boston\nEveryone is permitted to copy\nit.",
	    {TEXT_SENTENCE, -1,
		"Copyright (C) 1989 Free\n Software Foundation, Inc.,\n51 Franklin Street, USA\nUniversity of Boston"},
	    {TEXT_SENTENCE, -1, "Everyone is permitted to copy\nit."});
}

/* Whatever the bytes are, places are in order and inside. */
static void
places_are_in_order_whatever_the_bytes(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		static const char alphabet[] = "aZ.\n\n  \t-*()1:;'\xe2\x80\x99\xc3\xa4?x";
		struct text_unit *units;
		struct text_word *words;
		char text[120];
		size_t at = 0, n;

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		n = text_units(text, sizeof(text), &units);
		for (size_t i = 0; i < n; i++) {
			assert_true(units[i].from >= at && units[i].from < units[i].to && units[i].to <= sizeof(text));
			assert_true(units[i].lead == TEXT_NO_LEAD || units[i].lead < i);
			at = units[i].to;
		}
		free(units);
		n = text_words(text, sizeof(text), &words);
		for (size_t i = 0; i < n; i++)
			assert_true(words[i].len > 0 && words[i].from + words[i].len <= sizeof(text));
		free(words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(stems_are_those_of_porter),
	    cmocka_unit_test(a_word_has_its_stem_and_its_kind), cmocka_unit_test(function_words_are_known),
	    cmocka_unit_test(a_sentence_goes_on_over_lines),
	    cmocka_unit_test(a_copyright_notice_ends_without_a_full_stop),
	    cmocka_unit_test(sentences_end_where_they_end), cmocka_unit_test(long_ones_are_cut),
	    cmocka_unit_test(items_know_what_introduces_them), cmocka_unit_test(a_manual_page_has_options),
	    cmocka_unit_test(a_changelog_has_items), cmocka_unit_test(control_fields_and_rules),
	    cmocka_unit_test(places_are_in_order_whatever_the_bytes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
