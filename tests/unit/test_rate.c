/* Rates: the algorithm by itself, and the guard, on a clock that the test moves. */

#include "dispatch/guard.h"
#include "dispatch/rate.h"
#include "dispatch_world.h"

#define S NS_PER_S

static int64_t now;

static int64_t
fake_clock(void)
{
	return now;
}

/* ---- The algorithm ----------------------------------------------------------------------------------------------- */

static void
test_a_burst_then_the_rate(void **state)
{
	const struct policy_rate rate = {.each_ns = S / 10, .burst = 5};
	int64_t tat = 0, at = 100 * S;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(rate_wait(tat, &rate, at), 0);
		tat = rate_taken(tat, &rate, at);
	}
	assert_int_equal(rate_wait(tat, &rate, at), S / 10);
	assert_int_equal(rate_wait(tat, &rate, at + S / 10 - 1), 1);
	assert_int_equal(rate_wait(tat, &rate, at + S / 10), 0);
	/* who pauses for half a second has his burst again, and no more than that after an hour */
	for (int64_t pause = S / 2; pause <= 3600 * S; pause += 3599 * S + S / 2) {
		int64_t then = tat + pause;
		int64_t left = tat;
		int n = 0;

		while (rate_wait(left, &rate, then) == 0 && n < 100) {
			left = rate_taken(left, &rate, then);
			n++;
		}
		assert_int_equal(n, 5);
	}
}

static void
test_what_comes_back_is_as_if_it_had_not_been(void **state)
{
	const struct policy_rate rate = {.each_ns = S, .burst = 1};
	int64_t tat = 0;

	(void)state;
	tat = rate_taken(tat, &rate, 7 * S);
	assert_int_equal(rate_wait(tat, &rate, 7 * S), S);
	tat = rate_given_back(tat, &rate);
	assert_int_equal(rate_wait(tat, &rate, 7 * S), 0);
}

/* Over any stretch of time no more than the rate and one burst, however they come. */
static void
test_never_more_than_rate_and_burst(void **state)
{
	const struct policy_rate rate = {.each_ns = S / 100, .burst = 20};
	int64_t tat = 0, at = 0, taken[4096];
	unsigned seed = 7, n = 0;

	(void)state;
	while (n < ARRAY_LEN(taken)) {
		at += rand_r(&seed) % (S / 50);
		for (unsigned i = rand_r(&seed) % 30; i > 0 && n < ARRAY_LEN(taken); i--) {
			if (rate_wait(tat, &rate, at) > 0)
				continue;
			tat = rate_taken(tat, &rate, at);
			taken[n++] = at;
		}
	}
	for (unsigned i = 0; i < n; i += 7) {
		for (unsigned j = i; j < n && j < i + 400; j++)
			assert_true((int64_t)(j - i + 1) <= 20 + (taken[j] - taken[i]) / rate.each_ns);
	}
}

static void
test_default_burst_is_a_second(void **state)
{
	const struct policy_rate fast = {.each_ns = S / 100}, slow = {.each_ns = 60 * S};

	(void)state;
	assert_int_equal(rate_slack(&fast), 99 * (S / 100));
	assert_int_equal(rate_slack(&slow), 0);
	assert_true(rate_slack(&(struct policy_rate){.each_ns = 86400 * S, .burst = 1000000}) > 0);
}

/* ---- The guard --------------------------------------------------------------------------------------------------- */

static void
people(const char *conf)
{
	with_policy(conf);
	w.run->client = "uid:1";
	w.d->mono_ns = fake_clock;
	now = w.d->rates_since_ns + 3600 * S; /* bursts are there */
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
}

static void
later(int64_t ns)
{
	now += ns;
	rates_look(w.d);
}

