/* The ladder: what is done about a reply of b that the check c refuses, and what a check need not be asked again. */

#include "ladder_world.h"

#include "dispatch/ladder.h"
#include "dispatch/stages.h"

/* ---- Which step -------------------------------------------------------------------------------------------------- */

static void
test_steps(void **state)
{
	static const struct {
		unsigned retries;
		enum policy_step steps[POLICY_STEPS_MAX];
		unsigned n;
		const char *given;    /* the step after 0, 1, 2... attempts */
		const char *rejected; /* the same after a human has said no */
	} rows[] = {
	    {1, {STEP_FAIL}, 1, "ffff", "ffff"},
	    {1, {STEP_PASS}, 1, "pfff", "pfff"},
	    {2, {STEP_RETRY}, 1, "rrff", "rrff"},
	    {2, {STEP_RETRY, STEP_ESCALATE, STEP_REVIEW, STEP_FAIL}, 4, "rreh", "rref"},
	    {1, {STEP_REVIEW, STEP_RETRY, STEP_PASS}, 3, "hpff", "rpff"},
	    {1, {STEP_ESCALATE, STEP_RETRY, STEP_REVIEW, STEP_PASS}, 4, "erhf", "erpf"},
	};
	static const char names[] = {
	    [STEP_FAIL] = 'f', [STEP_PASS] = 'p', [STEP_RETRY] = 'r', [STEP_ESCALATE] = 'e', [STEP_REVIEW] = 'h'};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_handoff rule = {.retries = rows[i].retries, .n_steps = rows[i].n};

		memcpy(rule.steps, rows[i].steps, sizeof(rule.steps));
		for (unsigned given = 0; given < 4; given++) {
			if (names[ladder_step(&rule, given, false)] != rows[i].given[given] ||
			    names[ladder_step(&rule, given, true)] != rows[i].rejected[given])
				fail_msg("row %zu after %u attempts", i, given);
		}
	}
}

/* ---- Another attempt --------------------------------------------------------------------------------------------- */

static void
test_it_mends_what_was_found(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };"), *b;

	(void)state;
	replies(LIE, FAILED);
	b = newest();
	assert_string_equal(b->plugin, "b");
	assert_string_equal(b->path, "/0/0#2");
	assert_string_equal((const char *)root->ops[0]->stage->findings->data, FOUND);
	assert_int_equal(w.n_outcomes, 0);
	replies("1", PASSED);
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, "1");
	assert_true(root->ops[0]->confidence == 0.75);
	assert_int_equal(records_of(RECORD_REFUSAL), 1);
	assert_int_equal(records_of(RECORD_STAGE), 1);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 4); /* b and c, twice */
	assert_int_equal(w.calls.count, 1);
}

static void
test_it_never_mends(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; retries = 2; escalate = \"e\"; "
				      "on_fail = [ \"retry\", \"escalate\", \"fail\" ]; }; };");

	(void)state;
	replies("1", FAILED);
	replies("2", FAILED);
	assert_string_equal(newest()->path, "/0/0#3");
	replies("3", FAILED);
	assert_string_equal(newest()->plugin, "e");
	assert_string_equal(newest()->path, "/0/0#4");
	assert_string_equal(newest()->op->target, "b"); /* that is what was asked for */
	replies("4", FAILED);                           /* what is said of b holds for who stands in for it */
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 0, "the reply of e 1.0.0 is not grounded");
	assert_int_equal(records_of(RECORD_REFUSAL), 4);
	assert_int_equal(records_of(RECORD_STAGE), 3);
	assert_int_equal(w.calls.count, 1);
}

static void
test_the_other_one_mends(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; escalate = \"e\"; on_fail = [ "
				      "\"retry\", \"escalate\" ]; }; };");

	(void)state;
	replies("1", FAILED);
	reply(newest(), HOSPES_EFAILED, "no idea"); /* an attempt of the ladder that fails is no end of it */
	assert_string_equal(newest()->plugin, "e");
	replies("4", PASSED);
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, "4");
}

/* Whoever stands in has to pass what is said of himself too. */
static void
test_both_rules_hold(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; escalate = \"e\"; on_fail = [ "
				      "\"escalate\" ]; }; e: { checks = [ \"c\", \"d\" ]; confidence = 0.5; }; };");

	(void)state;
	replies("1", FAILED);
	reply(newest(), 0, "2");
	assert_string_equal(w.submitted[w.n_submitted - 2]->plugin, "c");
	assert_string_equal(newest()->plugin, "d");
	reply(w.submitted[w.n_submitted - 2], 0, PASSED);
	reply(newest(), 0, "{\"score\":0.25,\"failed\":[]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 0, "the reply of e 1.0.0 is not sure enough: its confidence is 0.25, and at least 0.5 is");
}

