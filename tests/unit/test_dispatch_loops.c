/* What goes round in circles: recursion, repetition, and when a run ends of it, also after the host was started again. */

#include "dispatch/guard.h"
#include "dispatch_kept.h"

static void
configure(const char *text)
{
	policy_unref(&w.policy);
	w.policy = w.run->policy = policy_of(text);
}

static void
ask_for(struct call *call, const char *target, const char *input)
{
	ask_with(call, WIRE_OP_CALL, target, 0, input, strlen(input));
}

/* Asked and answered; false: it was refused. */
static bool
is_done(struct call *call, const char *target)
{
	unsigned before = w.n_submitted;

	ask(call, target);
	if (w.n_submitted == before)
		return false;
	reply(newest(), 0, "1");
	return true;
}

static bool
guard_is(const struct record *r, const char *name)
{
	_cleanup_(free_p) char *guard = record_text(r, TAG_GUARD);

	return guard != NULL && strcmp(guard, name) == 0;
}

/* ---- Repetition -------------------------------------------------------------------------------------------------- */

static void
test_the_fifth_time_is_refused(void **state)
{
	struct call *root;
	struct record r;

	(void)state;
	people(3);
	root = start();
	for (int i = 0; i < 4; i++)
		assert_true(is_done(root, "b"));
	r = record_newest(RECORD_CALL_START);
	assert_true(guard_is(&r, "repetition")); /* begun again: that is on record */
	assert_false(is_done(root, "b"));
	assert_int_equal(last_status(), HOSPES_EREPEATED);
	r = record_newest(RECORD_REFUSAL);
	assert_true(guard_is(&r, "repetition"));
	assert_int_equal(r.head.status, HOSPES_EREPEATED);
	assert_non_null(strstr(sentence(root, 4), "again 3 times in this run after it had ended, and the limit is 3"));
	ask_for(root, "b", "{\"n\":1}"); /* another question */
	assert_true(is_done(root, "c"));
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS] + w.run->account.reserved[QUANTITY_CALLS], 7);
}

static void
test_twins_side_by_side_are_none(void **state)
{
	struct call *root, *twins[10];

	(void)state;
	people(1);
	root = start();
	for (int i = 0; i < 10; i++) {
		ask(root, "b");
		twins[i] = newest();
	}
	for (int i = 0; i < 10; i++)
		reply(twins[i], 0, "1");
	assert_int_equal(w.n_submitted, 11);
	assert_true(is_done(root, "b"));
	assert_false(is_done(root, "b"));
}

static void
test_it_counts_for_the_whole_run(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	root = start();
	for (int i = 0; i < 3; i++) {
		struct call *b;

		ask_for(root, "b", i == 0 ? "0" : i == 1 ? "1" : "2");
		b = newest();
		assert_int_equal(is_done(b, "c"), i < 2);
		reply(b, 0, "1");
	}
}

/* Asked for while none had ended; that they had to wait for a slot is not their doing. */
static void
test_who_waits_does_not_repeat(void **state)
{
	struct call *root;

	(void)state;
	configure("run: { repetition = 1; }; limits: { b: { concurrency = 1; }; };");
	people(1);
	root = start();
	for (int i = 0; i < 5; i++)
		ask(root, "b");
	assert_int_equal(w.n_submitted, 2);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(w.n_submitted, i + 2);
		reply(newest(), 0, "1");
		assert_int_equal(root->ops[i]->status, 0);
	}
}

/* What it had taken comes back when it has to wait: it counts once, however often it is tried. */
static void
test_waiting_counts_once(void **state)
{
	struct call *root, *first;

	(void)state;
	configure("limits: { b: { concurrency = 1; }; };");
	people(2);
	root = start();
	assert_true(is_done(root, "b"));
	ask_for(root, "b", "[]"); /* has the slot */
	first = newest();
	ask(root, "b"); /* again, and waits */
	ask(root, "b");
	assert_int_equal(w.n_submitted, 3);
	reply(first, 0, "1");
	reply(newest(), 0, "1");
	reply(newest(), 0, "1");
	assert_int_equal(root->ops[2]->status, 0);
	assert_int_equal(root->ops[3]->status, 0);
	assert_false(is_done(root, "b"));
}

