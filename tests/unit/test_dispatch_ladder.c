/*
 * The ladder: what is done about a reply of b that the check c refuses.  a, the root, calls b; e is whom b is escalated to; d
 * is another check.  At the end a run that climbs the whole of it is cut after each of its records, and goes on.
 */

#include "dispatch_world.h"

#include <stdlib.h>

#include "call/review.h"
#include "cmocka_all.h"
#include "dispatch/ladder.h"
#include "dispatch/stages.h"

#define PASSED   "{\"score\":0.75,\"failed\":[],\"reasons\":[]}"
#define FAILED   "{\"score\":0,\"failed\":[{\"claim\":0,\"text\":\"one\",\"why\":\"made up\"}]}"
#define FOUND    "[{\"check\":\"c\",\"claim\":0,\"text\":\"one\",\"why\":\"made up\"}]"
#define LIE      "{\"claims\":[{\"text\":\"one\"}]}"
#define CRITICAL "{\"claims\":[{\"text\":\"zero\"},{\"text\":\"one\",\"critical\":true,\"sources\":[]}]}"

static void
configure(const char *text)
{
	with_policy(text);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0")->kind = PLUGIN_CHECK;
	version_add("d", "1.0.0")->kind = PLUGIN_CHECK;
	version_add("e", "1.0.0");
}

/* A reply of the newest call, which the check c then finds this of. */
static void
replies(const char *text, const char *verdict)
{
	reply(newest(), 0, text);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, verdict);
}

static struct call *
root_asks(const char *policy)
{
	struct call *root;

	configure(policy);
	root = start();
	ask(root, "b");
	return root;
}

static unsigned
records_of(uint16_t kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n_records; i++)
		n += w.kinds[i] == kind;
	return n;
}

static void
assert_says(const struct call *call, uint32_t ordinal, const char *part)
{
	if (strstr((const char *)call->ops[ordinal]->value->data, part) == NULL)
		fail_msg("no \"%s\" in: %s", part, call->ops[ordinal]->value->data);
}

/* ---- Which step -------------------------------------------------------------------------------------------------- */

static void
test_steps(void **state)
{
	static const struct {
		unsigned retries;
		enum policy_step steps[POLICY_STEPS_MAX];
		unsigned n;
		const char *given;    /* the step after 0, 1, 2... attempts */
		const char *rejected; /* the same after a human has said no */
	} rows[] = {
	    {1, {STEP_FAIL}, 1, "ffff", "ffff"},
	    {1, {STEP_PASS}, 1, "pfff", "pfff"},
	    {2, {STEP_RETRY}, 1, "rrff", "rrff"},
	    {2, {STEP_RETRY, STEP_ESCALATE, STEP_REVIEW, STEP_FAIL}, 4, "rreh", "rref"},
	    {1, {STEP_REVIEW, STEP_RETRY, STEP_PASS}, 3, "hpff", "rpff"},
	    {1, {STEP_ESCALATE, STEP_RETRY, STEP_REVIEW, STEP_PASS}, 4, "erhf", "erpf"},
	};
	static const char names[] = {
	    [STEP_FAIL] = 'f', [STEP_PASS] = 'p', [STEP_RETRY] = 'r', [STEP_ESCALATE] = 'e', [STEP_REVIEW] = 'h'};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy_handoff rule = {.retries = rows[i].retries, .n_steps = rows[i].n};

		memcpy(rule.steps, rows[i].steps, sizeof(rule.steps));
		for (unsigned given = 0; given < 4; given++) {
			if (names[ladder_step(&rule, given, false)] != rows[i].given[given] ||
			    names[ladder_step(&rule, given, true)] != rows[i].rejected[given])
				fail_msg("row %zu after %u attempts", i, given);
		}
	}
}

/* ---- Another attempt --------------------------------------------------------------------------------------------- */

static void
test_it_mends_what_was_found(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };"), *b;

	(void)state;
	replies(LIE, FAILED);
	b = newest();
	assert_string_equal(b->plugin, "b");
	assert_string_equal(b->path, "/0/0#2");
	assert_string_equal((const char *)root->ops[0]->stage->findings->data, FOUND);
	assert_int_equal(w.n_outcomes, 0);
	replies("1", PASSED);
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, "1");
	assert_true(root->ops[0]->confidence == 0.75);
	assert_int_equal(records_of(RECORD_REFUSAL), 1);
	assert_int_equal(records_of(RECORD_STAGE), 1);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 4); /* b and c, twice */
	assert_int_equal(w.calls.count, 1);
}

