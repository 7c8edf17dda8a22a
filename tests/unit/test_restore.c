/*
 * Runs built again from their records: a run is played once undisturbed; then, for each of its records, as if the host had
 * ended just after that one.  Each time it has to end the same, and nothing that had an outcome may be done again.
 */

#include "restore_world.h"

#include <sodium.h>

static void
goes_on_after(unsigned n)
{
	rebuilt_from(n);
	if (w.run->root.state == OP_DONE)
		w.ended = true; /* the run room sees that */
	plays();
}

static void
assert_records_sound(unsigned cut)
{
	for (unsigned i = 0; i < w.n_records; i++) {
		struct record one = decoded(w.records[i]);

		assert_int_equal(one.head.seq, i);
		for (unsigned k = i + 1; k < w.n_records; k++) {
			struct record other = decoded(w.records[k]);
			unsigned kind = one.head.kind;

			if (!same_field(&one, &other, TAG_PATH) || kind != other.head.kind)
				continue;
			if (kind == RECORD_REVIEW || kind == RECORD_CALL_START || kind == RECORD_CALL_END ||
			    kind == RECORD_OP_OUTCOME || kind == RECORD_COMMAND)
				fail_msg("cut after %u: records %u and %u are both %s of %.*s", cut, i, k,
				    record_kind_name((enum record_kind)kind), (int)record_find(&one, TAG_PATH)->len,
				    (const char *)record_find(&one, TAG_PATH)->data);
			if (kind == RECORD_PART && record_int(&one, TAG_NUMBER) == record_int(&other, TAG_NUMBER))
				fail_msg("cut after %u: a part is on record twice", cut);
		}
	}
}

static void
assert_accounts_settled(void)
{
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.returnable[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 6); /* a, b, c and c's b; who votes */
	assert_int_equal(dispatch_host_account(w.d)->reserved[QUANTITY_CALLS], 0);
}

/* c has used 80 and 100 % of its share. */
static void
assert_told_once(unsigned cut)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++) {
		struct record r = decoded(w.records[i]);

		n += w.kinds[i] == RECORD_ALERT && record_find(&r, TAG_PATH) != NULL;
	}
	if (n != 2 || w.run->tasks_told != 2)
		fail_msg("cut after %u: %u alerts of a task", cut, n);
}

static void
test_goes_on_after_each_record(void **state)
{
	_cleanup_(free_p) char *result = NULL;

	world_is_peopled();
	run_is_recorded();
	dispatch_root(w.d, w.run);
	plays();
	assert_records_sound(0);
	assert_accounts_settled();
	assert_told_once(0);
	result = xstrndup((const char *)w.run->root.value->data, w.run->root.value->len);
	assert_non_null(strstr(result, "has an answer that is longer"));
	assert_non_null(strstr(result, "{\"outcome\":\"yes\",\"how\":\"won\""));
	keep_records();
	for (unsigned n = 1; n <= n_kept; n++) {
		teardown(state);
		setup(state);
		world_is_peopled();
		goes_on_after(n);
		assert_int_equal(w.run->root.status, 0);
		if (strlen(result) != w.run->root.value->len ||
		    memcmp(result, w.run->root.value->data, strlen(result)) != 0)
			fail_msg("cut after %u: %.*s, and not %s", n, (int)w.run->root.value->len,
			    w.run->root.value->data, result);
		assert_records_sound(n);
		assert_accounts_settled();
		assert_told_once(n);
		assert_int_equal(op_parts(&w.run->root), 1);
		assert_int_equal(w.run->memory_ops, 0);
	}
	forget_kept();
}

/* A run that was being stopped when the host ended is not begun again. */
static void
test_stopped_stays_stopped(void **state)
{
	plays_until(RECORD_CALL_START, 3);
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "uid:7 cancelled the run");
	begin_anew(state);
	rebuilt_from(n_kept);
	assert_true(w.ended);
	assert_int_equal(w.n_submitted, 0);
	assert_int_equal(w.run->root.status, HOSPES_ECANCELLED);
	assert_non_null(strstr((const char *)w.run->root.value->data, "a was stopped: uid:7 cancelled the run"));
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	forget_kept();
}