static void
test_a_group_is_asked_for_at_once(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	root = start();
	for (int64_t left = 6; left > 0; left--) {
		ask_with(root, WIRE_OP_CALL, "b", -left, "{}", 2);
		assert_int_equal(w.n_submitted, 8 - left);
		reply(newest(), 0, "1");
	}
	/* Groups of one are no group. */
	ask_with(root, WIRE_OP_CALL, "b", -1, "{}", 2);
	reply(newest(), 0, "1");
	ask_with(root, WIRE_OP_CALL, "b", -1, "{}", 2);
	assert_int_equal(last_status(), HOSPES_EREPEATED);
}

static void
test_who_is_polled_may_be_asked(void **state)
{
	struct call *root;

	(void)state;
	configure("limits: { b: { polled = true; }; };");
	people(1);
	root = start();
	for (int i = 0; i < 10; i++)
		assert_true(is_done(root, "b"));
	assert_true(is_done(root, "c"));
	assert_true(is_done(root, "c"));
	assert_false(is_done(root, "c"));
}

/* What the host asks for itself: the same reply is checked each time. */
static void
test_checks_are_exempt(void **state)
{
	struct call *root;

	(void)state;
	configure("limits: { b: { polled = true; }; }; grounding: { b: { checks = [ \"c\" ]; }; };");
	people(1);
	w.versions[2].kind = PLUGIN_CHECK;
	root = start();
	for (uint32_t i = 0; i < 5; i++) {
		ask(root, "b");
		reply(newest(), 0, "1");
		reply(newest(), HOSPES_EFAILED,
		    "no idea"); /* what it says of the same would be known, and not asked for again */
		assert_int_equal(root->ops[i]->status, HOSPES_EGROUND);
	}
}

/* ---- Recursion --------------------------------------------------------------------------------------------------- */

static void
test_recursion_needs_less_each_time(void **state)
{
	struct call *b;

	(void)state;
	configure("limits: { b: { recursion = 3; }; };");
	people(0);
	w.versions[1].recursion = 5; /* the policy caps that */
	ask_with(start(), WIRE_OP_CALL, "b", 20, "{}", 2);
	b = newest();
	ask(b, "b");
	assert_int_equal(last_status(), HOSPES_ECYCLE);
	assert_non_null(
	    strstr(sentence(b, 0), "b -> b: b may recur, but each time with a smaller share of calls than the 19"));
	ask_with(b, WIRE_OP_CALL, "b", 19, "{}", 2); /* all of it is not less */
	assert_int_equal(w.n_submitted, 2);
	ask_with(b, WIRE_OP_CALL, "b", 18, "{}", 2);
	assert_int_equal(w.n_submitted, 3);
	b = newest();
	ask(b, "c");
	b = newest();
	ask_with(b, WIRE_OP_CALL, "b", 5, "{}", 2); /* the third time, by way of another */
	assert_int_equal(w.n_submitted, 5);
	b = newest();
	ask_with(b, WIRE_OP_CALL, "b", 2, "{}", 2);
	assert_int_equal(last_status(), HOSPES_ECYCLE);
	assert_non_null(strstr(sentence(b, 0), "b -> b: an agent may not call its own ancestor"));
}

/* ---- When the run ends of it ------------------------------------------------------------------------------------- */

static void
test_the_third_refusal_on_an_edge_ends_the_run(void **state)
{
	struct call *root, *b;
	struct record r;
	_cleanup_(free_p) char *reason = NULL;

	(void)state;
	people(1);
	root = start();
	for (int i = 0; i < 2; i++) {
		ask_for(root, "b", i == 0 ? "0" : "1"); /* whichever call of b it is */
		b = newest();
		ask(b, "a");
		ask(b, "b"); /* another edge */
		assert_int_equal(last_status(), HOSPES_ECYCLE);
		assert_int_equal(w.run->root.cancelled, 0);
		reply(b, 0, "1");
	}
	ask_for(root, "b", "2");
	ask(newest(), "a");
	assert_int_equal(w.run->root.cancelled, HOSPES_ECYCLE);
	assert_non_null(
	    strstr(w.run->root.cancel_why, "b -> a was refused 3 times in this run, the last time since a -> b -> a"));
	r = record_newest(RECORD_COMMAND);
	reason = record_text(&r, TAG_REASON);
	assert_non_null(strstr(reason, "b -> a was refused 3 times"));
}

static void
test_repetitions_end_it_too(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	root = start();
	assert_true(is_done(root, "b"));
	assert_true(is_done(root, "b"));
	assert_false(is_done(root, "b"));
	assert_false(is_done(root, "b"));
	assert_int_equal(w.run->root.cancelled, 0);
	assert_false(is_done(root, "b"));
	assert_int_equal(w.run->root.cancelled, HOSPES_EREPEATED);
}

