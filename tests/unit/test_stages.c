/* Several attempts of one op: which comes next, what its caller is told, and what is paid and recorded. */

#include "stages_world.h"

#include "cmocka_all.h"

static void
also_on(struct policy_fallback *f, const char *cause)
{
	f->on = xcalloc(2, sizeof(*f->on));
	f->on[0] = xstrdup(cause);
}

/* ---- The way of an op -------------------------------------------------------------------------------------------- */

static void
test_another_agent(void **state)
{
	struct call *root = begins_with_two(), *b, *c;
	struct record r;

	(void)state;
	ask(root, "b");
	b = newest();
	assert_string_equal(b->path, "/0/0");
	reply(b, HOSPES_EPOISON, "b ended two cells");
	c = newest();
	assert_string_equal(c->plugin, "c");
	assert_string_equal(c->path, "/0/0#2");
	assert_int_equal(w.n_outcomes, 0);
	r = record_newest(RECORD_STAGE);
	text_is(&r, TAG_PATH, "/0/0");
	text_is(&r, TAG_TARGET, "b");
	text_is(&r, TAG_MESSAGE, "b ended two cells");
	text_is(&r, TAG_STAGE, "{\"by\":\"fallback\",\"cause\":\"crash\",\"kind\":\"call\",\"to\":\"c\",\"of\":\"b\"}");
	assert_int_equal(record_int(&r, TAG_NUMBER), 2);
	assert_int_equal(r.head.status, HOSPES_EPOISON);
	r = record_newest(RECORD_CALL_START);
	text_is(&r, TAG_PATH, "/0/0#2");
	text_is(&r, TAG_TARGET, "b"); /* what was asked for */
	text_is(&r, TAG_CALLEE, "c");
	ask(c, "b"); /* what it asks is below the attempt */
	assert_string_equal(newest()->path, "/0/0#2/0");
	reply(newest(), 0, "1");
	reply(c, 0, "\"from c\"");
	assert_int_equal(w.n_outcomes, 2);
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "\"from c\"");
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1); /* the root */
	reply(root, 0, "{}");
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 4);
}

static void
test_to_the_end_of_the_list(void **state)
{
	struct call *root = begins_with_two();
	struct record r;

	(void)state;
	ask(root, "b");
	reply(newest(), HOSPES_ESTUCK, "b got stuck");
	reply(newest(), HOSPES_ELOAD, "c did not load");
	assert_int_equal(w.n_outcomes, 1);
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "null");
	assert_true(root->ops[0]->confidence == 0); /* it claims nothing */
	r = record_newest(RECORD_CALL_END);
	text_is(&r, TAG_PATH, "/0/0#3");
	text_is(&r, TAG_OUTPUT, "null");
	assert_int_equal(records_of(RECORD_STAGE), 2);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1);
}

static void
test_the_last_failure_counts(void **state)
{
	struct policy_fallback *f = list_of("b");
	struct call *root;

	(void)state;
	then_agent(f, "c", NULL);
	root = begins();
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	reply(newest(), HOSPES_ESTUCK, "c got stuck");
	assert_int_equal(last_status(), HOSPES_ESTUCK);
	assert_string_equal(sentence(root, 0), "c got stuck");
	/* What an agent says of itself is an answer, unless the list is for that. */
	ask(root, "b");
	reply(newest(), HOSPES_EFAILED, "no such word");
	assert_int_equal(last_status(), HOSPES_EFAILED);
	assert_int_equal(records_of(RECORD_STAGE), 1);
}