static void
test_ops_wait_for_their_time(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { rate = \"1/s\"; burst = 2; }; };");
	root = start();
	for (int i = 0; i < 5; i++)
		ask(root, "b");
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(root->ops[2]->state, OP_WAITING);
	assert_ptr_equal(root->ops[2]->held_at, &guard_rate);
	later(S - 1);
	assert_int_equal(w.n_submitted, 3);
	later(1);
	assert_int_equal(w.n_submitted, 4);
	later(10 * S); /* a burst is all that is saved up */
	assert_int_equal(w.n_submitted, 6);
	assert_int_equal(w.d->waiting, 0);
}

/* Its turn would come after its deadline: it is told so at once. */
static void
test_too_late_is_refused_at_once(void **state)
{
	struct call *root;
	struct record r;

	(void)state;
	people("limits: { b: { rate = \"1/h\"; burst = 1; }; };");
	root = start();
	root->deadline_real_ns = clock_real_ns() + 5400 * S;
	ask(root, "b");
	ask(root, "b"); /* in an hour */
	assert_int_equal(root->ops[1]->state, OP_WAITING);
	ask(root, "b"); /* in two */
	assert_int_equal(last_status(), HOSPES_ERATE);
	r = record_newest(RECORD_REFUSAL);
	assert_int_equal(r.head.status, HOSPES_ERATE);
	assert_non_null(strstr(sentence(root, 2), "b may be called 1/h (`limits.b.rate`)"));
}

/* A later guard has it wait: the token is there for the next. */
static void
test_tokens_come_back(void **state)
{
	struct call *root, *first;

	(void)state;
	people("limits: { b: { rate = \"1/m\"; burst = 3; concurrency = 1; }; };");
	root = start();
	ask(root, "b");
	first = newest();
	for (int i = 0; i < 3; i++)
		ask(root, "b"); /* two tokens are left, and all three wait for the slot */
	assert_ptr_equal(root->ops[3]->held_at, &guard_concurrency);
	reply(first, 0, "1");
	assert_int_equal(w.n_submitted, 3);
	reply(newest(), 0, "1");
	assert_int_equal(w.n_submitted, 4);
	reply(newest(), 0, "1"); /* that was the last token */
	assert_int_equal(w.n_submitted, 4);
	assert_ptr_equal(root->ops[3]->held_at, &guard_rate);
	later(60 * S);
	assert_int_equal(w.n_submitted, 5);
}

/* What waits first goes first, even if somebody comes just when its time has come. */
static void
test_nobody_overtakes(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { rate = \"1/s\"; burst = 1; }; };");
	root = start();
	ask(root, "b");
	ask(root, "b");
	now += S;
	ask(root, "b");
	assert_int_equal(w.n_submitted, 2);
	later(0);
	assert_int_equal(root->ops[1]->state, OP_OPEN);
	assert_int_equal(root->ops[2]->state, OP_WAITING);
}

static void
test_two_limits_take_both_or_none(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { rate = \"1/s\"; burst = 1; }; }; rate: { client = \"1/m\"; client_burst = 3; };");
	root = start(); /* the client's first of three */
	ask(root, "b");
	ask(root, "b");
	ask(root, "c"); /* the third */
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(root->ops[2]->state, OP_OPEN);
	later(30 * S); /* b may be called, this client may not */
	assert_int_equal(root->ops[1]->state, OP_WAITING);
	later(30 * S);
	assert_int_equal(root->ops[1]->state, OP_OPEN);
}

static void
test_hosts_outside(void **state)
{
	_cleanup_(payload_unref) struct payload *answer = payload_text("{}");
	struct call *root;

	(void)state;
	people("rate: { target = \"1/s\"; target_burst = 1; }; grants: { a: { http = [ \"*\" ]; }; };");
	root = start();
	ask_with(root, WIRE_OP_HTTP, "http://example.org/", 0, "{}", 2);
	ask_with(root, WIRE_OP_HTTP, "http://example.org/", 0, "{}", 2);
	assert_int_equal(root->ops[0]->state, OP_OPEN);
	assert_int_equal(root->ops[1]->state, OP_WAITING);
	w.awaited(w.awaited_arg);
	w.http.done(0, answer, NULL, w.http.arg);
	later(S);
	assert_int_equal(root->ops[1]->state, OP_OPEN);
	assert_non_null(map_get(&w.d->rates, "target example.org:80"));
}

