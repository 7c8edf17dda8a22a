/*
 * The rung of the ladder where a human is asked.  At the end, runs that climb all of it are cut after each of their records,
 * and go on.
 */

#include "dispatch_kept.h"
#include "ladder_world.h"

#include "call/review.h"

/* Somebody says this of the review that is open. */
static void
human_says(const char *decision, const char *value, const char *why)
{
	const struct review *r = LIST_FIRST(&w.run->reviews);
	_cleanup_(json_p) json_t *json = value == NULL ? NULL : json_loads(value, JSON_DECODE_ANY, NULL);
	struct review_said said = {.decision = decision, .value = json, .who = "uid:7", .why = why};
	struct fault fault;

	assert_non_null(r);
	said.hash = r->hash;
	if (dispatch_review(w.d, w.run, r->id, &said, &fault) != 0)
		fail_msg("%s", fault.text);
}

#define REVIEWED "grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"review\", \"retry\" ]; }; };"

static void
test_a_human_lets_it_pass(void **state)
{
	struct call *root = root_asks(REVIEWED);
	_cleanup_(json_p) json_t *body = NULL;
	struct record r;

	(void)state;
	replies(LIE, FAILED);
	assert_int_equal(w.n_outcomes, 0);
	assert_int_equal(w.run->reviews_open, 1);
	r = record_newest(RECORD_REVIEW);
	body = json_loadb(record_find(&r, TAG_BODY)->data, record_find(&r, TAG_BODY)->len, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(body, "cause")), "grounding");
	assert_int_equal(json_array_size(json_object_get(json_object_get(body, "context"), "findings")), 1);
	assert_non_null(strstr(json_string_value(json_object_get(body, "question")), "fails the check c"));
	human_says("approve", NULL, "it is right");
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, LIE);
	assert_true(root->ops[0]->confidence == 0);
	assert_int_equal(records_of(RECORD_REFUSAL), 1);
	assert_int_equal(w.calls.count, 1);
}

static void
test_a_human_writes_another(void **state)
{
	struct call *root = root_asks(REVIEWED);

	(void)state;
	replies(LIE, FAILED);
	human_says("edit", "{\"claims\":[]}", NULL);
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, "{\"claims\":[]}");
}

static void
test_a_human_says_no(void **state)
{
	struct call *root = root_asks(REVIEWED);

	(void)state;
	replies(LIE, FAILED);
	human_says("reject", NULL, "ask again");
	assert_string_equal(newest()->path, "/0/0#2");
	assert_string_equal((const char *)root->ops[0]->stage->findings->data,
	    "[{\"check\":\"c\",\"claim\":0,\"text\":\"one\",\"why\":\"made up\"},{\"check\":\"review\",\"why\":\"ask "
	    "again\"}]");
	replies("2", FAILED);
	assert_int_equal(w.run->reviews_open, 0); /* that rung is behind it */
	assert_int_equal(last_status(), HOSPES_EGROUND);
}

static void
test_a_human_has_the_last_word(void **state)
{
	struct call *root = root_asks(
	    "grounding: { b: { confidence = 0.5; on_fail = [ \"review\" ]; }; }; reviews: { deadline = \"1h\"; };");

	(void)state;
	unsure(newest(), 0.25, "1");
	assert_string_equal(LIST_FIRST(&w.run->reviews)->cause, "confidence");
	human_says("reject", NULL, "too vague");
	assert_int_equal(last_status(), HOSPES_EREJECTED);
	assert_says(root, 0, "uid:7 said no");
	assert_says(root, 0, "too vague");
}

static void
test_stopped_while_a_human_is_asked(void **state)
{
	struct call *root = root_asks(REVIEWED);

	(void)state;
	replies(LIE, FAILED);
	dispatch_cancel(w.d, root->ops[0], HOSPES_ECANCELLED, "no longer needed");
	assert_int_equal(last_status(), HOSPES_ECANCELLED);
	assert_int_equal(w.run->reviews_open, 0);
	assert_int_equal(w.calls.count, 1);
}

/* ---- Killed on any rung ------------------------------------------------------------------------------------------ */

/* How a run climbs: under this policy, to this end. */
struct climb {
	const char *policy, *end;
	unsigned stages, refusals, reviews;
	unsigned calls; /* c is asked each time but once */
};

