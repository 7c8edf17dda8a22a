/* The budget guard in its pipeline: money, CPU time, the accounts of the day, what a call costs that never began. */

#include "dispatch_world.h"

#include "dispatch/accounts.h"

static struct call *
people(int64_t price_of_b)
{
	version_add("a", "1.0.0");
	version_add("b", "1.0.0")->price_micros = price_of_b;
	version_add("c", "1.0.0");
	return start();
}

static void
ask_for_money(struct call *call, const char *target, int64_t micros)
{
	struct wire_op op = {.kind = WIRE_OP_CALL, .share_micros = micros, .flags = WIRE_OP_WAITS};

	ask_op(call, &op, target, "{}", 2);
}

static int64_t
spent(enum quantity q)
{
	assert_int_equal(w.run->account.returnable[q], 0);
	return w.run->account.spent[q];
}

/* ------------------------------------------------------------------------------------------------------------------ */

static void
test_both_or_neither(void **state)
{
	struct call *root;

	(void)state;
	w.run->account.limit[QUANTITY_MONEY] = 25;
	root = people(10);
	ask(root, "b");
	ask(root, "b");
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_string_equal(sentence(root, 2),
	    "b needs $0.00001 and this run has $0.000005 of $0.000025 left; ask for less, or give it more (--money, "
	    "`run.money`)");
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 3); /* the root and two; not a third */
	assert_int_equal(w.run->account.reserved[QUANTITY_MONEY], 20);
	assert_int_equal(dispatch_host_account(w.d)->reserved[QUANTITY_CALLS], 3);
	ask(root, "c");
	assert_string_equal(newest()->plugin, "c");
}

static void
test_a_share_of_money(void **state)
{
	struct call *root, *b;

	(void)state;
	w.run->account.limit[QUANTITY_MONEY] = 100;
	root = people(10);
	w.versions[2].price_micros = 10;
	ask_for_money(root, "b", 60);
	b = newest();
	assert_int_equal(b->account.limit[QUANTITY_MONEY], 60);
	assert_int_equal(b->account.spent[QUANTITY_MONEY], 10);
	ask_for_money(root, "b", 50); /* not until that of the first comes back */
	assert_int_equal(w.n_submitted, 2);
	ask_for_money(b, "c", 51);
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_non_null(
	    strstr(sentence(b, 0), "this task has $0.00005 of $0.00006 left; ask for less, or have its caller "
				   "give it more (money_micros)"));
	ask_for_money(b, "c", 9);
	assert_non_null(strstr(sentence(b, 1), "c costs $0.00001 by itself and its share is $0.000009"));
	reply(b, 0, "1");
	assert_int_equal(w.run->account.spent[QUANTITY_MONEY], 10);
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(newest()->account.limit[QUANTITY_MONEY], 50);
}

/* A reply that fails, or a call that is stopped, was a call all the same; one whose input is refused was none. */
static void
test_what_never_began_costs_nothing(void **state)
{
	struct call *root;

	(void)state;
	root = people(10);
	w.versions[1].input_schema = json_pack("{s:s}", "type", "array");
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EINPUT);
	assert_int_equal(spent(QUANTITY_CALLS), 0);
	assert_int_equal(spent(QUANTITY_MONEY), 0);
	json_decref(w.versions[1].input_schema);
	w.versions[1].input_schema = NULL;
	ask(root, "b");
	reply(newest(), HOSPES_EFAILED, "no");
	assert_int_equal(spent(QUANTITY_CALLS), 1);
	assert_int_equal(spent(QUANTITY_MONEY), 10);
	assert_int_equal(dispatch_host_account(w.d)->spent[QUANTITY_MONEY], 10);
}

static void
test_costs_are_on_record(void **state)
{
	struct call *root;
	struct record r;

	(void)state;
	root = people(10);
	ask_for_money(root, "b", 60);
	r = record_newest(RECORD_CALL_START);
	assert_int_equal(record_int(&r, TAG_LIMIT_MICROS), 60);
	assert_int_equal(record_int(&r, TAG_MICROS), 10);
	w.events.cpu(newest(), 1234, w.events.arg);
	reply(newest(), 0, "1");
	r = record_newest(RECORD_CALL_END);
	assert_int_equal(record_int(&r, TAG_MICROS), 10);
	assert_int_equal(record_int(&r, TAG_CPU), 1234);
	assert_null(record_find(&r, TAG_CALLEE)); /* it is the target */
	assert_int_equal(w.run->account.spent[QUANTITY_CPU], 1234);
}

