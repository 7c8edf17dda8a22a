/* What is begun again and what is not: by what its caller could know when it asked for it. */

#include "dispatch_kept.h"

/* Asked for without waiting: the call that was made, or NULL. */
static struct call *
begin(struct call *call, const char *target, const char *input)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(input);
	struct wire_op op = {.kind = WIRE_OP_CALL};
	unsigned before = w.n_submitted;

	call->state = CALL_RUNNING;
	w.events.op(call, call->reissued++, &op, target, NULL, NULL, p, w.events.arg);
	return w.n_submitted == before ? NULL : newest();
}

/* The same, and it ends before its caller asks for anything else.  False: it was refused. */
static bool
begin_and_end(struct call *call, const char *target)
{
	struct call *callee = begin(call, target, "{}");

	if (callee == NULL)
		return false;
	reply(callee, 0, "1");
	return true;
}

/* Its cell has ended, and its handler asks for the first `n` ops once more. */
static void
begin_again(struct call *call, uint32_t n)
{
	call->reissued = 0;
	w.events.begins(call, NULL, w.events.arg);
	for (uint32_t i = 0; i < n; i++)
		assert_null(begin(call, call->ops[i]->target, "{}"));
}

/* The host was killed: the same in another world. */
static struct call *
begin_anew(void **state, unsigned repetition, uint32_t n)
{
	start_anew(state, w.n_records, repetition);
	begin_again(w.submitted[0], n);
	return w.submitted[0];
}

/* ---- By who waits ------------------------------------------------------------------------------------------------ */

static void
test_a_burst_repeats_nothing(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	root = start();
	for (int i = 0; i < 20; i++)
		assert_true(begin_and_end(root, "b"));
	call_waits(root);
	assert_true(begin_and_end(root, "b")); /* all of the next one repeat it */
	assert_false(begin_and_end(root, "b"));
}

static void
test_a_loop_of_waits_does(void **state)
{
	struct call *root;

	(void)state;
	people(3);
	root = start();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(begin_and_end(root, "b"), i < 4);
		call_waits(root);
	}
	assert_non_null(strstr(sentence(root, 4), "again 3 times in this run after it had ended, and the limit is 3"));
}

/* What came while it waited for something else it has as well. */
static void
test_any_wait_will_do(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	root = start();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(begin_and_end(root, "b"), i < 2);
		ask_with(root, WIRE_OP_NOW, "", 0, "", 0);
	}
}

/* A hundred at a time, each asked for when the one before has ended. */
static void
test_a_group_repeats_those_before_it(void **state)
{
	struct call *root;
	unsigned refused = 0;

	(void)state;
	people(250);
	w.run->account.limit[QUANTITY_CALLS] = 1000;
	root = start();
	for (int64_t n = 0; n < 400; n++) {
		unsigned before = w.n_submitted;

		ask_with(root, WIRE_OP_CALL, "b", n % 100 - 100, "{}", 2);
		if (w.n_submitted > before)
			reply(newest(), 0, "1");
		else
			refused++;
		assert_int_equal(refused, n < 350 ? 0 : n - 349);
		if (refused == 3) /* that ends the run */
			break;
	}
	assert_int_equal(refused, 3);
}

/* Who was begun before it ended does not know of it, whenever it asks. */
static void
test_who_begins_knows_what_has_ended(void **state)
{
	struct call *root, *first, *second;

	(void)state;
	people(1);
	root = start();
	first = begin(root, "b", "1");
	second = begin(root, "b", "2");
	assert_true(begin_and_end(first, "c"));
	assert_true(begin_and_end(second, "c"));
	call_waits(second);
	assert_true(begin_and_end(second, "c")); /* the first that counts */
	assert_true(begin_and_end(first, "c"));
	assert_false(begin_and_end(begin(root, "b", "3"), "c"));
}

/* ---- Who begins again -------------------------------------------------------------------------------------------- */

static void
test_a_wait_is_known_to_whom_begins_again(void **state)
{
	struct call *root;

	(void)state;
	people(2);
	root = start();
	assert_true(begin_and_end(root, "c"));
	call_waits(root);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(begin_and_end(root, "b"), i < 3);
		call_waits(root);
		begin_again(root, 1);
		call_waits(root); /* for c, whose answer it was not sent ahead; for the others it need not say so */
		for (uint32_t k = 0; k <= i; k++)
			assert_null(begin(root, "b", "{}"));
	}
}

static void
test_a_burst_is_one_when_it_goes_on(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	root = start();
	assert_true(begin_and_end(root, "c"));
	call_waits(root);
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(begin_and_end(root, "b"));
		begin_again(root, 1);
		call_waits(root); /* for c, whose answer it was not sent ahead */
		for (uint32_t k = 1; k <= i + 1; k++)
			assert_null(begin(root, "b", "{}"));
	}
	call_waits(root);
	assert_true(begin_and_end(root, "b"));
	assert_false(begin_and_end(root, "b"));
}

/* ---- After a start of the host ----------------------------------------------------------------------------------- */

static void
test_a_burst_is_one_after_a_start(void **state)
{
	struct call *root;

	people(1);
	run_is_recorded();
	root = start();
	ask(root, "c");
	reply(newest(), 0, "1");
	for (int i = 0; i < 4; i++)
		assert_true(begin_and_end(root, "b"));
	root = begin_anew(state, 1, 0);
	ask(root, "c");
	for (int i = 0; i < 4; i++)
		assert_null(begin(root, "b", "{}"));
	for (int i = 0; i < 4; i++)
		assert_true(begin_and_end(root, "b"));
	call_waits(root);
	assert_true(begin_and_end(root, "b"));
	assert_false(begin_and_end(root, "b"));
}

/* The others wait for a slot when the host ends: of them there is nothing on record. */
static void
test_a_group_is_one_after_a_start(void **state)
{
	struct call *root;

	people(1);
	run_is_recorded();
	root = start();
	for (int64_t left = 6; left > 3; left--) {
		ask_with(root, WIRE_OP_CALL, "b", -left, "{}", 2);
		reply(newest(), 0, "1");
	}
	root = begin_anew(state, 1, 0);
	for (int64_t left = 6; left > 0; left--) {
		ask_with(root, WIRE_OP_CALL, "b", -left, "{}", 2);
		if (left <= 3)
			reply(newest(), 0, "1");
		assert_int_equal(root->ops[6 - left]->status, 0);
	}
	ask(root, "b");
	reply(newest(), 0, "1");
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_EREPEATED);
}

/* Nothing tells whether it had waited for what is on record: one more is let through, and no other. */
static void
test_a_wait_before_a_start_is_not_known(void **state)
{
	struct call *root;

	people(2);
	run_is_recorded();
	root = start();
	for (int i = 0; i < 2; i++) {
		assert_true(begin_and_end(root, "b"));
		call_waits(root);
	}
	root = begin_anew(state, 2, 2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(begin_and_end(root, "b"), i < 2);
		call_waits(root);
	}
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_a_burst_repeats_nothing),
	    PROMISE(test_a_loop_of_waits_does),
	    PROMISE(test_any_wait_will_do),
	    PROMISE(test_a_group_repeats_those_before_it),
	    PROMISE(test_who_begins_knows_what_has_ended),
	    PROMISE(test_a_wait_is_known_to_whom_begins_again),
	    PROMISE(test_a_burst_is_one_when_it_goes_on),
	    PROMISE(test_a_burst_is_one_after_a_start),
	    PROMISE(test_a_group_is_one_after_a_start),
	    PROMISE(test_a_wait_before_a_start_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
