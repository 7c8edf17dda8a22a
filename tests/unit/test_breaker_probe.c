/* The probe of a breaker that was open: there is one, and it comes back whatever becomes of its op. */

#include "breaker_world.h"

static void
test_one_probe(void **state)
{
	struct call *probe;
	struct record r;

	(void)state;
	opened();
	ask(root, "b");
	probe = newest();
	r = record_newest(RECORD_BREAKER);
	assert_true(state_is(&r, "half_open"));
	r = record_newest(RECORD_CALL_START);
	assert_memory_equal(record_find(&r, TAG_REASON)->data, "probe", 5);
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EBREAKER);
	assert_non_null(strstr(sentence(root, 3), "one is tried, and the others wait for how that ends"));
	reply(probe, 0, "1");
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	r = record_newest(RECORD_BREAKER);
	assert_true(state_is(&r, "closed"));
}

static void
test_a_probe_that_fails(void **state)
{
	(void)state;
	opened();
	open_for(3600 * S);
	breaker_of("b")->until_real_ns = 0;
	assert_int_equal(b_ends(HOSPES_EFAILED), HOSPES_EFAILED);
	assert_int_equal(breaker_of("b")->state, BREAKER_OPEN);
	assert_int_equal(breaker_of("b")->cause, BREAKER_PROBE);
	assert_int_equal(b_ends(0), HOSPES_EBREAKER);
	open_for(0);
	closes();
}

static void
test_a_later_guard_refuses_the_probe(void **state)
{
	(void)state;
	opened();
	ask_with(root, WIRE_OP_CALL, "b", 1000, "{}", 2); /* more than the run has */
	assert_int_equal(last_status(), HOSPES_EBUDGET);
	assert_int_equal(breaker_of("b")->state, BREAKER_HALF_OPEN);
	closes();
}

static void
test_a_later_guard_has_the_probe_wait(void **state)
{
	struct call *holder, *first;

	(void)state;
	opened();
	ask_with(root, WIRE_OP_CALL, "c", 90, "{}", 2);
	holder = newest();
	ask_with(root, WIRE_OP_CALL, "b", 50, "{}", 2); /* until that gives back what it does not need */
	assert_int_equal(root->ops[3]->state, OP_WAITING);
	assert_null(breaker_of("b")->probe);
	ask(root, "b"); /* so another one is it */
	first = newest();
	assert_ptr_equal(breaker_of("b")->probe, first->op);
	reply(holder, 0, "1"); /* tried again from the first guard, which refuses it now */
	assert_int_equal(root->ops[3]->status, HOSPES_EBREAKER);
	reply(first, 0, "1");
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
}

static void
test_the_probe_is_cancelled(void **state)
{
	(void)state;
	opened();
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_ECANCELLED, "nobody wants it");
	assert_ptr_equal(breaker_of("b")->probe, newest()->op); /* until it has stopped */
	reply(newest(), HOSPES_ECANCELLED, "");
	assert_int_equal(breaker_of("b")->state, BREAKER_HALF_OPEN);
	closes();
}

static void
test_the_probe_waits_at_a_guard_and_is_cancelled(void **state)
{
	struct call *holder;

	(void)state;
	opened();
	ask_with(root, WIRE_OP_CALL, "c", 90, "{}", 2);
	holder = newest();
	ask_with(root, WIRE_OP_CALL, "b", 50, "{}", 2);
	dispatch_cancel(w.d, root->ops[3], HOSPES_ECANCELLED, "nobody wants it");
	reply(holder, 0, "1");
	closes();
}

static void
test_the_probe_is_late(void **state)
{
	(void)state;
	opened();
	b_is_late();
	assert_int_equal(breaker_of("b")->state, BREAKER_OPEN);
	closes();
	opened();
	ask(root, "b");
	dispatch_cancel(w.d, newest()->op, HOSPES_EDEADLINE, "the time of somebody above was over");
	reply(newest(), HOSPES_EDEADLINE, "");
	assert_int_equal(breaker_of("b")->state, BREAKER_HALF_OPEN);
	closes();
}

static void
test_the_probe_has_bad_input(void **state)
{
	(void)state;
	opened();
	registry_active(NULL, "b")->input_schema = json_pack("{s:s}", "type", "string");
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EINPUT);
	json_decref((json_t *)(uintptr_t)registry_active(NULL, "b")->input_schema);
	registry_active(NULL, "b")->input_schema = NULL;
	closes();
}

static void
test_the_probe_is_put_aside(void **state)
{
	struct call *probe;

	(void)state;
	opened();
	ask(root, "b");
	probe = newest();
	ask_with(probe, WIRE_OP_SLEEP, "", 0, "\0\0\x10\xa5\xd4\xe8\0\0", 8);
	probe->state = CALL_EVICTED;
	w.events.evicted(probe, w.events.arg);
	assert_null(breaker_of("b")->probe);
	assert_int_equal(b_ends(0), 0);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	probe->state = CALL_RUNNING;
	reply(probe, HOSPES_EFAILED, "it began before that");
	assert_int_equal(breaker_of("b")->sum.n, 0);
}

/* A reply may be looked at for long, by a check or a human: the probe is back as soon as it is there. */
static void
test_an_answer_counts_before_it_is_judged(void **state)
{
	static const char text[] = "grounding: { b: { checks = [ \"c\" ]; }; };";
	struct policy *with_checks = policy_of(text);
	struct call *check;

	(void)state;
	registry_active(NULL, "c")->kind = PLUGIN_CHECK;
	with_checks->repetition = 0;
	w.run->policy = with_checks;
	opened();
	ask(root, "b");
	reply(newest(), 0, "1");
	check = newest();
	assert_string_equal(check->plugin, "c");
	assert_int_equal(root->ops[2]->state, OP_OPEN);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
	assert_int_equal(breaker_of("b")->flying, 0);
	reply(check, 0, "{\"score\":0,\"failed\":[{\"text\":\"x\",\"why\":\"y\"}],\"reasons\":[]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_int_equal(breaker_of("b")->sum.errors, 0); /* what it was worth is not for its breaker */
	reply(root, 0, "1");
	w.run->policy = w.policy;
	policy_unref(&with_checks);
}

#define PROMISE(f) cmocka_unit_test_setup_teardown(f, begin, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(test_one_probe),
	    PROMISE(test_a_probe_that_fails),
	    PROMISE(test_a_later_guard_refuses_the_probe),
	    PROMISE(test_a_later_guard_has_the_probe_wait),
	    PROMISE(test_the_probe_is_cancelled),
	    PROMISE(test_the_probe_waits_at_a_guard_and_is_cancelled),
	    PROMISE(test_the_probe_is_late),
	    PROMISE(test_the_probe_has_bad_input),
	    PROMISE(test_the_probe_is_put_aside),
	    PROMISE(test_an_answer_counts_before_it_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