static const struct climb climbs[] = {
    /* a, three times b, e; each time d, and c unless it is known what it says */
    {"grounding: { b: { checks = [ \"c\", \"d\" ]; retries = 2; escalate = \"e\"; on_fail = [ \"retry\", \"escalate\" "
     "]; }; "
     "};",
	"true", 3, 3, 0, 13},
    {"grounding: { b: { checks = [ \"c\", \"d\" ]; retries = 2; on_fail = [ \"retry\", \"review\" ]; }; };", "another",
	2, 3, 1, 10},
};

/* b tells the same lie twice, so that what c says of it is known the second time, then another one; e tells none. */
static void
handle(struct call *call)
{
	bool lies = strstr((const char *)call->input->data, "\"agent\":\"b\"") != NULL;

	switch (call->plugin[0]) {
	case 'a':
		if (call->reissued == 0)
			ask(call, "b");
		else if (call->ops[0]->delivered)
			reply(call, 0, call->ops[0]->status == 0 ? (const char *)call->ops[0]->value->data : "failed");
		break;
	case 'b':
		reply(call, 0, call->attempt < 3 ? LIE : "another");
		break;
	case 'c':
		reply(call, 0, lies ? FAILED : PASSED);
		break;
	case 'd':
		if (call->reissued == 0) /* it may say something else each time */
			ask_with(call, WIRE_OP_NOW, "", 0, "", 0);
		else if (call->ops[0]->delivered)
			reply(call, 0, PASSED);
		break;
	default:
		reply(call, 0, "true");
	}
}

static void
plays(void)
{
	while (!w.ended) {
		for (uint64_t i = 1; i < w.calls.next_handle; i++) {
			if (call_by_handle(&w.calls, i) != NULL && call_by_handle(&w.calls, i)->state != CALL_DONE)
				handle(call_by_handle(&w.calls, i));
		}
		if (!LIST_EMPTY(&w.run->reviews) && LIST_FIRST(&w.run->reviews)->awaited)
			human_says("approve", NULL, NULL);
		event_base_loop(w.loop, EVLOOP_NONBLOCK);
	}
}

static void
goes_on_after(unsigned n)
{
	rebuilt_from(n);
	w.ended = w.ended || w.run->root.state == OP_DONE;
	plays();
}

/* What there is of it in the end, whoever was asked again on the way. */
static void
assert_climbed(const struct climb *climb, unsigned cut)
{
	unsigned known = 0;

	for (unsigned i = 0; i < w.n_records; i++) {
		struct record r = decoded(w.records[i]);
		const struct record_field *reason = record_find(&r, TAG_REASON);

		assert_int_equal(r.head.seq, i);
		known += reason != NULL && reason->len == 6 && memcmp(reason->data, "cached", 6) == 0;
	}
	if (records_of(RECORD_STAGE) != climb->stages || records_of(RECORD_REFUSAL) != climb->refusals ||
	    records_of(RECORD_REVIEW) != climb->reviews)
		fail_msg("cut after %u: %u stages, %u refusals, %u reviews", cut, records_of(RECORD_STAGE),
		    records_of(RECORD_REFUSAL), records_of(RECORD_REVIEW));
	assert_true(cut == 0 ? known == 1 : known <= 1); /* a host that was started again knows nothing */
	assert_int_equal(w.run->root.status, 0);
	assert_string_equal((const char *)w.run->root.value->data, climb->end);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 0);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], climb->calls - known);
}

static void
climbs_and_is_killed(void **state, const struct climb *climb)
{
	configure(climb->policy);
	run_is_recorded();
	dispatch_root(w.d, w.run);
	plays();
	assert_climbed(climb, 0);
	keep_records();
	for (unsigned cut = 1; cut <= n_kept; cut++) {
		teardown(state);
		setup(state);
		configure(climb->policy);
		goes_on_after(cut);
		assert_climbed(climb, cut);
	}
	forget_kept();
}

static void
test_killed_on_any_rung(void **state)
{
	climbs_and_is_killed(state, &climbs[0]);
}

static void
test_killed_while_a_human_is_asked(void **state)
{
	climbs_and_is_killed(state, &climbs[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_a_human_lets_it_pass, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_human_writes_another, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_human_says_no, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_human_has_the_last_word, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stopped_while_a_human_is_asked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_on_any_rung, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_killed_while_a_human_is_asked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
