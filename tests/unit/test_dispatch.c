/*
 * The pipeline with a made-up world around it: the test plays cells, registry, journal and HTTP, and sees what dispatch
 * makes of what they say.
 */

#include "dispatch_world.h"

/* ---- Promises ---------------------------------------------------------------------------------------------------- */

static void
test_depth(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		version_add(names[i], "1.0.0");
	start();
	for (size_t i = 1; i <= 5; i++)
		ask(newest(), names[i]);
	assert_int_equal(newest()->depth, 5);
	ask(newest(), "g");
	assert_int_equal(last_status(), HOSPES_EDEPTH);
	assert_non_null(
	    strstr(sentence(newest(), 0), "g would run at depth 6 and the limit is 5 (a > b > c > d > e > f)"));
}

static void
test_cycle_names_the_loop(void **state)
{
	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	start();
	ask(newest(), "b");
	ask(newest(), "a");
	assert_int_equal(last_status(), HOSPES_ECYCLE);
	assert_non_null(strstr(sentence(newest(), 0), "a -> b -> a"));
}

static void
test_permission(void **state)
{
	static char *only_caps[] = {"call:cap:read.*", NULL};
	static char *reads[] = {"read.loose", NULL};
	struct call *root;

	(void)state;
	version_add("a", "1.0.0")->needs = only_caps;
	version_add("b", "1.0.0");
	version_add("c", "1.0.0")->capabilities = reads;
	root = start();
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EPERM);
	ask(root, "cap:read.loose");
	assert_int_equal(w.n_submitted, 2);
	reply(newest(), 0, "1");
	ask(root, "c"); /* by its name: it offers what was declared */
	assert_int_equal(w.n_submitted, 3);
}

static void
test_budget_is_never_overspent(void **state)
{
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	w.run->account.limit[QUANTITY_CALLS] = 3;
	root = start();
	ask(root, "b");
	ask(root, "b");
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_int_equal(w.n_submitted, 3);
	assert_non_null(strstr(sentence(root, 2), "this run has 0 of 3 left"));
}

static void
test_a_share_bounds_and_comes_back(void **state)
{
	struct call *root, *b;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	w.run->account.limit[QUANTITY_CALLS] = 10;
	root = start();
	ask_with(root, WIRE_OP_CALL, "b", 8, "{}", 2);
	b = newest();
	ask_with(root, WIRE_OP_CALL, "c", 4, "{}", 2); /* not until the share of b comes back */
	assert_int_equal(w.n_submitted, 2);
	for (int i = 0; i < 7; i++) {
		ask(b, "c");
		reply(newest(), 0, "1");
	}
	ask(b, "c");
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	reply(b, 0, "1");
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 8);
	assert_int_equal(root->ops[1]->state, OP_DONE); /* 1 + 8 + 4 never fits now */
	assert_int_equal(root->ops[1]->status, HOSPES_EBUDGET);
}

static void
test_a_waiting_op_goes_on_when_a_share_comes_back(void **state)
{
	struct call *root, *b;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	w.run->account.limit[QUANTITY_CALLS] = 10;
	root = start();
	ask_with(root, WIRE_OP_CALL, "b", 8, "{}", 2);
	b = newest();
	ask_with(root, WIRE_OP_CALL, "c", 4, "{}", 2);
	assert_int_equal(root->ops[1]->state, OP_WAITING);
	reply(b, 0, "1");
	assert_int_equal(w.n_submitted, 3);
	assert_string_equal(newest()->plugin, "c");
}

/* An open run's records stay, so there is an end to them. */
static void
test_records_have_an_end(void **state)
{
	struct call *root, *b;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	assert_true(w.run->recorded > 100 && w.run->recorded < 10000);
	ask(root, "b");
	b = newest();
	w.run->recorded = RUN_RECORDED_MAX + UINT64_C(1);
	ask_with(b, WIRE_OP_NOW, "", 0, "", 0);
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	assert_int_equal(w.run->root.cancelled, HOSPES_ETOOLARGE);
	assert_non_null(strstr(w.run->root.cancel_why, "more than 1024 MiB on record"));
}

