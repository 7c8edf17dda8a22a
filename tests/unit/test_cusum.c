/*
 * CUSUM over scores: when a drop is told, and how often one that is none.  What cusum.h, etc/hospes.conf and the manual say of false
 * alerts and delays is measured here, on made-up series from one seed, and printed.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "cmocka_all.h"

#include "dispatch/cusum.h"

static const struct cusum_rule usual = {.k = 0.5, .h = 8, .least = 30};

/* ---- Chance ------------------------------------------------------------------------------------------------------ */

static uint64_t seed;

/* xorshift64* (S. Vigna, 2016) */
static double
chance(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return ((double)((seed * UINT64_C(0x2545F4914F6CDD1D)) >> 11) + 0.5) / 9007199254740992.0;
}

static double
bounded(double score)
{
	return fmin(1, fmax(0, score));
}

/* Scores of several kinds of judges; `drop` in standard deviations of each. */
static double
normal(double drop)
{
	return bounded(0.7 + 0.1 * (sqrt(-2 * log(chance())) * cos(2 * M_PI * chance()) - drop));
}

static double
right_or_wrong(double drop)
{
	return chance() < 0.9 - 0.3 * drop ? 1 : 0;
}

static double
mostly_good(double drop)
{
	double u = chance();

	return bounded(1 - 0.3 * u * u * u * u - 0.09 * drop);
}

static double
in_quarters(double drop)
{
	double u = chance(), score = u < 0.6 ? 1 : u < 0.85 ? 0.75 : u < 0.95 ? 0.5 : u < 0.99 ? 0.25 : 0;

	return bounded(score - 0.25 * drop);
}

static double
always_the_same(double drop)
{
	return bounded(1 - CUSUM_SIGMA_LEAST * drop);
}

struct judge {
	const char *name;
	double (*score)(double drop);
	double false_most;       /* in 10,000 scores */
	double delay_1, delay_2; /* scores, at the most on the mean, after a drop of 1 and 2 standard deviations */
};

static const struct judge judges[] = {
    {"normal scores", normal, 1.5, 22, 8},
    {"right or wrong", right_or_wrong, 12, 24, 8},
    {"mostly good", mostly_good, 6, 22, 8},
    {"in quarters", in_quarters, 5, 22, 8},
    {"always the same", always_the_same, 0, 20, 8},
};

/* ---- Measured ---------------------------------------------------------------------------------------------------- */

#define SERIES  100
#define LENGTH  10000
#define DROPS   500
#define HISTORY 200
#define LATEST  300

static double
false_in_10000(const struct judge *judge)
{
	unsigned told = 0;

	for (unsigned i = 0; i < SERIES; i++) {
		struct cusum c = {0}, was;

		for (unsigned n = 0; n < LENGTH; n++)
			told += cusum_add(&c, &usual, judge->score(0), &was);
	}
	return (double)told * 10000 / ((double)SERIES * LENGTH);
}

/* The mean number of scores until a drop is told; *missed: per cent of drops that are not, within LATEST. */
static double
delay(const struct judge *judge, unsigned history, double drop, double *missed)
{
	unsigned sum = 0, never = 0;

	for (unsigned i = 0; i < DROPS; i++) {
		struct cusum c = {0}, was;
		unsigned n = 0;

		for (unsigned h = 0; h < history; h++)
			(void)cusum_add(&c, &usual, judge->score(0), &was);
		while (n++ < LATEST && !cusum_add(&c, &usual, judge->score(drop), &was))
			continue;
		if (n > LATEST)
			never++;
		else
			sum += n;
	}
	*missed = 100.0 * never / DROPS;
	return (double)sum / (DROPS - never);
}

static void
false_alerts_and_delays(void **state)
{
	(void)state;
	seed = UINT64_C(0x5DEECE66D);
	printf("# k = %g, h = %g, least = %u; seed %#llx\n", usual.k, usual.h, usual.least, (unsigned long long)seed);
	printf("# %-16s  false in 10,000  told after 1 sigma (missed)  after 2 sigma (missed), %d scores before\n", "",
	    HISTORY);
	for (size_t i = 0; i < sizeof(judges) / sizeof(judges[0]); i++) {
		const struct judge *judge = &judges[i];
		double missed_1, missed_2, false_alerts = false_in_10000(judge);
		double delay_1 = delay(judge, HISTORY, 1, &missed_1), delay_2 = delay(judge, HISTORY, 2, &missed_2);

		printf("# %-16s  %15.2f  %12.1f (%.1f %%)  %20.1f (%.1f %%)\n", judge->name, false_alerts, delay_1,
		    missed_1, delay_2, missed_2);
		assert_true(false_alerts <= judge->false_most);
		assert_true(delay_1 <= judge->delay_1 && missed_1 <= 5);
		assert_true(delay_2 <= judge->delay_2 && missed_2 <= 5);
	}
}

