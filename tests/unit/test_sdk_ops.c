/*
 * Ops of libhospes: what a handler asks for, what the host sees of it, and what comes back.
 */

#include "sdk_host.h"

#include <stdio.h>
#include <stdlib.h>

static struct host host;
static struct said said;

static int
teardown(void **state)
{
	(void)state;
	said_free(&said);
	return 0;
}

/* ---- One call ---------------------------------------------------------------------------------------------------- */

static int
pass_on(hospes_ctx *ctx)
{
	hospes_value *value;
	int rc = hospes_call(ctx, "wordcount", hospes_input(ctx), &value);

	return rc != 0 ? rc : hospes_reply_value(ctx, value);
}

static void
test_call_waits_and_passes_on(void **state)
{
	(void)state;
	host_start(&host, pass_on, 4);
	host_call(&host, 7, "{}", "{\"text\":\"a b\"}");
	host_expect_op(&host, &said, 7, 0, WIRE_OP_CALL, "wordcount");
	assert_int_equal(said.op.flags, WIRE_OP_WAITS);
	assert_memory_equal(said.input, "{\"text\":\"a b\"}", said.input_len);
	host_answer(&host, 7, 0, "{\"words\" :2}");
	/* Byte for byte, so never parsed. */
	host_expect_reply(&host, 7, 0, "{\"words\" :2}");
	host_stop(&host);
}

static void
test_error_passes_through_with_its_chain(void **state)
{
	(void)state;
	host_start(&host, pass_on, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "wordcount");
	host_refuse(&host, 1, 0, HOSPES_EINPUT, "expected a text, found 1");
	host_expect_reply(&host, 1, HOSPES_EINPUT, "wordcount: expected a text, found 1");
	host_stop(&host);
}

static int
big_back(hospes_ctx *ctx)
{
	hospes_value *value;
	int rc = hospes_call(ctx, "echo", hospes_input(ctx), &value);

	return rc != 0 ? rc : hospes_reply_value(ctx, value);
}

static void
test_payload_of_16_mib_goes_both_ways(void **state)
{
	size_t len = 16u << 20;
	char *big = malloc(len + 1);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', len);
	big[0] = big[len - 1] = '"';
	big[len] = '\0';
	host_start(&host, big_back, 4);
	for (uint64_t call = 1; call <= 3; call++) {
		host_call(&host, call, "{}", big);
		host_expect_op(&host, &said, call, 0, WIRE_OP_CALL, "echo");
		assert_int_equal(said.input_len, len);
		assert_memory_equal(said.input, big, len);
		host_answer(&host, call, 0, big);
		host_expect_reply(&host, call, 0, big);
	}
	host_stop(&host);
	free(big);
}

/* ---- Several ops ------------------------------------------------------------------------------------------------- */

static int
three_in_order(hospes_ctx *ctx)
{
	hospes_op *ops[3];
	hospes_value *value;
	json_t *all = json_array();

	for (int i = 0; i < 3; i++)
		ops[i] = hospes_start(ctx, "w", hospes_input(ctx), NULL);
	for (int i = 0; i < 3; i++) {
		int rc = hospes_wait(ops[i], &value);

		if (rc != 0) {
			json_decref(all);
			return rc;
		}
		json_array_append(all, hospes_json(value));
	}
	return hospes_reply(ctx, all);
}

static void
test_outcomes_in_another_order(void **state)
{
	(void)state;
	host_start(&host, three_in_order, 4);
	host_call(&host, 1, "{}", "1");
	for (uint32_t i = 0; i < 3; i++) {
		host_expect_op(&host, &said, 1, i, WIRE_OP_CALL, "w");
		assert_int_equal(said.op.flags, 0);
	}
	host_expect(&host, &said, WIRE_PARK, 1);
	assert_int_equal(said.frame.ordinal, 0);
	host_answer(&host, 1, 2, "12");
	host_answer(&host, 1, 1, "11");
	host_expect_silence(&host);
	host_answer(&host, 1, 0, "10");
	/* The others are here already: no further PARK. */
	host_expect_reply(&host, 1, 0, "[10,11,12]");
	host_stop(&host);
}