/* "For ever" is as long as the caller has, not a time before the clock began. */
static void
test_a_timeout_without_end(void **state)
{
	_cleanup_(payload_unref) struct payload *p = payload_text("{}");
	struct wire_op op = {.kind = WIRE_OP_CALL, .timeout_ns = INT64_MAX, .share_wall_ns = INT64_MAX};
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	w.events.op(root, root->reissued++, &op, "b", NULL, NULL, p, w.events.arg);
	assert_int_equal(w.n_submitted, 2);
	assert_int_equal(newest()->deadline_real_ns, root->deadline_real_ns);
}

static void
test_a_parked_call_gives_its_slot_back(void **state)
{
	struct policy_plugin *limits = calloc(1, sizeof(*limits));
	struct call *root, *one, *two;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	limits->name = strdup("b");
	limits->concurrency = 1;
	map_put(&w.policy->plugins, limits->name, limits);
	root = start();
	ask(root, "b");
	one = newest();
	ask(root, "b"); /* waits for the slot */
	assert_int_equal(w.n_submitted, 2);
	ask(one, "c"); /* parks: the slot goes to the second */
	assert_int_equal(w.n_submitted, 4);
	two = strcmp(w.submitted[2]->plugin, "b") == 0 ? w.submitted[2] : w.submitted[3];
	assert_string_equal(two->plugin, "b");
	reply(one->ops[0]->callee, 0, "1"); /* the first may not go on yet */
	assert_int_equal(one->state, CALL_PARKED);
	assert_true(one->resuming);
	reply(two, 0, "2");
	assert_int_equal(one->state, CALL_RUNNING);
	reply(one, 0, "1");
}

static void
begin_again(struct call *call)
{
	call->reissued = 0;
	call->state = CALL_RUNNING;
	call->executions++;
	w.events.begins(call, "its cell died", w.events.arg);
}

static void
test_replay_is_answered_from_the_record(void **state)
{
	struct call *root;
	unsigned before;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	ask(root, "b");
	reply(newest(), 0, "\"once\"");
	ask(root, "b"); /* still open when the cell dies */
	begin_again(root);
	before = w.n_outcomes;
	ask(root, "b");
	assert_int_equal(w.n_outcomes, before + 1);
	assert_int_equal(w.outcomes[before].ordinal, 0);
	ask(root, "b");
	assert_int_equal(w.n_submitted, 3); /* attached to its child, nothing was called again */
	reply(newest(), 0, "\"twice\"");
	assert_int_equal(w.outcomes[w.n_outcomes - 1].ordinal, 1);
	reply(root, 0, "1");
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, 0);
}

static void
test_outcomes_on_record_come_ahead(void **state)
{
	struct call *root;
	unsigned before;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	for (unsigned i = 0; i < 10; i++) {
		ask(root, "b");
		if (i != 3) /* it is still open */
			reply(newest(), 0, "\"short\"");
	}
	w.room_ahead = 4 * (64 + strlen("\"short\""));
	begin_again(root);
	assert_int_equal(w.n_ahead, 4);
	assert_int_equal(w.ahead[3], 4);
	before = w.n_outcomes;
	ask(root, "b");
	assert_int_equal(w.n_ahead, 4);
	ask(root, "b"); /* half of them are asked for */
	assert_int_equal(w.n_ahead, 6);
	for (unsigned i = 2; i < 10; i++)
		ask(root, "b");
	assert_int_equal(w.n_ahead, 9);
	assert_int_equal(w.ahead[8], 9);
	assert_int_equal(w.n_known, 9);
	assert_int_equal(w.n_outcomes, before); /* none was told twice */
	begin_again(root);
	assert_int_equal(w.n_ahead, 13); /* its next cell knows nothing */
}

static void
test_what_was_sent_ahead_is_compared(void **state)
{
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	root = start();
	ask(root, "b");
	reply(newest(), 0, "1");
	w.room_ahead = 1000;
	begin_again(root);
	assert_int_equal(w.n_ahead, 1);
	ask(root, "c");
	assert_int_equal(w.n_cancelled, 1);
	reply(root, 0, "whatever it says now");
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
}

static void
test_an_outcome_before_its_op_is_asked_for_again_waits(void **state)
{
	struct call *root;
	unsigned before;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	ask(root, "b");
	begin_again(root);
	before = w.n_outcomes;
	reply(newest(), 0, "1");
	assert_int_equal(w.n_outcomes, before);
	ask(root, "b");
	assert_int_equal(w.n_outcomes, before + 1);
}