static void
test_it_never_mends(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; retries = 2; escalate = \"e\"; "
				      "on_fail = [ \"retry\", \"escalate\", \"fail\" ]; }; };");

	(void)state;
	replies("1", FAILED);
	replies("2", FAILED);
	assert_string_equal(newest()->path, "/0/0#3");
	replies("3", FAILED);
	assert_string_equal(newest()->plugin, "e");
	assert_string_equal(newest()->path, "/0/0#4");
	assert_string_equal(newest()->op->target, "b"); /* that is what was asked for */
	replies("4", FAILED);                           /* what is said of b holds for who stands in for it */
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 0, "the reply of e 1.0.0 is not grounded");
	assert_int_equal(records_of(RECORD_REFUSAL), 4);
	assert_int_equal(records_of(RECORD_STAGE), 3);
	assert_int_equal(w.calls.count, 1);
}

static void
test_the_other_one_mends(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; escalate = \"e\"; on_fail = [ "
				      "\"retry\", \"escalate\" ]; }; };");

	(void)state;
	replies("1", FAILED);
	reply(newest(), HOSPES_EFAILED, "no idea"); /* an attempt of the ladder that fails is no end of it */
	assert_string_equal(newest()->plugin, "e");
	replies("4", PASSED);
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, "4");
}

/* Whoever stands in has to pass what is said of himself too. */
static void
test_both_rules_hold(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; escalate = \"e\"; on_fail = [ "
				      "\"escalate\" ]; }; e: { checks = [ \"c\", \"d\" ]; confidence = 0.5; }; };");

	(void)state;
	replies("1", FAILED);
	reply(newest(), 0, "2");
	assert_string_equal(w.submitted[w.n_submitted - 2]->plugin, "c");
	assert_string_equal(newest()->plugin, "d");
	reply(w.submitted[w.n_submitted - 2], 0, PASSED);
	reply(newest(), 0, "{\"score\":0.25,\"failed\":[]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 0, "the reply of e 1.0.0 is not sure enough: its confidence is 0.25, and at least 0.5 is");
}

/* Where a capability was asked for it is the same agent that is asked again, whoever else offers it by now. */
static void
test_capability_is_asked_again(void **state)
{
	static char *offers[] = {"facts", NULL};
	struct call *root;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };");
	w.versions[1].capabilities = offers;
	root = start();
	ask(root, "cap:facts");
	assert_string_equal(newest()->plugin, "b");
	replies("1", FAILED);
	assert_string_equal(newest()->plugin, "b");
	assert_string_equal(root->ops[0]->stage->target, "b");
	assert_string_equal(root->ops[0]->target, "cap:facts");
	replies("2", PASSED);
	assert_int_equal(last_status(), 0);
}

static void
test_first_failure_is_none_of_the_ladder(void **state)
{
	(void)state;
	root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };");
	reply(newest(), HOSPES_EFAILED, "no idea");
	assert_int_equal(last_status(), HOSPES_EFAILED);
	assert_int_equal(records_of(RECORD_STAGE), 0);
}

static void
test_it_passes_all_the_same(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"pass\" ]; }; };");
	struct record r;

	(void)state;
	replies(LIE, FAILED);
	assert_int_equal(last_status(), 0);
	assert_true(root->ops[0]->confidence == 0);
	r = record_newest(RECORD_REFUSAL); /* but not in silence */
	assert_int_equal(r.head.status, HOSPES_EGROUND);
	assert_int_equal(record_find(&r, TAG_BODY)->len, strlen(FOUND));
}

/* ---- Without a check --------------------------------------------------------------------------------------------- */

static void
test_critical_without_source(void **state)
{
	static const char *const none[] = {"{\"claims\":[{\"text\":\"one\",\"critical\":true}]}",
	    "{\"claims\":[{\"critical\":true,\"sources\":7}]}",
	    "{\"claims\":[{\"critical\":true,\"sources\":[null,{},\"\"]}]}",
	    "{\"claims\":[{\"critical\":true,\"sources\":[{\"document\":\"\",\"from\":1}]}]}",
	    "{\"claims\":[{\"criti\\u0063al\":true}]}"};
	struct call *root = root_asks("");

	(void)state;
	reply(newest(), 0, CRITICAL);
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 0, "1 of 2 claims fails the check critical; \"one\": it is critical and names no source");
	ask(root, "b");
	reply(
	    newest(), 0, "{\"claims\":[{\"text\":\"one\",\"critical\":true,\"sources\":[{\"document\":\"GPL-3\"}]}]}");
	assert_int_equal(last_status(), 0);
	ask(root, "b");
	reply(newest(), 0, "{\"claims\":[{\"text\":\"one\",\"critical\":false}],\"critical\":true}");
	assert_int_equal(last_status(), 0);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		ask(root, "b");
		reply(newest(), 0, none[i]);
		if (last_status() != HOSPES_EGROUND)
			fail_msg("passed: %s", none[i]);
	}
}

