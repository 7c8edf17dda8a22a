/* One breaker: the window under a clock of the test's own, and until when it is open. */

#include "breaker_world.h"

static const struct breaker_rules rules = {
    .errors = 50, .least = 4, .window_ns = 60 * S, .latency_ns = 0, .open_ns = 30 * S};

/* Counts `n` outcomes at a time; true: the last of them opens it. */
static bool
count(struct breaker *b, const struct breaker_rules *r, unsigned n, bool error, int64_t at)
{
	enum breaker_cause cause;
	bool opens = false;

	while (n-- > 0)
		opens = breaker_count(b, r, error, 0, at, &cause);
	return opens;
}

static void
test_half_of_enough_opens(void **state)
{
	struct breaker b = {0};

	(void)state;
	assert_false(count(&b, &rules, 3, true, 0)); /* too few */
	assert_true(count(&b, &rules, 1, true, 0));
	b = (struct breaker){0};
	assert_false(count(&b, &rules, 5, false, 0));
	assert_false(count(&b, &rules, 4, true, 0)); /* 4 of 9 */
	assert_true(count(&b, &rules, 1, true, 0));  /* 5 of 10 */
	b = (struct breaker){0};
	assert_false(count(&b, &(struct breaker_rules){.errors = 0, .least = 1, .window_ns = S}, 100, true, 0));
	b = (struct breaker){0};
	assert_false(count(
	    &b, &(struct breaker_rules){.errors = 1, .least = 1, .window_ns = S}, 100, false, 0)); /* of none too */
}

static void
test_what_is_old_leaves_the_window(void **state)
{
	struct breaker b = {0};
	int64_t t = 1000 * S;

	(void)state;
	count(&b, &rules, 3, true, t);
	assert_int_equal(breaker_window(&b, &rules, t + 54 * S)->errors, 3); /* the twelfth bucket */
	count(&b, &rules, 1, false, t + 54 * S);
	assert_int_equal(breaker_window(&b, &rules, t + 60 * S)->errors, 0);
	assert_int_equal(breaker_window(&b, &rules, t + 60 * S)->n, 1);
	assert_int_equal(breaker_window(&b, &rules, t + 109 * S)->n, 1);
	assert_int_equal(breaker_window(&b, &rules, t + 110 * S)->n, 0);
	count(&b, &rules, 3, true, t + 200 * S);
	assert_int_equal(breaker_window(&b, &rules, t + 1000000 * S)->n, 0); /* after a long silence */
}

/* Buckets taken one by one come to the same as all that was counted in the last twelve. */
static void
test_the_sum_is_that_of_the_window(void **state)
{
	unsigned seed = 7, counted[4000] = {0};
	struct breaker b = {0};
	const struct breaker_rules never = {.errors = 0, .least = 1, .window_ns = 12 * S};
	int64_t t = 0;

	(void)state;
	for (unsigned step = 0; step < 2000; step++) {
		unsigned expected = 0;

		seed = seed * 1103515245 + 12345;
		t += (int64_t)(seed >> 16) % (step % 50 == 0 ? 20 : 2);
		count(&b, &never, 1, (seed & 4) != 0, t * S);
		counted[t]++;
		for (int64_t i = t; i >= 0 && i > t - 12; i--)
			expected += counted[i];
		assert_int_equal(breaker_window(&b, &never, t * S)->n, expected);
	}
}

static void
test_another_window_begins_anew(void **state)
{
	struct breaker_rules other = rules;
	struct breaker b = {0};

	(void)state;
	count(&b, &rules, 3, true, 10 * S);
	other.window_ns = 10 * S;
	assert_false(count(&b, &other, 1, true, 10 * S));
	assert_int_equal(b.sum.n, 1);
}

static void
test_what_is_slow_is_bad(void **state)
{
	struct breaker_rules slow = rules;
	struct breaker b = {0};
	enum breaker_cause cause;

	(void)state;
	slow.latency_ns = S;
	for (unsigned i = 0; i < 3; i++)
		assert_false(breaker_count(&b, &slow, false, 2 * S, 0, &cause));
	assert_false(breaker_count(&b, &rules, false, 2 * S, 0, &cause) &&
		     cause == BREAKER_ERRORS); /* without a limit it is not */
	assert_true(breaker_count(&b, &slow, false, S + 1, 0, &cause));
	assert_int_equal(cause, BREAKER_LATENCY);
	assert_int_equal(b.sum.slow, 4);
	assert_false(breaker_is_slow(&slow, S));
}