static void
test_causes(void **state)
{
	static const struct {
		const char *on;
		int status;
		bool taken;
	} cases[] = {{NULL, HOSPES_EPOISON, true}, {NULL, HOSPES_EPROTOCOL, true}, {NULL, HOSPES_EDEADLINE, true},
	    {NULL, HOSPES_EFAILED, false}, {NULL, HOSPES_EUNKNOWN, false}, {"failed", HOSPES_EFAILED, true},
	    {"failed", HOSPES_EOUTPUT, true}, {"failed", HOSPES_EPOISON, false}, {"failed", HOSPES_EUNKNOWN, false},
	    {"timeout", HOSPES_EDEADLINE, true}, {"timeout", HOSPES_EPOISON, false}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct policy_fallback *f = list_of("b");
		struct call *root;

		then_answer(f, "7");
		if (cases[i].on != NULL)
			also_on(f, cases[i].on);
		root = begins();
		ask(root, "b");
		reply(newest(), cases[i].status, "so it ended");
		if (last_status() != (cases[i].taken ? 0 : cases[i].status))
			fail_msg("case %zu ended as %d", i, last_status());
		teardown(state);
		setup(state);
	}
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void
test_a_refusal(void **state)
{
	struct policy_fallback *f = list_of("a");
	struct call *root;
	struct record r;

	(void)state;
	then_agent(f, "c", NULL);
	root = begins();
	ask(root, "a"); /* its own ancestor */
	assert_string_equal(newest()->plugin, "c");
	assert_string_equal(newest()->path, "/0/0#2");
	assert_int_equal(records_of(RECORD_REFUSAL), 0);
	r = record_newest(RECORD_STAGE);
	text_is(&r, TAG_GUARD, "cycle");
	text_is(&r, TAG_PATH, "/0/0");
	assert_int_equal(r.head.status, HOSPES_ECYCLE);
	text_is(&r, TAG_INPUT, "{}"); /* no other record has it */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	/* It counts as the refusal that it is. */
	ask(root, "a");
	reply(newest(), 0, "1");
	ask(root, "a");
	assert_int_equal(w.n_cancelled, 1);
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(root->ops[2]->status, HOSPES_ECYCLE);
}

/* What the operator does not allow is not made good. */
static void
test_not_of_a_permission(void **state)
{
	static char *none[] = {NULL};
	struct call *root = begins_with_two();

	(void)state;
	w.versions[0].needs = none;
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_int_equal(records_of(RECORD_STAGE), 0);
}

/* Nor is it where that is not found out, since there is nobody of that name. */
static void
test_not_of_one_that_is_not_there_either(void **state)
{
	static char *only_b[] = {"call:b", NULL};
	struct call *root;

	(void)state;
	then_answer(list_of("nobody"), "1");
	root = begins();
	w.versions[0].needs = only_b;
	ask(root, "nobody");
	assert_int_equal(last_status(), HOSPES_ENOAGENT);
	assert_int_equal(records_of(RECORD_STAGE), 0);
}

/* Who may call b may be given what the operator puts in its place. */
static void
test_permission_is_for_what_was_asked(void **state)
{
	static char *only_b[] = {"call:b", NULL};
	struct call *root = begins_with_two();

	(void)state;
	w.versions[0].needs = only_b;
	ask(root, "c");
	assert_int_equal(last_status(), HOSPES_EPERM);
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

static void
test_an_agent_that_is_not_there(void **state)
{
	struct policy_fallback *f = list_of("nobody");
	struct call *root;
	struct record r;

	(void)state;
	then_agent(f, "no-one", NULL);
	then_agent(f, "c", NULL);
	root = begins();
	ask(root, "nobody");
	assert_string_equal(newest()->path, "/0/0#3");
	r = record_newest(RECORD_STAGE);
	text_is(&r, TAG_GUARD, "resolve");
	text_is(&r, TAG_PATH, "/0/0#2");
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

/* It had passed the guards: what they took is given back. */
static void
test_an_input_that_does_not_fit(void **state)
{
	_cleanup_(json_p) json_t *schema = json_pack("{s:s}", "type", "string");
	struct call *root = begins_with_two();
	struct record r;

	(void)state;
	policy_plugin_of(w.policy, "b")->concurrency = 1;
	w.versions[1].input_schema = schema;
	ask(root, "b");
	assert_string_equal(newest()->plugin, "c");
	r = record_newest(RECORD_STAGE);
	text_is(&r, TAG_GUARD, "input");
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	ask_with(root, WIRE_OP_CALL, "b", 0, "\"fits\"", 6);
	assert_string_equal(newest()->plugin, "b"); /* there is a slot */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1);
	w.versions[1].input_schema = NULL;
}

/* Members of a group share what is left, also those whose first attempt was refused before it had its part. */
static void
test_members_of_a_group(void **state)
{
	struct call *root;

	(void)state;
	then_agent(list_of("nobody"), "c", NULL);
	root = begins();
	w.run->account.limit[QUANTITY_CALLS] = 11;
	ask_with(root, WIRE_OP_CALL, "nobody", -2, "{}", 2); /* the first of two */
	assert_string_equal(newest()->path, "/0/0#2");
	assert_int_equal(root->ops[0]->share[QUANTITY_CALLS], 5);
	ask_with(root, WIRE_OP_CALL, "b", -1, "{}", 2);
	assert_int_equal(root->ops[1]->share[QUANTITY_CALLS], 5);
	reply(newest(), 0, "1");
	reply(w.submitted[1], 0, "1");
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1);
	assert_int_equal(root->sharers, 0);
}

/* ---- What it costs ----------------------------------------------------------------------------------------------- */

static void
test_a_share_is_for_all_attempts(void **state)
{
	struct policy_fallback *f = list_of("b");
	struct call *root;
	struct record r;

	(void)state;
	then_agent(f, "c", NULL);
	then_agent(f, "c", NULL);
	then_answer(f, "null");
	root = begins();
	ask_with(root, WIRE_OP_CALL, "b", 3, "{}", 2);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 4);
	ask(newest(), "c");
	reply(newest(), 0, "1");
	reply(w.submitted[1], HOSPES_EPOISON, "b ended two cells"); /* with two of its three calls */
	assert_string_equal(newest()->path, "/0/0#2");
	r = record_newest(RECORD_CALL_START);
	assert_int_equal(record_int(&r, TAG_LIMIT_CALLS), 1);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 2);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 2);
	reply(newest(), HOSPES_EPOISON, "c ended two cells");
	/* Another call of c is not paid for; an answer costs nothing. */
	assert_int_equal(w.n_submitted, 4);
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "null");
	r = record_newest(RECORD_STAGE);
	text_is(&r, TAG_GUARD, "budget");
	text_is(&r, TAG_PATH, "/0/0#3");
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 3);
}