static int
one_after_the_other(hospes_ctx *ctx)
{
	json_t *all = json_array();
	hospes_value *value;

	for (int i = 0; i < 3; i++) {
		int rc = hospes_call(ctx, "w", hospes_input(ctx), &value);

		if (rc != 0) {
			json_decref(all);
			return rc;
		}
		json_array_append(all, hospes_json(value));
	}
	return hospes_reply(ctx, all);
}

/* A call that repeats what is on record finds its answers there already: it says what it asks for, and waits for none. */
static void
test_outcomes_that_come_ahead(void **state)
{
	(void)state;
	host_start(&host, one_after_the_other, 4);
	for (uint64_t call = 1; call <= 2; call++) {
		host_call(&host, call, "{}", "1");
		host_answer(&host, call, 0, "10");
		if (call == 1)
			host_answer(&host, call, 1, "11");
		host_answer(&host, call, 2, "12");
		host_answer(&host, call, 3, "\"never asked for\"");
		for (uint32_t i = 0; i < 3; i++) {
			host_expect_op(&host, &said, call, i, WIRE_OP_CALL, "w");
			if (call == 2 && i == 1) {
				host_expect_silence(&host);
				host_answer(&host, call, 1, "11");
			}
		}
		host_expect_reply(&host, call, 0, "[10,11,12]");
	}
	host_call(&host, 3, "{}", "1");
	host_refuse(&host, 3, 0, HOSPES_EDEPTH, "too deep");
	host_expect_op(&host, &said, 3, 0, WIRE_OP_CALL, "w");
	host_expect_reply(&host, 3, HOSPES_EDEPTH, "w: too deep");
	host_stop(&host);
}

/* It may cost the cell no more than what it asks for: with each answer there, 300 are asked for in pieces. */
static int
many_times(hospes_ctx *ctx)
{
	for (int i = 0; i < 300; i++) {
		if (hospes_call(ctx, "w", NULL, NULL) != 0)
			return hospes_status(ctx);
	}
	return hospes_reply(ctx, json_null());
}

static void
test_the_host_hears_how_far_it_has_come(void **state)
{
	(void)state;
	host_start(&host, many_times, 4);
	host_call(&host, 1, "{}", "1");
	for (uint32_t i = 0; i < 299; i++)
		host_answer(&host, 1, i, "1");
	for (uint32_t i = 0; i < 300; i++)
		host_expect_op(&host, &said, 1, i, WIRE_OP_CALL, "w");
	host_expect_silence(&host);
	host_answer(&host, 1, 299, "1");
	host_expect_reply(&host, 1, 0, "null");
	host_stop(&host);
}

static int
first_of_three(hospes_ctx *ctx)
{
	hospes_op *ops[3];
	json_t *order = json_array();

	for (int i = 0; i < 3; i++)
		ops[i] = hospes_start(ctx, "w", NULL, NULL);
	for (int i = 0; i < 3; i++) {
		int first = hospes_wait_any(ctx, 3, ops);

		if (first < 0) {
			json_decref(order);
			return first;
		}
		json_array_append_new(order, json_integer(first));
		json_array_append(order, hospes_json(hospes_op_answer(ops[first])->value));
	}
	if (hospes_wait_any(ctx, 3, ops) != HOSPES_ENOENT)
		return hospes_fail(ctx, HOSPES_EFAILED, "a fourth of three");
	return hospes_reply(ctx, order);
}

static void
expect_first(uint64_t call, uint32_t ordinal, size_t n, const uint32_t *among)
{
	host_expect_op(&host, &said, call, ordinal, WIRE_OP_FIRST, "");
	assert_int_equal(said.op.flags, WIRE_OP_WAITS);
	assert_int_equal(said.input_len, n * sizeof(uint32_t));
	assert_memory_equal(said.input, among, said.input_len);
}

