/*
 * Parts of replies at the door: kept, handed out in turn, compared when they are said again, held back under a check.
 */

#include "dispatch_world.h"

static void
say(struct call *call, const char *text)
{
	_cleanup_(payload_unref) struct payload *part = payload_text(text);

	w.events.part(call, part, w.events.arg);
}

static void
take(struct call *call, uint32_t of, uint32_t nth)
{
	uint32_t which[2] = {of, nth};

	ask_with(call, WIRE_OP_PART, "", 0, which, sizeof(which));
}

static unsigned
parts_recorded(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == RECORD_PART;
	return n;
}

/* The root has called b; *ret is b. */
static struct call *
b_begins(struct call **ret)
{
	struct call *root;

	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	root = start();
	ask(root, "b");
	*ret = newest();
	return root;
}

static void
test_taken_after_and_before_they_are_said(void **state)
{
	struct call *root, *b;
	struct record r;

	(void)state;
	root = b_begins(&b);
	say(b, "\"zero\"");
	assert_int_equal(w.n_outcomes, 0);
	take(root, 0, 0);
	assert_int_equal(last_status(), 0);
	assert_string_equal(sentence(root, 1), "\"zero\"");
	take(root, 0, 1);
	assert_int_equal(w.n_outcomes, 1);
	say(b, "\"one\"");
	assert_int_equal(w.n_outcomes, 2);
	assert_string_equal(sentence(root, 2), "\"one\"");
	r = record_newest(RECORD_PART);
	assert_int_equal(record_int(&r, TAG_NUMBER), 1);
	assert_memory_equal(record_find(&r, TAG_PATH)->data, "/0/0", 4);
	assert_memory_equal(record_find(&r, TAG_OUTPUT)->data, "\"one\"", 5);
	take(root, 0, 2);
	reply(b, 0, "\"all\"");
	assert_int_equal(w.n_outcomes, 4); /* the reply, and that there are no more */
	assert_int_equal(root->ops[3]->status, HOSPES_ENOENT);
	take(root, 0, 1); /* as often as one likes */
	assert_int_equal(last_status(), 0);
	take(root, 0, 7);
	assert_int_equal(last_status(), HOSPES_ENOENT);
}

static void
test_a_failed_call_keeps_what_it_said(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	say(b, "1");
	take(root, 0, 1);
	reply(b, HOSPES_EFAILED, "no more");
	assert_int_equal(root->ops[1]->status, HOSPES_ENOENT);
	take(root, 0, 0);
	assert_int_equal(last_status(), 0);
}

static void
test_what_has_no_parts(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	ask_with(root, WIRE_OP_NOW, "", 0, "", 0);
	take(root, 1, 0); /* no call */
	assert_int_equal(last_status(), HOSPES_EINPUT);
	take(root, 3, 0); /* itself */
	assert_int_equal(last_status(), HOSPES_EINPUT);
	take(root, UINT32_MAX, 0);
	assert_int_equal(last_status(), HOSPES_EINPUT);
	ask_with(root, WIRE_OP_PART, "", 0, "short", 5);
	assert_int_equal(last_status(), HOSPES_EINPUT);
	take(root, 0, 0);
	take(root, 0, 0); /* a cell of ours has one fiber a call; this one has not */
	assert_int_equal(last_status(), HOSPES_EINPUT);
	say(b, "1");
	assert_int_equal(root->ops[6]->status, 0);
}

static void
test_who_waits_for_a_part_can_be_stopped(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	take(root, 0, 0);
	w.events.abandon(root, 1, w.events.arg);
	assert_int_equal(last_status(), HOSPES_ECANCELLED);
	say(b, "1");
	assert_int_equal(w.n_outcomes, 1);
	take(root, 0, 0);
	assert_int_equal(last_status(), 0);
	take(root, 0, 1);
	reply(root, 0, "done"); /* with both the call and the part open */
	assert_int_equal(root->ops[3]->status, HOSPES_ECANCELLED);
	reply(b, HOSPES_ECANCELLED, "stopped");
	assert_true(w.ended);
}