static void
test_on_cycle_end_run(void **state)
{
	(void)state;
	configure("run: { on_cycle = \"end_run\"; };");
	people(3);
	ask(start(), "b");
	ask(newest(), "a");
	assert_int_equal(w.run->root.cancelled, HOSPES_ECYCLE);
	assert_non_null(strstr(w.run->root.cancel_why, "`run.on_cycle` is end_run, and a -> b -> a"));
}

/* ---- After a start of the host ----------------------------------------------------------------------------------- */

static void
test_it_is_counted_from_the_record(void **state)
{
	struct call *root;

	people(3);
	run_is_recorded();
	root = start();
	for (int i = 0; i < 3; i++)
		assert_true(is_done(root, "b"));
	start_anew(state, w.n_records, 3);
	root = newest();
	for (int i = 0; i < 3; i++)
		ask(root, "b"); /* answered from the record, and not counted again */
	assert_int_equal(w.n_submitted, 1);
	assert_true(is_done(root, "b"));
	assert_false(is_done(root, "b"));
	assert_non_null(strstr(sentence(root, 4), "again 3 times"));
}

static void
test_refusals_are_counted_from_the_record(void **state)
{
	struct call *root, *b;

	people(3);
	run_is_recorded();
	root = start();
	ask(root, "b");
	b = newest();
	ask(b, "a");
	ask(b, "a");
	start_anew(state, w.n_records, 3);
	assert_int_equal(w.run->root.cancelled, 0);
	b = call_by_handle(&w.calls, 2);
	ask(b, "a");
	ask(b, "a");
	assert_int_equal(w.run->root.cancelled, 0);
	ask(b, "a");
	assert_int_equal(w.run->root.cancelled, HOSPES_ECYCLE);
}

/* Killed between the refusal and the record of what that leads to. */
static void
test_the_end_is_not_forgotten(void **state)
{
	struct call *root, *b;
	unsigned before;

	people(3);
	run_is_recorded();
	root = start();
	ask(root, "b");
	b = newest();
	ask(b, "a");
	ask(b, "a");
	before = w.n_records;
	ask(b, "a");
	assert_true(w.n_records > before + 1);
	start_anew(state, before + 1, 3);
	assert_int_equal(w.run->root.status, HOSPES_ECYCLE);
}

/* ---- Polls ------------------------------------------------------------------------------------------------------- */

#define POLL_ASK "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"]}"

/* The ballots are the ops before this one, from `first` on. */
static void
poll_of(struct call *call, uint32_t first, uint32_t weight)
{
	_cleanup_(buf_free) struct buf all = {0};
	struct wire_poll poll = {.ballots = call->reissued - first};

	buf_append(&all, &poll, sizeof(poll));
	for (uint32_t i = first; i < call->reissued; i++)
		buf_append(&all, &(struct wire_ballot){i, weight}, sizeof(struct wire_ballot));
	buf_appends(&all, POLL_ASK);
	ask_with(call, WIRE_OP_POLL, "", 0, all.data, all.len);
}

static int
status_of(const struct call *call)
{
	return call->ops[call->n_ops - 1]->status;
}

/* Holds a poll of these; its status.  They vote after it has begun, or before. */
static int
hold(struct call *call, const char *voters, bool before)
{
	uint32_t first = call->reissued;
	struct call *ballots[8];
	unsigned n = 0;

	for (; *voters != '\0'; voters++) {
		unsigned already = w.n_submitted;

		ask_for(call, (char[]){*voters, '\0'}, POLL_ASK);
		assert_int_equal(w.n_submitted, already + 1); /* it may always */
		ballots[n++] = newest();
		if (before)
			reply(newest(), 0, "{\"choice\":\"yes\"}");
	}
	poll_of(call, first, 1);
	for (unsigned i = 0; !before && i < n; i++)
		reply(ballots[i], 0, "{\"choice\":\"yes\"}");
	return status_of(call);
}

