/*
 * What handlers and hosts must not do: verdicts that are none, values of other calls, nonsense, frames that cannot be right.
 */

#include "sdk_world.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Verdicts ---------------------------------------------------------------------------------------------------- */

static int
returns_what_it_is_told(hospes_ctx *ctx)
{
	if (hospes_flag(hospes_input(ctx), "fail"))
		(void)hospes_fail(ctx, HOSPES_EINPUT, "expected %s, found %d", "a list", 3);
	return (int)hospes_int(hospes_input(ctx), "rc");
}

static void
test_verdicts(void **state)
{
	(void)state;
	host_start(&host, returns_what_it_is_told, 2);
	host_call(&host, 1, "{}", "{\"rc\":0}");
	host_expect_reply(&host, 1, HOSPES_ENOREPLY,
	    "the handler returned 0 without a reply; call hospes_reply first, or return hospes_fail with the reason");
	host_call(&host, 2, "{}", "{\"rc\":5}");
	host_expect_reply(&host, 2, HOSPES_EFAILED,
	    "the handler returned 5; expected 0 or one of the negative statuses of hospes/status.h");
	host_call(&host, 3, "{}", "{\"rc\":-777}");
	host_expect_reply(
	    &host, 3, HOSPES_EFAILED, "the handler returned -777, which is none of the statuses of hospes/status.h");
	host_call(&host, 4, "{}", "{\"rc\":-3}");
	host_expect_reply(&host, 4, HOSPES_ENOENT, "the handler gave no reason; it should return hospes_fail with one");
	host_call(&host, 5, "{}", "{\"rc\":-1,\"fail\":true}");
	host_expect_reply(&host, 5, HOSPES_EINPUT, "expected a list, found 3");
	host_stop(&host);
}

/* ---- Misuse ------------------------------------------------------------------------------------------------------ */

static hospes_ctx *other_ctx;
static hospes_op *other_op;
static hospes_group *other_group;

/* The first call leaves its pointers; the second uses them while the first is parked. */
static int
uses_anothers(hospes_ctx *ctx)
{
	hospes_op *mine[1];
	hospes_value *value;

	if (other_ctx == NULL) {
		other_ctx = ctx;
		other_op = hospes_start(ctx, "w", NULL, NULL);
		other_group = hospes_group_new(ctx, 1);
		return hospes_sleep(ctx, 1);
	}
	mine[0] = other_op;
	if (hospes_wait(other_op, &value) != HOSPES_EWRONGPLACE ||
	    hospes_wait_any(ctx, 1, mine) != HOSPES_EWRONGPLACE ||
	    hospes_wait((hospes_op *)((char *)other_op + 1), &value) != HOSPES_EWRONGPLACE ||
	    hospes_wait(NULL, &value) != HOSPES_EWRONGPLACE || hospes_op_answer(other_op) != NULL ||
	    hospes_call(other_ctx, "w", NULL, &value) != HOSPES_EWRONGPLACE ||
	    hospes_call(NULL, "w", NULL, &value) != HOSPES_EWRONGPLACE || hospes_group_next(other_group) != NULL ||
	    hospes_group_add(other_group, "w", NULL, NULL) != HOSPES_EWRONGPLACE || hospes_input(other_ctx) != NULL ||
	    hospes_reply(other_ctx, json_true()) != HOSPES_EWRONGPLACE)
		return hospes_fail(ctx, HOSPES_EFAILED, "a misuse passed");
	hospes_cancel(other_op);
	hospes_log(other_ctx, HOSPES_INFO, "no");
	hospes_partial(ctx, NULL);
	return HOSPES_EWRONGPLACE;
}

