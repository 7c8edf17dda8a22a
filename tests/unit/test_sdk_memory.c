/*
 * Memory as libhospes asks for it: what goes over the wire, what comes back, and what never leaves the cell.
 */

#include "sdk_world.h"

#include <stdlib.h>

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static int
keeps(hospes_ctx *ctx)
{
	hospes_value *seen;
	uint64_t version = 0;
	int rc = hospes_remember(ctx, NULL, "last", hospes_input(ctx));

	if (rc == 0)
		rc = hospes_remember_if(ctx, "house", "a/b", 3, hospes_value_json(ctx, json_pack("[i]", 1)));
	if (rc == 0)
		rc = hospes_recall(ctx, NULL, "last", &seen, &version);
	if (rc == 0)
		rc = hospes_forget(ctx, NULL, "last");
	if (rc != 0)
		return rc;
	return hospes_reply(ctx, json_pack("{s:O s:I}", "seen", hospes_json(seen), "version", (json_int_t)version));
}

static void
test_values_go_out_as_bytes_and_come_back(void **state)
{
	(void)state;
	host_start(&host, keeps, 4);
	host_call(&host, 1, "{}", "{\"b\" : 1.50,\"a\":2}");
	/* The spacing is the input's own: nobody parsed it. */
	expect_asks(0, WIRE_OP_REMEMBER, "/last", "{\"value\":{\"b\" : 1.50,\"a\":2}}");
	host_answer(&host, 1, 0, "{\"version\":1}");
	expect_asks(1, WIRE_OP_REMEMBER, "house/a/b", "{\"value\":[1],\"version\":3}");
	host_answer(&host, 1, 1, "{\"version\":4}");
	expect_asks(2, WIRE_OP_RECALL, "/last", "{}");
	host_answer(&host, 1, 2, "{\"value\":null,\"version\":7}");
	expect_asks(3, WIRE_OP_FORGET, "/last", "{}");
	host_answer(&host, 1, 3, "{\"forgotten\":false}");
	host_expect_reply(&host, 1, 0, "{\"seen\":null,\"version\":7}");
	host_stop(&host);
}

static void
test_a_fault_of_the_host_is_passed_on(void **state)
{
	(void)state;
	host_start(&host, keeps, 4);
	host_call(&host, 1, "{}", "1");
	expect_asks(0, WIRE_OP_REMEMBER, "/last", "{\"value\":1}");
	host_answer(&host, 1, 0, "{\"version\":1}");
	expect_asks(1, WIRE_OP_REMEMBER, "house/a/b", "{\"value\":[1],\"version\":3}");
	host_refuse(&host, 1, 1, HOSPES_ECONFLICT, "it is at version 5 and not at 3");
	host_expect_reply(&host, 1, HOSPES_ECONFLICT, "it is at version 5 and not at 3");
	host_stop(&host);
}

static int
keeps_large(hospes_ctx *ctx)
{
	int rc = hospes_remember(ctx, NULL, "large", hospes_input(ctx));

	return rc != 0 ? rc : hospes_reply(ctx, json_true());
}

static void
test_a_large_value_arrives_whole(void **state)
{
	size_t len = 3u << 20;
	char *large = json_text_of(len);

	(void)state;
	host_start(&host, keeps_large, 4);
	host_call(&host, 1, "{}", large);
	host_expect_op(&host, &said, 1, 0, WIRE_OP_REMEMBER, "/large");
	assert_int_equal(said.input_len, len + 10);
	assert_memory_equal(said.input, "{\"value\":", 9);
	assert_memory_equal(said.input + 9, large, len);
	assert_int_equal(said.input[9 + len], '}');
	host_answer(&host, 1, 0, "{\"version\":1}");
	host_expect_reply(&host, 1, 0, "true");
	host_stop(&host);
	free(large);
}

static int
recalls(hospes_ctx *ctx)
{
	hospes_value *seen = NULL;
	int rc = hospes_recall(ctx, NULL, "last", &seen, NULL);

	return rc != 0 ? rc : hospes_reply_value(ctx, seen);
}

static void
test_an_answer_without_a_value_is_no_answer(void **state)
{
	(void)state;
	host_start(&host, recalls, 4);
	host_call(&host, 1, "{}", "1");
	expect_asks(0, WIRE_OP_RECALL, "/last", "{}");
	host_answer(&host, 1, 0, "[]");
	host_expect_reply(&host, 1, HOSPES_EPROTOCOL, "the host recalled no value for last, or no memory is left");
	host_stop(&host);
}