static void
answer_first(uint64_t call, uint32_t ordinal, uint32_t winner)
{
	host_answer_bytes(&host, call, ordinal, &winner, sizeof(winner));
}

/* The host says who was first, whatever lies in the cell already. */
static void
test_wait_any_takes_the_recorded_winner(void **state)
{
	(void)state;
	host_start(&host, first_of_three, 4);
	host_call(&host, 1, "{}", "1");
	for (uint32_t i = 0; i < 3; i++)
		host_expect_op(&host, &said, 1, i, WIRE_OP_CALL, "w");
	expect_first(1, 3, 3, (uint32_t[]){0, 1, 2});
	host_answer(&host, 1, 0, "10");
	host_answer(&host, 1, 2, "12");
	answer_first(1, 3, 2);
	expect_first(1, 4, 2, (uint32_t[]){0, 1});
	/* Named before its outcome is here: the call stays parked until it is. */
	answer_first(1, 4, 1);
	host_expect_silence(&host);
	host_answer(&host, 1, 1, "11");
	/* One is left, and it is here. */
	host_expect_reply(&host, 1, 0, "[2,12,1,11,0,10]");
	host_stop(&host);
}

static void
test_wait_any_refuses_a_foreign_winner(void **state)
{
	(void)state;
	host_start(&host, first_of_three, 4);
	host_call(&host, 1, "{}", "1");
	for (uint32_t i = 0; i < 3; i++)
		host_expect_op(&host, &said, 1, i, WIRE_OP_CALL, "w");
	expect_first(1, 3, 3, (uint32_t[]){0, 1, 2});
	answer_first(1, 3, 77);
	host_expect_reply(&host, 1, HOSPES_EPROTOCOL, "the host named op 77 as the first of ops that it is none of");
	host_stop(&host);
}

static int
all_of_three(hospes_ctx *ctx)
{
	const char *names[] = {"a", "b", "c"};
	hospes_value *said_by[3] = {NULL, NULL, NULL};
	int rc = hospes_call_all(ctx, 3, names, hospes_input(ctx), said_by);

	if (rc != 0 && said_by[0] != NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "touched");
	if (rc != 0)
		return rc;
	return hospes_reply(
	    ctx, json_pack("[O,O,O]", hospes_json(said_by[0]), hospes_json(said_by[1]), hospes_json(said_by[2])));
}

static void
test_call_all(void **state)
{
	(void)state;
	host_start(&host, all_of_three, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "a");
	host_expect_op(&host, &said, 1, 1, WIRE_OP_CALL, "b");
	host_expect_op(&host, &said, 1, 2, WIRE_OP_CALL, "c");
	host_expect(&host, &said, WIRE_PARK, 1);
	assert_int_equal(said.frame.ordinal, 2);
	host_answer(&host, 1, 2, "3");
	host_expect(&host, &said, WIRE_PARK, 1);
	assert_int_equal(said.frame.ordinal, 1);
	host_answer(&host, 1, 0, "1");
	host_answer(&host, 1, 1, "2");
	host_expect_reply(&host, 1, 0, "[1,2,3]");
	host_stop(&host);
}

static void
test_call_all_cancels_the_others_at_the_first_failure(void **state)
{
	(void)state;
	host_start(&host, all_of_three, 4);
	host_call(&host, 1, "{}", "1");
	for (int i = 0; i < 3; i++)
		host_expect(&host, &said, WIRE_OP, 1);
	host_expect(&host, &said, WIRE_PARK, 1);
	host_answer(&host, 1, 0, "1");
	host_refuse(&host, 1, 1, HOSPES_EBUDGET, "no money");
	expect_first(1, 3, 3, (uint32_t[]){0, 1, 2}); /* two may have failed: which was first, the host has to say */
	answer_first(1, 3, 0);
	expect_first(1, 4, 2, (uint32_t[]){1, 2});
	answer_first(1, 4, 1);
	host_expect(&host, &said, WIRE_ABANDON, 1);
	assert_int_equal(said.frame.ordinal, 2);
	host_expect_reply(&host, 1, HOSPES_EBUDGET, "b: no money");
	host_stop(&host);
}