static void
test_critical_is_not_shown_to_anybody(void **state)
{
	(void)state;
	root_asks("grounding: { b: { checks = [ \"c\" ]; on_fail = [ \"retry\" ]; }; };");
	reply(newest(), 0, CRITICAL);
	assert_string_equal(newest()->path, "/0/0#2");
	assert_int_equal(w.n_submitted, 3);
}

static void
test_critical_turned_off(void **state)
{
	(void)state;
	root_asks("grounding: { b: { critical = false; }; };");
	reply(newest(), 0, CRITICAL);
	assert_int_equal(last_status(), 0);
}

static void
unsure(struct call *call, double confidence, const char *text)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(text);

	call->state = CALL_DONE;
	call->cell = NULL;
	w.events.reply(call, 0, p, confidence, NULL, w.events.arg);
}

static void
test_confidence(void **state)
{
	struct call *root = root_asks("grounding: { b: { confidence = 0.75; checks = [ \"c\" ]; }; };");

	(void)state;
	unsure(newest(), 0.5, "1");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(
	    root, 0, "the reply of b 1.0.0 is not sure enough: its confidence is 0.5, and at least 0.75 is asked for");
	assert_int_equal(w.n_submitted, 2); /* nobody was asked */
	assert_string_equal((const char *)w.run->findings->data,
	    "[{\"check\":\"confidence\",\"why\":\"its confidence is 0.5, and at least 0.75 is asked for\"}]");
	ask(root, "b");
	unsure(newest(), 0.75, "2");
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
	ask(root, "b");
	unsure(newest(), 1, "3");
	reply(newest(), 0, "{\"score\":0.7,\"failed\":[]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
}

/* ---- Whose replies ----------------------------------------------------------------------------------------------- */

static void
test_edges(void **state)
{
	static char *offers[] = {"facts", NULL};
	struct call *root;

	(void)state;
	configure(
	    "handoffs = ( { to = \"a\"; capability = \"facts\"; checks = [ \"c\" ]; }, { from = \"b\"; checks = [ "
	    "\"d\" ]; }, { from = \"b\"; to = \"e\"; checks = [ ]; } );");
	w.versions[4].capabilities = offers; /* e */
	root = start();
	ask(root, "e");
	reply(newest(), 0, "1");
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
	ask(root, "b");
	reply(newest(), 0, "1");
	assert_string_equal(newest()->plugin, "d");
	reply(newest(), 0, PASSED);
	ask(root, "e");
	ask(newest(), "b"); /* from b to e */
	reply(newest(), 0, "1");
	assert_int_equal(last_status(), 0);
	reply(w.submitted[5], HOSPES_EFAILED, "");
	reply(root, 0, "1"); /* to the client nothing is said of a */
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, 0);
}

static void
test_time_of_a_check(void **state)
{
	(void)state;
	root_asks("grounding: { b: { checks = [ \"c\" ]; check_deadline = \"2s\"; }; };");
	reply(newest(), 0, "1");
	assert_true(newest()->deadline_real_ns <= clock_real_ns() + 2 * NS_PER_S);
	assert_non_null(newest()->op->timer);
}

/* ---- What is known ----------------------------------------------------------------------------------------------- */

static void
test_the_same_is_not_asked_twice(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; }; };");
	struct record r;

	(void)state;
	replies(LIE, FAILED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_string_equal(sentence(root, 1), sentence(root, 0));
	assert_int_equal(w.n_submitted, 4); /* a, b, c, b */
	r = record_newest(RECORD_OP_OUTCOME);
	assert_memory_equal(record_find(&r, TAG_REASON)->data, "cached", 6);
	assert_memory_equal(record_find(&r, TAG_CALLEE)->data, "c", 1);
	assert_memory_equal(record_find(&r, TAG_PATH)->data, "/0/1/0", 6);
	ask(root, "b");
	reply(newest(), 0, LIE " ");
	assert_string_equal(newest()->plugin, "c"); /* another text */
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
}

