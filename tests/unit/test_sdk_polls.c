/*
 * Polls as the SDK holds them: the voters are calls that share what is left, one op says which they are and what they were given,
 * and what the host makes of that is the answer.  What could not be held is refused before anybody is asked.
 */

#include "sdk_world.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const voters[] = {"a", "b"};
static const char *const options[] = {"yes", "no", NULL};

#define ASK "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"],\"context\":[1,2]}"

static int
polls(hospes_ctx *ctx)
{
	static const uint32_t weights[] = {1, 7};
	hospes_value *outcome;
	int rc = hospes_poll(ctx, "Well?", 2, voters, options,
	    HOSPES_POLL(.rule = HOSPES_SUPERMAJORITY, .quorum = {1, 3}, .weights = weights, .timeout_ns = 9,
		.wait_all = true, .context = hospes_input(ctx)),
	    &outcome);

	return rc != 0 ? rc : hospes_reply_value(ctx, outcome);
}

/* The next op is a poll with this head and these ordinals, of what was asked last. */
static void
expect_poll(uint32_t ordinal, const struct wire_poll *head, const struct wire_ballot *ballots, const char *ask)
{
	size_t n = head->ballots * sizeof(*ballots);

	host_expect_op(&host, &said, 1, ordinal, WIRE_OP_POLL, "");
	assert_int_equal(said.op.flags, WIRE_OP_WAITS);
	assert_int_equal(said.input_len, sizeof(*head) + n + strlen(ask));
	assert_memory_equal(said.input, head, sizeof(*head));
	assert_memory_equal(said.input + sizeof(*head), ballots, n);
	assert_memory_equal(said.input + sizeof(*head) + n, ask, strlen(ask));
}

static void
expect_voter(uint32_t ordinal, const char *target, const char *ask, int64_t share)
{
	host_expect_op(&host, &said, 1, ordinal, WIRE_OP_CALL, target);
	assert_int_equal(said.op.flags, 0);
	assert_int_equal(said.op.share_calls, share);
	assert_int_equal(said.input_len, strlen(ask));
	assert_memory_equal(said.input, ask, strlen(ask));
}

static void
test_voters_then_the_poll(void **state)
{
	static const struct wire_poll head = {.rule = WIRE_POLL_SUPERMAJORITY,
	    .flags = WIRE_POLL_WAIT_ALL,
	    .ballots = 2,
	    .numerator = 2,
	    .denominator = 3,
	    .quorum_numerator = 1,
	    .quorum_denominator = 3};
	static const struct wire_ballot ballots[] = {{0, 1}, {1, 7}};

	(void)state;
	host_start(&host, polls, 2);
	host_call(&host, 1, "{}", "[1,2]");
	expect_voter(0, "a", ASK, -2);
	assert_int_equal(said.op.timeout_ns, 9);
	expect_voter(1, "b", ASK, -1);
	expect_poll(2, &head, ballots, ASK);
	assert_int_equal(said.op.timeout_ns, 9);
	host_answer(&host, 1, 0, "{\"choice\":\"yes\"}"); /* which is the host's to count */
	host_answer(&host, 1, 2, "{\"outcome\":\"yes\",\"how\":\"won\"}");
	host_expect(&host, &said, WIRE_ABANDON, 1); /* it does not wait for who is not needed */
	assert_int_equal(said.frame.ordinal, 1);
	host_expect_reply(&host, 1, 0, "{\"outcome\":\"yes\",\"how\":\"won\"}");
	host_stop(&host);
}

static int
polls_with_a_chair(hospes_ctx *ctx)
{
	hospes_value *outcome;
	int rc = hospes_poll(ctx, "Well?", 2, voters, options, HOSPES_POLL(.tie_breaker = "chair"), &outcome);

	return rc != 0 ? rc : hospes_reply_value(ctx, outcome);
}

static void
test_a_tie_is_broken(void **state)
{
	static const char ask[] = "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"]}";
	static const char again[] =
	    "{\"question\":\"Well?\",\"options\":[\"no\",\"yes\"],\"counts\":{\"yes\":1},\"ballots\":[1]}";
	static const struct wire_poll head = {.flags = WIRE_POLL_KEEP_TIME, .ballots = 2};
	static const struct wire_poll tie = {.flags = WIRE_POLL_TIE, .ballots = 1, .first = 2};
	static const struct wire_ballot ballots[] = {{0, 1}, {1, 1}, {3, 1}};

	(void)state;
	host_start(&host, polls_with_a_chair, 2);
	host_call(&host, 1, "{}", "{}");
	expect_voter(0, "a", ask, -3); /* a share is kept for the chair */
	expect_voter(1, "b", ask, -2);
	expect_poll(2, &head, ballots, ask);
	host_answer(&host, 1, 0, "1");
	host_answer(&host, 1, 1, "1");
	host_answer(&host, 1, 2,
	    "{\"outcome\":null,\"how\":\"tied\",\"tied\":[\"no\",\"yes\"],\"counts\":{\"yes\":1},\"ballots\":[1]}");
	expect_voter(3, "chair", again, -1);
	expect_poll(4, &tie, ballots + 2, again);
	host_answer(&host, 1, 3, "1");
	host_answer(&host, 1, 4, "{\"how\":\"tie_broken\"}");
	host_expect_reply(&host, 1, 0, "{\"how\":\"tie_broken\"}");
	host_call(&host, 1, "{}", "{}");
	expect_voter(0, "a", ask, -3);
	expect_voter(1, "b", ask, -2);
	expect_poll(2, &head, ballots, ask);
	host_answer(&host, 1, 0, "1");
	host_answer(&host, 1, 1, "1");
	host_answer(&host, 1, 2, "{\"outcome\":\"no\",\"how\":\"won\"}"); /* nobody has to be asked */
	host_expect_reply(&host, 1, 0, "{\"outcome\":\"no\",\"how\":\"won\"}");
	host_stop(&host);
}

