/*
 * A question for a human as libhospes asks it: what goes over the wire, what comes back, and what never leaves the cell.
 */

#include "sdk_world.h"

static int
asks(hospes_ctx *ctx)
{
	static const char *const choices[] = {"red", "green", NULL};
	hospes_question question = {.size = sizeof question, .question = "Which?"};
	hospes_value *answer;
	int rc = hospes_review(ctx, &question, NULL);

	question.context = hospes_input(ctx);
	question.choices = choices;
	question.otherwise = "green";
	question.timeout_ns = 1500001;
	if (rc == 0)
		rc = hospes_review(ctx, &question, &answer);
	return rc != 0 ? rc : hospes_reply_value(ctx, answer);
}

static void
test_what_is_asked(void **state)
{
	(void)state;
	host_start(&host, asks, 4);
	host_call(&host, 1, "{}", "{\"it\":[1]}");
	expect_asks(0, WIRE_OP_REVIEW, "", "{\"question\":\"Which?\"}");
	host_answer(&host, 1, 0, "{\"choice\":\"approve\"}");
	expect_asks(1, WIRE_OP_REVIEW, "",
	    "{\"question\":\"Which?\",\"context\":{\"it\":[1]},\"choices\":[\"red\",\"green\"],\"default\":\"green\","
	    "\"timeout_ms\":2}");
	host_answer(&host, 1, 1, "{\"choice\":\"red\"}");
	host_expect_reply(&host, 1, 0, "{\"choice\":\"red\"}");
	host_stop(&host);
}

static void
test_a_no_is_passed_on(void **state)
{
	(void)state;
	host_start(&host, asks, 4);
	host_call(&host, 1, "{}", "1");
	expect_asks(0, WIRE_OP_REVIEW, "", "{\"question\":\"Which?\"}");
	host_refuse(&host, 1, 0, HOSPES_EREJECTED, "uid:7 said no");
	host_expect_reply(&host, 1, HOSPES_EREJECTED, "uid:7 said no");
	host_stop(&host);
}

/* A handler that asks wrongly: each is a fault of its own, and none goes out. */
static int
asks_wrongly(hospes_ctx *ctx)
{
	static const char *const bad[] = {"\xff", NULL};
	hospes_question question = {.size = sizeof question, .question = "Which?"};
	json_t *codes = json_array();

	json_array_append_new(codes, json_integer(hospes_review(ctx, NULL, NULL)));
	question.size = 1;
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.size = sizeof question;
	question.timeout_ns = -1;
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.timeout_ns = INT64_MAX;
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.timeout_ns = 0;
	question.choices = bad;
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.choices = NULL;
	question.otherwise = "\xff";
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.otherwise = NULL;
	question.question = "\xff";
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.question = "";
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	question.question = NULL;
	json_array_append_new(codes, json_integer(hospes_review(ctx, &question, NULL)));
	return hospes_reply(ctx, codes);
}

static void
test_what_never_goes_out(void **state)
{
	(void)state;
	host_start(&host, asks_wrongly, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_reply(&host, 1, 0, "[-1,-1,-1,-1,-1,-1,-1,-1,-1]");
	host_stop(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_what_is_asked, said_teardown),
	    cmocka_unit_test_teardown(test_a_no_is_passed_on, said_teardown),
	    cmocka_unit_test_teardown(test_what_never_goes_out, said_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
