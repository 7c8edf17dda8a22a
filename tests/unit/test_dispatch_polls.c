/*
 * Polls at the door: ballots are calls that were asked this very question, whoever says otherwise; there is an outcome when they
 * settle it, when all are in, and when the time is over; who is not needed any more is stopped.
 */

#include "dispatch_world.h"

#include <stdlib.h>

#include "dispatch/poll.h"

#define ASK "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"]}"

/* The root asks these, one after the other; returns it.  The call of voter i is voters[i]. */
static struct call *voters[8];

static struct call *
asked(unsigned n, const char *const names[], const char *ask)
{
	struct call *root;

	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	version_add("d", "1.0.0");
	root = start();
	for (unsigned i = 0; i < n; i++) {
		ask_with(root, WIRE_OP_CALL, names[i], 0, ask, strlen(ask));
		voters[i] = newest();
	}
	return root;
}

static const char *const bcd[] = {"b", "c", "d"};

/* Of ballots with these ordinals; *poll says what else. */
static void
poll_with(
    struct call *call, struct wire_poll poll, const struct wire_ballot *ballots, const char *ask, int64_t timeout_ns)
{
	_cleanup_(buf_free) struct buf all = {0};
	_cleanup_(payload_unref) struct payload *p = NULL;
	struct wire_op op = {
	    .kind = WIRE_OP_POLL, .flags = WIRE_OP_WAITS, .timeout_ns = timeout_ns, .effect = WIRE_EFFECT_ONCE};
	uint32_t ordinal = call->reissued++;

	buf_append(&all, &poll, sizeof(poll));
	buf_append(&all, ballots, poll.ballots * sizeof(*ballots));
	buf_appends(&all, ask);
	p = payload_new(all.data, all.len);
	call->state = CALL_PARKED;
	call->waits_for = ordinal;
	w.events.op(call, ordinal, &op, "", NULL, NULL, p, w.events.arg);
}

static void
poll_of(struct call *call, uint32_t n, uint8_t flags)
{
	struct wire_ballot ballots[8];

	for (uint32_t i = 0; i < n; i++)
		ballots[i] = (struct wire_ballot){i, 1};
	poll_with(call, (struct wire_poll){.ballots = n, .flags = flags}, ballots, ASK, 0);
}

static void
votes(unsigned i, const char *choice)
{
	_cleanup_(free_p) char *said = xasprintf("{\"choice\":%s}", choice);

	reply(voters[i], 0, said);
}

/* [outcome, how, [why each ballot does not count]] of the op at an ordinal. */
static const char *
outcome(struct call *call, uint32_t ordinal)
{
	static char text[512];
	struct op *op = call->ops[ordinal];
	_cleanup_(json_p) json_t *json = NULL, *list = json_array();
	_cleanup_(free_p) char *said = NULL;
	json_t *ballot;
	size_t i;

	if (op->state != OP_DONE)
		return "open";
	if (op->status != 0)
		return status_name(op->status);
	json = json_loadb((const char *)op->value->data, op->value->len, 0, NULL);
	assert_non_null(json);
	json_array_foreach(json_object_get(json, "ballots"), i, ballot)
	{
		json_array_append_new(list, json_object_get(ballot, "why_not") == NULL
						? json_string("")
						: json_incref(json_object_get(ballot, "why_not")));
	}
	json_array_insert(list, 0, json_object_get(json, "how"));
	json_array_insert(list, 0, json_object_get(json, "outcome"));
	said = json_text(list);
	snprintf(text, sizeof(text), "%s", said);
	return text;
}

static void
loop_until_done(struct op *op)
{
	while (op->state != OP_DONE)
		event_base_loop(w.loop, EVLOOP_ONCE);
}

/* ---- When there is an outcome ------------------------------------------------------------------------------------ */