static void
test_another_question_in_replay_ends_the_run(void **state)
{
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	root = start();
	ask(root, "b");
	reply(newest(), 0, "1");
	begin_again(root);
	ask(root, "c");
	assert_int_equal(w.n_cancelled, 1);
	reply(root, 0, "whatever it says now");
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
	assert_non_null(strstr((const char *)w.run->root.value->data, "was call b"));
	assert_non_null(strstr((const char *)w.run->root.value->data, "is call c"));
}

static void
test_first_records_its_winner(void **state)
{
	uint32_t both[] = {0, 1}, winner;
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	ask(root, "b");
	ask(root, "b");
	ask_with(root, WIRE_OP_FIRST, "", 0, both, sizeof(both));
	assert_int_equal(root->ops[2]->state, OP_OPEN);
	reply(w.submitted[2], 0, "1");
	memcpy(&winner, root->ops[2]->value->data, sizeof(winner));
	assert_int_equal(winner, 1);
	/* The outcome comes before the news of it. */
	assert_int_equal(w.outcomes[w.n_outcomes - 2].ordinal, 1);
	assert_int_equal(w.outcomes[w.n_outcomes - 1].ordinal, 2);
}

static void
test_cancel_reaches_the_leaves(void **state)
{
	struct call *root, *b, *c;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	root = start();
	ask(root, "b");
	b = newest();
	ask(b, "c");
	c = newest();
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "enough");
	assert_int_equal(w.n_cancelled, 3);
	reply(c, 0, "1");
	reply(b, HOSPES_ECANCELLED, "x");
	reply(root, 0, "too late");
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_ECANCELLED);
}

static void
test_the_intent_is_durable_before_the_effect(void **state)
{
	_cleanup_(payload_unref) struct payload *answer = payload_text("{\"status\": 200}");
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	root = start();
	ask_with(root, WIRE_OP_HTTP, "http://example.org/", 0, "{}", 2);
	assert_int_equal(w.kinds[w.n_records - 1], RECORD_OP_INTENT);
	assert_int_equal(w.n_http, 0);
	w.awaited(w.awaited_arg);
	assert_int_equal(w.n_http, 1);
	w.http.done(0, answer, NULL, w.http.arg);
	assert_int_equal(w.kinds[w.n_records - 1], RECORD_OP_OUTCOME);
	assert_int_equal(last_status(), 0);
}

static void
test_a_run_keeps_the_version_that_it_began_with(void **state)
{
	struct call *root;
	struct version *old;

	(void)state;
	version_add("a", "1.0.0");
	old = version_add("b", "1.0.0");
	root = start();
	ask(root, "b");
	assert_string_equal(newest()->semver, "1.0.0");
	old->state = VERSION_FORMER;
	version_add("b", "1.1.0");
	ask(root, "b");
	assert_string_equal(newest()->semver, "1.0.0");
	old->state = VERSION_WITHDRAWN; /* voids the pin */
	ask(root, "b");
	assert_string_equal(newest()->semver, "1.1.0");
}

static void
test_a_call_whose_caller_has_ended_is_stopped(void **state)
{
	struct call *root, *b;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	ask(root, "b");
	b = newest();
	reply(root, 0, "done without it");
	assert_int_equal(w.n_cancelled, 1);
	assert_ptr_equal(w.cancelled[0], b);
	reply(b, 0, "1");
	assert_int_equal(w.calls.count, 0);
}

static void
test_an_unknown_agent(void **state)
{
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	root = start();
	ask(root, "nobody");
	assert_int_equal(last_status(), HOSPES_ENOAGENT);
	ask(root, "cap:nothing");
	assert_int_equal(last_status(), HOSPES_ENOAGENT);
	assert_int_equal(w.kinds[w.n_records - 1], RECORD_REFUSAL);
}

static void
test_tools_do_not_deepen_a_chain(void **state)
{
	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0")->kind = PLUGIN_TOOL;
	version_add("c", "1.0.0");
	start();
	ask(newest(), "b");
	assert_int_equal(newest()->depth, 0);
	ask(newest(), "c");
	assert_int_equal(newest()->depth, 1);
}

