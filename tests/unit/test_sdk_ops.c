/*
 * Ops of libhospes: what a handler asks for, what the host sees of it, and what comes back.
 */

#include "sdk_world.h"

#include <stdlib.h>

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
	char *big = json_text_of(len);

	(void)state;
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
	    cmocka_unit_test_teardown(test_call_waits_and_passes_on, said_teardown),
	    cmocka_unit_test_teardown(test_error_passes_through_with_its_chain, said_teardown),
	    cmocka_unit_test_teardown(test_payload_of_16_mib_goes_both_ways, said_teardown),
	    cmocka_unit_test_teardown(test_outcomes_in_another_order, said_teardown),
	    cmocka_unit_test_teardown(test_outcomes_that_come_ahead, said_teardown),
	    cmocka_unit_test_teardown(test_the_host_hears_how_far_it_has_come, said_teardown),
	    cmocka_unit_test_teardown(test_wait_any_takes_the_recorded_winner, said_teardown),
	    cmocka_unit_test_teardown(test_wait_any_refuses_a_foreign_winner, said_teardown),
	    cmocka_unit_test_teardown(test_call_all, said_teardown),
	    cmocka_unit_test_teardown(test_call_all_cancels_the_others_at_the_first_failure, said_teardown),
	    cmocka_unit_test_teardown(test_cancel_gives_the_same_before_and_after_the_outcome, said_teardown),
	    cmocka_unit_test_teardown(test_cancel_ends_every_wait, said_teardown),
	};

	return cmocka_run_group_tests_name("sdk-ops", tests, NULL, NULL);
}