static void
test_a_poll_is_what_counts(void **state)
{
	struct call *root;
	struct record r;

	(void)state;
	people(3);
	root = start();
	for (int i = 0; i < 4; i++)
		assert_int_equal(hold(root, "bc", i == 1), 0);
	r = record_newest(RECORD_OP_INTENT);
	assert_true(guard_is(&r, "repetition"));
	assert_int_equal(hold(root, "bc", false), HOSPES_EREPEATED);
	assert_int_equal(hold(root, "cb", false), HOSPES_EREPEATED); /* in whatever order */
	assert_false(w.ended);
	hold(root, "c", false); /* or with less of them */
	assert_int_equal(root->cancelled, HOSPES_EREPEATED);
}

/* Each asks somebody new, and those who were asked before were asked in polls. */
static void
test_ballots_are_exempt(void **state)
{
	struct call *root;

	(void)state;
	people(1);
	version_add("d", "1.0.0");
	version_add("e", "1.0.0");
	root = start();
	assert_int_equal(hold(root, "b", false), 0);
	assert_int_equal(hold(root, "bc", false), 0);
	assert_int_equal(hold(root, "bcd", false), 0);
	assert_int_equal(hold(root, "bcde", false), 0);
	assert_int_equal(hold(root, "bcde", false), 0);
	assert_int_equal(hold(root, "bcde", false), HOSPES_EREPEATED);
}

static void
test_polls_side_by_side_are_none(void **state)
{
	struct call *root, *first, *second;

	(void)state;
	people(1);
	root = start();
	ask_for(root, "b", POLL_ASK);
	first = newest();
	poll_of(root, 0, 1);
	ask_for(root, "b", POLL_ASK);
	second = newest();
	poll_of(root, 2, 1);
	assert_true(root->ops[1]->state == OP_OPEN && root->ops[3]->state == OP_OPEN);
	reply(first, 0, "{\"choice\":\"yes\"}");
	reply(second, 0, "{\"choice\":\"yes\"}");
	assert_int_equal(hold(root, "b", false), 0);
	assert_int_equal(hold(root, "b", false), HOSPES_EREPEATED);
}

/* Who is not there is nobody new. */
static void
test_made_up_voters_do_not_help(void **state)
{
	struct call *root;

	(void)state;
	people(2);
	root = start();
	for (int i = 0; i < 4; i++) {
		_cleanup_(free_p) char *nobody = xasprintf("nobody-%d", i);
		uint32_t first = root->reissued;

		ask_for(root, "b", POLL_ASK);
		ask_for(root, nobody, POLL_ASK);
		poll_of(root, first, 1);
		if (root->ops[first]->state == OP_OPEN)
			reply(newest(), 0, "{\"choice\":\"yes\"}");
		assert_int_equal(status_of(root), i < 3 ? 0 : HOSPES_EREPEATED);
	}
}

/* What is no poll makes no ballots of calls. */
static void
test_what_is_no_poll_exempts_nothing(void **state)
{
	struct call *root;

	(void)state;
	people(2);
	root = start();
	for (unsigned i = 0; i < 5; i++) {
		unsigned before = w.n_submitted;

		ask_for(root, "b", POLL_ASK);
		assert_int_equal(w.n_submitted > before, i < 3);
		if (w.n_submitted > before)
			reply(newest(), 0, "{\"choice\":\"yes\"}");
		if (i == 4) /* which was the third time */
			break;
		poll_of(root, root->reissued - 1, 0);
		assert_int_equal(status_of(root), HOSPES_EINPUT);
	}
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_the_fifth_time_is_refused),
	    PROMISE(test_twins_side_by_side_are_none),
	    PROMISE(test_it_counts_for_the_whole_run),
	    PROMISE(test_who_waits_does_not_repeat),
	    PROMISE(test_waiting_counts_once),
	    PROMISE(test_a_group_is_asked_for_at_once),
	    PROMISE(test_who_is_polled_may_be_asked),
	    PROMISE(test_checks_are_exempt),
	    PROMISE(test_recursion_needs_less_each_time),
	    PROMISE(test_the_third_refusal_on_an_edge_ends_the_run),
	    PROMISE(test_repetitions_end_it_too),
	    PROMISE(test_on_cycle_end_run),
	    PROMISE(test_it_is_counted_from_the_record),
	    PROMISE(test_refusals_are_counted_from_the_record),
	    PROMISE(test_the_end_is_not_forgotten),
	    PROMISE(test_a_poll_is_what_counts),
	    PROMISE(test_ballots_are_exempt),
	    PROMISE(test_polls_side_by_side_are_none),
	    PROMISE(test_made_up_voters_do_not_help),
	    PROMISE(test_what_is_no_poll_exempts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