static void
test_refusals_past_a_hundred_are_counted(void **state)
{
	struct call *root;
	unsigned before;

	(void)state;
	version_add("a", "1.0.0");
	root = start();
	before = w.n_records;
	for (int i = 0; i < 130; i++)
		ask(root, "nobody");
	assert_int_equal(w.n_records - before, 100);
	reply(root, 0, "1");
	assert_int_equal(w.kinds[w.n_records - 1], RECORD_CALL_END);
	assert_int_equal(w.number, 30);
}

static void
test_a_configuration_is_recorded_once(void **state)
{
	struct call *root;
	struct fault fault;
	unsigned configs = 0;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	w.run->set = json_pack("{s:{}}", "b");
	assert_int_equal(dispatch_check_set(w.d, w.run, &fault), 0); /* only looks */
	root = start();
	ask(root, "b");
	reply(newest(), 0, "1");
	ask(root, "b");
	for (unsigned i = 0; i < w.n_records; i++)
		configs += w.with_config[i];
	assert_int_equal(configs, 2);
	json_decref(w.run->set);
}

static void
test_a_group_shares_what_is_left(void **state)
{
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	w.run->account.limit[QUANTITY_CALLS] = 11;
	root = start(); /* ten are left */
	ask_with(root, WIRE_OP_CALL, "b", -3, "{}", 2);
	assert_int_equal(newest()->account.limit[QUANTITY_CALLS], 3);
	ask_with(root, WIRE_OP_CALL, "b", -2, "{}", 2);
	assert_int_equal(newest()->account.limit[QUANTITY_CALLS], 3);
	ask_with(root, WIRE_OP_CALL, "b", -1, "{}", 2);
	assert_int_equal(newest()->account.limit[QUANTITY_CALLS], 4);
	assert_int_equal(account_left(&w.run->account, QUANTITY_CALLS), 0);
}

/* A turn of the loop that takes longer than the sleep that is asked for at the end of it. */
static int64_t slept_from_ns;

static void
on_long_turn(evutil_socket_t fd, short what, void *arg)
{
	int64_t ns = 10 * NS_PER_MS, begun = clock_mono_ns();

	(void)fd, (void)what;
	do
		slept_from_ns = clock_mono_ns();
	while (slept_from_ns - begun < 2 * ns);
	ask_with(arg, WIRE_OP_SLEEP, "", 0, &ns, sizeof(ns));
}

static void
test_a_sleep_never_ends_early(void **state)
{
	struct call *root;

	(void)state;
	version_add("a", "1.0.0");
	root = start();
	event_base_once(w.loop, -1, EV_TIMEOUT, on_long_turn, root, NULL);
	while (w.n_outcomes == 0)
		event_base_loop(w.loop, EVLOOP_ONCE);
	assert_int_equal(last_status(), 0);
	assert_true(clock_mono_ns() - slept_from_ns >= 10 * NS_PER_MS);
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_depth),
	    PROMISE(test_cycle_names_the_loop),
	    PROMISE(test_permission),
	    PROMISE(test_budget_is_never_overspent),
	    PROMISE(test_a_share_bounds_and_comes_back),
	    PROMISE(test_a_waiting_op_goes_on_when_a_share_comes_back),
	    PROMISE(test_a_timeout_without_end),
	    PROMISE(test_a_parked_call_gives_its_slot_back),
	    PROMISE(test_replay_is_answered_from_the_record),
	    PROMISE(test_an_outcome_before_its_op_is_asked_for_again_waits),
	    PROMISE(test_another_question_in_replay_ends_the_run),
	    PROMISE(test_outcomes_on_record_come_ahead),
	    PROMISE(test_what_was_sent_ahead_is_compared),
	    PROMISE(test_first_records_its_winner),
	    PROMISE(test_cancel_reaches_the_leaves),
	    PROMISE(test_the_intent_is_durable_before_the_effect),
	    PROMISE(test_a_run_keeps_the_version_that_it_began_with),
	    PROMISE(test_a_call_whose_caller_has_ended_is_stopped),
	    PROMISE(test_an_unknown_agent),
	    PROMISE(test_tools_do_not_deepen_a_chain),
	    PROMISE(test_refusals_past_a_hundred_are_counted),
	    PROMISE(test_a_configuration_is_recorded_once),
	    PROMISE(test_a_group_shares_what_is_left),
	    PROMISE(test_a_sleep_never_ends_early),
	    PROMISE(test_records_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
