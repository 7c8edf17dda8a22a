/* Polls as they are read: what voters say, what cells ask for, and what the outcome is as JSON. */

#include "cmocka_all.h"

#include "base/json.h"
#include "dispatch/poll.h"

/* ---- What voters say --------------------------------------------------------------------------------------------- */

static void
test_answers(void **state)
{
	static const struct {
		int status;
		const char *said, *why_not, *message;
		enum ballot_state state;
	} table[] = {
	    {0, "{\"choice\":\"yes\"}", NULL, NULL, BALLOT_CHOICE},
	    {0, "{\"choice\":\"no\",\"why\":\"so\",\"confidence\":0.5}", NULL, NULL, BALLOT_CHOICE},
	    {0, "{\"choice\":null}", NULL, NULL, BALLOT_ABSTAINED},
	    {0, "{\"choice\":\"maybe\"}", "not_an_option", "it chose \"maybe\"", BALLOT_NO_OPTION},
	    {0, "{\"choice\":\"YES\"}", "not_an_option", "it chose \"YES\"", BALLOT_NO_OPTION},
	    {0, "{\"choice\":[\"yes\",\"no\"]}", "voted_twice", "its answer has several choices", BALLOT_TWICE},
	    {0, "{\"choice\":[\"yes\"]}", "not_an_option", "has no choice", BALLOT_NO_OPTION},
	    {0, "{\"choice\":{\"yes\":1,\"no\":1}}", "not_an_option", "has no choice", BALLOT_NO_OPTION},
	    {0, "{\"choice\":0}", "not_an_option", "has no choice", BALLOT_NO_OPTION},
	    {0, "{}", "not_an_option", "has no choice", BALLOT_NO_OPTION},
	    {0, "\"yes\"", "not_an_option", "has no choice", BALLOT_NO_OPTION},
	    {0, "[]", "not_an_option", "has no choice", BALLOT_NO_OPTION},
	    {0, "", "not_an_option", "must be JSON", BALLOT_NO_OPTION},
	    {0, "yes", "not_an_option", "must be JSON", BALLOT_NO_OPTION},
	    {0, "{\"choice\":\"yes\",\"choice\":\"no\"}", "not_an_option", "duplicate", BALLOT_NO_OPTION},
	    {HOSPES_EDEADLINE, "it was stopped", "late", "deadline_exceeded: it was stopped", BALLOT_LATE},
	    {HOSPES_EPOISON, "it crashed", "died", "poison: it crashed", BALLOT_DIED},
	    {HOSPES_ESTUCK, "", "died", "stuck", BALLOT_DIED},
	    {HOSPES_EBUDGET, "no more", "refused", "budget_exceeded: no more", BALLOT_REFUSED},
	    {HOSPES_ENOAGENT, "no such", "refused", "no_such_agent: no such", BALLOT_REFUSED},
	    {HOSPES_EFAILED, "I cannot", "failed", "failed: I cannot", BALLOT_FAILED},
	    {HOSPES_EFAILED, "\xff", "failed", "failed", BALLOT_FAILED},
	    {HOSPES_ECANCELLED, "no", "cancelled", "cancelled: no", BALLOT_CANCELLED},
	};
	_cleanup_(json_p) json_t *options = json_pack("[s s]", "yes", "no");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		_cleanup_(payload_unref) struct payload *said = payload_text(table[i].said);
		struct ballot b = {.weight = 1};

		ballot_read(&b, options, table[i].status, said);
		if (b.state != table[i].state)
			fail_msg("row %zu: state %d", i, b.state);
		if (table[i].why_not == NULL)
			assert_null(ballot_why_not(&b));
		else
			assert_string_equal(ballot_why_not(&b), table[i].why_not);
		if (table[i].message == NULL)
			assert_null(b.message);
		else
			assert_non_null(strstr(b.message, table[i].message));
		ballot_clear(&b);
	}
}

static void
test_long_answers_are_cut(void **state)
{
	_cleanup_(json_p) json_t *options = json_pack("[s s]", "yes", "no");
	_cleanup_(buf_free) struct buf said = {0};
	_cleanup_(payload_unref) struct payload *p = NULL, *large = payload_alloc(65 * KIB);
	struct ballot b = {.weight = 1}, huge = {.weight = 1};

	(void)state;
	buf_appends(&said, "{\"choice\":\"no\",\"confidence\":7,\"why\":\"");
	for (unsigned i = 0; i < 1000; i++)
		buf_appends(&said, "ä");
	buf_appends(&said, "\"}");
	p = payload_new(said.data, said.len);
	ballot_read(&b, options, 0, p);
	assert_int_equal(b.choice, 1);
	assert_false(b.sure);
	assert_int_equal(strlen(b.why), 1000 + strlen("…"));
	assert_true(utf8_valid(b.why, strlen(b.why)));
	memset(large->data, ' ', large->len);
	ballot_read(&huge, options, 0, large);
	assert_int_equal(huge.state, BALLOT_NO_OPTION);
	ballot_clear(&b);
	ballot_clear(&huge);
}