/* ---- What cannot be asked ---------------------------------------------------------------------------------------- */

/* The input names what is asked wrongly; the handler expects bad_input and says so. */
static int
asks_wrongly(hospes_ctx *ctx)
{
	char long_key[257], long_space[66];
	hospes_value *one = hospes_value_json(ctx, json_integer(1));
	hospes_value *got = NULL;
	const char *notes[] = {"\xff", NULL};
	const struct {
		const char *what;
		int rc;
	} tries[] = {
	    {"no key", hospes_remember(ctx, NULL, NULL, one)},
	    {"an empty key", hospes_recall(ctx, NULL, "", &got, NULL)},
	    {"a long key", hospes_forget(ctx, NULL, (memset(long_key, 'k', 256), long_key[256] = '\0', long_key))},
	    {"a control character", hospes_forget(ctx, NULL, "a\nb")},
	    {"a key that is not UTF-8", hospes_forget(ctx, NULL, "\xc3")},
	    {"no value", hospes_remember(ctx, NULL, "k", NULL)},
	    {"a version that is none", hospes_remember_if(ctx, NULL, "k", UINT64_MAX, one)},
	    {"an empty space", hospes_recall(ctx, "", "k", &got, NULL)},
	    {"a slash in a space", hospes_recall(ctx, "a/b", "k", &got, NULL)},
	    {"capitals in a space", hospes_recall(ctx, "House", "k", &got, NULL)},
	    {"a long space",
		hospes_recall(ctx, (memset(long_space, 's', 65), long_space[65] = '\0', long_space), "k", &got, NULL)},
	    {"an `after` that is not UTF-8", hospes_list(ctx, NULL, "", "\xff", 0, &got)},
	    {"no digest", hospes_document(ctx, "sources", NULL, 0, 0, &got)},
	    {"no query", hospes_search(ctx, NULL, NULL, NULL, &got)},
	    {"a query that is not UTF-8", hospes_search(ctx, NULL, "\xe2\x82", NULL, &got)},
	    {"a digest that is not UTF-8", hospes_search(ctx, NULL, "w", HOSPES_SEARCH(.within = notes), &got)},
	    {"options without a size", hospes_search(ctx, NULL, "w", &(hospes_search_options){.most = 1}, &got)},
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		if (tries[i].rc != HOSPES_EINPUT)
			return hospes_fail(
			    ctx, HOSPES_EFAILED, "%s gave %s", tries[i].what, hospes_status_name(tries[i].rc));
	}
	return got != NULL ? HOSPES_EFAILED : hospes_reply(ctx, json_true());
}

static void
test_what_is_wrong_never_leaves_the_cell(void **state)
{
	(void)state;
	host_start(&host, asks_wrongly, 4);
	host_call(&host, 1, "{}", "1");
	host_expect_reply(&host, 1, 0, "true");
	host_stop(&host);
}

static int
asks_at_the_edge(hospes_ctx *ctx)
{
	char key[256], space[65];
	int rc;

	memset(key, 'k', 255);
	key[255] = '\0';
	memset(space, 's', 64);
	space[64] = '\0';
	rc = hospes_forget(ctx, space, key);
	return rc != 0 ? rc : hospes_reply(ctx, json_true());
}

static void
test_the_longest_space_and_key_fit(void **state)
{
	(void)state;
	host_start(&host, asks_at_the_edge, 4);
	host_call(&host, 1, "{}", "1");
	host_expect(&host, &said, WIRE_OP, 1);
	assert_int_equal(said.op.target_len, WIRE_KEY_MAX);
	host_answer(&host, 1, 0, "{\"forgotten\":true}");
	host_expect_reply(&host, 1, 0, "true");
	host_stop(&host);
}

/* ---- Lists, documents, search ------------------------------------------------------------------------------------ */

static int
lists(hospes_ctx *ctx)
{
	hospes_value *keys, *documents, *text;
	int rc = hospes_list(ctx, NULL, NULL, NULL, 0, &keys);

	if (rc == 0)
		rc = hospes_list(ctx, "house", "day/", "day/\"1\"", 5, &keys);
	if (rc == 0)
		rc = hospes_documents(ctx, "sources", NULL, 0, &documents);
	if (rc == 0)
		rc = hospes_documents(ctx, "sources", "abcd", 10, &documents);
	if (rc == 0)
		rc = hospes_document(ctx, "sources", "abcd", 7, SIZE_MAX, &text);
	return rc != 0 ? rc : hospes_reply_value(ctx, text);
}

