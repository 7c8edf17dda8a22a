/* What the agents that search make of a question, and how much of it a text has. */

#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"

#include "common/query.h"

static const char groups[] = "# not, read\n"
			     "distribute, convey, hand out\n"
			     "object code, executable, binary\n"
			     "you, licensee\n"
			     "one two three four five six, never\n";

static void
asks_for(const char *text, unsigned asks)
{
	struct question q;

	question_read(&q, text, "");
	if (q.asks != asks)
		fail_msg("%s: expected %#x, found %#x", text, asks, q.asks);
	question_free(&q);
}

static void
the_kind_of_answer_is_known(void **state)
{
	(void)state;
	asks_for("What must someone who distributes binaries do?", ASKS_DUTY);
	asks_for("Do I have to pay?", ASKS_DUTY);
	asks_for("May I sell copies?", ASKS_LEAVE);
	asks_for("How long must the offer be valid?", ASKS_NUMBER | ASKS_DUTY);
	asks_for("How can I sort by size?", ASKS_HOW);
	asks_for("When does it end?", ASKS_DATE);
	asks_for("Who wrote it?", ASKS_WHO);
	asks_for("Why is it slow?", ASKS_WHY);
	asks_for("Where is the file?", ASKS_WHERE);
	asks_for("What is object code?", ASKS_MEANING);
	asks_for("tree frogs", 0);
}

static void
terms_are(const char *text, size_t n, const char *const *words)
{
	struct question q;

	question_read(&q, text, groups);
	assert_int_equal(q.n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(q.terms[i].word, words[i]);
	question_free(&q);
}

#define TERMS_ARE(text, ...)                                                                                           \
	terms_are(text, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

static void
terms_are_what_it_is_about(void **state)
{
	struct question q;

	(void)state;
	TERMS_ARE("What must someone who distributes binaries do?", "distributes", "binaries");
	TERMS_ARE("How long must the offer be valid?", "offer", "valid");
	TERMS_ARE("May I sell the object code of object files?", "sell", "object code", "files");
	TERMS_ARE("Who is who?", "who", "is");
	question_read(&q, "?!", groups);
	assert_int_equal(q.n, 0);
	question_free(&q);
}

static double
covers(const char *question, const char *text)
{
	struct question q;
	double share;

	question_read(&q, question, groups);
	share = passage_covers(&q, text, NULL, "name");
	question_free(&q);
	return share;
}

static void
own_words_count_more_than_others(void **state)
{
	static const char question[] = "What must someone who distributes binaries do?";
	double own = covers(question, "distribution of a binary"), other = covers(question, "to hand out object code");

	(void)state;
	assert_true(own > 0.999 && own < 1.001);
	assert_true(other > 0.85 && other < own);
	assert_true(covers(question, "a distributor has it") > 0.35); /* of the same family */
	assert_true(covers(question, "to convey it") < 0.5);
	assert_true(covers(question, "nothing of it") < 0.001);
	assert_true(covers(question, "never") < 0.001);
	assert_true(covers("Who wrote it?", "to write it") > 0.9); /* irregular */
	assert_true(covers("What is the Mercury?", "you, mercury") > 0.999);
}

static void
a_name_is_found_in_longer_ones(void **state)
{
	struct question q;

	(void)state;
	question_read(&q, "Who maintains curl?", "");
	assert_true(passage_covers(&q, "maintained by A. B.", NULL, "libcurl4") > 0.7);
	assert_true(passage_covers(&q, "maintained by A. B.", NULL, "zlib") < 0.6);
	question_free(&q);
}

static void
queries_have_all_words(void **state)
{
	struct question q;
	struct query query;

	(void)state;
	question_read(&q, "Who may distribute it?", groups);
	query_own(&q, &query);
	assert_string_equal(query.text, "distribut");
	query_wide(&q, &query);
	assert_string_equal(query.text, "convei \"hand out\"");
	question_free(&q);
	/* the stem of a stem is another one: words, then, that have these */
	question_read(&q, "Which license has the condenser?", groups);
	query_own(&q, &query);
	assert_string_equal(query.text, "license condense");
	question_free(&q);
}

/* More terms and members than there is room for, and bytes of any kind. */
static void
nothing_is_too_much(void **state)
{
	char *text = malloc(200000), *list = malloc(200000);
	struct question q;
	struct query query;
	size_t n = 0, k = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		n += (size_t)sprintf(text + n, "word%dx ", i);
		k += (size_t)sprintf(list + k, "word%dx, other%d%c", i, i, i % 50 == 0 ? '\n' : ',');
	}
	question_read(&q, text, list);
	assert_int_equal(q.n, QUESTION_TERMS);
	query_own(&q, &query);
	query_wide(&q, &query);
	assert_true(query.len <= QUERY_BYTES);
	question_free(&q);
	question_read(&q, "\xff\xc3 \xe2\x80", ",,,\n,\n\xff,\xc3\n");
	question_free(&q);
	free(text);
	free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_kind_of_answer_is_known),
	    cmocka_unit_test(terms_are_what_it_is_about), cmocka_unit_test(own_words_count_more_than_others),
	    cmocka_unit_test(a_name_is_found_in_longer_ones), cmocka_unit_test(queries_have_all_words),
	    cmocka_unit_test(nothing_is_too_much)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