static int
cancel_one(hospes_ctx *ctx)
{
	hospes_op *op = hospes_start(ctx, "slow", NULL, NULL);

	if (hospes_call(ctx, "quick", NULL, NULL) != 0)
		return hospes_status(ctx);
	hospes_cancel(op);
	return hospes_wait(op, NULL);
}

/* Whether the outcome was here before the cancel depends on time, so the handler must not be able to see it. */
static void
test_cancel_gives_the_same_before_and_after_the_outcome(void **state)
{
	(void)state;
	host_start(&host, cancel_one, 4);
	for (uint64_t call = 1; call <= 2; call++) {
		host_call(&host, call, "{}", "1");
		host_expect_op(&host, &said, call, 0, WIRE_OP_CALL, "slow");
		host_expect_op(&host, &said, call, 1, WIRE_OP_CALL, "quick");
		if (call == 2)
			host_answer(&host, call, 0, "\"came first\"");
		host_answer(&host, call, 1, "1");
		if (call == 1)
			host_expect(&host, &said, WIRE_ABANDON, call);
		host_expect_reply(&host, call, HOSPES_ECANCELLED, "slow: cancelled by its caller");
		host_answer(&host, call, 0, "\"too late\"");
	}
	host_stop(&host);
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

static int
group_of_five(hospes_ctx *ctx)
{
	static char tags[] = "abcde";
	hospes_group *group = hospes_group_new(ctx, hospes_config_int(ctx, "at_once"));
	const hospes_answer *answer;
	char seen[6] = "", *at = seen;

	for (int i = 0; i < 5; i++)
		(void)hospes_group_add(group, "w", hospes_input(ctx), &tags[i]);
	while ((answer = hospes_group_next(group)) != NULL) {
		*at++ = *(char *)answer->tag;
		if (answer->status != 0)
			hospes_partial(ctx, answer);
	}
	*at = '\0';
	hospes_confidence(ctx, 1.5);
	return hospes_reply(ctx, json_string(seen));
}

static void
test_group_holds_at_once(void **state)
{
	(void)state;
	host_start(&host, group_of_five, 4);
	host_call(&host, 1, "{\"at_once\":2}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "w");
	host_expect_op(&host, &said, 1, 1, WIRE_OP_CALL, "w");
	expect_first(1, 2, 2, (uint32_t[]){0, 1});
	host_answer(&host, 1, 1, "1");
	answer_first(1, 2, 1);
	host_expect_op(&host, &said, 1, 3, WIRE_OP_CALL, "w"); /* c */
	expect_first(1, 4, 2, (uint32_t[]){0, 3});
	host_refuse(&host, 1, 0, HOSPES_EFAILED, "it rains");
	answer_first(1, 4, 0);
	host_expect_op(&host, &said, 1, 5, WIRE_OP_CALL, "w"); /* d */
	expect_first(1, 6, 2, (uint32_t[]){3, 5});
	host_answer(&host, 1, 5, "1");
	answer_first(1, 6, 5);
	host_expect_op(&host, &said, 1, 7, WIRE_OP_CALL, "w"); /* e */
	expect_first(1, 8, 2, (uint32_t[]){3, 7});
	host_answer(&host, 1, 3, "1");
	answer_first(1, 8, 3);
	host_expect(&host, &said, WIRE_PARK, 1); /* only one is open */
	assert_int_equal(said.frame.ordinal, 7);
	host_answer(&host, 1, 7, "1");
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_string_equal(said.text, "\"badce\"");
	assert_memory_equal(
	    said.partial, "[{\"who\":\"w\",\"code\":\"failed\",\"message\":\"it rains\"}]", said.reply.partial_len);
	assert_true(said.reply.confidence == 1.0);
	host_stop(&host);
}

static void
test_group_without_bound_starts_all(void **state)
{
	(void)state;
	host_start(&host, group_of_five, 4);
	host_call(&host, 1, "{}", "1");
	for (uint32_t i = 0; i < 5; i++) {
		host_expect_op(&host, &said, 1, i, WIRE_OP_CALL, "w");
		assert_int_equal(said.op.share_calls, (int64_t)i - 5);
	}
	expect_first(1, 5, 5, (uint32_t[]){0, 1, 2, 3, 4});
	/* A group that ends early is not a group that is complete. */
	host_send(&host, WIRE_CANCEL, 1, WIRE_NO_ORDINAL, HOSPES_EDEADLINE, NULL, 0);
	host_expect_reply(&host, 1, HOSPES_EDEADLINE, "the time given to this call is over");
	host_stop(&host);
}

static int
group_with_shares(hospes_ctx *ctx)
{
	hospes_group *group = hospes_group_new(ctx, 1);

	(void)hospes_group_add(group, "a", NULL, NULL);
	(void)hospes_group_add_with(group, "b", NULL, HOSPES_OPTIONS(.budget_calls = 7), NULL);
	(void)hospes_now_ns(ctx); /* an op of the handler's comes first: nothing was started by adding */
	(void)hospes_group_next(group);
	(void)hospes_group_add(group, "c", NULL, NULL);
	while (hospes_group_next(group) != NULL)
		continue;
	return hospes_reply(ctx, json_true());
}

/* Each member gets its part of what is left, but for one that has its own; what was added late is counted from then on. */
static void
test_group_shares_out_the_budget(void **state)
{
	static const int64_t moment = 1;

	(void)state;
	host_start(&host, group_with_shares, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	assert_int_equal(said.op.kind, WIRE_OP_NOW);
	assert_int_equal(said.op.share_calls, 0);
	host_answer_bytes(&host, 1, 0, &moment, sizeof(moment));
	host_expect_op(&host, &said, 1, 1, WIRE_OP_CALL, "a");
	assert_int_equal(said.op.share_calls, -2);
	host_expect(&host, &said, WIRE_PARK, 1);
	host_answer(&host, 1, 1, "1");
	host_expect_op(&host, &said, 1, 2, WIRE_OP_CALL, "b");
	assert_int_equal(said.op.share_calls, 7);
	host_expect(&host, &said, WIRE_PARK, 1);
	host_answer(&host, 1, 2, "1");
	host_expect_op(&host, &said, 1, 3, WIRE_OP_CALL, "c");
	assert_int_equal(said.op.share_calls, -1);
	host_expect(&host, &said, WIRE_PARK, 1);
	host_answer(&host, 1, 3, "1");
	host_expect_reply(&host, 1, 0, "true");
	host_stop(&host);
}

static int
group_of_all(hospes_ctx *ctx)
{
	hospes_group *group = hospes_group_new(ctx, 0);
	const hospes_answer *answer;
	int n = hospes_group_add_all(group, "count.*", hospes_input(ctx));
	json_t *who = json_array();

	while ((answer = hospes_group_next(group)) != NULL)
		json_array_append_new(who, json_string(answer->who));
	return hospes_reply(ctx, json_pack("{s:i s:o}", "n", n, "who", who));
}

static void
test_group_of_all_that_offer_a_capability(void **state)
{
	(void)state;
	host_start(&host, group_of_all, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_FIND, "count.*");
	host_answer(&host, 1, 0, "[\"lines\",\"words\"]");
	host_expect_op(&host, &said, 1, 1, WIRE_OP_CALL, "lines");
	host_expect_op(&host, &said, 1, 2, WIRE_OP_CALL, "words");
	host_expect(&host, &said, WIRE_OP, 1);
	host_answer(&host, 1, 2, "1");
	answer_first(1, 3, 2);
	host_expect(&host, &said, WIRE_PARK, 1);
	host_answer(&host, 1, 1, "1");
	host_expect_reply(&host, 1, 0, "{\"n\":2,\"who\":[\"words\",\"lines\"]}");
	host_stop(&host);
}

/* ---- Other kinds ------------------------------------------------------------------------------------------------- */

static int
of_each_kind(hospes_ctx *ctx)
{
	static const char *const headers[] = {"Accept: text/plain", NULL};
	hospes_http_request request = {.size = sizeof(request),
	    .method = "POST",
	    .url = "http://x/",
	    .headers = headers,
	    .body = "\xff\x01",
	    .body_len = 2};
	hospes_value *page;
	uint8_t dice[3];
	int64_t now = hospes_now_ns(ctx);

	if (hospes_random(ctx, dice, sizeof(dice)) != 0 || hospes_sleep(ctx, 5) != 0)
		return hospes_status(ctx);
	if (hospes_random(ctx, dice, 4097) != HOSPES_ETOOLARGE)
		return hospes_fail(ctx, HOSPES_EFAILED, "4097 random bytes");
	if (hospes_http(ctx, &request, HOSPES_OPTIONS(.effect = "once", .timeout_ns = 9, .key = "k"), &page) != 0)
		return hospes_status(ctx);
	return hospes_reply(ctx, json_pack("[I,i,i]", (json_int_t)now, dice[2], (int)hospes_int(page, "status")));
}

static void
test_each_kind_of_op(void **state)
{
	int64_t now = 1700000000000000000, span;
	uint32_t want;

	(void)state;
	host_start(&host, of_each_kind, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_NOW, "");
	host_answer_bytes(&host, 1, 0, &now, sizeof(now));
	host_expect_op(&host, &said, 1, 1, WIRE_OP_RANDOM, "");
	memcpy(&want, said.input, sizeof(want));
	assert_int_equal(want, 3);
	host_answer_bytes(&host, 1, 1, "\1\2\3", 3);
	host_expect_op(&host, &said, 1, 2, WIRE_OP_SLEEP, "");
	memcpy(&span, said.input, sizeof(span));
	assert_int_equal(span, 5);
	host_answer_bytes(&host, 1, 2, "", 0);
	host_expect_op(&host, &said, 1, 3, WIRE_OP_HTTP, "http://x/");
	assert_int_equal(said.op.effect, WIRE_EFFECT_ONCE);
	assert_int_equal(said.op.timeout_ns, 9);
	assert_int_equal(said.op.key_len, 1);
	assert_string_equal(
	    (char *)said.input, "{\"method\":\"POST\",\"headers\":[\"Accept: text/plain\"],\"base64\":\"/wE=\"}");
	host_answer(&host, 1, 3, "{\"status\":204}");
	host_expect_reply(&host, 1, 0, "[1700000000000000000,3,204]");
	host_stop(&host);
}

static int
telling(hospes_ctx *ctx)
{
	char line[5001];

	memset(line, 'y', 5000);
	line[5000] = '\0';
	hospes_log(ctx, HOSPES_WARN, "%d apples", 3);
	hospes_progress(ctx, 7, "half");
	hospes_log(ctx, HOSPES_INFO, "%s\xc3\xa4 and more", line + 905); /* 4095 and a character of two bytes */
	for (int i = 0; i < 40; i++)
		hospes_log(ctx, HOSPES_INFO, "%s", line);
	return hospes_reply(ctx, json_pack("[s,s]", hospes_run_id(ctx), hospes_call_path(ctx)));
}

static void
test_telling(void **state)
{
	double done;
	int lines = 0;

	(void)state;
	host_start(&host, telling, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_LOG, 1);
	assert_int_equal(said.frame.status, HOSPES_WARN);
	assert_string_equal((char *)said.bytes, "3 apples");
	host_expect(&host, &said, WIRE_PROGRESS, 1);
	memcpy(&done, said.bytes, sizeof(done));
	assert_true(done == 1.0);
	assert_string_equal((char *)said.bytes + sizeof(done), "half");
	host_expect(&host, &said, WIRE_LOG, 1);
	assert_int_equal(said.frame.length, 4095);
	for (host_read(&host, &said); said.frame.type == WIRE_LOG; host_read(&host, &said)) {
		assert_true(said.frame.length <= WIRE_LOG_MAX);
		lines++;
	}
	assert_true(lines >= 14 && lines <= 17);
	assert_string_equal(said.text, "[\"01HZZZZZZZZZZZZZZZZZZZZZZZ\",\"/0/3\"]");
	host_stop(&host);
}

/* ---- Cancel ------------------------------------------------------------------------------------------------------ */

static int
clean_up(hospes_ctx *ctx)
{
	hospes_op *op = hospes_start(ctx, "a", NULL, NULL);
	int first = hospes_call(ctx, "b", NULL, NULL);
	int second = hospes_wait(op, NULL);
	int third = hospes_sleep(ctx, 1);
	int64_t fourth = hospes_now_ns(ctx);

	if (first != second || second != third || third != fourth)
		return hospes_fail(ctx, HOSPES_EFAILED, "waits differ");
	hospes_log(ctx, HOSPES_INFO, "cleaned up");
	return hospes_reply(ctx, json_true());
}

static void
test_cancel_ends_every_wait(void **state)
{
	(void)state;
	host_start(&host, clean_up, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	host_expect(&host, &said, WIRE_OP, 1);
	host_answer(&host, 1, 0, "1");
	host_send(&host, WIRE_CANCEL, 1, WIRE_NO_ORDINAL, HOSPES_ECANCELLED, NULL, 0);
	host_expect(&host, &said, WIRE_LOG, 1);
	assert_string_equal((char *)said.bytes, "cleaned up");
	host_expect_reply(&host, 1, HOSPES_ECANCELLED, "this call was cancelled");
	host_stop(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_call_waits_and_passes_on, teardown),
	    cmocka_unit_test_teardown(test_error_passes_through_with_its_chain, teardown),
	    cmocka_unit_test_teardown(test_payload_of_16_mib_goes_both_ways, teardown),
	    cmocka_unit_test_teardown(test_outcomes_in_another_order, teardown),
	    cmocka_unit_test_teardown(test_outcomes_that_come_ahead, teardown),
	    cmocka_unit_test_teardown(test_the_host_hears_how_far_it_has_come, teardown),
	    cmocka_unit_test_teardown(test_wait_any_takes_the_recorded_winner, teardown),
	    cmocka_unit_test_teardown(test_wait_any_refuses_a_foreign_winner, teardown),
	    cmocka_unit_test_teardown(test_call_all, teardown),
	    cmocka_unit_test_teardown(test_call_all_cancels_the_others_at_the_first_failure, teardown),
	    cmocka_unit_test_teardown(test_cancel_gives_the_same_before_and_after_the_outcome, teardown),
	    cmocka_unit_test_teardown(test_group_holds_at_once, teardown),
	    cmocka_unit_test_teardown(test_group_without_bound_starts_all, teardown),
	    cmocka_unit_test_teardown(test_group_shares_out_the_budget, teardown),
	    cmocka_unit_test_teardown(test_group_of_all_that_offer_a_capability, teardown),
	    cmocka_unit_test_teardown(test_each_kind_of_op, teardown),
	    cmocka_unit_test_teardown(test_telling, teardown),
	    cmocka_unit_test_teardown(test_cancel_ends_every_wait, teardown),
	};

	return cmocka_run_group_tests_name("sdk-ops", tests, NULL, NULL);
}