static void
test_lists_and_documents(void **state)
{
	(void)state;
	host_start(&host, lists, 4);
	host_call(&host, 1, "{}", "1");
	expect_asks(0, WIRE_OP_LIST, "/", "{}");
	host_answer(&host, 1, 0, "{\"keys\":[],\"more\":false}");
	expect_asks(1, WIRE_OP_LIST, "house/day/", "{\"after\":\"day/\\\"1\\\"\",\"most\":5}");
	host_answer(&host, 1, 1, "{\"keys\":[],\"more\":false}");
	expect_asks(2, WIRE_OP_DOCUMENTS, "sources", "{}");
	host_answer(&host, 1, 2, "{\"documents\":[],\"more\":false}");
	expect_asks(3, WIRE_OP_DOCUMENTS, "sources", "{\"after\":\"abcd\",\"most\":10}");
	host_answer(&host, 1, 3, "{\"documents\":[],\"more\":false}");
	expect_asks(4, WIRE_OP_DOCUMENT, "sources/abcd", "{\"from\":7,\"to\":9223372036854775807}");
	host_answer(&host, 1, 4, "{\"text\":\"x\"}");
	host_expect_reply(&host, 1, 0, "{\"text\":\"x\"}");
	host_stop(&host);
}

/* As a plugin of an older SDK would have them: without what came later. */
struct older_options {
	size_t size, most;
};

static int
searches(hospes_ctx *ctx)
{
	const char *within[] = {"aa", "bb", NULL};
	struct older_options older = {sizeof(older), 9};
	hospes_op *ops[2];
	hospes_value *found;
	json_t *all;
	int rc = hospes_search(ctx, "sources", "binary \"source code\"", NULL, &found);

	if (rc == 0)
		rc = hospes_search(ctx, NULL, "w", (const hospes_search_options *)(void *)&older, &found);
	if (rc != 0)
		return rc;
	ops[0] = hospes_search_start(ctx, "sources", "one", HOSPES_SEARCH(.most = 3, .most_each = 2, .within = within));
	ops[1] = hospes_search_start(ctx, "sources", NULL, NULL);
	rc = hospes_wait(ops[0], &found);
	if (rc != 0)
		return rc;
	all = json_pack(
	    "{s:s s:s}", "who", hospes_op_answer(ops[0])->who, "other", hospes_status_name(hospes_wait(ops[1], NULL)));
	return hospes_reply(ctx, all);
}

static void
test_searches(void **state)
{
	(void)state;
	host_start(&host, searches, 4);
	host_call(&host, 1, "{}", "1");
	expect_asks(0, WIRE_OP_SEARCH, "sources", "{\"query\":\"binary \\\"source code\\\"\"}");
	host_answer(&host, 1, 0, "{\"found\":[]}");
	expect_asks(1, WIRE_OP_SEARCH, "", "{\"query\":\"w\",\"most\":9}");
	host_answer(&host, 1, 1, "{\"found\":[]}");
	host_expect_op(&host, &said, 1, 2, WIRE_OP_SEARCH, "sources");
	assert_int_equal(said.op.flags, 0);
	assert_memory_equal(
	    said.input, "{\"query\":\"one\",\"most\":3,\"most_each\":2,\"within\":[\"aa\",\"bb\"]}", said.input_len);
	host_expect(&host, &said, WIRE_PARK, 1);
	host_answer(&host, 1, 2, "{\"found\":[]}");
	host_expect_reply(&host, 1, 0, "{\"who\":\"sources\",\"other\":\"bad_input\"}");
	host_stop(&host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_values_go_out_as_bytes_and_come_back, said_teardown),
	    cmocka_unit_test_teardown(test_a_fault_of_the_host_is_passed_on, said_teardown),
	    cmocka_unit_test_teardown(test_a_large_value_arrives_whole, said_teardown),
	    cmocka_unit_test_teardown(test_an_answer_without_a_value_is_no_answer, said_teardown),
	    cmocka_unit_test_teardown(test_what_is_wrong_never_leaves_the_cell, said_teardown),
	    cmocka_unit_test_teardown(test_the_longest_space_and_key_fit, said_teardown),
	    cmocka_unit_test_teardown(test_lists_and_documents, said_teardown),
	    cmocka_unit_test_teardown(test_searches, said_teardown),
	};

	return cmocka_run_group_tests_name("sdk-memory", tests, NULL, NULL);
}
