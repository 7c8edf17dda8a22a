/*
 * What requests cost: reserved before the intent, settled with the outcome, once however often a host is killed in between; and at
 * every point in between spent and reserved are what they are to be.
 */

#include "effects_world.h"

#include "dispatch/accounts.h"
#include "dispatch/review.h"

static int
begin_with_prices(void **state)
{
	struct record r;

	setup(state);
	with_policy("prices = ( { http = [ \"http://example.org\" ]; money = \"0.00001\"; } );");
	version_add("a", "1.0.0")->object[31] = 1;
	ulid_format(&w.run->id, w.run->id_text);
	record_init(&r, RECORD_RUN_START);
	carried_add(&w.run->carried, &r, TAG_INPUT, w.run->root.input);
	dispatch_record(w.d, w.run, &r);
	root = start();
	return 0;
}

#define PRICE 10

static void
assert_money(const struct account *a, int64_t spent, int64_t reserved)
{
	assert_int_equal(a->spent[QUANTITY_MONEY], spent);
	assert_int_equal(a->reserved[QUANTITY_MONEY], reserved);
	assert_int_equal(a->returnable[QUANTITY_MONEY], 0);
}

/* The run's and, where the host was not killed in between, that of the day and of who asks. */
static void
assert_all(int64_t spent, int64_t reserved)
{
	assert_money(&w.run->account, spent, reserved);
	assert_money(dispatch_host_account(w.d), spent, reserved);
	assert_money(&accounts_agent(w.d, "a")->account, spent, reserved);
	assert_int_equal(w.run->priced, spent + reserved);
}

static int64_t
micros_of(uint16_t kind)
{
	struct record r = record_newest(kind);

	return record_int(&r, TAG_MICROS);
}

static void
under_way(uint8_t effect)
{
	asked(effect, NULL);
	durable();
}

/* ---- One host ---------------------------------------------------------------------------------------------------- */

static void
test_reserved_then_spent(void **state)
{
	struct record r;
	int64_t calls = w.run->account.reserved[QUANTITY_CALLS];

	(void)state;
	asked(WIRE_EFFECT_KEYED, NULL);
	assert_all(0, PRICE); /* before the intent is durable, so before anything is sent */
	assert_int_equal(micros_of(RECORD_OP_INTENT), PRICE);
	durable();
	answered("1");
	assert_all(PRICE, 0);
	r = record_newest(RECORD_OP_OUTCOME);
	assert_int_equal(record_int(&r, TAG_MICROS), PRICE);
	assert_memory_equal(record_find(&r, TAG_ACTOR)->data, "a", 1);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], calls); /* it is no call */
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 0);
}

static void
test_what_was_never_sent_costs_nothing(void **state)
{
	struct op *op = asked(WIRE_EFFECT_ONCE, NULL);

	(void)state;
	dispatch_cancel(w.d, op, HOSPES_ECANCELLED, "enough"); /* its intent is not durable */
	assert_all(0, 0);
	asked(WIRE_EFFECT_COSTLY, NULL);
	durable();
	w.unsent = true;
	failed(HOSPES_EHTTP, "nobody listens");
	assert_all(0, 0);
	assert_int_equal(micros_of(RECORD_OP_OUTCOME), 0);
	op = asked(WIRE_EFFECT_ONCE, NULL);
	durable();
	dispatch_cancel(w.d, op, HOSPES_ECANCELLED, "enough");
	assert_all(0, 0);
}

static void
test_what_was_sent_is_paid_for(void **state)
{
	struct op *op;

	(void)state;
	asked(WIRE_EFFECT_COSTLY, NULL);
	durable();
	failed(HOSPES_EHTTP, "it broke off");
	assert_all(PRICE, 0);
	op = asked(WIRE_EFFECT_ONCE, NULL);
	durable();
	dispatch_cancel(w.d, op, HOSPES_EDEADLINE, "its time was over");
	assert_int_equal(op->status, HOSPES_EUNKNOWN);
	assert_all(2 * PRICE, 0);
}