static void
test_money_of_a_minute(void **state)
{
	struct breaker_rules money = {
	    .errors = 50, .least = 4, .window_ns = 30 * S, .open_ns = S, .money_micros = 1000};
	struct breaker b = {0};

	(void)state;
	for (int i = 0; i < 5; i++) { /* half a minute: 500 */
		assert_int_equal(breaker_ask(&b, &money, 100, 0, 0), BREAKER_PASS);
		breaker_spend(&b, 100);
	}
	assert_int_equal(breaker_ask(&b, &money, 100, 0, 0), BREAKER_DEAR);
	assert_int_equal(breaker_ask(&b, &money, 0, 0, 0), BREAKER_PASS); /* what costs nothing may go on */
	breaker_spend(&b, -100);                                          /* one that did not go there */
	assert_int_equal(breaker_ask(&b, &money, 100, 0, 0), BREAKER_PASS);
	breaker_spend(&b, 100);
	assert_int_equal(breaker_ask(&b, &money, 100, 30 * S, 0), BREAKER_PASS);
	money.money_micros = INT64_MAX; /* no sum overflows */
	breaker_spend(&b, INT64_MAX / 8);
	assert_int_equal(breaker_ask(&b, &money, INT64_MAX / 8, 30 * S, 0), BREAKER_PASS);
	money.money_micros = 0;
	assert_int_equal(breaker_ask(&b, &money, INT64_MAX / 2, 30 * S, 0), BREAKER_PASS);
}

static void
test_open_until_its_time(void **state)
{
	_cleanup_(buf_free) struct buf told = {0};
	int64_t real = 1700000000 * S;
	struct breaker b = {0};

	(void)state;
	count(&b, &rules, 4, true, 0);
	breaker_open(&b, &rules, BREAKER_ERRORS, real);
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real), BREAKER_REFUSE);
	breaker_tell(&b, real, &told);
	assert_string_equal(buf_text(&told), "since 2023-11-14T22:13:20.000Z nothing is sent there: 4 of its last 4 in "
					     "60 s went wrong; it is tried again at "
					     "2023-11-14T22:13:50.000Z");
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 30 * S - 1), BREAKER_REFUSE);
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 30 * S), BREAKER_TRY);
	breaker_try(&b, real + 30 * S);
	b.probe = (struct op *)&b;
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 3000 * S), BREAKER_REFUSE); /* one, and no more */
	b.probe = NULL;
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 30 * S), BREAKER_TRY);
	breaker_close(&b, real + 31 * S);
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real + 31 * S), BREAKER_PASS);
	assert_int_equal(b.sum.n, 0);
}

static void
test_clocks_and_reloads_do_not_keep_it_open(void **state)
{
	struct breaker_rules shorter = rules;
	int64_t real = 1700000000 * S;
	struct breaker b = {0};

	(void)state;
	breaker_open(&b, &rules, BREAKER_ERRORS, real);
	assert_int_equal(
	    breaker_ask(&b, &rules, 0, 0, real - 86400 * S), BREAKER_REFUSE); /* the clock was put back by a day */
	assert_int_equal(breaker_ask(&b, &rules, 0, 0, real - 86400 * S + 30 * S), BREAKER_TRY);
	breaker_open(&b, &rules, BREAKER_ERRORS, real);
	shorter.open_ns = S;
	assert_int_equal(breaker_ask(&b, &shorter, 0, 0, real + 2 * S), BREAKER_TRY);
}

#define ALONE(f) cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ALONE(test_half_of_enough_opens),
	    ALONE(test_what_is_old_leaves_the_window),
	    ALONE(test_the_sum_is_that_of_the_window),
	    ALONE(test_another_window_begins_anew),
	    ALONE(test_what_is_slow_is_bad),
	    ALONE(test_money_of_a_minute),
	    ALONE(test_open_until_its_time),
	    ALONE(test_clocks_and_reloads_do_not_keep_it_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