/* ---- What cells say ---------------------------------------------------------------------------------------------- */

#define ASK "{\"question\":\"Well?\",\"options\":[\"yes\",\"no\"]}"

struct frame {
	struct wire_poll poll;
	struct wire_ballot ballots[2];
	char ask[200];
};

static struct frame
frame_good(void)
{
	struct frame f = {.poll = {.ballots = 2}, .ballots = {{0, 1}, {1, 5}}, .ask = ASK};

	return f;
}

static struct poll *
reads(const struct frame *f, struct fault *fault)
{
	_cleanup_(buf_free) struct buf all = {0};

	buf_append(&all, &f->poll, sizeof(f->poll));
	buf_append(&all, f->ballots, sizeof(f->ballots));
	buf_appends(&all, f->ask);
	return poll_read(all.data, all.len, fault);
}

static void
test_frame_is_read(void **state)
{
	_cleanup_(payload_unref) struct payload *ask = payload_text(ASK);
	struct frame f = frame_good();
	struct fault fault;
	struct poll *p = reads(&f, &fault);

	(void)state;
	assert_non_null(p);
	assert_int_equal(p->n, 2);
	assert_int_equal(p->ballots[1].ordinal, 1);
	assert_int_equal(p->ballots[1].weight, 5);
	assert_int_equal(json_array_size(p->options), 2);
	assert_true(payload_hash_equal(p->asked, payload_hash(ask)));
	poll_free(&p);
	assert_null(p);
}