static void
test_decided_as_soon_as_it_is_settled(void **state)
{
	struct call *root = asked(3, bcd, ASK);
	struct record r;

	(void)state;
	poll_of(root, 3, 0);
	r = record_newest(RECORD_OP_INTENT);
	assert_int_equal(record_int(&r, TAG_EFFECT), WIRE_EFFECT_DEFAULT); /* whatever the cell says of that */
	assert_string_equal(outcome(root, 3), "open");
	votes(0, "\"yes\"");
	assert_string_equal(outcome(root, 3), "open");
	assert_int_equal(w.n_cancelled, 0);
	votes(2, "\"yes\"");
	assert_string_equal(outcome(root, 3), "[\"yes\",\"won\",\"\",\"not_needed\",\"\"]");
	assert_int_equal(w.n_cancelled, 1);
	assert_ptr_equal(w.cancelled[0], voters[1]);
	votes(1, "\"no\""); /* it had said so before it heard */
	assert_int_equal(root->ops[1]->status, HOSPES_ECANCELLED);
	r = record_newest(RECORD_OP_OUTCOME);
	assert_non_null(strstr((const char *)record_find(&r, TAG_OUTPUT)->data, "\"how\":\"won\""));
}

static void
test_all_are_waited_for_where_that_is_said(void **state)
{
	struct call *root = asked(3, bcd, ASK);

	(void)state;
	poll_of(root, 3, WIRE_POLL_WAIT_ALL);
	votes(0, "\"yes\"");
	votes(2, "\"yes\"");
	assert_string_equal(outcome(root, 3), "open");
	votes(1, "\"no\"");
	assert_string_equal(outcome(root, 3), "[\"yes\",\"won\",\"\",\"\",\"\"]");
}

static void
test_all_may_be_in_before(void **state)
{
	struct call *root = asked(3, bcd, ASK);

	(void)state;
	votes(0, "\"yes\"");
	votes(1, "null");
	reply(voters[2], HOSPES_EFAILED, "no");
	poll_of(root, 3, 0);
	assert_int_equal(last_status(), 0);
	assert_string_equal(outcome(root, 3), "[\"yes\",\"won\",\"\",\"\",\"failed\"]");
	assert_int_equal(root->polls, 0);
}

static void
test_who_is_late_is_stopped(void **state)
{
	struct call *root = asked(3, bcd, ASK);
	struct wire_ballot ballots[] = {{0, 1}, {1, 1}, {2, 1}};

	(void)state;
	poll_with(root, (struct wire_poll){.ballots = 3}, ballots, ASK, NS_PER_MS);
	votes(1, "\"no\"");
	loop_until_done(root->ops[3]);
	assert_string_equal(outcome(root, 3), "[null,\"timed_out\",\"late\",\"\",\"late\"]");
	assert_int_equal(root->ops[3]->status, 0);
	assert_int_equal(w.n_cancelled, 2);
	assert_int_equal(root->ops[0]->cancelled, HOSPES_EDEADLINE);
}

/* There is time left to do something about it: a tenth, and a quarter where somebody may have to break a tie. */
static void
test_never_as_long_as_its_caller_may(void **state)
{
	struct call *root = asked(2, bcd, ASK);
	int64_t left = root->deadline_real_ns - clock_real_ns(), most;
	struct wire_ballot ballots[] = {{0, 1}, {1, 1}};

	(void)state;
	poll_with(root, (struct wire_poll){.ballots = 2}, ballots, ASK, INT64_MAX);
	most = root->deadline_real_ns - root->ops[2]->deadline_real_ns;
	assert_true(most > left / 11 && most < left / 9);
	w.events.abandon(root, 2, w.events.arg);
	assert_string_equal(outcome(root, 2), "cancelled");
	assert_int_equal(root->ops[0]->state, OP_OPEN); /* and its voters are calls like others */
	poll_with(root, (struct wire_poll){.ballots = 2, .flags = WIRE_POLL_KEEP_TIME}, ballots, ASK, 0);
	most = root->deadline_real_ns - root->ops[3]->deadline_real_ns;
	assert_true(most > left / 5 && most < left / 3);
	poll_of(root, 2, 0);
	assert_string_equal(outcome(root, 4), "bad_input"); /* they are ballots of another one */
}

