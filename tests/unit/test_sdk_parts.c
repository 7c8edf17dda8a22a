/*
 * Parts of a reply, on both sides: said as frames without an ordinal, taken by ops.
 */

#include "sdk_world.h"

#include <stdlib.h>

/* ---- Said -------------------------------------------------------------------------------------------------------- */

/* Says two parts, and then is busy with what the host answers to. */
static int
says_two(hospes_ctx *ctx)
{
	int rc = hospes_part(ctx, hospes_input(ctx));

	if (rc == 0)
		rc = hospes_part(ctx, hospes_value_json(ctx, json_pack("{s:i}", "n", 2)));
	if (rc == 0)
		rc = hospes_sleep(ctx, 1);
	return rc != 0 ? rc : hospes_reply(ctx, json_string("all"));
}

static void
test_parts_leave_at_once(void **state)
{
	(void)state;
	host_start(&host, says_two, 2);
	host_call(&host, 5, "{}", "[1, 2]");
	host_expect(&host, &said, WIRE_PART, 5);
	assert_int_equal(said.frame.ordinal, WIRE_NO_ORDINAL);
	assert_int_equal(said.frame.length, 6);
	assert_memory_equal(said.bytes, "[1, 2]", 6); /* byte for byte, so never parsed */
	host_expect(&host, &said, WIRE_PART, 5);
	assert_memory_equal(said.bytes, "{\"n\":2}", said.frame.length);
	host_expect_op(&host, &said, 5, 0, WIRE_OP_SLEEP, "");
	host_answer_bytes(&host, 5, 0, "", 0);
	host_expect_reply(&host, 5, 0, "\"all\"");
	host_stop(&host);
}

/* Neither waits nor ends: what was said is there all the same. */
static int
says_and_spins(hospes_ctx *ctx)
{
	static volatile bool ever = true;
	int rc = hospes_part(ctx, hospes_input(ctx));

	while (rc == 0 && ever)
		;
	return rc;
}

static void
test_a_part_does_not_wait_for_a_wait(void **state)
{
	(void)state;
	host_start(&host, says_and_spins, 2);
	host_call(&host, 1, "{}", "7");
	host_expect(&host, &said, WIRE_PART, 1);
	host_kill(&host);
}

static int
says_wrong(hospes_ctx *ctx)
{
	const char *how = hospes_text(hospes_input(ctx), "how");
	size_t len = 69u << 20;
	char *big;
	int rc;

	if (strcmp(how, "nothing") == 0)
		return hospes_part(ctx, NULL);
	if (strcmp(how, "stopped") == 0) {
		(void)hospes_sleep(ctx, 1);
		rc = hospes_part(ctx, hospes_input(ctx));
		return rc == HOSPES_ECANCELLED && hospes_status(ctx) == rc ? rc
									   : hospes_fail(ctx, HOSPES_EFAILED, "%d", rc);
	}
	big = malloc(len);
	memset(big, ' ', len);
	rc = hospes_part(ctx, hospes_value_bytes(ctx, big, len));
	free(big);
	return rc;
}

static void
test_parts_that_cannot_be(void **state)
{
	(void)state;
	host_start(&host, says_wrong, 2);
	host_call(&host, 1, "{}", "{\"how\":\"nothing\"}");
	host_expect_reply(&host, 1, HOSPES_EINPUT, "hospes_part was given no value; did hospes_value_json refuse it?");
	host_call(&host, 2, "{}", "{\"how\":\"big\"}");
	host_expect_reply(
	    &host, 2, HOSPES_ETOOLARGE, "the part is larger than a frame can be, 68 MiB; say it in smaller ones");
	host_call(&host, 3, "{}", "{\"how\":\"stopped\"}");
	host_expect_op(&host, &said, 3, 0, WIRE_OP_SLEEP, "");
	host_send(&host, WIRE_CANCEL, 3, WIRE_NO_ORDINAL, HOSPES_ECANCELLED, NULL, 0);
	host_expect_reply(&host, 3, HOSPES_ECANCELLED, "this call was cancelled"); /* and no part before it */
	host_stop(&host);
}

/* ---- Taken ------------------------------------------------------------------------------------------------------- */

static int
takes(hospes_ctx *ctx)
{
	hospes_op *op = hospes_start(ctx, "reader", hospes_input(ctx), NULL);
	json_t *all = json_array();
	hospes_value *part, *reply;
	int more, rc;

	while ((more = hospes_next_part(op, &part)) == 1)
		json_array_append(all, hospes_json(part));
	/* That there are no more is no failure. */
	if (more == 0 && hospes_status(ctx) != 0)
		more = HOSPES_EBUG;
	rc = more < 0 ? more : hospes_wait(op, &reply);
	if (rc != 0) {
		json_decref(all);
		return rc;
	}
	return hospes_reply(ctx, json_pack("{s:o s:O}", "parts", all, "reply", hospes_json(reply)));
}

