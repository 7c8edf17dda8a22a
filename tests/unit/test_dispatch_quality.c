/* Scores: who may give them and what they weigh; a hostile agent gets nowhere. */

#include "dispatch_world.h"

#include <math.h>

#include "dispatch/quality.h"
#include "dispatch/state.h"

static struct call *root;

static int
begin(void **state)
{
	setup(state);
	version_add("a", "1.0.0");
	version_add("b", "1.2.0");
	root = start();
	return 0;
}

static unsigned
scores_on_record(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == RECORD_SCORE;
	return n;
}

/* The root calls `target`, which replies. */
static uint32_t
called(const char *target)
{
	uint32_t ordinal = root->reissued;

	ask(root, target);
	reply(newest(), 0, "{}");
	return ordinal;
}

static int
scored(uint32_t ordinal, double score, const char *why, size_t why_len)
{
	uint8_t input[4096];

	memcpy(input, &ordinal, sizeof(ordinal));
	memcpy(input + sizeof(ordinal), &score, sizeof(score));
	memcpy(input + sizeof(ordinal) + sizeof(score), why, why_len);
	ask_with(root, WIRE_OP_SCORE, "", 0, input, sizeof(ordinal) + sizeof(score) + why_len);
	return last_status();
}

/* ---- By agents --------------------------------------------------------------------------------------------------- */

static void
a_caller_scores_its_callee(void **state)
{
	uint32_t ordinal = called("b");
	struct record r;
	_cleanup_(free_p) char *target = NULL, *version = NULL, *actor = NULL, *why = NULL, *path = NULL;

	(void)state;
	assert_int_equal(scored(ordinal, 0.5, "so so", 5), 0);
	r = record_newest(RECORD_SCORE);
	target = record_text(&r, TAG_TARGET);
	version = record_text(&r, TAG_VERSION);
	actor = record_text(&r, TAG_ACTOR);
	why = record_text(&r, TAG_REASON);
	path = record_text(&r, TAG_PATH);
	assert_string_equal(target, "b");
	assert_string_equal(version, "1.2.0");
	assert_string_equal(actor, "a");
	assert_string_equal(why, "so so");
	assert_string_equal(path, "/0/0");
	assert_int_equal(r.head.ordinal, 1);
}

static void
once_for_each_call(void **state)
{
	uint32_t first = called("b"), second = called("b");

	(void)state;
	assert_int_equal(scored(first, 0.5, "", 0), 0);
	assert_int_equal(scored(first, 1, "", 0), HOSPES_ECONFLICT);
	assert_int_equal(scored(second, 1, "", 0), 0);
	assert_int_equal(scores_on_record(), 2);
}

static void
what_is_no_call_of_its_own_is_not_scored(void **state)
{
	uint32_t n = 16;

	(void)state;
	assert_int_equal(scored(0, 1, "", 0), HOSPES_EINPUT); /* itself */
	assert_int_equal(scored(7, 1, "", 0), HOSPES_EINPUT);
	assert_int_equal(scored(UINT32_MAX, 1, "", 0), HOSPES_EINPUT);
	ask_with(root, WIRE_OP_RANDOM, "", 0, &n, sizeof(n));
	assert_int_equal(scored(3, 1, "", 0), HOSPES_EINPUT);
	ask(root, "nobody");
	assert_int_equal(scored(5, 0, "", 0), HOSPES_EINPUT); /* nobody has answered */
	assert_int_equal(scores_on_record(), 0);
}

static void
nobody_scores_itself(void **state)
{
	struct op *op;

	(void)state;
	(void)called("b");
	op = root->ops[0];
	strcpy(op->answered->name, "a"); /* as if its callee had been of its own kind */
	assert_int_equal(scored(0, 1, "", 0), HOSPES_EPERM);
	strcpy(op->answered->name, "b");
	assert_int_equal(scores_on_record(), 0);
}