static void
test_anothers_pointers_are_refused(void **state)
{
	(void)state;
	host_start(&host, uses_anothers, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	host_expect(&host, &said, WIRE_OP, 1);
	host_call(&host, 2, "{}", "1");
	host_expect_reply(&host, 2, HOSPES_EWRONGPLACE,
	    "hospes_log was given the context of another call; give it the context that this handler was called with");
	host_answer_bytes(&host, 1, 1, "", 0);
	host_expect(&host, &said, WIRE_REPLY, 1);
	host_stop(&host);
}

static int
gives_nonsense(hospes_ctx *ctx)
{
	char name[300];
	hospes_op *op;
	hospes_value *value = NULL;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	if (hospes_call(ctx, name, NULL, &value) != HOSPES_ETOOLARGE ||
	    hospes_call(ctx, NULL, NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.effect = "nice"), &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.timeout_ns = -1), &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, &(hospes_options){.timeout_ns = 1}, &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.version = name), &value) != HOSPES_ETOOLARGE ||
	    value != NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "nonsense passed");
	if (hospes_http(ctx, &(hospes_http_request){.url = "x"}, NULL, &value) != HOSPES_EINPUT ||
	    hospes_reply(ctx, NULL) != HOSPES_EINPUT || hospes_reply_value(ctx, NULL) != HOSPES_EINPUT ||
	    hospes_wait_any(ctx, 0, NULL) != HOSPES_EINPUT || hospes_find(ctx, NULL, NULL, NULL) != HOSPES_EINPUT ||
	    hospes_value_json(ctx, NULL) != NULL || hospes_value_bytes(ctx, NULL, 3) != NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "more nonsense passed");
	if (hospes_call(ctx, "a\nb", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "\xc0\xaf", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "\xed\xa0\x80", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call(ctx, "a\xe2\x82", NULL, &value) != HOSPES_EINPUT ||
	    hospes_call_with(ctx, "w", NULL, HOSPES_OPTIONS(.key = "\xff"), &value) != HOSPES_EINPUT)
		return hospes_fail(ctx, HOSPES_EFAILED, "unclean text passed");
	/* What cannot be sent is an op that has failed, and takes no ordinal. */
	op = hospes_start(ctx, name, NULL, NULL);
	if (op == NULL || hospes_wait_any(ctx, 1, &op) != 0 || hospes_op_answer(op)->status != HOSPES_ETOOLARGE)
		return hospes_fail(ctx, HOSPES_EFAILED, "a long name was started");
	if (hospes_fail(ctx, 3, "a positive one") != HOSPES_EFAILED)
		return 0;
	return hospes_call(ctx, "w\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", NULL, &value);
}

