/*
 * Polls: what ballots come to.  First by example; then, for polls and ballots by chance, what has to hold of any: there is an
 * outcome, no order changes it, and what is settled early is what would have come out late.
 */

#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "dispatch/poll.h"

/* ---- By example -------------------------------------------------------------------------------------------------- */

#define VOTES_MAX 128

/* Each character is a ballot: a, b and c an option, '-' abstained, 'X' dead, 'L' late, '?' open, '2' of one who is listed before. */
struct votes {
	struct ballot ballots[VOTES_MAX];
	uint32_t n;
};

static struct votes
votes_of(const char *text, const uint32_t *weights)
{
	struct votes v = {.n = 0};

	for (; *text != '\0'; text++) {
		struct ballot *b = &v.ballots[v.n];

		*b = (struct ballot){.weight = weights == NULL ? 1 : weights[v.n], .state = BALLOT_CHOICE};
		if (*text == '-')
			b->state = BALLOT_ABSTAINED;
		else if (*text == 'X')
			b->state = BALLOT_DIED;
		else if (*text == 'L')
			b->state = BALLOT_LATE;
		else if (*text == '?')
			b->state = BALLOT_OPEN;
		else if (*text == '2')
			b->listed_twice = true;
		else
			b->choice = (uint32_t)(*text - 'a');
		v.n++;
	}
	return v;
}

static const char *const hows[] = {"won", "tie_broken", "tied", "not_reached", "no_quorum", "timed_out"};

/* "a won", "- tied"; with '?' among them what is settled, "" where nothing is. */
static const char *
comes_to(const struct poll_terms *terms, const char *text, const uint32_t *weights)
{
	static char said[32];
	struct votes v = votes_of(text, weights);
	struct poll_decision decision;
	struct poll_count count;

	poll_count(v.ballots, v.n, 3, &count);
	if (!count.waiting)
		poll_end(terms, &count, &decision);
	else if (!poll_settled(terms, &count, &decision))
		return "";
	snprintf(said, sizeof(said), "%c %s", decision.option == POLL_NOTHING ? '-' : (char)('a' + decision.option),
	    hows[decision.how]);
	return said;
}

#define MAJORITY                                                                                                       \
	{                                                                                                              \
		.rule = WIRE_POLL_MAJORITY                                                                             \
	}
#define MAJORITY_ALL                                                                                                   \
	{                                                                                                              \
		.rule = WIRE_POLL_MAJORITY, .of_all = true                                                             \
	}
#define TWO_THIRDS                                                                                                     \
	{                                                                                                              \
		.rule = WIRE_POLL_SUPERMAJORITY, .numerator = 2, .denominator = 3                                      \
	}
#define TWO_THIRDS_ALL                                                                                                 \
	{                                                                                                              \
		.rule = WIRE_POLL_SUPERMAJORITY, .numerator = 2, .denominator = 3, .of_all = true                      \
	}
#define UNANIMOUS                                                                                                      \
	{                                                                                                              \
		.rule = WIRE_POLL_UNANIMOUS                                                                            \
	}
#define UNANIMOUS_ALL                                                                                                  \
	{                                                                                                              \
		.rule = WIRE_POLL_UNANIMOUS, .of_all = true                                                            \
	}
#define WEIGHTED                                                                                                       \
	{                                                                                                              \
		.rule = WIRE_POLL_WEIGHTED                                                                             \
	}