/* ---- Again ------------------------------------------------------------------------------------------------------- */

static void
test_said_again_they_are_passed_over(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	say(b, "0");
	say(b, "1");
	w.events.begins(b, "its cell died", w.events.arg);
	say(b, "0");
	say(b, "1");
	assert_int_equal(parts_recorded(), 2);
	say(b, "2");
	assert_int_equal(parts_recorded(), 3);
	assert_int_equal(root->ops[0]->parts->n, 3);
}

static void
test_another_one_is_found_out(void **state)
{
	struct call *b;

	(void)state;
	(void)b_begins(&b);
	say(b, "0");
	w.events.begins(b, "its cell died", w.events.arg);
	say(b, "00");
	assert_int_equal(w.run->root.cancelled, HOSPES_ENONDET);
	assert_non_null(strstr(w.run->root.cancel_why, "part 0 of the reply of b 1.0.0 (/0/0) had 1 bytes"));
}

static void
test_one_who_takes_again_gets_the_same(void **state)
{
	struct call *root, *b;
	uint32_t which[2] = {0, 0};
	struct wire_op op = {.kind = WIRE_OP_PART, .flags = WIRE_OP_WAITS};
	_cleanup_(payload_unref) struct payload *input = payload_new(which, sizeof(which));

	(void)state;
	root = b_begins(&b);
	take(root, 0, 0);
	say(b, "\"x\"");
	say(b, "\"y\"");
	w.events.begins(root, "its cell died", w.events.arg);
	assert_false(root->ops[1]->delivered);
	w.events.op(root, 1, &op, "", NULL, NULL, input, w.events.arg);
	assert_int_equal(w.outcomes[w.n_outcomes - 1].ordinal, 1);
	assert_string_equal(sentence(root, 1), "\"x\"");
}

/* ---- Bounds ------------------------------------------------------------------------------------------------------ */

static void
test_parts_are_bounded(void **state)
{
	char text[301] = "";
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	w.policy->payload_max = 1000;
	memset(text, '1', 300);
	for (int i = 0; i < 4; i++)
		say(b, text);
	assert_int_equal(root->ops[0]->parts->n, 3);
	assert_ptr_equal(w.cancelled[0], b);
	say(b, "1"); /* too late */
	assert_int_equal(parts_recorded(), 3);
	reply(b, 0, "1"); /* and what it replies then does not count */
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	assert_string_equal(sentence(root, 0), "b was stopped: the parts of its reply are larger together than the "
					       "1000 bytes that they may have (`run.payload`)");
}

static void
test_there_are_so_many_parts_and_no_more(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	say(b, "1");
	root->ops[0]->parts->n = CALL_PARTS_MAX; /* as if they had come */
	b->parts_said = CALL_PARTS_MAX;
	say(b, "1");
	root->ops[0]->parts->n = 1;
	assert_int_equal(root->ops[0]->cancelled, HOSPES_ETOOLARGE);
	assert_non_null(strstr(root->ops[0]->cancel_why, "more than the 100000 parts"));
}

static void
test_parts_are_scanned(void **state)
{
	static const char *const bad[] = {"\"\xff\"", "\"\xed\xa0\x80\""};
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	for (uint32_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (i > 0)
			ask(root, "b");
		say(newest(), bad[i]);
		assert_int_equal(root->ops[i]->cancelled, HOSPES_EOUTPUT);
	}
	assert_int_equal(parts_recorded(), 0);
}

/* ---- Checked ----------------------------------------------------------------------------------------------------- */

static char *only_c[] = {"c", NULL};

static struct call *
b_begins_checked(struct call **ret)
{
	struct call *root;

	version_add("c", "1.0.0")->kind = PLUGIN_CHECK;
	w.policy->unnamed->grounding.checks = only_c;
	root = b_begins(ret);
	return root;
}

static int
teardown_checked(void **state)
{
	w.policy->unnamed->grounding.checks = NULL; /* not the policy's to free */
	return teardown(state);
}