static void
test_what_may_change_is_asked_again(void **state)
{
	struct call *root = root_asks("grounding: { b: { checks = [ \"c\" ]; }; };");

	(void)state;
	reply(newest(), 0, LIE);
	ask_with(newest(), WIRE_OP_NOW, "", 0, "", 0); /* who asks for the time may say something else the next time */
	reply(newest(), 0, PASSED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), HOSPES_EFAILED, "no luck"); /* nor is a failure kept */
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
	ask(root, "b");
	w.run->client = "uid:2"; /* nor told to somebody else */
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
	ask(root, "b");
	w.versions[2].object[0] = 7; /* nor said by another check */
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, PASSED);
}

/* ---- A human ----------------------------------------------------------------------------------------------------- */

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

static struct record
decoded(const void *bytes)
{
	struct record r;

	assert_true(record_decode(bytes, ((const struct record_head *)bytes)->length, &r, NULL) > 0);
	return r;
}

static void
goes_on_after(void *const *kept, unsigned n)
{
	struct restore *restore;
	struct fault fault = {0};

	payload_unref(&w.run->root.input);
	dispatch_restore_begin(w.d, w.run, &restore);
	for (unsigned i = 0; i < n; i++) {
		struct record r = decoded(kept[i]);

		if (dispatch_restore_record(restore, &r, &fault) != 0)
			fail_msg("record %u of %u: %s", i, n, fault.text);
		w.records[w.n_records] = memcpy(xmalloc(r.head.length), kept[i], r.head.length);
		w.kinds[w.n_records++] = r.head.kind;
	}
	if (dispatch_restore_end(&restore, &fault) != 0)
		fail_msg("after %u records: %s", n, fault.text);
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
	static void *kept[WORLD_MAX];
	unsigned n;
	struct record r;

	configure(climb->policy);
	record_init(&r, RECORD_RUN_START);
	record_add_text(&r, TAG_TARGET, "a");
	carried_add(&w.run->carried, &r, TAG_INPUT, w.run->root.input);
	dispatch_record(w.d, w.run, &r);
	dispatch_root(w.d, w.run);
	plays();
	assert_climbed(climb, 0);
	n = w.n_records;
	memcpy(kept, w.records, n * sizeof(*kept));
	w.n_records = 0;
	for (unsigned cut = 1; cut <= n; cut++) {
		teardown(state);
		setup(state);
		configure(climb->policy);
		goes_on_after(kept, cut);
		assert_climbed(climb, cut);
	}
	for (unsigned i = 0; i < n; i++)
		free(kept[i]);
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

/* c reads a document of the run's sources, and then says this. */
static void
reads(const char *verdict)
{
	struct fault missing;

	fault_set(&missing, HOSPES_ENOENT, "no such document");
	ask_with(newest(), WIRE_OP_DOCUMENT, "sources/00", 0, "{}", 2);
	if (w.memory.done != NULL)
		memory_answers(NULL, &missing);
	reply(newest(), 0, verdict);
}

static void
test_documents_count(void **state)
{
	static char *sources[] = {"terms", NULL}, *needs[] = {"memory:sources", NULL};
	struct call *root;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	w.versions[2].needs = needs;
	w.run->sources = sources;
	root = start();
	ask(root, "b");
	reply(newest(), 0, LIE);
	reads(PASSED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_int_equal(w.n_submitted, 4); /* a, b, c, b: what it read is what it would read */
	assert_int_equal(last_status(), 0);
	w.changed++;
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c"); /* a document came */
	w.changed++;                                /* and another one while it read */
	reads(PASSED);
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	w.unsettled = true; /* or is about to */
	reads(PASSED);
	w.unsettled = false;
	ask(root, "b");
	reply(newest(), 0, LIE);
	assert_string_equal(newest()->plugin, "c");
	reads(PASSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test_setup_teardown(test_it_mends_what_was_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_never_mends, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_other_one_mends, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_both_rules_hold, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_capability_is_asked_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_first_failure_is_none_of_the_ladder, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_it_passes_all_the_same, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_critical_without_source, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_critical_is_not_shown_to_anybody, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_critical_turned_off, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_confidence, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_edges, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time_of_a_check, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_the_same_is_not_asked_twice, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_may_change_is_asked_again, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_documents_count, setup, teardown),
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