/* What a call asks for after the restart has to be what it asked for before. */
static void
test_another_op(void **state)
{
	plays_until(RECORD_COMMAND, 1);
	begin_anew(state);
	rebuilt_from(n_kept);
	assert_int_equal(w.run->repeating, 1);
	ask_with(w.submitted[0], WIRE_OP_RANDOM, "", 0, "\x10\0\0\0", 4);
	assert_int_equal(w.n_cancelled, 1);
	reply(w.submitted[0], HOSPES_ECANCELLED, "stopped");
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
	assert_non_null(strstr(
	    (const char *)w.run->root.value->data, "op 0 of a 1.0.0 (/0) was random  with an input of the hash"));
	forget_kept();
}

static void
test_replies_too_early(void **state)
{
	plays_until(RECORD_COMMAND, 1);
	begin_anew(state);
	rebuilt_from(n_kept);
	ask_with(w.submitted[0], WIRE_OP_RANDOM, "", 0, "\x08\0\0\0", 4);
	reply(w.submitted[0], 0, "{}");
	assert_int_equal(w.run->root.status, HOSPES_ENONDET);
	assert_non_null(strstr((const char *)w.run->root.value->data, "replied after 1 ops"));
	forget_kept();
}

/* Names go on meaning what they meant to the run, and plugins have the configuration that they had. */
static void
test_pins_and_configurations(void **state)
{
	plays_until(RECORD_CALL_START, 4);
	begin_anew(state);
	w.versions[1].state = VERSION_FORMER;
	version_add("b", "1.1.0");
	json_object_set_new(w.versions[0].config, "size", json_pack("{s:s s:i}", "type", "int", "default", 7));
	rebuilt_from(kept_up_to(RECORD_CALL_START, 3)); /* c has begun, and has not asked b */
	assert_string_equal((const char *)w.submitted[0]->config->data, "{}");
	plays();
	assert_int_equal(w.run->root.status, 0);
	assert_int_equal(records_of(RECORD_CALL_START), 6);
	for (unsigned i = 0; i < w.n_records; i++) {
		struct record r = decoded(w.records[i]);
		_cleanup_(free_p) char *callee = record_text(&r, TAG_CALLEE), *semver = record_text(&r, TAG_VERSION);

		if (callee != NULL && strcmp(callee, "b") == 0)
			assert_string_equal(semver, "1.0.0");
	}
	forget_kept();
}

/* A version that is gone ends the run if a call was on it, and else changes nothing. */
static void
test_version_gone(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_START, 3);
	begin_anew(state);
	w.versions[2].object_hex[0] = 'f'; /* c */
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(dispatch_restore_end(&restore, &fault), HOSPES_ENOVERSION);
	assert_non_null(strstr(fault.text, "c 1.0.0"));
	dispatch_restore_fail(&restore, &fault);
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_ENOVERSION);
	assert_int_equal(records_of(RECORD_CALL_END), 4); /* a, b, c and what c asked for */
	assert_int_equal(w.calls.count, 0);
	forget_kept();
}

/* The last call of a run is ended before its first where the host ended in between. */
static void
test_ends_what_was_left_open(void **state)
{
	struct record end = {0};

	plays_until(RECORD_CALL_START, 3);
	dispatch_record(w.d, w.run,
	    (record_init(&end, RECORD_CALL_END), record_add_text(&end, TAG_PATH, "/0"),
		record_add_text(&end, TAG_TARGET, "a"), record_add(&end, TAG_OUTPUT, "{}", 2), &end));
	begin_anew(state);
	rebuilt_from(n_kept);
	assert_int_equal(w.run->root.state, OP_DONE);
	assert_int_equal(w.run->root.status, 0);
	assert_int_equal(records_of(RECORD_CALL_END), 4); /* a, b, c and what c asked for */
	assert_int_equal(w.calls.count, 0);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	w.ended = true;
	forget_kept();
}

/* A call that ended before the host did is not kept until all of the run is read. */
static void
test_ended_calls_are_let_go(void **state)
{
	struct restore *restore;
	struct fault fault;
	int rc;

	plays_until(RECORD_CALL_END, 3); /* b, and c with what it asked for */
	begin_anew(state);
	restore = restored(n_kept, &rc, &fault);
	assert_int_equal(rc, 0);
	assert_int_equal(w.calls.count, 1);
	assert_int_equal(dispatch_restore_end(&restore, &fault), 0);
	plays();
	assert_int_equal(w.run->root.status, 0);
	forget_kept();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_goes_on_after_each_record, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stopped_stays_stopped, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_another_op, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_replies_too_early, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_pins_and_configurations, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_version_gone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ends_what_was_left_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ended_calls_are_let_go, setup, teardown),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