static void
test_rules(void **state)
{
	static const struct {
		struct poll_terms terms;
		const char *votes, *outcome;
	} table[] = {
	    {MAJORITY, "aab", "a won"},
	    {MAJORITY, "abb", "b won"},
	    {MAJORITY, "ab", "- tied"},
	    {MAJORITY, "aabb", "- tied"},
	    {MAJORITY, "aabbc", "- tied"},
	    {MAJORITY, "aaabbcc", "- not_reached"},
	    {MAJORITY, "aab-", "a won"}, /* two of three that were cast */
	    {MAJORITY_ALL, "aab-", "- not_reached"},
	    {MAJORITY_ALL, "aaab-", "a won"},
	    {MAJORITY_ALL, "ab-", "- tied"},
	    {MAJORITY, "----", "- not_reached"},
	    {MAJORITY, "a", "a won"},
	    {MAJORITY, "a-", "a won"},
	    {MAJORITY, "aX", "- no_quorum"}, /* one of two is not more than half */
	    {MAJORITY, "aaX", "a won"},
	    {MAJORITY, "aXXX", "- no_quorum"},
	    {MAJORITY, "XXX", "- no_quorum"},
	    {MAJORITY, "-XX", "- no_quorum"},
	    {MAJORITY, "aab2", "a won"},
	    {MAJORITY, "ab2", "- tied"}, /* one who is listed twice counts once */
	    {MAJORITY, "a2222", "a won"},
	    {TWO_THIRDS, "aab", "a won"},
	    {TWO_THIRDS, "aaab", "a won"},
	    {TWO_THIRDS, "aabb", "- not_reached"}, /* a tie is not what stands in the way */
	    {TWO_THIRDS, "aaabb", "- not_reached"},
	    {TWO_THIRDS, "aab-", "a won"},
	    {TWO_THIRDS_ALL, "aab-", "- not_reached"},
	    {TWO_THIRDS_ALL, "aa-", "a won"},
	    {TWO_THIRDS, "---", "- not_reached"},
	    {UNANIMOUS, "aaa", "a won"},
	    {UNANIMOUS, "aaaab", "- not_reached"},
	    {UNANIMOUS, "aa-", "a won"},
	    {UNANIMOUS_ALL, "aa-", "- not_reached"},
	    {UNANIMOUS, "aaX", "a won"},
	    {UNANIMOUS_ALL, "aaX", "- not_reached"},
	    {UNANIMOUS, "---", "- not_reached"},
	    {WEIGHTED, "aabbc", "- tied"},
	    {WEIGHTED, "aaabbcc", "a won"},
	    {WEIGHTED, "abc", "- tied"},
	    {WEIGHTED, "a--", "a won"},
	    {WEIGHTED, "---", "- not_reached"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *found = comes_to(&table[i].terms, table[i].votes, NULL);

		if (strcmp(found, table[i].outcome) != 0)
			fail_msg("row %zu, %s: %s, and expected %s", i, table[i].votes, found, table[i].outcome);
	}
}

static void
test_settled_early(void **state)
{
	static const struct {
		struct poll_terms terms;
		const char *votes, *outcome; /* "": not yet */
	} table[] = {
	    {MAJORITY, "aaa??", "a won"},
	    {MAJORITY, "aa?", "a won"},
	    {MAJORITY, "aab?", ""}, /* b could make it even */
	    {MAJORITY, "aab??", ""},
	    {MAJORITY, "aa??", ""}, /* no quorum yet, and it may be 2 to 2 */
	    {MAJORITY, "aa-???", ""},
	    {MAJORITY, "XX?", "- no_quorum"},
	    {MAJORITY, "aXX?", "- no_quorum"}, /* two of four are not more than half */
	    {MAJORITY, "aXX??", ""},
	    {MAJORITY_ALL, "aaa??", "a won"},
	    {MAJORITY_ALL, "aa-XX?", ""}, /* three of six, and no quorum yet */
	    {MAJORITY_ALL, "aa--XX?", "- not_reached"},
	    {TWO_THIRDS, "aaaa??", "a won"},
	    {TWO_THIRDS, "aaabb?", ""}, /* 4 of 6 are two thirds */
	    {TWO_THIRDS, "aabbb?", ""},
	    {TWO_THIRDS, "aaabbb?", "- not_reached"},
	    {UNANIMOUS, "aaaa?", ""},
	    {UNANIMOUS, "aab??", "- not_reached"},
	    {UNANIMOUS, "ab???", ""}, /* it is broken, but perhaps there will be no quorum either */
	    {UNANIMOUS_ALL, "aa-??", "- not_reached"},
	    {WEIGHTED, "aab?", ""},
	    {WEIGHTED, "aaab?", "a won"},
	    {MAJORITY, "aaa?2", "a won"},
	    {MAJORITY, "aaaLL", "a won"},
	    {MAJORITY, "aabLL", "a won"}, /* who is late does not count */
	    {MAJORITY, "abLL?", ""},
	    {MAJORITY, "aabbL", "- timed_out"},
	    {MAJORITY, "aLL", "- timed_out"},
	    {MAJORITY, "XXL", "- no_quorum"}, /* that could not have changed it */
	    {MAJORITY, "LLL", "- timed_out"},
	    {UNANIMOUS, "aabLL", "- not_reached"},
	    {TWO_THIRDS, "aabbL", "- not_reached"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *found = comes_to(&table[i].terms, table[i].votes, NULL);

		if (strcmp(found, table[i].outcome) != 0)
			fail_msg(
			    "row %zu, %s: \"%s\", and expected \"%s\"", i, table[i].votes, found, table[i].outcome);
	}
}

static void
test_weights_and_quorums(void **state)
{
	static const uint32_t weights[] = {3, 1, 1, 1};
	struct poll_terms terms = WEIGHTED;

	(void)state;
	assert_string_equal(comes_to(&terms, "abb", weights), "a won");
	assert_string_equal(comes_to(&terms, "abbb", weights), "- tied");
	terms.rule = WIRE_POLL_MAJORITY;
	assert_string_equal(comes_to(&terms, "abbb", weights), "- tied");
	assert_string_equal(comes_to(&terms, "abb-", weights), "a won");       /* 3 of 5 */
	assert_string_equal(comes_to(&terms, "aXXX", weights), "- no_quorum"); /* 3 of 6 are half */
	terms.quorum_numerator = 1;
	terms.quorum_denominator = 2;
	assert_string_equal(comes_to(&terms, "aXXX", weights), "a won");
	assert_string_equal(comes_to(&terms, "Xbbb", weights), "b won");
	terms.quorum_numerator = 2;
	terms.quorum_denominator = 3;
	assert_int_equal(poll_quorum(&terms, 6), 4);
	assert_int_equal(poll_quorum(&terms, 7), 5); /* two thirds of seven are more than four */
	assert_string_equal(comes_to(&terms, "aXXX", weights), "- no_quorum");
	assert_string_equal(comes_to(&terms, "a-XX", weights), "a won"); /* abstaining is taking part */
	terms.quorum_numerator = 0;
	terms.quorum_denominator = 1;
	assert_string_equal(comes_to(&terms, "XbXX", weights), "b won");
	assert_string_equal(comes_to(&terms, "XXXX", weights), "- not_reached");
}

/* Two thirds by another way of reckoning, up to a hundred voters. */
static void
test_two_thirds_are_two_thirds(void **state)
{
	struct poll_terms terms = TWO_THIRDS;

	(void)state;
	for (uint32_t n = 1; n <= 100; n++) {
		for (uint32_t yes = 0; yes <= n; yes++) {
			struct votes v = {.n = n};
			struct poll_decision decision;
			struct poll_count count;

			for (uint32_t i = 0; i < n; i++)
				v.ballots[i] = (struct ballot){
				    .weight = 1, .state = BALLOT_CHOICE, .choice = i < yes ? 0 : 1 + i % 2};
			poll_count(v.ballots, n, 3, &count);
			poll_end(&terms, &count, &decision);
			if ((decision.how == POLL_WON && decision.option == 0) !=
			    (yes - n / 3 * 2 >= n % 3 && yes >= n / 3 * 2 && yes > 0))
				fail_msg("%u of %u: %s", yes, n, hows[decision.how]);
		}
	}
	terms.numerator = 999999;
	terms.denominator = 1000000;
	assert_string_equal(comes_to(&terms, "aaaaaaaaab", NULL), "- not_reached");
	terms.numerator = terms.denominator = 1;
	assert_string_equal(comes_to(&terms, "aaaaaaaaa-", NULL), "a won");
}

/* Nothing overflows: a thousand voters of the greatest weight, under the finest fraction. */
static void
test_greatest_numbers(void **state)
{
	struct ballot *ballots = xcalloc(WIRE_POLL_BALLOTS_MAX, sizeof(*ballots));
	struct poll_terms terms = {.rule = WIRE_POLL_SUPERMAJORITY,
	    .numerator = WIRE_POLL_NUMBER_MAX,
	    .denominator = WIRE_POLL_NUMBER_MAX,
	    .quorum_numerator = WIRE_POLL_NUMBER_MAX,
	    .quorum_denominator = WIRE_POLL_NUMBER_MAX};
	struct poll_decision decision;
	struct poll_count count;

	(void)state;
	for (uint32_t i = 0; i < WIRE_POLL_BALLOTS_MAX; i++)
		ballots[i] = (struct ballot){.weight = WIRE_POLL_NUMBER_MAX, .state = BALLOT_CHOICE, .choice = 255};
	poll_count(ballots, WIRE_POLL_BALLOTS_MAX, WIRE_POLL_OPTIONS_MAX, &count);
	poll_end(&terms, &count, &decision);
	assert_int_equal(decision.how, POLL_WON);
	assert_int_equal(decision.option, 255);
	ballots[7].choice = 0;
	poll_count(ballots, WIRE_POLL_BALLOTS_MAX, WIRE_POLL_OPTIONS_MAX, &count);
	poll_end(&terms, &count, &decision);
	assert_int_equal(decision.how, POLL_NOT_REACHED);
	free(ballots);
}

/* ---- By chance --------------------------------------------------------------------------------------------------- */

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t
chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

static struct poll_terms
terms_by_chance(void)
{
	struct poll_terms terms = {.rule = chance(WIRE_POLL_RULES)};

	terms.of_all = terms.rule != WIRE_POLL_WEIGHTED && chance(3) == 0;
	if (terms.rule == WIRE_POLL_SUPERMAJORITY) {
		terms.denominator = 1 + chance(9);
		terms.numerator = terms.denominator / 2 + 1 + chance((terms.denominator + 1) / 2);
	}
	if (chance(2) == 0) {
		terms.quorum_denominator = 1 + chance(6);
		terms.quorum_numerator = chance(terms.quorum_denominator + 1);
	}
	return terms;
}

static void
ballot_by_chance(struct ballot *b, uint32_t n_options, uint32_t heaviest)
{
	static const enum ballot_state others[] = {
	    BALLOT_ABSTAINED, BALLOT_DIED, BALLOT_LATE, BALLOT_REFUSED, BALLOT_NO_OPTION};
	uint32_t which = chance(10);

	*b = (struct ballot){.weight = 1 + chance(heaviest), .listed_twice = chance(15) == 0};
	b->state = which < ARRAY_LEN(others) && chance(2) == 0 ? others[which] : BALLOT_CHOICE;
	b->choice = b->state == BALLOT_CHOICE ? chance(n_options) : 0;
}

static void
shuffle(struct ballot *ballots, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = chance(i);
		struct ballot one = ballots[k];

		ballots[k] = ballots[i - 1];
		ballots[i - 1] = one;
	}
}

static bool
same(struct poll_decision a, struct poll_decision b)
{
	return a.how == b.how && a.option == b.option;
}

static struct poll_decision
end_of(const struct poll_terms *terms, const struct ballot *ballots, uint32_t n, uint32_t n_options)
{
	struct poll_decision decision = {.how = (enum poll_how)99};
	struct poll_count count;

	poll_count(ballots, n, n_options, &count);
	assert_false(count.waiting);
	poll_end(terms, &count, &decision);
	assert_in_range(decision.how, POLL_WON, POLL_TIMED_OUT);
	assert_true((decision.option == POLL_NOTHING) == (decision.how != POLL_WON));
	assert_true(decision.option == POLL_NOTHING || count.of[decision.option] > 0);
	assert_true(decision.how != POLL_TIMED_OUT || count.late > 0);
	return decision;
}

/* The ballots come one after the other, in this order: where it is settled on the way, that is what it comes to. */
static void
comes_in(const struct poll_terms *terms, const struct ballot *ballots, uint32_t n, uint32_t n_options)
{
	struct poll_decision late = end_of(terms, ballots, n, n_options), early;
	struct ballot in[16];
	bool settled = false;

	memcpy(in, ballots, n * sizeof(*in));
	for (uint32_t i = 0; i < n; i++)
		in[i].state = BALLOT_OPEN;
	for (uint32_t i = 0; i < n; i++) {
		struct poll_count count;
		bool now;

		in[i].state = ballots[i].state;
		poll_count(in, n, n_options, &count);
		now = poll_settled(terms, &count, &early);
		if (settled && !now && ballots[i].state != BALLOT_LATE)
			fail_msg("what was settled is not any more");
		settled |= now;
		if (now && !same(early, late))
			fail_msg("settled as %s after %u of %u, and comes to %s (seed)", hows[early.how], i + 1, n,
			    hows[late.how]);
	}
}

static void
test_any_order_and_early_as_late(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		struct poll_terms terms = terms_by_chance();
		uint32_t n = 1 + chance(12), n_options = 2 + chance(3), heaviest = chance(2) == 0 ? 1 : 4;
		struct ballot ballots[16];
		struct poll_decision first;

		for (uint32_t i = 0; i < n; i++)
			ballot_by_chance(&ballots[i], n_options, heaviest);
		ballots[0].listed_twice = false;
		first = end_of(&terms, ballots, n, n_options);
		for (unsigned order = 0; order < 3; order++) {
			shuffle(ballots, n);
			assert_true(same(first, end_of(&terms, ballots, n, n_options)));
			comes_in(&terms, ballots, n, n_options);
		}
	}
}