/* Nobody knows what was used before the start, so there is no burst at first; the first goes at once. */
static void
test_a_start_gives_no_burst(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { rate = \"1/s\"; burst = 10; }; };");
	now = w.d->rates_since_ns;
	root = start();
	for (int i = 0; i < 4; i++)
		ask(root, "b");
	assert_int_equal(w.n_submitted, 2);
	later(S);
	assert_int_equal(w.n_submitted, 3);
	later(S);
	assert_int_equal(w.n_submitted, 4);
}

/* As if the run were another one, of that client. */
static int
asked_by(int uid)
{
	struct kept own = w.run->client_bucket;
	char name[32];
	struct fault why;
	int answer;

	snprintf(name, sizeof(name), "uid:%d", uid);
	w.run->client = name;
	w.run->client_bucket = (struct kept){0};
	answer = guard_rate.admit(w.d, &(struct op){.run = w.run, .kind = WIRE_OP_CALL, .target = "c"}, &why);
	w.run->client = "uid:1";
	w.run->client_bucket = own;
	return answer;
}

/* Who reaches for ever new ones shares one, and what nobody uses makes room. */
static void
test_buckets_are_bounded(void **state)
{
	(void)state;
	people("rate: { client = \"1/h\"; client_burst = 1; };");
	start();
	for (int i = 0; i < 10000; i++)
		(void)asked_by(i);
	assert_true(w.d->n_rates <= 4097);
	now += 7200 * S;
	for (int i = 0; i < 300; i++)
		assert_int_equal(asked_by(20000 + i), GUARD_PASS);
	assert_true(w.d->n_rates < 4096);
}

/* Also there: what an op that waits for something else has taken comes back. */
static void
test_a_shared_token_comes_back(void **state)
{
	struct op op = {.kind = WIRE_OP_CALL, .target = "c"};
	struct fault why;

	(void)state;
	people("rate: { client = \"1/h\"; client_burst = 1; };");
	start();
	for (int i = 0; i < 4095; i++)
		assert_int_equal(asked_by(10 + i), GUARD_PASS);
	op.run = w.run;
	op.deadline_real_ns = clock_real_ns() + S;
	w.run->client = "uid:9";
	for (int i = 0; i < 3; i++) {
		w.run->client_bucket = (struct kept){0};
		assert_int_equal(guard_rate.admit(w.d, &op, &why), GUARD_PASS);
		guard_rate.undo(w.d, &op);
	}
	assert_non_null(map_get(&w.d->rates, "client *"));
	assert_int_equal(guard_rate.admit(w.d, &op, &why), GUARD_PASS);
	assert_int_equal(guard_rate.admit(w.d, &op, &why), GUARD_REFUSE);
	w.run->client = "uid:1";
}

/* A version and a run keep where their buckets are; when these have made room for others, they have new ones. */
static void
test_a_bucket_that_made_room_is_found_anew(void **state)
{
	struct version *b;
	const void *kept;
	struct call *root;

	(void)state;
	people("limits: { b: { rate = \"1/s\"; burst = 1; }; }; rate: { client = \"1000/s\"; client_burst = 1000; };");
	b = registry_active(NULL, "b");
	root = start();
	ask(root, "b");
	kept = b->bucket.thing;
	assert_ptr_equal(kept, map_get(&w.d->rates, "agent b"));
	assert_ptr_equal(w.run->client_bucket.thing, map_get(&w.d->rates, "client uid:1"));
	assert_int_equal(w.n_submitted, 2);
	ask(root, "b");
	assert_int_equal(w.n_submitted, 2); /* it is the one that was found */
	later(S);
	assert_int_equal(w.n_submitted, 3);
	later(3600 * S);
	for (int i = 0; i < 5000; i++) {
		now += S; /* those before have filled up again */
		assert_int_equal(asked_by(10 + i), GUARD_PASS);
	}
	assert_null(map_get(&w.d->rates, "agent b"));
	assert_ptr_equal(b->bucket.thing, kept);
	ask(root, "b");
	assert_int_equal(w.n_submitted, 4);
	ask(root, "b");
	assert_int_equal(w.n_submitted, 4);
	assert_ptr_equal(b->bucket.thing, map_get(&w.d->rates, "agent b"));
	assert_ptr_equal(w.run->client_bucket.thing, map_get(&w.d->rates, "client uid:1"));
}