static void
test_held_back_until_the_reply_passes(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins_checked(&b);
	take(root, 0, 0);
	say(b, "\"x\"");
	say(b, "\"y\"");
	assert_int_equal(w.n_outcomes, 0);
	reply(b, 0, "{\"claims\":[]}");
	assert_int_equal(w.n_outcomes, 0);
	assert_int_equal(op_parts(root->ops[0]), 0);
	reply(newest(), 0, "{\"score\":1,\"failed\":[]}");
	assert_int_equal(w.n_outcomes, 2);
	assert_string_equal(sentence(root, 1), "\"x\"");
	take(root, 0, 1);
	assert_string_equal(sentence(root, 2), "\"y\"");
}

static void
test_dropped_when_it_does_not(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins_checked(&b);
	say(b, "\"x\"");
	take(root, 0, 0);
	reply(b, 0, "{\"claims\":[]}");
	reply(newest(), 0, "{\"score\":0,\"failed\":[{}]}");
	assert_int_equal(root->ops[0]->status, HOSPES_EGROUND);
	assert_int_equal(root->ops[1]->status, HOSPES_ENOENT);
	take(root, 0, 0);
	assert_int_equal(last_status(), HOSPES_ENOENT);
	assert_null(root->ops[0]->parts);
}

/* What fails was never looked at: its parts are told to nobody either. */
static void
test_dropped_when_it_fails(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins_checked(&b);
	say(b, "\"x\"");
	reply(b, HOSPES_EFAILED, "no");
	take(root, 0, 0);
	assert_int_equal(last_status(), HOSPES_ENOENT);
}

/* ---- To the client ----------------------------------------------------------------------------------------------- */

static void
test_the_run_hears_of_parts_of_its_root(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins(&b);
	say(b, "1");
	assert_int_equal(w.parted, 0);
	say(root, "1");
	say(root, "2");
	assert_int_equal(w.parted, 2);
	assert_int_equal(op_parts(&w.run->root), 2);
	reply(b, 0, "1");
	reply(root, 0, "1");
	assert_true(w.ended);
	assert_int_equal(op_parts(&w.run->root), 2); /* for those who come late */
}

static void
test_the_run_hears_of_them_when_they_have_passed(void **state)
{
	struct call *root, *b;

	(void)state;
	root = b_begins_checked(&b);
	say(root, "1");
	assert_int_equal(w.parted, 0);
	reply(root, 0, "{\"claims\":[]}");
	assert_int_equal(w.parted, 0);
	reply(newest(), 0, "{\"score\":1,\"failed\":[]}");
	assert_int_equal(w.parted, 1);
	assert_int_equal(op_parts(&w.run->root), 1);
	reply(b, HOSPES_ECANCELLED, "over");
	assert_true(w.ended);
}

int
main(void)
{
#define WITH_WORLD(f)         cmocka_unit_test_setup_teardown(f, setup, teardown)
#define WITH_CHECKED_WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown_checked)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_taken_after_and_before_they_are_said),
	    WITH_WORLD(test_a_failed_call_keeps_what_it_said),
	    WITH_WORLD(test_what_has_no_parts),
	    WITH_WORLD(test_who_waits_for_a_part_can_be_stopped),
	    WITH_WORLD(test_said_again_they_are_passed_over),
	    WITH_WORLD(test_another_one_is_found_out),
	    WITH_WORLD(test_one_who_takes_again_gets_the_same),
	    WITH_WORLD(test_parts_are_bounded),
	    WITH_WORLD(test_there_are_so_many_parts_and_no_more),
	    WITH_WORLD(test_parts_are_scanned),
	    WITH_CHECKED_WORLD(test_held_back_until_the_reply_passes),
	    WITH_CHECKED_WORLD(test_dropped_when_it_does_not),
	    WITH_CHECKED_WORLD(test_dropped_when_it_fails),
	    WITH_WORLD(test_the_run_hears_of_parts_of_its_root),
	    WITH_CHECKED_WORLD(test_the_run_hears_of_them_when_they_have_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