static void
test_a_call_that_is_stopped(void **state)
{
	(void)state;
	host_start(&host, polls, 2);
	host_call(&host, 1, "{}", "[1,2]");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "a");
	host_expect_op(&host, &said, 1, 1, WIRE_OP_CALL, "b");
	host_expect_op(&host, &said, 1, 2, WIRE_OP_POLL, "");
	host_send(&host, WIRE_CANCEL, 1, WIRE_NO_ORDINAL, HOSPES_EDEADLINE, NULL, 0);
	host_expect_reply(&host, 1, HOSPES_EDEADLINE, "the time given to this call is over");
	host_stop(&host);
}

/* ---- What cannot be held ----------------------------------------------------------------------------------------- */

static char *
text_of(char c, size_t len)
{
	char *text = malloc(len + 1);

	memset(text, c, len);
	text[len] = '\0';
	return text;
}

static int
tries(hospes_ctx *ctx, int64_t which)
{
	static const uint32_t none[] = {1, 0}, heavy[] = {1, 1000001};
	static const char *const one[] = {"yes", NULL}, *const same[] = {"yes", "yes", NULL},
				 *const empty[] = {"yes", "", NULL}, *const bytes[] = {"yes", "\xff", NULL},
				 *const nobody[] = {"a", ""}, *const unclean[] = {"a", "b\n"};
	hospes_poll_policy unsized = {.size = 0};
	char *long_question = text_of('?', 16385), *big = text_of('x', 1 << 20);
	hospes_value *large = hospes_value_json(ctx, json_string(big));
	const struct {
		const char *question;
		const char *const *voters;
		size_t n;
		const char *const *options;
		const hospes_poll_policy *policy;
	} table[] = {
	    {"?", voters, 0, options, NULL},
	    {"?", voters, 1001, options, NULL},
	    {"?", nobody, 2, options, NULL},
	    {"?", unclean, 2, options, NULL},
	    {"?", voters, 2, NULL, NULL},
	    {"?", voters, 2, one, NULL},
	    {"?", voters, 2, same, NULL},
	    {"?", voters, 2, empty, NULL},
	    {"?", voters, 2, bytes, NULL},
	    {NULL, voters, 2, options, NULL},
	    {"", voters, 2, options, NULL},
	    {"\xff", voters, 2, options, NULL},
	    {long_question, voters, 2, options, NULL},
	    {"?", voters, 2, options, &unsized},
	    {"?", voters, 2, options, HOSPES_POLL(.rule = 4)},
	    {"?", voters, 2, options, HOSPES_POLL(.rule = -1)},
	    {"?", voters, 2, options, HOSPES_POLL(.rule = HOSPES_SUPERMAJORITY, .fraction = {1, 2})},
	    {"?", voters, 2, options, HOSPES_POLL(.rule = HOSPES_SUPERMAJORITY, .fraction = {3, 2})},
	    {"?", voters, 2, options, HOSPES_POLL(.quorum = {1, 0})},
	    {"?", voters, 2, options, HOSPES_POLL(.quorum = {2, 1})},
	    {"?", voters, 2, options, HOSPES_POLL(.rule = HOSPES_WEIGHTED, .of_all = true)},
	    {"?", voters, 2, options, HOSPES_POLL(.weights = none)},
	    {"?", voters, 2, options, HOSPES_POLL(.weights = heavy)},
	    {"?", voters, 2, options, HOSPES_POLL(.timeout_ns = -1)},
	    {"?", voters, 2, options, HOSPES_POLL(.tie_breaker = "")},
	    {"?", voters, 2, options, HOSPES_POLL(.context = large)},
	};
	int rc = which < (int64_t)(sizeof(table) / sizeof(*table))
		     ? hospes_poll(ctx, table[which].question, table[which].n, table[which].voters,
			   table[which].options, table[which].policy, NULL)
		     : HOSPES_ENOENT;

	free(long_question);
	free(big);
	return rc;
}

static int
tries_all(hospes_ctx *ctx)
{
	json_t *all = json_array();
	int rc = 0;

	for (int64_t i = 0; rc != HOSPES_ENOENT; i++) {
		rc = tries(ctx, i);
		json_array_append_new(all, json_string(hospes_status_name(rc)));
		if (rc != HOSPES_ENOENT && hospes_message(ctx)[0] == '\0')
			rc = HOSPES_ENOENT;
	}
	return hospes_reply(ctx, all);
}

static void
test_what_cannot_be_held_asks_nobody(void **state)
{
	json_t *all, *one;
	size_t i;

	(void)state;
	host_start(&host, tries_all, 2);
	host_call(&host, 1, "{}", "{}");
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_int_equal(said.frame.status, 0);
	all = json_loads(said.text, 0, NULL);
	assert_int_equal(json_array_size(all), 27);
	json_array_foreach(all, i, one)
	{
		const char *expected = i == 1 || i == 25 ? "too_large" : i == 26 ? "not_found" : "bad_input";

		if (strcmp(json_string_value(one), expected) != 0)
			fail_msg("row %zu: %s", i, json_string_value(one));
	}
	json_decref(all);
	host_stop(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_voters_then_the_poll, said_teardown),
	    cmocka_unit_test_teardown(test_a_tie_is_broken, said_teardown),
	    cmocka_unit_test_teardown(test_a_call_that_is_stopped, said_teardown),
	    cmocka_unit_test_teardown(test_what_cannot_be_held_asks_nobody, said_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
