/* Several attempts of one op: those that are stopped or too late, parts of replies, and those who wait above. */

#include "stages_world.h"

#include "cmocka_all.h"

/* ---- Stopping ---------------------------------------------------------------------------------------------------- */

static void
test_stopped_in_the_middle(void **state)
{
	struct call *root = begins_with_two(), *c;
	struct record r;

	(void)state;
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	c = newest();
	w.events.abandon(root, 0, w.events.arg);
	assert_int_equal(w.n_cancelled, 1);
	assert_ptr_equal(w.cancelled[0], c);
	reply(c, HOSPES_ECANCELLED, "stopped");
	assert_int_equal(last_status(), HOSPES_ECANCELLED); /* no answer in its place */
	r = record_newest(RECORD_CALL_END);
	text_is(&r, TAG_PATH, "/0/0#2");
	assert_int_equal(records_of(RECORD_STAGE), 1);
}

static void
test_no_time_for_another(void **state)
{
	struct call *root = begins_with_two();

	(void)state;
	ask(root, "b");
	root->ops[0]->deadline_real_ns = clock_real_ns();
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_int_equal(last_status(), HOSPES_EPOISON);
}

/* What a call asked for goes on stopping when the next attempt is under way. */
static void
test_children_of_the_attempt_before(void **state)
{
	struct call *root = begins_with_two(), *b, *child, *c;

	(void)state;
	ask(root, "b");
	b = newest();
	ask(b, "c");
	child = newest();
	reply(b, HOSPES_EPOISON, "b ended two cells");
	c = newest();
	assert_ptr_equal(w.cancelled[0], child);
	assert_string_equal(c->path, "/0/0#2");
	reply(child, HOSPES_ECANCELLED, "stopped");
	assert_ptr_equal(root->ops[0]->callee, c);
	reply(c, 0, "1");
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 0), "1");
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1);
}

static void
test_time_for_one_attempt(void **state)
{
	struct call *root = begins_with_two(), *b;
	struct record r;

	(void)state;
	policy_plugin_of(w.policy, "b")->timeout_ns = NS_PER_MS;
	ask(root, "b");
	b = newest();
	assert_true(b->deadline_real_ns < root->ops[0]->deadline_real_ns);
	r = record_newest(RECORD_CALL_START);
	assert_int_equal(record_int(&r, TAG_DEADLINE), root->ops[0]->deadline_real_ns);
	assert_int_equal(record_int(&r, TAG_ENDS), b->deadline_real_ns);
	policy_plugin_of(w.policy, "b")->timeout_ns = 0; /* for those that follow */
	while (w.n_cancelled == 0)
		event_base_loop(w.loop, EVLOOP_ONCE);
	assert_ptr_equal(w.cancelled[0], b);
	reply(b, 0, "\"too late\"");
	assert_string_equal(newest()->plugin, "c");
	r = record_newest(RECORD_STAGE);
	assert_int_equal(r.head.status, HOSPES_EDEADLINE);
	assert_non_null(strstr((const char *)record_find(&r, TAG_MESSAGE)->data, "limits.b.timeout"));
	assert_non_null(strstr((const char *)record_find(&r, TAG_STAGE)->data, "\"timeout\""));
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

/* ---- Parts ------------------------------------------------------------------------------------------------------- */

static void
say(struct call *call, const char *text)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(text);

	w.events.part(call, p, w.events.arg);
}

static void
test_parts_of_the_last_attempt(void **state)
{
	static const uint32_t first[2] = {0, 0}, second[2] = {0, 1};
	struct call *root = begins_with_two();

	(void)state;
	ask(root, "b");
	say(newest(), "\"b says\"");
	ask_with(root, WIRE_OP_PART, "", 0, first, sizeof(first));
	assert_int_equal(w.n_outcomes, 0); /* held back */
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_int_equal(w.n_outcomes, 0);
	say(newest(), "\"c says\"");
	reply(newest(), 0, "1");
	assert_string_equal(sentence(root, 1), "\"c says\"");
	ask_with(root, WIRE_OP_PART, "", 0, second, sizeof(second));
	assert_int_equal(last_status(), HOSPES_ENOENT);
}