/* The op that asks for part `nth` of the call at ordinal 0. */
static void
expect_asked(uint32_t ordinal, uint32_t nth)
{
	uint32_t which[2];

	host_expect_op(&host, &said, 1, ordinal, WIRE_OP_PART, "");
	assert_int_equal(said.op.flags, WIRE_OP_WAITS);
	assert_int_equal(said.input_len, sizeof(which));
	memcpy(which, said.input, sizeof(which));
	assert_int_equal(which[0], 0);
	assert_int_equal(which[1], nth);
}

static void
test_parts_are_taken_in_turn(void **state)
{
	(void)state;
	host_start(&host, takes, 2);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "reader");
	expect_asked(1, 0);
	host_answer(&host, 1, 1, "\"a\"");
	expect_asked(2, 1);
	host_answer(&host, 1, 0, "\"whole\""); /* the reply may be here before the last part */
	host_answer(&host, 1, 2, "\"b\"");
	expect_asked(3, 2);
	host_refuse(&host, 1, 3, HOSPES_ENOENT, "there are no more");
	host_expect_reply(&host, 1, 0, "{\"parts\":[\"a\",\"b\"],\"reply\":\"whole\"}");
	host_stop(&host);
}

static void
test_one_who_fails_says_no_more(void **state)
{
	(void)state;
	host_start(&host, takes, 2);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "reader");
	expect_asked(1, 0);
	host_refuse(&host, 1, 0, HOSPES_EGROUND, "not so");
	host_refuse(&host, 1, 1, HOSPES_ENOENT, "there are no more");
	host_expect_reply(&host, 1, HOSPES_EGROUND, "reader: not so");

	/* Another status of the op is one: of a host that knows better. */
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "reader");
	expect_asked(1, 0);
	host_refuse(&host, 1, 1, HOSPES_ECANCELLED, "was stopped");
	host_expect_reply(&host, 1, HOSPES_ECANCELLED, "was stopped");
	host_stop(&host);
}

static int
takes_wrong(hospes_ctx *ctx)
{
	const char *how = hospes_text(hospes_input(ctx), "how");
	hospes_http_request request = {.size = sizeof(request), .url = "http://x/"};
	hospes_value *part;
	hospes_op *op;

	if (strcmp(how, "nothing") == 0)
		return hospes_next_part(NULL, &part);
	if (strcmp(how, "http") == 0)
		return hospes_next_part(hospes_http_start(ctx, &request, NULL), &part);
	if (strcmp(how, "refused") == 0)
		return hospes_next_part(hospes_start(ctx, "", NULL, NULL), &part);
	op = hospes_start(ctx, "reader", NULL, NULL);
	hospes_cancel(op);
	return hospes_next_part(op, &part);
}

static void
test_what_has_no_parts(void **state)
{
	(void)state;
	host_start(&host, takes_wrong, 2);
	host_call(&host, 1, "{}", "{\"how\":\"nothing\"}");
	host_expect_reply(&host, 1, HOSPES_EWRONGPLACE,
	    "hospes_next_part was given NULL; it takes the parts of calls that this call has started");
	host_call(&host, 2, "{}", "{\"how\":\"http\"}");
	host_expect(&host, &said, WIRE_OP, 2);
	host_expect_reply(&host, 2, HOSPES_EWRONGPLACE,
	    "hospes_next_part was given an op that is no call; only calls reply in parts");
	host_call(&host, 3, "{}", "{\"how\":\"refused\"}");
	host_expect_reply(&host, 3, HOSPES_EINPUT, "hospes_start was given no target; expected a name or \"cap:NAME\"");
	host_call(&host, 4, "{}", "{\"how\":\"cancelled\"}");
	host_expect_op(&host, &said, 4, 0, WIRE_OP_CALL, "reader");
	host_expect(&host, &said, WIRE_ABANDON, 4);
	host_expect_reply(&host, 4, HOSPES_ECANCELLED, "cancelled by its caller");
	host_stop(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_parts_leave_at_once, said_teardown),
	    cmocka_unit_test_teardown(test_a_part_does_not_wait_for_a_wait, said_teardown),
	    cmocka_unit_test_teardown(test_parts_that_cannot_be, said_teardown),
	    cmocka_unit_test_teardown(test_parts_are_taken_in_turn, said_teardown),
	    cmocka_unit_test_teardown(test_one_who_fails_says_no_more, said_teardown),
	    cmocka_unit_test_teardown(test_what_has_no_parts, said_teardown),
	};

	return cmocka_run_group_tests_name("sdk-parts", tests, NULL, NULL);
}