/* One thing of the frame is changed. */
static void
assert_refused(const struct frame *f, const char *says)
{
	struct fault fault = {0};
	struct poll *p = reads(f, &fault);

	assert_null(p);
	assert_int_equal(fault.status, HOSPES_EINPUT);
	if (strstr(fault.text, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", fault.text, says);
}

#define REFUSED(change, says)                                                                                          \
	do {                                                                                                           \
		struct frame f = frame_good();                                                                         \
                                                                                                                       \
		change;                                                                                                \
		assert_refused(&f, says);                                                                              \
	} while (0)

static void
test_what_can_be_no_poll(void **state)
{
	(void)state;
	REFUSED(f.poll.rule = WIRE_POLL_RULES, "none that there are");
	REFUSED(f.poll.rule = 255, "none that there are");
	REFUSED(f.poll.flags = WIRE_POLL_FLAGS + 1, "none that there are");
	REFUSED(f.poll.reserved = 1, "none that there are");
	REFUSED(f.poll.ballots = 0, "it has 0 ballots");
	REFUSED(f.poll.ballots = WIRE_POLL_BALLOTS_MAX + 1, "it has 1001 ballots");
	REFUSED(f.poll.ballots = UINT32_MAX, "it has 4294967295 ballots");
	REFUSED((f.poll.ballots = 3, strcpy(f.ask, "")), "3 ballots were announced, and there are 2");
	REFUSED(f.ballots[1].weight = 0, "a weight is 0");
	REFUSED(f.ballots[1].weight = UINT32_MAX, "a weight is 4294967295");
	REFUSED(f.poll.rule = WIRE_POLL_SUPERMAJORITY, "more than 1/2");
	REFUSED((f.poll.rule = WIRE_POLL_SUPERMAJORITY, f.poll.numerator = 1, f.poll.denominator = 2), "it is 1/2");
	REFUSED((f.poll.rule = WIRE_POLL_SUPERMAJORITY, f.poll.numerator = 4, f.poll.denominator = 3), "it is 4/3");
	REFUSED((f.poll.rule = WIRE_POLL_SUPERMAJORITY, f.poll.numerator = UINT32_MAX, f.poll.denominator = UINT32_MAX),
	    "more than 1/2");
	REFUSED(f.poll.numerator = 1, "only a supermajority");
	REFUSED(f.poll.quorum_numerator = 1, "it is 1/0");
	REFUSED((f.poll.quorum_numerator = 3, f.poll.quorum_denominator = 2), "it is 3/2");
	REFUSED((f.poll.rule = WIRE_POLL_WEIGHTED, f.poll.flags = WIRE_POLL_OF_ALL), "a part of nothing");
	REFUSED(f.poll.first = 1, "at once");
	REFUSED(f.poll.flags = WIRE_POLL_TIE, "from 1 to 1");
	REFUSED((f.poll.flags = WIRE_POLL_TIE | WIRE_POLL_WAIT_ALL, f.poll.ballots = 1), "at once");
	REFUSED(strcpy(f.ask, "{}"), "no question");
	REFUSED(strcpy(f.ask, ""), "not JSON");
	REFUSED(strcpy(f.ask, "{\"question\":7,\"options\":[\"a\",\"b\"]}"), "no question");
	REFUSED(strcpy(f.ask, "{\"question\":\"?\",\"options\":[\"a\"]}"), "from 2 to 256 options");
	REFUSED(strcpy(f.ask, "{\"question\":\"?\",\"options\":{\"a\":1,\"b\":2}}"), "from 2 to 256 options");
	REFUSED(strcpy(f.ask, "{\"question\":\"?\",\"options\":[\"a\",\"a\"]}"), "there twice");
	REFUSED(strcpy(f.ask, "{\"question\":\"?\",\"options\":[\"a\",\"\"]}"), "option 1 is no text");
	REFUSED(strcpy(f.ask, "{\"question\":\"?\",\"options\":[\"a\",1e400]}"), "not JSON");
	REFUSED(strcpy(f.ask, "{\"question\":\"?\",\"options\":[\"a\",\"b\\u0000c\"]}"), "option 1 is no text");
	REFUSED(strcpy(f.ask, "{\"question\":\"\xff\"}"), "UTF-8");
}

static void
test_outcome_as_json(void **state)
{
	struct frame f = frame_good();
	struct fault fault;
	struct poll *p = reads(&f, &fault), *tie;
	struct poll_decision decision;
	struct poll_count count;
	_cleanup_(json_p) json_t *json = NULL, *broken = NULL;
	_cleanup_(payload_unref) struct payload *said = payload_text("{\"choice\":\"yes\",\"why\":\"because\"}"),
						*outcome = NULL;

	(void)state;
	ballot_read(&p->ballots[0], p->options, 0, said);
	p->ballots[0].voter = "v";
	p->ballots[1].state = BALLOT_CHOICE;
	p->ballots[1].choice = 1;
	p->ballots[1].weight = 1;
	poll_count(p->ballots, 2, 2, &count);
	poll_end(&p->terms, &count, &decision);
	json = poll_json(p, &count, &decision);
	outcome = json_payload(json);
	assert_string_equal((const char *)outcome->data,
	    "{\"outcome\":null,\"how\":\"tied\",\"question\":\"Well?\",\"rule\":\"majority\",\"of\":\"cast\","
	    "\"counts\":{\"yes\":1,"
	    "\"no\":1},\"weights\":{\"all\":2,\"cast\":2,\"abstained\":0,\"quorum\":2},\"tied\":[\"yes\",\"no\"],"
	    "\"ballots\":["
	    "{\"voter\":\"v\",\"choice\":\"yes\",\"weight\":1,\"valid\":true,\"why\":\"because\",\"op\":0},"
	    "{\"voter\":\"\",\"choice\":\"no\",\"weight\":1,\"valid\":true,\"op\":1}]}");

	f.poll = (struct wire_poll){.flags = WIRE_POLL_TIE, .ballots = 1, .first = 3};
	strcpy((char *)&f.ballots[1], ASK); /* over the second */
	tie = poll_read(&f, sizeof(f.poll) + sizeof(f.ballots[0]) + strlen(ASK), &fault);
	assert_non_null(tie);
	assert_int_equal(poll_read_tie(tie, outcome, &fault), 0);
	ballot_read(&tie->ballots[0], tie->options, 0, said);
	broken = poll_tie_json(tie);
	assert_string_equal(json_string_value(json_object_get(broken, "outcome")), "yes");
	assert_string_equal(json_string_value(json_object_get(broken, "how")), "tie_broken");
	payload_unref(&outcome);
	outcome = json_payload(broken); /* nobody breaks it twice */
	assert_int_equal(poll_read_tie(tie, outcome, &fault), HOSPES_EINPUT);
	poll_free(&tie);
	poll_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_long_answers_are_cut),
	    cmocka_unit_test(test_frame_is_read),
	    cmocka_unit_test(test_what_can_be_no_poll),
	    cmocka_unit_test(test_outcome_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