static void
test_what_does_not_fit(void **state)
{
	(void)state;
	w.run->account.limit[QUANTITY_MONEY] = 2 * PRICE + 5;
	under_way(WIRE_EFFECT_KEYED);
	under_way(WIRE_EFFECT_KEYED);
	asked(WIRE_EFFECT_KEYED, NULL);
	assert_int_equal(root->ops[2]->status, HOSPES_EBUDGET);
	assert_string_equal(sentence(root, 2),
	    URL " needs $0.00001 and this run has $0.000005 of $0.000025 left; ask for less, or give it more (--money, "
		"`run.money`)");
	assert_all(0, 2 * PRICE);
	w.run->account.limit[QUANTITY_MONEY] = NO_LIMIT;
	accounts_agent(w.d, "a")->account.limit[QUANTITY_MONEY] = 2 * PRICE;
	asked(WIRE_EFFECT_KEYED, NULL);
	assert_non_null(strstr(sentence(root, 3), "and the day of agent a has $0.00 of $0.00002 left"));
	assert_all(0, 2 * PRICE);
}

/* A share that others hold may come back: who does not fit beside it waits for that. */
static void
test_waits_for_a_share(void **state)
{
	_cleanup_(payload_unref) struct payload *p = payload_text("{}");
	struct wire_op call = {.kind = WIRE_OP_CALL, .share_micros = 15, .flags = WIRE_OP_WAITS};
	struct op *op;

	(void)state;
	version_add("b", "1.0.0");
	w.run->account.limit[QUANTITY_MONEY] = 20;
	root->state = CALL_PARKED;
	w.events.op(root, root->reissued++, &call, "b", NULL, NULL, p, w.events.arg);
	op = asked(WIRE_EFFECT_KEYED, NULL);
	assert_int_equal(op->state, OP_WAITING);
	assert_int_equal(w.run->account.reserved[QUANTITY_MONEY], 15);
	assert_int_equal(w.run->priced, 0);
	reply(newest(), 0, "1");
	assert_int_equal(op->state, OP_OPEN);
	assert_all(0, PRICE);
}

static void
test_alerts(void **state)
{
	unsigned n = 0;

	(void)state;
	w.run->account.limit[QUANTITY_MONEY] = 2 * PRICE;
	watch_limits(&w.run->account, &w.policy->alerts_at);
	under_way(WIRE_EFFECT_KEYED);
	under_way(WIRE_EFFECT_KEYED);
	asked(WIRE_EFFECT_KEYED, NULL);
	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == RECORD_ALERT;
	assert_int_equal(n, 3); /* 50, then 80 and 100 */
}

/* ---- A host that is killed ---------------------------------------------------------------------------------------- */

static void
test_once_for_all_kills(void **state)
{
	static const uint8_t classes[] = {WIRE_EFFECT_PURE, WIRE_EFFECT_IDEMPOTENT, WIRE_EFFECT_KEYED};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		asked(classes[i], NULL);
		for (int kills = 0; kills < 3; kills++) {
			w.policy->prices[0].money = 700 + kills; /* the file says something else now */
			killed_after(until(RECORD_OP_INTENT));
			assert_money(&w.run->account, (int64_t)i * PRICE, PRICE);
			assert_int_equal(w.run->priced, (int64_t)(i + 1) * PRICE);
			assert_int_equal(micros_of(RECORD_OP_INTENT), PRICE);
			root->reissued = root->n_ops;
		}
		w.policy->prices[0].money = PRICE;
		durable();
		answered("1");
		assert_money(&w.run->account, (int64_t)(i + 1) * PRICE, 0);
		killed_after(until(RECORD_OP_OUTCOME));
		assert_money(&w.run->account, (int64_t)(i + 1) * PRICE, 0);
		assert_int_equal(w.run->priced, (int64_t)(i + 1) * PRICE);
		root->reissued = root->n_ops;
	}
}

static void
test_costly_each_time(void **state)
{
	(void)state;
	asked(WIRE_EFFECT_COSTLY, NULL);
	for (int i = 2; i <= 4; i++) {
		killed_after(until(RECORD_OP_INTENT));
		assert_money(&w.run->account, 0, i * PRICE); /* the new one, too */
		assert_int_equal(w.run->priced, i * PRICE);
	}
	durable();
	w.unsent = true; /* of this one nothing has left */
	failed(HOSPES_EHTTP, "nobody listens");
	assert_money(&w.run->account, 3 * PRICE, 0);
	assert_int_equal(w.run->priced, 3 * PRICE);
	assert_int_equal(micros_of(RECORD_OP_OUTCOME), 3 * PRICE);
	killed_after(until(RECORD_OP_OUTCOME));
	assert_money(&w.run->account, 3 * PRICE, 0);
	assert_int_equal(w.run->priced, 3 * PRICE);
}