static void
test_it_ends_with_its_caller(void **state)
{
	struct call *root = asked(3, bcd, ASK);

	(void)state;
	poll_of(root, 3, 0);
	dispatch_cancel(w.d, root->op, HOSPES_EDEADLINE, "its time was over");
	assert_string_equal(outcome(root, 3), "deadline_exceeded");
	for (unsigned i = 0; i < 3; i++)
		reply(voters[i], HOSPES_ECANCELLED, "stopped");
	reply(root, HOSPES_EDEADLINE, "stopped");
	assert_true(w.ended);
}

/* ---- Who has a ballot -------------------------------------------------------------------------------------------- */

static void
test_one_who_is_listed_twice_votes_once(void **state)
{
	static const char *const names[] = {"b", "b", "c"};
	struct call *root = asked(3, names, ASK);

	(void)state;
	poll_of(root, 3, WIRE_POLL_WAIT_ALL);
	assert_int_equal(w.n_cancelled, 1); /* at once: it need not go on */
	assert_ptr_equal(w.cancelled[0], voters[1]);
	votes(0, "\"yes\"");
	votes(2, "\"no\"");
	assert_string_equal(outcome(root, 3), "[null,\"tied\",\"\",\"voted_twice\",\"\"]"); /* nor is it waited for */
	reply(voters[1], HOSPES_ECANCELLED, "stopped");
}

static void
test_one_who_comes_under_another_name_too(void **state)
{
	static const char *const names[] = {"cap:vote", "b", "c"};
	static char *can[] = {"vote", NULL};
	struct call *root;

	(void)state;
	version_add("b", "1.0.0")->capabilities = can;
	root = asked(3, names, ASK);
	votes(0, "\"yes\"");
	votes(1, "\"yes\"");
	votes(2, "\"no\"");
	poll_of(root, 3, 0);
	assert_string_equal(outcome(root, 3), "[null,\"tied\",\"\",\"voted_twice\",\"\"]");
}

static void
test_as_many_as_listed_where_that_is_said(void **state)
{
	static const char *const names[] = {"b", "b", "c"};
	struct call *root = asked(3, names, ASK);

	(void)state;
	poll_of(root, 3, WIRE_POLL_REPEATED);
	votes(0, "\"yes\"");
	votes(2, "\"no\"");
	votes(1, "\"yes\"");
	assert_string_equal(outcome(root, 3), "[\"yes\",\"won\",\"\",\"\",\"\"]");
}

static void
test_who_may_not_be_asked(void **state)
{
	static const char *const names[] = {"b", "nobody", "c"};
	struct call *root = asked(3, names, ASK);

	(void)state;
	poll_of(root, 3, 0);
	votes(0, "\"yes\"");
	votes(2, "\"yes\"");
	assert_string_equal(outcome(root, 3), "[\"yes\",\"won\",\"\",\"refused\",\"\"]");
}

/* ---- A cell that lies -------------------------------------------------------------------------------------------- */

static void
refused_with(struct call *root, const struct wire_ballot *ballots, uint32_t n, const char *ask)
{
	uint32_t ordinal = root->reissued;

	poll_with(root, (struct wire_poll){.ballots = n}, ballots, ask, 0);
	assert_string_equal(outcome(root, ordinal), "bad_input");
	assert_int_equal(root->polls, 0);
	for (uint32_t i = 0; i < root->n_ops; i++)
		assert_null(root->ops[i]->poll);
}