/* All that those who are open may still do: each chooses any option, abstains, or fails.  Do all ways come to the same? */
static bool
all_ways_same(const struct poll_terms *terms, struct ballot *ballots, uint32_t at, uint32_t n, uint32_t n_options,
    struct poll_decision *ret, bool *any)
{
	while (at < n && ballots[at].state != BALLOT_OPEN)
		at++;
	if (at == n) {
		struct poll_decision one = end_of(terms, ballots, n, n_options);
		bool agrees = !*any || same(one, *ret);

		*ret = one;
		*any = true;
		return agrees;
	}
	for (uint32_t way = 0; way < n_options + 2; way++) {
		struct ballot was = ballots[at];
		bool agrees;

		ballots[at].state = way < n_options    ? BALLOT_CHOICE
				    : way == n_options ? BALLOT_ABSTAINED
						       : BALLOT_FAILED;
		ballots[at].choice = way < n_options ? way : 0;
		agrees = all_ways_same(terms, ballots, at + 1, n, n_options, ret, any);
		ballots[at] = was;
		if (!agrees)
			return false;
	}
	return true;
}

/* Settled is what nothing can change any more, and nothing else; one case is told only when the last ballots are in: that no
 * option can have a majority, while it is open whether two will be equal. */
static void
test_settled_is_what_nothing_can_change(void **state)
{
	unsigned settled = 0, open = 0, later = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct poll_terms terms = terms_by_chance();
		uint32_t n = 1 + chance(7), n_options = 2 + chance(2), heaviest = chance(2) == 0 ? 1 : 3, n_open = 0;
		struct ballot ballots[16];
		struct poll_decision found = {0}, only = {0};
		struct poll_count count;
		bool any = false, is_settled, is_same;

		for (uint32_t i = 0; i < n; i++) {
			ballot_by_chance(&ballots[i], n_options, heaviest);
			if (ballots[i].state == BALLOT_LATE)
				ballots[i].state = BALLOT_FAILED;
			if (n_open < 4 && chance(3) == 0) {
				ballots[i].state = BALLOT_OPEN;
				n_open++;
			}
		}
		ballots[0].listed_twice = false;
		poll_count(ballots, n, n_options, &count);
		is_settled = poll_settled(&terms, &count, &found);
		is_same = all_ways_same(&terms, ballots, 0, n, n_options, &only, &any);
		if (is_settled) {
			assert_true(is_same);
			assert_true(same(found, only));
			settled++;
		} else if (is_same) {
			assert_int_equal(terms.rule, WIRE_POLL_MAJORITY);
			assert_int_equal(only.how, POLL_NOT_REACHED);
			later++;
		} else {
			open++;
		}
	}
	assert_true(settled > 1000 && open > 1000);
	assert_true(later * 100 < settled);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_settled_early),
	    cmocka_unit_test(test_weights_and_quorums),
	    cmocka_unit_test(test_two_thirds_are_two_thirds),
	    cmocka_unit_test(test_greatest_numbers),
	    cmocka_unit_test(test_any_order_and_early_as_late),
	    cmocka_unit_test(test_settled_is_what_nothing_can_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