static void
foreign_bytes_are_looked_at(void **state)
{
	static const double bad[] = {-0.1, 1.1, INFINITY, -INFINITY, NAN};
	char text[SCORE_WHY_MAX + 1];
	uint32_t ordinal = called("b");

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(scored(ordinal, bad[i], "", 0), HOSPES_EINPUT);
	assert_int_equal(scored(ordinal, 1, "\xff\xfe", 2), HOSPES_EINPUT);
	assert_int_equal(scored(ordinal, 1, "a\0b", 3), HOSPES_EINPUT);
	assert_int_equal(scored(ordinal, 1, text, sizeof(text)), HOSPES_EINPUT);
	for (size_t len = 0; len < sizeof(ordinal) + sizeof(double); len++) {
		ask_with(root, WIRE_OP_SCORE, "", 0, text, len);
		assert_int_equal(last_status(), HOSPES_EINPUT);
	}
	assert_int_equal(scores_on_record(), 0);
	assert_int_equal(scored(ordinal, 1, text, SCORE_WHY_MAX), 0);
}

/* ---- What they weigh --------------------------------------------------------------------------------------------- */

static void
give(enum score_kind kind, double score, const char *capability)
{
	dispatch_score(w.d, &(struct score){.kind = kind,
				.score = score,
				.plugin = "b",
				.semver = "1.2.0",
				.capability = capability,
				.path = "/0/0",
				.attempt = 1,
				.ordinal = UINT32_MAX,
				.by = "x",
				.run = w.run,
				.policy = w.policy});
	w.n_records--; /* nobody asks for it */
	free(w.records[w.n_records]);
}

static double
believed(const char *capability)
{
	return quality_score(w.d, "b", "1.2.0", capability);
}

static bool
near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void
agents_alone_weigh_nothing(void **state)
{
	(void)state;
	assert_true(isnan(believed("")));
	for (unsigned i = 0; i < 500; i++)
		give(SCORE_AGENT, 1, "");
	assert_true(isnan(believed("")));
	give(SCORE_CHECK, 0.5, "");
	assert_true(near(believed(""), 0.75)); /* one of 500 counts */
	give(SCORE_PERSON, 0, "");
	assert_true(near(believed(""), (0.5 + 0 + 2) / 4));
	assert_true(isnan(quality_score(w.d, "b", "1.3.0", "")));
}

static void
capabilities_are_kept_apart(void **state)
{
	(void)state;
	give(SCORE_CHECK, 1, "read.strict");
	give(SCORE_CHECK, 0, "read.fast");
	assert_true(near(believed("read.strict"), 1));
	assert_true(near(believed("read.fast"), 0));
	assert_true(isnan(believed("")));
	give(SCORE_CHECK, 0.5, ""); /* asked by name: that is all that it can do */
	assert_true(near(believed("read.strict"), 0.75));
	assert_true(near(believed(NULL), 0.5));
}

static void
they_are_listed_in_order(void **state)
{
	json_t *list;

	(void)state;
	give(SCORE_AGENT, 1, "x");
	give(SCORE_CHECK, 0.25, "x");
	give(SCORE_CHECK, 0.5, "");
	list = dispatch_scores(w.d, NULL);
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "capability")), "");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "by")), "checks");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 2), "by")), "agents");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 2), "trend")), "new");
	json_decref(list);
	list = dispatch_scores(w.d, "a");
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_caller_scores_its_callee, begin, teardown),
	    cmocka_unit_test_setup_teardown(once_for_each_call, begin, teardown),
	    cmocka_unit_test_setup_teardown(what_is_no_call_of_its_own_is_not_scored, begin, teardown),
	    cmocka_unit_test_setup_teardown(nobody_scores_itself, begin, teardown),
	    cmocka_unit_test_setup_teardown(foreign_bytes_are_looked_at, begin, teardown),
	    cmocka_unit_test_setup_teardown(agents_alone_weigh_nothing, begin, teardown),
	    cmocka_unit_test_setup_teardown(capabilities_are_kept_apart, begin, teardown),
	    cmocka_unit_test_setup_teardown(they_are_listed_in_order, begin, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