/* A series that is hardly known takes a drop for what is usual: as often as the manual says. */
static void
young_series_learn_the_drop(void **state)
{
	double missed_1, missed_2, delay_1, delay_2;

	(void)state;
	seed = UINT64_C(0x77777);
	delay_1 = delay(&judges[0], usual.least, 1, &missed_1);
	delay_2 = delay(&judges[0], usual.least, 2, &missed_2);
	printf("# after %u normal scores alone: %.1f (%.1f %% missed), %.1f (%.1f %% missed)\n", usual.least, delay_1,
	    missed_1, delay_2, missed_2);
	assert_true(missed_1 < 55 && missed_2 < 2 && delay_2 < 12);
}

/* What Siegmund's approximation says of normal scores is what comes out. */
static void
theory_and_code_agree(void **state)
{
	double b = usual.h + 1.166, in_control = (exp(2 * usual.k * b) - 2 * usual.k * b - 1) / (2 * usual.k * usual.k);
	double found;

	(void)state;
	seed = UINT64_C(0x12345);
	found = 10000 / fmax(0.01, false_in_10000(&judges[0]));
	printf("# one in %.0f by theory, one in %.0f here\n", in_control, found);
	assert_true(found > in_control / 2.5 && found < in_control * 2.5);
}

/* ---- Cases ------------------------------------------------------------------------------------------------------- */

static bool
add(struct cusum *c, double score, unsigned times)
{
	struct cusum was;
	bool told = false;

	while (times-- > 0)
		told |= cusum_add(c, &usual, score, &was);
	return told;
}

static void
no_single_score_is_a_drop(void **state)
{
	struct cusum c = {0};

	(void)state;
	assert_false(add(&c, 1, 1000));
	assert_false(add(&c, 0, 1));
	assert_false(add(&c, 1, 10));
	assert_true(c.low == 0);
}

static void
what_hardly_changes_is_none(void **state)
{
	struct cusum c = {0};

	(void)state;
	assert_false(add(&c, 1, 100));
	assert_false(add(&c, 0.98, 1000));
}

static void
nothing_is_told_of_the_first(void **state)
{
	struct cusum c = {0};

	(void)state;
	assert_false(add(&c, 1, 15));
	assert_false(add(&c, 0, 15));
}

static void
what_rises_is_none(void **state)
{
	struct cusum c = {0};

	(void)state;
	assert_false(add(&c, 0.2, 100));
	assert_false(add(&c, 0.9, 1000));
}

static void
a_drop_is_told_once(void **state)
{
	struct cusum c = {0}, was;
	unsigned told = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_false(cusum_add(&c, &usual, i % 2 == 0 ? 0.85 : 0.95, &was));
	for (unsigned i = 0; i < 1000; i++) {
		if (!cusum_add(&c, &usual, i % 2 == 0 ? 0.25 : 0.35, &was))
			continue;
		told++;
		assert_true(was.before > 0.89 && was.before < 0.91);
		assert_true(was.since > 0.24 && was.since < 0.36);
		assert_true(was.since_n >= 3 && was.since_n <= 6);
		assert_int_equal(c.n, 0);
	}
	assert_int_equal(told, 1);
	/* From its new level it can drop again. */
	for (unsigned i = 0; i < 100; i++)
		told += cusum_add(&c, &usual, 0, &was);
	assert_int_equal(told, 2);
}

static void
numbers_stay_numbers(void **state)
{
	struct cusum c = {0}, was;

	(void)state;
	seed = 99;
	for (unsigned i = 0; i < 100000; i++) {
		(void)cusum_add(&c, &usual, chance() < 0.5 ? 0 : 1, &was);
		assert_true(isfinite(c.low) && isfinite(c.mean) && c.m2 >= 0 && c.mean >= 0 && c.mean <= 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(false_alerts_and_delays),
	    cmocka_unit_test(young_series_learn_the_drop),
	    cmocka_unit_test(theory_and_code_agree),
	    cmocka_unit_test(no_single_score_is_a_drop),
	    cmocka_unit_test(what_hardly_changes_is_none),
	    cmocka_unit_test(nothing_is_told_of_the_first),
	    cmocka_unit_test(what_rises_is_none),
	    cmocka_unit_test(a_drop_is_told_once),
	    cmocka_unit_test(numbers_stay_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