static void
test_a_budget_that_is_used_up(void **state)
{
	struct call *root = begins_with_two();

	(void)state;
	w.run->account.limit[QUANTITY_CALLS] = 2;
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_int_equal(w.n_submitted, 2);
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "null");
}

/* Nor is another attempt the same call again. */
static void
test_attempts_are_no_repetition(void **state)
{
	struct policy_fallback *f = list_of("b");
	struct call *root;

	(void)state;
	w.policy->repetition = 1;
	then_agent(f, "b", NULL);
	then_agent(f, "b", NULL);
	then_agent(f, "b", NULL);
	root = begins();
	ask(root, "b");
	for (int i = 0; i < 3; i++)
		reply(newest(), HOSPES_EPOISON, "b ended two cells");
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	assert_int_equal(w.n_submitted, 5);
	ask(root, "b"); /* the first time again */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	ask(root, "b"); /* the second: refused, and so is what stands in not: it is no repetition of anybody */
	assert_string_equal(newest()->path, "/0/2#2");
}

/* What its call was counted for stays so when an attempt has to wait. */
static void
test_a_waiting_attempt_gives_nothing_back(void **state)
{
	struct call *root = begins_with_two(), *busy;

	(void)state;
	policy_plugin_of(w.policy, "c")->concurrency = 1;
	w.policy->repetition = 1;
	ask(root, "b");
	reply(newest(), 0, "1");
	ask_with(root, WIRE_OP_CALL, "c", 0, "[]", 2);
	busy = newest();
	ask(root, "b"); /* the first time again */
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_ptr_equal(root->ops[2]->callee, NULL); /* c is to stand in, and has no slot */
	assert_int_equal(w.n_submitted, 4);
	ask(root, "b"); /* the second, for which c would stand in as well */
	assert_int_equal(w.n_submitted, 4);
	reply(busy, 0, "1");
	assert_string_equal(newest()->path, "/0/2#2");
	reply(newest(), 0, "1");
	assert_string_equal(newest()->path, "/0/3#2");
}