static void
test_forged_ballots(void **state)
{
	static const struct wire_ballot self[] = {{0, 1}, {5, 1}}, beyond[] = {{0, 1}, {UINT32_MAX, 1}},
					other[] = {{0, 1}, {3, 1}}, no_call[] = {{0, 1}, {4, 1}},
					twice[] = {{0, 1}, {1, 1}, {0, 1}}, no_weight[] = {{0, 1}, {1, 0}},
					heavy[] = {{0, 1}, {1, UINT32_MAX}}, good[] = {{0, 1}, {1, 1}};
	struct call *root = asked(3, bcd, ASK), *b;

	(void)state;
	b = voters[0];
	ask_with(root, WIRE_OP_CALL, "c", 0, "{\"another\":1}", 13);
	ask_with(root, WIRE_OP_NOW, "", 0, "", 0);
	refused_with(root, self, 2, ASK);
	refused_with(root, beyond, 2, ASK);
	refused_with(root, other, 2, ASK); /* it was asked something else */
	refused_with(root, no_call, 2, ASK);
	refused_with(root, twice, 3, ASK);
	refused_with(root, no_weight, 2, ASK);
	refused_with(root, heavy, 2, ASK);
	refused_with(
	    root, good, 2, "{\"question\":\"Well?\",\"options\":[\"no\",\"yes\"]}"); /* not what they were asked */
	refused_with(root, good, 2, "{\"question\":\"Well?\"}");
	refused_with(root, good, 0, ASK);
	refused_with(b, good, 2, ASK); /* ordinals are of the call itself, and it has made none of these */
	votes(0, "\"yes\"");
	poll_with(root, (struct wire_poll){.ballots = 2}, good, ASK, 0);
	votes(1, "\"yes\"");
	assert_string_equal(outcome(root, root->n_ops - 1), "[\"yes\",\"won\",\"\",\"\"]");
}

/* What voters say is read once: else one frame of a few bytes could have the host read all of it again, and again. */
static void
test_a_ballot_is_counted_once(void **state)
{
	static const struct wire_ballot good[] = {{0, 1}, {1, 1}};
	struct call *root = asked(3, bcd, ASK);

	(void)state;
	votes(0, "\"yes\"");
	votes(1, "\"yes\"");
	poll_of(root, 3, 0);
	assert_string_equal(outcome(root, 3), "[\"yes\",\"won\",\"\",\"\",\"not_needed\"]");
	refused_with(root, good, 2, ASK);
	refused_with(root, good, 1, ASK);
}

static void
test_so_many_at_a_time(void **state)
{
	struct call *root = asked(0, bcd, ASK);
	struct wire_ballot ballot = {.weight = 1};

	(void)state;
	for (uint32_t i = 0; i < 17; i++) {
		ask_with(root, WIRE_OP_CALL, "b", 0, ASK, strlen(ASK));
		ballot.ordinal = root->n_ops - 1;
		poll_with(root, (struct wire_poll){.ballots = 1}, &ballot, ASK, 0);
		assert_string_equal(outcome(root, root->n_ops - 1), i < 16 ? "open" : "bad_input");
	}
}

/* ---- Ties -------------------------------------------------------------------------------------------------------- */

static void
break_tie(struct call *root, uint32_t first, uint32_t ordinal, const char *ask)
{
	struct wire_ballot ballot = {ordinal, 1};

	poll_with(root, (struct wire_poll){.ballots = 1, .flags = WIRE_POLL_TIE, .first = first}, &ballot, ask, 0);
}

static struct call *
tied(void)
{
	struct call *root = asked(2, bcd, ASK);

	poll_of(root, 2, 0);
	votes(0, "\"yes\"");
	votes(1, "\"no\"");
	assert_string_equal(outcome(root, 2), "[null,\"tied\",\"\",\"\"]");
	return root;
}

static void
test_a_tie_is_broken(void **state)
{
	static const char more[] =
	    "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"],\"counts\":{\"yes\":1,\"no\":1}}";
	struct call *root = tied();

	(void)state;
	ask_with(root, WIRE_OP_CALL, "d", 0, more, strlen(more));
	break_tie(root, 2, 3, more);
	assert_string_equal(outcome(root, 4), "open");
	reply(newest(), 0, "{\"choice\":\"no\"}");
	assert_string_equal(outcome(root, 4), "[\"no\",\"tie_broken\",\"\",\"\"]");
}