static void
test_costly_without_money(void **state)
{
	struct op *op;

	(void)state;
	w.run->account.limit[QUANTITY_MONEY] = 2 * PRICE - 1;
	asked(WIRE_EFFECT_COSTLY, NULL);
	killed_after(until(RECORD_OP_INTENT));
	op = root->ops[0];
	assert_int_equal(op->status, HOSPES_EUNKNOWN);
	assert_non_null(
	    strstr((const char *)op->value->data, "cannot be done again: " URL " needs $0.00001 and this run has"));
	assert_money(&w.run->account, PRICE, 0);
	assert_int_equal(w.n_http, 0);
}

static void
decide(enum decision_outcome outcome)
{
	struct decision said = {.outcome = outcome, .who = "uid:7", .why = "I looked"};
	struct fault fault;

	assert_int_equal(dispatch_resolve(w.d, w.run, "/0/0", &said, &fault), 0);
}

static void
test_what_a_human_decides(void **state)
{
	(void)state;
	asked(WIRE_EFFECT_ONCE, NULL);
	killed_after(until(RECORD_OP_INTENT));
	assert_money(&w.run->account, 0, PRICE);
	decide(DECISION_NOT_DONE);
	assert_money(&w.run->account, 0, PRICE);
	killed_after(until(RECORD_RESOLVED));
	assert_money(&w.run->account, 0, PRICE);
	killed_after(until(RECORD_OP_INTENT)); /* the second attempt's */
	assert_money(&w.run->account, 0, PRICE);
	decide(DECISION_DONE);
	assert_money(&w.run->account, PRICE, 0);
	killed_after(until(RECORD_OP_OUTCOME));
	assert_money(&w.run->account, PRICE, 0);
}

static void
test_not_done_and_not_sent(void **state)
{
	(void)state;
	asked(WIRE_EFFECT_ONCE, NULL);
	killed_after(until(RECORD_OP_INTENT));
	decide(DECISION_NOT_DONE);
	durable();
	w.unsent = true;
	failed(HOSPES_EHTTP, "nobody listens");
	assert_money(&w.run->account, 0, 0);
}

/* What had no price when it began has none now. */
static void
test_a_price_that_came_later(void **state)
{
	(void)state;
	w.policy->prices[0].money = 0;
	asked(WIRE_EFFECT_KEYED, NULL);
	w.policy->prices[0].money = PRICE;
	killed_after(until(RECORD_OP_INTENT));
	durable();
	answered("1");
	assert_money(&w.run->account, 0, 0);
	assert_int_equal(micros_of(RECORD_OP_OUTCOME), 0);
}

/* ---- A disk that says something else ------------------------------------------------------------------------------ */

/* Restores from what is on record up to the newest of a kind, in which MICROS is this: how that ends. */
static int
restored_with(uint16_t kind, int64_t micros)
{
	struct run run = {.policy = w.policy, .target = "a", .id = w.run->id};
	struct restore *restore;
	unsigned n = until(kind);
	struct fault fault = {0};
	int rc = 0;

	account_init(&run.account, "run", NULL);
	run.account.limit[QUANTITY_CALLS] = 100;
	run.root =
	    (struct op){.run = &run, .kind = WIRE_OP_CALL, .target = xstrdup("a"), .deadline_real_ns = INT64_MAX};
	dispatch_restore_begin(w.d, &run, &restore);
	for (unsigned i = 0; i < n && rc == 0; i++) {
		struct record r;

		assert_true(record_decode(w.records[i], ((struct record_head *)w.records[i])->length, &r, &fault) > 0);
		for (unsigned k = 0; i == n - 1 && k < r.head.fields; k++) {
			if (r.field[k].tag == TAG_MICROS)
				r.field[k].data = &micros;
		}
		rc = dispatch_restore_record(restore, &r, &fault);
	}
	if (rc == 0)
		fault_set(&fault, HOSPES_ECANCELLED, "enough");
	dispatch_restore_fail(&restore, &fault);
	dispatch_forget(&run);
	op_clear(&run.root);
	carried_free(&run.carried);
	w.ended = false;
	return rc;
}