/* A part that was handed on cannot be taken back. */
static void
test_what_was_heard_stands(void **state)
{
	static const uint32_t first[2] = {0, 0};
	struct call *root = begins_with_two();

	(void)state;
	ask(root, "b");
	say(newest(), "\"b says\"");
	root->ops[0]->parts->held = false; /* as it was before the policy had a list */
	ask_with(root, WIRE_OP_PART, "", 0, first, sizeof(first));
	assert_int_equal(last_status(), 0);
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	assert_int_equal(last_status(), HOSPES_EPOISON);
}

/* ---- Those above ------------------------------------------------------------------------------------------------- */

static void
test_the_root(void **state)
{
	struct policy_fallback *f = list_of("a");

	(void)state;
	then_agent(f, "c", NULL);
	reply(begins(), HOSPES_EPOISON, "a ended two cells");
	assert_false(w.ended);
	assert_string_equal(newest()->path, "/0#2");
	ask(newest(), "b");
	assert_string_equal(newest()->path, "/0#2/0");
	reply(newest(), 0, "1");
	reply(w.submitted[1], 0, "\"from c\"");
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, 0);
}

/* Who begins again is told the last outcome, at once. */
static void
test_replay_of_the_caller(void **state)
{
	struct call *root = begins_with_two();

	(void)state;
	ask(root, "b");
	reply(newest(), HOSPES_EPOISON, "b ended two cells");
	reply(newest(), 0, "\"from c\"");
	root->reissued = 0;
	w.events.begins(root, "its cell died", w.events.arg);
	ask(root, "b");
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(last_status(), 0);
	assert_int_equal(w.outcomes[w.n_outcomes - 1].ordinal, 0);
}

/* An attempt is held against its own record, and a run that contradicts it is over: nothing stands in for that. */
static void
test_another_op_in_a_later_attempt(void **state)
{
	struct call *root = begins_with_two(), *c;

	(void)state;
	ask(root, "b");
	ask(newest(), "c");
	reply(newest(), 0, "1");
	reply(w.submitted[1], HOSPES_EPOISON, "b ended two cells");
	c = newest();
	ask(c, "b"); /* where b had asked for c, which is another attempt's */
	reply(newest(), 0, "1");
	c->reissued = 0;
	c->state = CALL_RUNNING;
	w.events.begins(c, "its cell died", w.events.arg);
	ask(c, "b");
	assert_int_equal(last_status(), 0);
	c->reissued = 0;
	w.events.begins(c, "its cell died", w.events.arg);
	ask(c, "c");
	reply(c, HOSPES_ECANCELLED, "stopped");
	reply(root, HOSPES_ECANCELLED, "stopped");
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
	assert_non_null(strstr((const char *)w.run->root.value->data, "op 0 of c 1.0.0 (/0/0#2) was call b"));
	assert_int_equal(records_of(RECORD_STAGE), 1);
}

/* An attempt that was stopped in the middle of a replay may reply before it has asked for all that it asked for. */
static void
test_stopped_while_it_replays(void **state)
{
	struct call *root = begins_with_two(), *b;

	(void)state;
	policy_plugin_of(w.policy, "b")->timeout_ns = NS_PER_MS;
	ask(root, "b");
	policy_plugin_of(w.policy, "b")->timeout_ns = 0;
	b = newest();
	ask(b, "c");
	reply(newest(), 0, "1");
	b->reissued = 0;
	b->state = CALL_RUNNING;
	w.events.begins(b, "its cell died", w.events.arg);
	while (w.n_cancelled == 0)
		event_base_loop(w.loop, EVLOOP_ONCE);
	reply(b, HOSPES_EDEADLINE, "stopped");
	assert_string_equal(newest()->path, "/0/0#2");
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
}

static void
test_first_of_two(void **state)
{
	static const uint32_t both[2] = {0, 1};
	struct call *root = begins_with_two(), *c;

	(void)state;
	ask(root, "b");
	ask(root, "c");
	c = newest();
	ask_with(root, WIRE_OP_FIRST, "", 0, both, sizeof(both));
	reply(w.submitted[1], HOSPES_EPOISON, "b ended two cells"); /* which wins nothing */
	assert_int_equal(root->ops[2]->state, OP_OPEN);
	reply(c, 0, "1");
	assert_int_equal(root->ops[2]->state, OP_DONE);
	assert_int_equal(root->ops[2]->value->data[0], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_stopped_in_the_middle, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_time_for_another, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_children_of_the_attempt_before, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time_for_one_attempt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_parts_of_the_last_attempt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_was_heard_stands, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_root, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replay_of_the_caller, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_op_in_a_later_attempt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stopped_while_it_replays, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_first_of_two, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