static void
test_a_tie_that_is_not_broken(void **state)
{
	static const char *const said[] = {"{\"choice\":null}", "{\"choice\":\"neither\"}", "nonsense"};
	struct call *root = tied();

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(said); i++) {
		ask_with(root, WIRE_OP_CALL, "d", 0, ASK, strlen(ASK));
		reply(newest(), 0, said[i]);
		break_tie(root, 2, root->n_ops - 1, ASK);
		assert_string_equal(outcome(root, root->n_ops - 1), "[null,\"tied\",\"\",\"\"]");
	}
	ask_with(root, WIRE_OP_CALL, "d", 0, ASK, strlen(ASK));
	break_tie(root, 2, root->n_ops - 1, ASK);
	reply(newest(), HOSPES_EPOISON, "it crashed");
	assert_string_equal(outcome(root, root->n_ops - 1), "[null,\"tied\",\"\",\"\"]");
	assert_non_null(strstr(sentence(root, root->n_ops - 1), "\"tie_breaker\":{\"voter\":\"d\",\"choice\":null"));
}

static void
test_ties_that_are_none(void **state)
{
	static const char other[] = "{\"question\":\"Well?\",\"options\":[\"yes\",\"of course\"]}";
	struct call *root = tied();

	(void)state;
	ask_with(root, WIRE_OP_CALL, "d", 0, ASK, strlen(ASK));
	ask_with(root, WIRE_OP_CALL, "d", 0, other, strlen(other));
	break_tie(root, 0, 3, ASK); /* no poll */
	assert_string_equal(outcome(root, 5), "bad_input");
	break_tie(root, 6, 3, ASK); /* itself */
	assert_string_equal(outcome(root, 6), "bad_input");
	break_tie(root, UINT32_MAX, 3, ASK);
	assert_string_equal(outcome(root, 7), "bad_input");
	break_tie(root, 2, 4, other); /* between other options */
	assert_string_equal(outcome(root, 8), "bad_input");
	break_tie(root, 2, 4, ASK); /* who was asked another question */
	assert_string_equal(outcome(root, 9), "bad_input");
	break_tie(root, 5, 3, ASK); /* a poll that has no outcome */
	assert_string_equal(outcome(root, 10), "bad_input");
}

/* ---- An evicted caller ------------------------------------------------------------------------------------------- */

static void
test_a_dead_voter_wakes_nobody(void **state)
{
	struct call *root = asked(3, bcd, ASK);

	(void)state;
	poll_of(root, 3, WIRE_POLL_WAIT_ALL);
	root->state = CALL_EVICTED;
	root->cell = NULL;
	reply(voters[0], HOSPES_EPOISON, "it crashed");
	assert_int_equal(root->state, CALL_EVICTED);
	votes(1, "\"yes\"");
	votes(2, "\"yes\"");
	assert_int_equal(root->state, CALL_RUNNING);
}

/* ---- By chance --------------------------------------------------------------------------------------------------- */

/* What becomes of a voter, and what that makes of its ballot. */
static const struct fate {
	int status;
	const char *said;
	enum ballot_state state;
	uint32_t choice;
} fates[] = {
    {0, "{\"choice\":\"yes\"}", BALLOT_CHOICE, 0},
    {0, "{\"choice\":\"yes\"}", BALLOT_CHOICE, 0},
    {0, "{\"choice\":\"no\"}", BALLOT_CHOICE, 1},
    {0, "{\"choice\":\"no\"}", BALLOT_CHOICE, 1},
    {0, "{\"choice\":null}", BALLOT_ABSTAINED, 0},
    {0, "{\"choice\":7}", BALLOT_NO_OPTION, 0},
    {HOSPES_EPOISON, "it crashed", BALLOT_DIED, 0},
    {HOSPES_EBUDGET, "no more", BALLOT_REFUSED, 0},
};

static struct wire_poll
head_by_chance(uint32_t n)
{
	struct wire_poll head = {
	    .rule = (uint8_t)(rand() % WIRE_POLL_RULES), .ballots = n, .flags = WIRE_POLL_REPEATED};

	if (head.rule != WIRE_POLL_WEIGHTED && rand() % 3 == 0)
		head.flags |= WIRE_POLL_OF_ALL;
	if (rand() % 4 == 0)
		head.flags |= WIRE_POLL_WAIT_ALL;
	if (head.rule == WIRE_POLL_SUPERMAJORITY) {
		head.numerator = 2;
		head.denominator = 3;
	}
	if (rand() % 2 == 0) {
		head.quorum_numerator = (uint32_t)(rand() % 3);
		head.quorum_denominator = 2;
	}
	return head;
}