/* Where a capability was asked for it is the same agent that is asked again, whoever else offers it by now. */
static void
test_capability_is_asked_again(void **state)
{
	static char *offers[] = {"facts", NULL};
	struct call *root;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };");
	w.versions[1].capabilities = offers;
	root = start();
	ask(root, "cap:facts");
	assert_string_equal(newest()->plugin, "b");
	replies("1", FAILED);
	assert_string_equal(newest()->plugin, "b");
	assert_string_equal(root->ops[0]->stage->target, "b");
	assert_string_equal(root->ops[0]->target, "cap:facts");
	replies("2", PASSED);
	assert_int_equal(last_status(), 0);
}

static void
test_first_failure_is_none_of_the_ladder(void **state)
{
	(void)state;
	root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };");
	reply(newest(), HOSPES_EFAILED, "no idea");
	assert_int_equal(last_status(), HOSPES_EFAILED);
	assert_int_equal(records_of(RECORD_STAGE), 0);
}

static void
test_it_passes_all_the_same(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"pass\" ]; }; };");
	struct record r;

	(void)state;
	replies(LIE, FAILED);
	assert_int_equal(last_status(), 0);
	assert_true(root->ops[0]->confidence == 0);
	r = record_newest(RECORD_REFUSAL); /* but not in silence */
	assert_int_equal(r.head.status, HOSPES_EGROUND);
	assert_int_equal(record_find(&r, TAG_BODY)->len, strlen(FOUND));
}

/* ---- Without a check --------------------------------------------------------------------------------------------- */

static void
test_critical_without_source(void **state)
{
	static const char *const none[] = {"{\"claims\":[{\"text\":\"one\",\"critical\":true}]}",
	    "{\"claims\":[{\"critical\":true,\"sources\":7}]}",
	    "{\"claims\":[{\"critical\":true,\"sources\":[null,{},\"\"]}]}",
	    "{\"claims\":[{\"critical\":true,\"sources\":[{\"document\":\"\",\"from\":1}]}]}",
	    "{\"claims\":[{\"criti\\u0063al\":true}]}"};
	struct call *root = root_asks("");

	(void)state;
	reply(newest(), 0, CRITICAL);
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 0, "1 of 2 claims fails the check critical; \"one\": it is critical and names no source");
	ask(root, "b");
	reply(
	    newest(), 0, "{\"claims\":[{\"text\":\"one\",\"critical\":true,\"sources\":[{\"document\":\"GPL-3\"}]}]}");
	assert_int_equal(last_status(), 0);
	ask(root, "b");
	reply(newest(), 0, "{\"claims\":[{\"text\":\"one\",\"critical\":false}],\"critical\":true}");
	assert_int_equal(last_status(), 0);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		ask(root, "b");
		reply(newest(), 0, none[i]);
		if (last_status() != HOSPES_EGROUND)
			fail_msg("passed: %s", none[i]);
	}
}

static void
test_critical_is_not_shown_to_anybody(void **state)
{
	(void)state;
	root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };");
	reply(newest(), 0, CRITICAL);
	assert_string_equal(newest()->path, "/0/0#2");
	assert_int_equal(w.n_submitted, 3);
}

static void
test_critical_turned_off(void **state)
{
	(void)state;
	root_asks("grounding: { b: { critical = false; }; };");
	reply(newest(), 0, CRITICAL);
	assert_int_equal(last_status(), 0);
}

