/*
 * Groups of calls, which share bounds and budgets, and the ops that are no calls.
 */

#include "sdk_world.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_group_holds_at_once, said_teardown),
	    cmocka_unit_test_teardown(test_group_without_bound_starts_all, said_teardown),
	    cmocka_unit_test_teardown(test_group_shares_out_the_budget, said_teardown),
	    cmocka_unit_test_teardown(test_group_of_all_that_offer_a_capability, said_teardown),
	    cmocka_unit_test_teardown(test_each_kind_of_op, said_teardown),
	    cmocka_unit_test_teardown(test_telling, said_teardown),
	};

	return cmocka_run_group_tests_name("sdk-ops", tests, NULL, NULL);
}