static void
test_cpu_time(void **state)
{
	struct call *root;

	(void)state;
	w.run->account.limit[QUANTITY_CPU] = 1000;
	root = people(0);
	w.events.cpu(root, 999, w.events.arg);
	ask(root, "b");
	assert_int_equal(w.n_submitted, 2);
	w.events.cpu(newest(), 1, w.events.arg);
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_non_null(strstr(sentence(root, 1), "give it more (--cpu, `run.cpu`)"));
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
	assert_int_equal(w.n_cancelled, 0);
	w.events.cpu(root, 101, w.events.arg); /* a tenth more is let pass, to come to an end */
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
	assert_true(w.n_cancelled > 0);
	assert_int_equal(root->cancelled, HOSPES_EBUDGET);
}

/* The accounts of the day stand beside the run's: a share of it does not count there, each call does. */
static void
test_the_day(void **state)
{
	struct account *day = dispatch_host_account(w.d);
	struct call *root;

	(void)state;
	day->limit[QUANTITY_CALLS] = 3;
	root = people(0);
	ask_with(root, WIRE_OP_CALL, "b", 50, "{}", 2);
	assert_int_equal(day->reserved[QUANTITY_CALLS], 2);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 51);
	ask(newest(), "c");
	assert_int_equal(day->reserved[QUANTITY_CALLS], 3);
	reply(newest(), 0, "1");
	assert_int_equal(day->spent[QUANTITY_CALLS], 1);
	ask(root, "c");
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_string_equal(sentence(root, 1), "c needs 1 call and the day of this host has 0 of 3 left; wait for "
					       "midnight UTC, or give it more (`day.calls`)");
}

/* What runs of before the start hold of it is not known yet: who would take of a day with a limit waits. */
static void
test_the_day_after_a_start(void **state)
{
	struct account *day = dispatch_host_account(w.d);
	struct call *root;

	(void)state;
	root = people(0);
	dispatch_resuming(w.d, true);
	ask(root, "b"); /* of a day without one nobody waits */
	assert_int_equal(w.n_submitted, 2);
	day->limit[QUANTITY_CALLS] = 4;
	ask(root, "b");
	ask(root, "b");
	assert_int_equal(w.n_submitted, 2);
	day->reserved[QUANTITY_CALLS]++; /* a run of before is there */
	dispatch_resuming(w.d, false);
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(root->ops[1]->state, OP_OPEN);
	assert_int_equal(root->ops[2]->state, OP_DONE);
	assert_int_equal(root->ops[2]->status, HOSPES_EBUDGET);
	day->reserved[QUANTITY_CALLS]--;
}

static void
test_each_alert_once(void **state)
{
	struct call *root;
	unsigned n = 0;

	(void)state;
	w.run->account.limit[QUANTITY_CALLS] = 10;
	root = people(0);
	for (int i = 0; i < 12; i++) {
		ask(root, "b");
		if (root->ops[i]->state == OP_OPEN)
			reply(newest(), 0, "1");
	}
	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == RECORD_ALERT;
	assert_int_equal(n, 3);
	assert_int_equal(w.run->account.told[QUANTITY_CALLS], 100);
}

/* ---- Alerts of tasks --------------------------------------------------------------------------------------------- */

static unsigned
alerts(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == RECORD_ALERT;
	return n;
}

static json_t *
newest_alert(void)
{
	struct record r = record_newest(RECORD_ALERT);
	const struct record_field *body = record_find(&r, TAG_BODY);

	return json_loadb(body->data, body->len, 0, NULL);
}

static void
spend(struct call *call, const char *target)
{
	ask(call, target);
	reply(newest(), 0, "1");
}

