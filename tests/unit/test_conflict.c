/*
 * Contradictions: how many of those planted are found, and how many of those found are none.
 *
 * contradictions.json has pairs that contradict each other among pairs that only look so; on contradictions-held-out.json
 * nothing was tuned.  CONFLICT_SHOW=1 prints each pair that was judged wrongly.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmocka_all.h"

#include "agents/analyse/conflict.h"

struct score {
	size_t planted, distractors; /* pairs */
	size_t found, right_kind, false_alarms;
	double precision, recall;
};

static struct conflict
judge(const json_t *pair, bool turned)
{
	const char *a = json_string_value(json_object_get(pair, turned ? "b" : "a"));
	const char *b = json_string_value(json_object_get(pair, turned ? "a" : "b"));
	struct statements *x = statements_read(a, strlen(a)), *y = statements_read(b, strlen(b));
	struct conflict conflict;

	conflict_find(x, y, &conflict);
	statements_free(&x);
	statements_free(&y);
	return conflict;
}

static void
show(bool shows, const char *what, const json_t *pair, const struct conflict *conflict)
{
	if (shows && getenv("CONFLICT_SHOW") != NULL)
		printf("%s (%s %s)\n    %s\n    %s\n", what, conflict_name(conflict->kind), conflict->why,
		    json_string_value(json_object_get(pair, "a")), json_string_value(json_object_get(pair, "b")));
}

static struct score
measure(const char *file, bool shows)
{
	json_error_t error;
	json_t *set = json_load_file(file, 0, &error), *pair;
	struct score s = {0};
	size_t i;

	if (set == NULL)
		fail_msg("%s:%d: %s", file, error.line, error.text);
	json_array_foreach(json_object_get(set, "planted"), i, pair)
	{
		struct conflict c = judge(pair, false), turned = judge(pair, true);
		const char *kind = json_string_value(json_object_get(pair, "kind"));

		assert_int_equal(c.kind, turned.kind);
		s.planted++;
		s.found += c.kind != CONFLICT_NONE;
		s.right_kind += strcmp(conflict_name(c.kind), kind) == 0;
		if (strcmp(conflict_name(c.kind), kind) != 0)
			show(shows, c.kind == CONFLICT_NONE ? "missed" : "of another kind", pair, &c);
	}
	json_array_foreach(json_object_get(set, "distractors"), i, pair)
	{
		struct conflict c = judge(pair, false);

		s.distractors++;
		s.false_alarms += c.kind != CONFLICT_NONE;
		if (c.kind != CONFLICT_NONE)
			show(shows, "false alarm", pair, &c);
	}
	json_decref(set);
	s.precision = s.found == 0 ? 0 : (double)s.found / (double)(s.found + s.false_alarms);
	s.recall = (double)s.found / (double)s.planted;
	printf(
	    "%s: %zu planted, %zu others: precision %.2f, recall %.2f (%zu found, %zu false, %zu of the right kind)\n",
	    strrchr(file, '/') + 1, s.planted, s.distractors, s.precision, s.recall, s.found, s.false_alarms,
	    s.right_kind);
	return s;
}

static void
test_planted(void **state)
{
	struct score s = measure(CONTRADICTIONS ".json", true);

	(void)state;
	assert_true(s.planted >= 30 && s.distractors >= 60);
	assert_true(s.precision >= 0.8);
	assert_true(s.recall >= 0.6);
	assert_int_equal(s.right_kind, s.found);
}

static void
test_held_out(void **state)
{
	struct score s = measure(CONTRADICTIONS "-held-out.json", false);

	(void)state;
	assert_true(s.planted >= 15 && s.distractors >= 30);
	assert_true(s.precision >= 0.8);
	assert_true(s.recall >= 0.6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_planted),
	    cmocka_unit_test(test_held_out),
	};

	lexicon_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