static void
test_senseless_prices(void **state)
{
	static const int64_t bad[] = {-1, INT64_MIN, INT64_MAX, POLICY_PRICE_MAX + 1};

	(void)state;
	asked(WIRE_EFFECT_KEYED, NULL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		unsigned n = w.n_records;

		assert_int_equal(restored_with(RECORD_OP_INTENT, bad[i]), HOSPES_EDAMAGED);
		while (w.n_records > n)
			free(w.records[--w.n_records]);
	}
	durable();
	answered("1");
	for (size_t i = 0; i < ARRAY_LEN(bad) + 1; i++) {
		unsigned n = w.n_records;

		assert_int_equal(
		    restored_with(RECORD_OP_OUTCOME, i < ARRAY_LEN(bad) ? bad[i] : PRICE + 1), HOSPES_EDAMAGED);
		while (w.n_records > n)
			free(w.records[--w.n_records]);
	}
	assert_int_equal(restored_with(RECORD_OP_OUTCOME, PRICE), 0);
}

/* ---- A human is asked ---------------------------------------------------------------------------------------------- */

static int
says(const struct review *r, const char *decision, struct fault *fault)
{
	struct review_said said = {.decision = decision, .hash = r->hash, .who = "uid:7", .why = "I looked"};
	_cleanup_(free_p) char *id = xstrdup(r->id);

	return dispatch_review(w.d, w.run, id, &said, fault);
}

static unsigned
count(uint16_t kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == kind;
	return n;
}

static void
test_a_human_is_asked(void **state)
{
	struct op *op;
	struct fault fault;

	(void)state;
	w.policy->review_spend = 2 * PRICE;
	under_way(WIRE_EFFECT_KEYED);
	w.unsent = true;
	failed(HOSPES_EHTTP, "nobody listens"); /* which leaves as much as there was */
	w.unsent = false;
	under_way(WIRE_EFFECT_KEYED);
	answered("1");
	under_way(WIRE_EFFECT_KEYED);
	answered("1");
	assert_int_equal(count(RECORD_REVIEW), 0);
	op = asked(WIRE_EFFECT_KEYED, NULL);
	assert_int_equal(op->state, OP_WAITING);
	assert_int_equal(count(RECORD_REVIEW), 1);
	assert_int_equal(count(RECORD_OP_INTENT), 3); /* nothing is held while it waits */
	assert_all(2 * PRICE, 0);
	assert_int_equal(says(op->reviews, "approve", &fault), 0);
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
	assert_int_equal(op->state, OP_OPEN);
	durable();
	under_way(WIRE_EFFECT_KEYED); /* as much again may be spent */
	assert_all(2 * PRICE, 2 * PRICE);
	assert_int_equal(count(RECORD_REVIEW), 1);
}

/* What is asked about before each effect of the class `once` is one question, what it costs another one. */
static void
test_both_questions(void **state)
{
	struct op *op;
	struct fault fault;

	(void)state;
	w.policy->review_spend = PRICE - 1;
	w.policy->review_once = true;
	op = asked(WIRE_EFFECT_ONCE, NULL);
	assert_string_equal(op->reviews->cause, "once");
	assert_int_equal(says(op->reviews, "approve", &fault), 0);
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
	assert_int_equal(op->state, OP_WAITING);
	assert_string_equal(op->reviews->cause, REVIEW_SPEND);
	assert_int_equal(w.run->priced, 0);
	assert_int_equal(says(op->reviews, "approve", &fault), 0);
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
	assert_int_equal(op->state, OP_OPEN);
	assert_int_equal(count(RECORD_REVIEW), 2);
	assert_all(0, PRICE);
}

/* A question about money is none about the effect: nobody is asked that, whatever the op waited for. */
static void
test_money_alone(void **state)
{
	struct op *op;
	struct fault fault;

	(void)state;
	w.policy->review_spend = PRICE - 1;
	op = asked(WIRE_EFFECT_ONCE, NULL);
	assert_int_equal(says(op->reviews, "approve", &fault), 0);
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
	assert_int_equal(op->state, OP_OPEN);
	assert_int_equal(count(RECORD_REVIEW), 1);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, begin_with_prices, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(test_reserved_then_spent),
	    PROMISE(test_what_was_never_sent_costs_nothing),
	    PROMISE(test_what_was_sent_is_paid_for),
	    PROMISE(test_what_does_not_fit),
	    PROMISE(test_waits_for_a_share),
	    PROMISE(test_alerts),
	    PROMISE(test_once_for_all_kills),
	    PROMISE(test_costly_each_time),
	    PROMISE(test_costly_without_money),
	    PROMISE(test_what_a_human_decides),
	    PROMISE(test_not_done_and_not_sent),
	    PROMISE(test_a_price_that_came_later),
	    PROMISE(test_senseless_prices),
	    PROMISE(test_a_human_is_asked),
	    PROMISE(test_both_questions),
	    PROMISE(test_money_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