static void
test_a_task_with_a_share_is_told_of(void **state)
{
	struct call *root, *b, *c, *d;
	struct record r;
	json_t *json;

	(void)state;
	root = people(0);
	version_add("d", "1.0.0");
	version_add("e", "1.0.0");
	ask_with(root, WIRE_OP_CALL, "b", 5, "{}", 2);
	r = record_newest(RECORD_CALL_START);
	assert_int_equal(record_int(&r, TAG_GIVEN), 1);
	b = newest();
	ask(b, "c"); /* what is below it and has no share of its own is charged to it */
	c = newest();
	assert_int_equal(alerts(), 0);
	spend(c, "d");
	assert_int_equal(alerts(), 1); /* 3 of 5 */
	json = newest_alert();
	assert_string_equal(json_string_value(json_object_get(json, "of")), "task /0/0");
	assert_string_equal(json_string_value(json_object_get(json, "path")), "/0/0");
	assert_string_equal(json_string_value(json_object_get(json, "agent")), "b");
	assert_string_equal(
	    json_string_value(json_object_get(json, "text")), "b, call /0/0 of its run, has used 50 % of its share of "
							      "calls: 3 of 5 (budget_calls, which its caller gave it)");
	json_decref(json);
	/* A share within, of which only its first call is sure to be spent until it has ended. */
	ask_with(c, WIRE_OP_CALL, "d", 2, "{}", 2);
	d = newest();
	assert_int_equal(alerts(), 2); /* 4 of 5 */
	spend(d, "e");
	assert_int_equal(alerts(), 4); /* 2 of 2 there */
	reply(d, 0, "1");
	assert_int_equal(alerts(), 5);
	json = newest_alert();
	assert_string_equal(json_string_value(json_object_get(json, "of")), "task /0/0");
	assert_int_equal(json_integer_value(json_object_get(json, "percent")), 100);
	json_decref(json);
	assert_int_equal(b->account.told[QUANTITY_CALLS], 100);
}

/* The host was killed between what came to the threshold and the alert: nothing comes below the task but its end. */
static void
test_what_was_not_told_is_told_at_the_end(void **state)
{
	struct call *root, *b;

	(void)state;
	root = people(0);
	ask_with(root, WIRE_OP_CALL, "b", 2, "{}", 2);
	b = newest();
	spend(b, "c");
	assert_int_equal(alerts(), 2);
	b->account.told[QUANTITY_CALLS] = 80;
	watch_limits(&b->account, &w.run->policy->alerts_at);
	reply(b, 0, "1");
	assert_int_equal(alerts(), 3);
}

/* Nobody gave the members of a group what they have. */
static void
test_a_part_is_no_share(void **state)
{
	struct call *root;
	struct record r;

	(void)state;
	w.run->account.limit[QUANTITY_CALLS] = 13;
	root = people(0);
	ask_with(root, WIRE_OP_CALL, "b", -2, "{}", 2);
	assert_int_equal(newest()->account.limit[QUANTITY_CALLS], 6);
	r = record_newest(RECORD_CALL_START);
	assert_null(record_find(&r, TAG_GIVEN));
	for (int i = 0; i < 5; i++)
		spend(w.submitted[1], "c");
	assert_int_equal(alerts(), 0);
	assert_false(w.run->watches_tasks);
	reply(w.submitted[1], 0, "1");
	assert_int_equal(alerts(), 1); /* of the run: 7 of 13 */
}

static void
test_alerts_of_tasks_are_bounded(void **state)
{
	struct call *root, *b;
	json_t *json;

	(void)state;
	w.run->account.limit[QUANTITY_CALLS] = NO_LIMIT;
	root = people(0);
	for (int i = 0; i < 70; i++) {
		ask_with(root, WIRE_OP_CALL, "b", 2, "{}", 2);
		b = newest();
		spend(b, "c"); /* from 1 of 2 to 2 of 2: 80 and 100 */
		reply(b, 0, "1");
	}
	assert_int_equal(alerts(), 61);
	assert_false(w.run->watches_tasks);
	json = newest_alert();
	assert_string_equal(json_string_value(json_object_get(json, "of")), "tasks");
	assert_non_null(strstr(json_string_value(json_object_get(json, "text")), "60 times"));
	json_decref(json);
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_both_or_neither),
	    PROMISE(test_a_share_of_money),
	    PROMISE(test_what_never_began_costs_nothing),
	    PROMISE(test_costs_are_on_record),
	    PROMISE(test_cpu_time),
	    PROMISE(test_the_day),
	    PROMISE(test_the_day_after_a_start),
	    PROMISE(test_each_alert_once),
	    PROMISE(test_a_task_with_a_share_is_told_of),
	    PROMISE(test_what_was_not_told_is_told_at_the_end),
	    PROMISE(test_a_part_is_no_share),
	    PROMISE(test_alerts_of_tasks_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