static void
test_nonsense_is_refused_and_takes_no_ordinal(void **state)
{
	(void)state;
	host_start(&host, gives_nonsense, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_op(&host, &said, 1, 0, WIRE_OP_CALL, "w\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_memory_equal(said.input, "null", said.input_len);
	host_refuse(&host, 1, 0, HOSPES_EDEPTH, "deep");
	host_expect_reply(&host, 1, HOSPES_EDEPTH, "w\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80: deep");
	host_stop(&host);
}

static void
test_outside_a_call(void **state)
{
	hospes_value *value;

	(void)state;
	assert_null(hospes_rt_complaint());
	hospes_rt_set_phase(HOSPES_RT_INIT);
	assert_int_equal(hospes_fail(NULL, HOSPES_EINPUT, "no"), HOSPES_EWRONGPLACE);
	assert_null(hospes_input(NULL));
	assert_null(hospes_rt_complaint());
	assert_int_equal(hospes_call(NULL, "w", NULL, &value), HOSPES_ENOTINCALL);
	assert_string_equal(hospes_rt_complaint(),
	    "hospes_call was used in the init hook; it is an op and works inside a handler only");
	assert_int_equal(hospes_wait(NULL, &value), HOSPES_ENOTINCALL);
	assert_int_equal(hospes_now_ns(NULL), HOSPES_ENOTINCALL);
	assert_null(hospes_start(NULL, "w", NULL, NULL));
	assert_null(hospes_group_next(NULL));
	/* The first is the reason. */
	assert_non_null(strstr(hospes_rt_complaint(), "hospes_call "));
}

/* ---- Frames that cannot be right --------------------------------------------------------------------------------- */

/* The cell leaves with a status; it does not crash. */
static void
expect_breach(const void *bytes, size_t len)
{
	int status;

	assert_int_equal(send(host.fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
	shutdown(host.fd, SHUT_WR);
	assert_int_equal(waitpid(host.cell, &status, 0), host.cell);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	close(host.fd);
}

static int
tells_findings(hospes_ctx *ctx)
{
	const hospes_value *findings = hospes_findings(ctx);

	return hospes_reply(ctx, json_pack("{s:O s:b}", "input", hospes_json(hospes_input(ctx)), "found",
				     findings != NULL && json_array_size(hospes_json(findings)) == 1));
}

/* What was wrong with the reply before goes with the input. */
static void
test_findings(void **state)
{
	(void)state;
	host_start(&host, tells_findings, 4);
	host_call(&host, 1, "{}", "7");
	host_expect(&host, &said, WIRE_REPLY, 1);
	assert_string_equal(said.text, "{\"input\":7,\"found\":false}");
	host_call_again(&host, 2, "{}", "7", "[{\"claim\":1}]");
	host_expect(&host, &said, WIRE_REPLY, 2);
	assert_string_equal(said.text, "{\"input\":7,\"found\":true}");
	assert_null(hospes_findings(NULL));
	host_stop(&host);
}

static void
test_frames_that_cannot_be_right(void **state)
{
	struct {
		struct wire_frame frame;
		struct wire_start start;
	} bad[] = {
	    {.frame = {.type = WIRE_START, .length = 3}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.config_len = UINT32_MAX}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.path_len = 1}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.findings_len = 1}},
	    {.frame = {.type = WIRE_START, .length = sizeof(struct wire_start)}, .start = {.findings_len = UINT32_MAX}},
	    {.frame = {.type = WIRE_START, .length = 16}},
	    {.frame = {.type = WIRE_OUTCOME, .length = 7}},
	    {.frame = {.type = WIRE_REPLY}},
	    {.frame = {.type = 0}},
	    {.frame = {.type = WIRE_START, .length = WIRE_FRAME_MAX + 1}},
	    {.frame = {.type = WIRE_START, .length = WIRE_FRAME_MAX}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		host_start(&host, waits_once, 2);
		expect_breach(&bad[i], sizeof(bad[i]));
	}
	host_start(&host, waits_once, 2);
	expect_breach("", 1);
}

static void
test_late_frames_are_passed_over(void **state)
{
	(void)state;
	host_start(&host, waits_once, 2);
	host_answer(&host, 99, 0, "1");
	host_send(&host, WIRE_CANCEL, 99, WIRE_NO_ORDINAL, HOSPES_ECANCELLED, NULL, 0);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	host_answer(&host, 1, 7, "1");
	host_answer(&host, 1, WIRE_NO_ORDINAL, "1");
	host_expect_silence(&host);
	host_stop(&host);
}

static void
test_receive_and_send(void **state)
{
	struct wire_frame frame = {.type = WIRE_SETUP};
	char payload[8] = "";
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(hospes_rt_send(fds[0], WIRE_SETUP, 0, "12345", 5), 0);
	assert_int_equal(hospes_rt_receive(fds[1], &frame, payload, sizeof(payload)), 0);
	assert_int_equal(frame.length, 5);
	assert_string_equal(payload, "12345");
	assert_int_equal(hospes_rt_send(fds[0], WIRE_SETUP, 0, "123456789", 9), 0);
	assert_int_equal(hospes_rt_receive(fds[1], &frame, payload, sizeof(payload)), HOSPES_EPROTOCOL);
	close(fds[0]);
	assert_int_equal(hospes_rt_receive(fds[1], &frame, payload, sizeof(payload)), HOSPES_EIO);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_verdicts, said_teardown),
	    cmocka_unit_test_teardown(test_anothers_pointers_are_refused, said_teardown),
	    cmocka_unit_test_teardown(test_nonsense_is_refused_and_takes_no_ordinal, said_teardown),
	    cmocka_unit_test_teardown(test_findings, said_teardown),
	    cmocka_unit_test_teardown(test_frames_that_cannot_be_right, said_teardown),
	    cmocka_unit_test_teardown(test_late_frames_are_passed_over, said_teardown),
	    cmocka_unit_test_teardown(test_receive_and_send, said_teardown),
	    /* Last: the complaint that it makes stays. */
	    cmocka_unit_test_teardown(test_outside_a_call, said_teardown),
	};

	return cmocka_run_group_tests_name("sdk-runtime", tests, NULL, NULL);
}