/* With what an op gives back, since it has to wait or is refused, others go on, and one of these may end the run: it is given back
 * once, and the op ends once. */
static void
is_stopped_while_it_gives_back(int64_t share)
{
	struct call *root, *first;

	people("limits: { b: { concurrency = 1; }; }; rate: { client = \"1/s\"; client_burst = 2; };");
	w.policy->repetition = 1;
	w.policy->on_cycle = ON_CYCLE_END_RUN;
	root = start();
	ask(root, "c");
	reply(newest(), 0, "1");
	later(10 * S);
	ask(root, "b"); /* has the slot */
	first = newest();
	ask_with(root, WIRE_OP_CALL, "c", 90, "1", 1); /* and this most of the budget */
	later(10 * S);
	ask_with(root, WIRE_OP_CALL, "b", share, "{}", 2); /* waits for the slot */
	assert_ptr_equal(root->ops[3]->held_at, &guard_concurrency);
	ask_with(root, WIRE_OP_CALL, "c", 0, "2", 1);
	ask_with(root, WIRE_OP_CALL, "c", 0, "3", 1);
	ask(root, "c"); /* of these two only one may begin again; so far they wait for their time */
	ask(root, "c");
	assert_int_equal(root->ops[7]->state, OP_WAITING);
	now += 10 * S;
	reply(first, 0, "1"); /* now the slot is there, but not the budget */
	assert_int_equal(root->ops[7]->status, HOSPES_EREPEATED);
	assert_int_equal(w.run->root.cancelled, HOSPES_EREPEATED);
	assert_int_equal(root->ops[3]->state, OP_DONE);
	assert_int_equal(root->ops[3]->status, HOSPES_EREPEATED);
	assert_int_equal(w.run->waiting, 0);
}

static void
test_who_begins_to_wait_is_stopped_meanwhile(void **state)
{
	(void)state;
	is_stopped_while_it_gives_back(20);
}

static void
test_who_is_refused_is_stopped_meanwhile(void **state)
{
	(void)state;
	is_stopped_while_it_gives_back(200);
}

/* A queue has an end; a run that has nothing in it yet may still wait with one. */
static void
test_the_queue_has_an_end(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { rate = \"1/m\"; burst = 1; }; }; run: { queue = 3; };");
	root = start();
	for (int i = 0; i < 4; i++)
		ask(root, "b");
	assert_int_equal(w.d->waiting, 3);
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EBUSY);
	assert_non_null(strstr(sentence(root, 4), "3 ops wait already, as many as `run.queue` allows"));
	assert_int_equal(w.d->waiting, 3);
	later(60 * S);
	assert_int_equal(w.d->waiting, 2);
	ask(root, "b");
	assert_int_equal(root->ops[5]->state, OP_WAITING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_burst_then_the_rate),
	    cmocka_unit_test(test_what_comes_back_is_as_if_it_had_not_been),
	    cmocka_unit_test(test_never_more_than_rate_and_burst),
	    cmocka_unit_test(test_default_burst_is_a_second),
	    cmocka_unit_test_setup_teardown(test_ops_wait_for_their_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_too_late_is_refused_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tokens_come_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nobody_overtakes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_two_limits_take_both_or_none, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hosts_outside, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_start_gives_no_burst, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_buckets_are_bounded, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_shared_token_comes_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_bucket_that_made_room_is_found_anew, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_who_begins_to_wait_is_stopped_meanwhile, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_who_is_refused_is_stopped_meanwhile, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_queue_has_an_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