static struct poll_decision
comes_to(const struct wire_poll *head, const struct wire_ballot *cast, const struct fate *const *fate)
{
	struct poll_terms terms = {.rule = head->rule,
	    .of_all = (head->flags & WIRE_POLL_OF_ALL) != 0,
	    .numerator = head->numerator,
	    .denominator = head->denominator,
	    .quorum_numerator = head->quorum_numerator,
	    .quorum_denominator = head->quorum_denominator};
	struct ballot ballots[8] = {0};
	struct poll_decision decision;
	struct poll_count count;

	for (uint32_t i = 0; i < head->ballots; i++)
		ballots[i] =
		    (struct ballot){.weight = cast[i].weight, .state = fate[i]->state, .choice = fate[i]->choice};
	poll_count(ballots, head->ballots, 2, &count);
	poll_end(&terms, &count, &decision);
	return decision;
}

/* Voters end in any order, some before the poll begins: what comes of it early is what all the ballots come to. */
static void
test_polls_by_chance(void **state)
{
	static const char *const hows[] = {"won", "tie_broken", "tied", "not_reached", "no_quorum"};
	static const char *const names[] = {"b", "c", "d", "b", "c", "d", "b", "c"};
	unsigned early = 0;

	srand(7);
	for (unsigned round = 0; round < 500; round++) {
		uint32_t n = 1 + (uint32_t)rand() % 7, order[8] = {0};
		struct wire_poll head = head_by_chance(n);
		struct wire_ballot cast[8];
		const struct fate *fate[8];
		struct poll_decision expected;
		struct call *root = asked(n, names, ASK);
		char *found;

		for (uint32_t i = 0; i < n; i++) {
			uint32_t k = (uint32_t)rand() % (i + 1);

			cast[i] = (struct wire_ballot){i, 1 + (uint32_t)rand() % 3};
			fate[i] = &fates[(size_t)rand() % ARRAY_LEN(fates)];
			order[i] = order[k];
			order[k] = i;
		}
		expected = comes_to(&head, cast, fate);
		for (uint32_t i = 0, begins = (uint32_t)rand() % (n + 1); i <= n; i++) {
			if (i == begins)
				poll_with(root, head, cast, ASK, 0);
			if (i < n && (i < begins || root->ops[n]->state != OP_DONE))
				reply(voters[order[i]], fate[order[i]]->status, fate[order[i]]->said);
			else if (i < n) {
				early++;
				reply(voters[order[i]], HOSPES_ECANCELLED, "stopped");
			}
		}
		found = xasprintf("{\"outcome\":%s,\"how\":\"%s\"",
		    expected.option == POLL_NOTHING ? "null"
		    : expected.option == 0          ? "\"yes\""
						    : "\"no\"",
		    hows[expected.how]);
		if (root->ops[n]->state != OP_DONE || strncmp(sentence(root, n), found, strlen(found)) != 0)
			fail_msg("round %u: expected %s and found %.200s", round, found,
			    root->ops[n]->state == OP_DONE ? sentence(root, n) : "nothing");
		free(found);
		assert_int_equal(root->polls, 0);
		teardown(state);
		setup(state);
	}
	assert_true(early > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_decided_as_soon_as_it_is_settled, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_all_are_waited_for_where_that_is_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_all_may_be_in_before, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_who_is_late_is_stopped, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_never_as_long_as_its_caller_may, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_ends_with_its_caller, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_one_who_is_listed_twice_votes_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_one_who_comes_under_another_name_too, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_as_many_as_listed_where_that_is_said, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_who_may_not_be_asked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_forged_ballots, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_ballot_is_counted_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_so_many_at_a_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_tie_is_broken, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_tie_that_is_not_broken, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ties_that_are_none, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_dead_voter_wakes_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_polls_by_chance, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