/* ---- Versions ---------------------------------------------------------------------------------------------------- */

static void
test_another_version(void **state)
{
	struct policy_fallback *f = list_of("b");
	struct call *root;
	struct record r;

	(void)state;
	then_agent(f, "b", "0.9.0");
	root = begins();
	version_add("b", "0.9.0")->state = VERSION_FORMER;
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_string_equal(newest()->semver, "0.9.0");
	r = record_newest(RECORD_CALL_START);
	assert_int_equal(record_int(&r, TAG_NUMBER), 1); /* asked for by number */
	reply(newest(), 0, "1");
	ask(root, "b"); /* the name goes on meaning what it meant */
	assert_string_equal(newest()->semver, "1.0.0");
	reply(newest(), 0, "1");
}

static void
test_a_capability(void **state)
{
	static char *reads[] = {"read", NULL};
	struct policy_fallback *f = list_of("b");
	struct call *root;

	(void)state;
	then_agent(f, "c", NULL);
	root = begins();
	w.versions[1].capabilities = reads;
	ask(root, "cap:read"); /* which is b */
	assert_string_equal(newest()->plugin, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

/* ---- Loops ------------------------------------------------------------------------------------------------------- */

/* b falls back to c, which calls b, which falls back to c. */
static void
test_a_loop_through_a_fallback(void **state)
{
	struct policy_fallback *f = list_of("b");
	struct call *root;
	struct record r;

	(void)state;
	then_agent(f, "c", NULL);
	root = begins();
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	ask(newest(), "b");
	assert_string_equal(newest()->path, "/0/0#2/0");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	/* c is its own caller: refused at the fifth call, when four were paid. */
	assert_int_equal(w.n_submitted, 4);
	r = record_newest(RECORD_REFUSAL);
	text_is(&r, TAG_GUARD, "cycle");
	text_is(&r, TAG_PATH, "/0/0#2/0#2");
	assert_int_equal(last_status(), HOSPES_ECYCLE);
	assert_non_null(strstr(sentence(w.submitted[2], 0), "c -> c"));
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS] + w.run->account.reserved[QUANTITY_CALLS], 4);
	reply(w.submitted[2], 0, "1");
	assert_int_equal(last_status(), 0);
}

/* Lists that name each other: an op has one of them, from its first attempt on. */
static void
test_lists_that_name_each_other(void **state)
{
	struct policy_fallback *f = list_of("b");
	struct call *root;

	(void)state;
	then_agent(f, "c", NULL);
	then_agent(list_of("c"), "b", NULL);
	root = begins();
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	reply(newest(), HOSPES_EPOISON, "c ended two cells");
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(last_status(), HOSPES_EPOISON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_another_agent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_to_the_end_of_the_list, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_last_failure_counts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_causes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_refusal, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_of_a_permission, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_of_one_that_is_not_there_either, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_permission_is_for_what_was_asked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_an_agent_that_is_not_there, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_an_input_that_does_not_fit, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_members_of_a_group, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_share_is_for_all_attempts, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_budget_that_is_used_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_attempts_are_no_repetition, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_waiting_attempt_gives_nothing_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_version, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_capability, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_loop_through_a_fallback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_lists_that_name_each_other, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