static void
test_confidence(void **state)
{
	struct call *root = root_asks("grounding: { b: { confidence = 0.75; checks = [ \"c\" ]; }; };");

	(void)state;
	unsure(newest(), 0.5, "1");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(
	    root, 0, "the reply of b 1.0.0 is not sure enough: its confidence is 0.5, and at least 0.75 is asked for");
	assert_int_equal(w.n_submitted, 2); /* nobody was asked */
	assert_string_equal((const char *)w.run->findings->data,
	    "[{\"check\":\"confidence\",\"why\":\"its confidence is 0.5, and at least 0.75 is asked for\"}]");
	ask(root, "b");
	unsure(newest(), 0.75, "2");
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
	ask(root, "b");
	unsure(newest(), 1, "3");
	reply(newest(), 0, "{\"score\":0.7,\"failed\":[]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
}

/* ---- Whose replies ----------------------------------------------------------------------------------------------- */

static void
test_edges(void **state)
{
	static char *offers[] = {"facts", NULL};
	struct call *root;

	(void)state;
	configure(
	    "handoffs = ( { to = \"a\"; capability = \"facts\"; checks = [ \"c\" ]; }, { from = \"b\"; checks = [ "
	    "\"d\" ]; }, { from = \"b\"; to = \"e\"; checks = [ ]; } );");
	w.versions[4].capabilities = offers; /* e */
	root = start();
	ask(root, "e");
	reply(newest(), 0, "1");
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
	ask(root, "b");
	reply(newest(), 0, "1");
	assert_string_equal(newest()->plugin, "d");
	reply(newest(), 0, PASSED);
	ask(root, "e");
	ask(newest(), "b"); /* from b to e */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	reply(w.submitted[5], HOSPES_EFAILED, "");
	reply(root, 0, "1"); /* to the client nothing is said of a */
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, 0);
}

static void
test_time_of_a_check(void **state)
{
	(void)state;
	root_asks("grounding: { b: { checks = [ \"c\" ]; check_deadline = \"2s\"; }; };");
	reply(newest(), 0, "1");
	assert_true(newest()->deadline_real_ns <= clock_real_ns() + 2 * NS_PER_S);
	assert_non_null(newest()->op->timer);
}

/* ---- What is known ----------------------------------------------------------------------------------------------- */

static void
test_the_same_is_not_asked_twice(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; }; };");
	struct record r;

	(void)state;
	replies(LIE, FAILED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_string_equal(sentence(root, 1), sentence(root, 0));
	assert_int_equal(w.n_submitted, 4); /* a, b, c, b */
	r = record_newest(RECORD_OP_OUTCOME);
	assert_memory_equal(record_find(&r, TAG_REASON)->data, "cached", 6);
	assert_memory_equal(record_find(&r, TAG_CALLEE)->data, "c", 1);
	assert_memory_equal(record_find(&r, TAG_PATH)->data, "/0/1/0", 6);
	ask(root, "b");
	reply(newest(), 0, LIE " ");
	assert_string_equal(newest()->plugin, "c"); /* another text */
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
}

static void
test_what_may_change_is_asked_again(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; }; };");

	(void)state;
	reply(newest(), 0, LIE);
	ask_with(newest(), WIRE_OP_NOW, "", 0, "", 0); /* who asks for the time may say something else the next time */
	reply(newest(), 0, PASSED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), HOSPES_EFAILED, "no luck"); /* nor is a failure kept */
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
	ask(root, "b");
	w.run->client = "uid:2"; /* nor told to somebody else */
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
	ask(root, "b");
	w.versions[2].object[0] = 7; /* nor said by another check */
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
}

/* c reads a document of the run's sources, and then says this. */
static void
reads(const char *verdict)
{
	struct fault missing;

	fault_set(&missing, HOSPES_ENOENT, "no such document");
	ask_with(newest(), WIRE_OP_DOCUMENT, "sources/00", 0, "{}", 2);
	if (w.memory.done != NULL)
		memory_answers(NULL, &missing);
	reply(newest(), 0, verdict);
}

static void
test_documents_count(void **state)
{
	static char *sources[] = {"terms", NULL}, *needs[] = {"memory:sources", NULL};
	struct call *root;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	w.versions[2].needs = needs;
	w.run->sources = sources;
	root = start();
	ask(root, "b");
	reply(newest(), 0, LIE);
	reads(PASSED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_int_equal(w.n_submitted, 4); /* a, b, c, b: what it read is what it would read */
	assert_int_equal(last_status(), 0);
	w.changed++;
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c"); /* a document came */
	w.changed++;                                /* and another one while it read */
	reads(PASSED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	w.unsettled = true; /* or is about to */
	reads(PASSED);
	w.unsettled = false;
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reads(PASSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test_setup_teardown(test_it_mends_what_was_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_never_mends, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_other_one_mends, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_both_rules_hold, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_capability_is_asked_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_first_failure_is_none_of_the_ladder, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_passes_all_the_same, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_critical_without_source, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_critical_is_not_shown_to_anybody, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_critical_turned_off, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_confidence, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_edges, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time_of_a_check, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_same_is_not_asked_twice, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_may_change_is_asked_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_documents_count, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
