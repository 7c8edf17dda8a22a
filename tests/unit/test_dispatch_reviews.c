/*
 * Reviews: what an agent asks, what the policy asks before an effect, what may be said of each, what holds of what was shown,
 * deadlines, and what becomes of a review whose op ends first.
 */

#include "dispatch/review.h"
#include "dispatch/state.h"
#include "dispatch_world.h"

static struct call *root;

static int
begin(void **state)
{
	setup(state);
	version_add("a", "1.0.0");
	w.policy->review_once = true;
	ulid_format(&w.run->id, w.run->id_text);
	root = start();
	return 0;
}

/* ---- Playing it -------------------------------------------------------------------------------------------------- */

static struct op *
asked(uint16_t kind, const char *target, const char *input)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(input);
	struct wire_op op = {.kind = kind, .flags = WIRE_OP_WAITS};
	uint32_t ordinal = root->reissued++;

	root->state = CALL_PARKED;
	root->waits_for = ordinal;
	w.events.op(root, ordinal, &op, target, NULL, NULL, p, w.events.arg);
	return root->ops[ordinal];
}

static struct op *
agent_asks(const char *input)
{
	return asked(WIRE_OP_REVIEW, "", input);
}

static struct op *
effect_once(void)
{
	_cleanup_(payload_unref) struct payload *p = payload_text("{\"body\":\"ten\"}");
	struct wire_op op = {.kind = WIRE_OP_HTTP, .flags = WIRE_OP_WAITS, .effect = WIRE_EFFECT_ONCE};
	uint32_t ordinal = root->reissued++;

	root->state = CALL_PARKED;
	root->waits_for = ordinal;
	w.events.op(root, ordinal, &op, "http://example.org/", NULL, NULL, p, w.events.arg);
	return root->ops[ordinal];
}

static int
says_of(const struct review *r, const char *decision, const char *value, struct fault *fault)
{
	_cleanup_(json_p) json_t *json = value == NULL ? NULL : json_loads(value, JSON_DECODE_ANY, NULL);
	struct review_said said = {
	    .decision = decision, .hash = r->hash, .value = json, .who = "uid:7", .why = "I looked"};
	_cleanup_(free_p) char *id = xstrdup(r->id);

	return dispatch_review(w.d, w.run, id, &said, fault);
}

static bool
value_is(const struct op *op, const char *expected)
{
	_cleanup_(json_p) json_t *want = json_loads(expected, 0, NULL), *is = NULL;

	is = json_loadb((const char *)op->value->data, op->value->len, 0, NULL);
	return is != NULL && json_equal(want, is) == 1;
}

static bool
text_is(const struct record *r, enum record_tag tag, const char *expected)
{
	_cleanup_(free_p) char *text = record_text(r, tag);

	return text != NULL && strcmp(text, expected) == 0;
}

/* ---- What an agent asks ------------------------------------------------------------------------------------------ */

static void
test_agent_is_answered(void **state)
{
	static const struct {
		const char *decision, *value, *answer;
	} rows[] = {
	    {"approve", NULL, "{\"choice\":\"approve\",\"by\":\"uid:7\",\"why\":\"I looked\"}"},
	    {"edit", "[1]", "{\"choice\":\"edit\",\"value\":[1],\"by\":\"uid:7\",\"why\":\"I looked\"}"},
	    {"answer", "\"so\"", "{\"choice\":\"answer\",\"value\":\"so\",\"by\":\"uid:7\",\"why\":\"I looked\"}"},
	};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct op *op = agent_asks("{\"question\":\"Is it?\"}");
		struct record r;

		assert_int_equal(op->state, OP_OPEN);
		assert_non_null(op_awaits_review(op));
		assert_true(dispatch_asleep(w.run));
		r = record_newest(RECORD_REVIEW);
		assert_true(text_is(&r, TAG_REVIEW, op->reviews->id));
		assert_non_null(record_find(&r, TAG_INPUT));
		assert_int_equal(says_of(op->reviews, rows[i].decision, rows[i].value, &fault), 0);
		assert_int_equal(op->status, 0);
		assert_true(value_is(op, rows[i].answer));
		assert_int_equal(w.kinds[w.n_records - 2], RECORD_RESOLVED);
		assert_int_equal(w.run->reviews_open, 0);
		r = record_newest(RECORD_RESOLVED);
		assert_true(text_is(&r, TAG_DECISION, rows[i].decision));
		assert_true(text_is(&r, TAG_ACTOR, "uid:7"));
		assert_true(text_is(&r, TAG_REASON, "I looked"));
	}
}

static void
test_a_no_is_a_failure(void **state)
{
	struct op *op = agent_asks("{\"question\":\"May I?\"}");
	struct fault fault;

	(void)state;
	assert_int_equal(says_of(op->reviews, "reject", NULL, &fault), 0);
	assert_int_equal(op->status, HOSPES_EREJECTED);
	assert_non_null(strstr(sentence(root, 0), "uid:7 said no to the question \"May I?\""));
	assert_non_null(strstr(sentence(root, 0), "I looked"));
	assert_int_equal(last_status(), HOSPES_EREJECTED);
}

/* Sentences are cut between characters: they are told to a plugin. */
static void
test_a_long_no(void **state)
{
	_cleanup_(buf_free) struct buf input = {0};
	_cleanup_(free_p) char *id = NULL;
	struct review_said said = {.decision = "reject", .who = "uid:7"};
	struct buf why = {0};
	struct fault fault;
	struct op *op;

	(void)state;
	buf_appends(&input, "{\"question\":\"x");
	for (int i = 0; i < 300; i++)
		buf_appends(&input, "\xc3\xbc");
	buf_appends(&input, "\"}");
	op = agent_asks(buf_text(&input));
	for (int i = 0; i < 400; i++)
		buf_appends(&why, "\xe2\x82\xac");
	said.why = buf_text(&why);
	said.hash = op->reviews->hash;
	id = xstrdup(op->reviews->id);
	assert_int_equal(dispatch_review(w.d, w.run, id, &said, &fault), 0);
	assert_true(utf8_valid(op->value->data, op->value->len));
	assert_non_null(strstr(sentence(root, 0), "\xe2\x82\xac"));
	buf_free(&why);
}

static void
test_choices(void **state)
{
	struct op *op = agent_asks("{\"question\":\"Which?\",\"choices\":[\"red\",\"green\"]}");
	struct fault fault;

	(void)state;
	assert_int_equal(says_of(op->reviews, "approve", NULL, &fault), HOSPES_EINPUT);
	assert_non_null(strstr(fault.text, "reject or answer with one of \"red\", \"green\""));
	assert_int_equal(says_of(op->reviews, "answer", "\"blue\"", &fault), HOSPES_EINPUT);
	assert_int_equal(says_of(op->reviews, "answer", "1", &fault), HOSPES_EINPUT);
	assert_int_equal(says_of(op->reviews, "edit", "\"red\"", &fault), HOSPES_EINPUT);
	assert_int_equal(says_of(op->reviews, "answer", "\"green\"", &fault), 0);
	assert_true(value_is(op, "{\"choice\":\"green\",\"by\":\"uid:7\",\"why\":\"I looked\"}"));
}

static void
test_questions_that_are_none(void **state)
{
	static const char *const inputs[] = {"", "[]", "7", "{}", "{\"question\":7}", "{\"question\":\"\"}",
	    "{\"question\":\"q\",\"more\":1}", "{\"question\":\"q\",\"choices\":[]}",
	    "{\"question\":\"q\",\"choices\":[\"\"]}", "{\"question\":\"q\",\"choices\":[1]}",
	    "{\"question\":\"q\",\"choices\":\"a\"}", "{\"question\":\"q\",\"default\":\"maybe\"}",
	    "{\"question\":\"q\",\"default\":1}", "{\"question\":\"q\",\"choices\":[\"a\"],\"default\":\"approve\"}",
	    "{\"question\":\"q\",\"timeout_ms\":0}", "{\"question\":\"q\",\"timeout_ms\":-1}",
	    "{\"question\":\"q\",\"timeout_ms\":9223372036854775807}", "{\"question\":\"q\",\"timeout_ms\":1.5}",
	    "{\"question\":\"\\u0000\"}", "{\"question\":\"\xff\"}"};
	_cleanup_(free_p) char *large = xmalloc(REVIEW_CONTEXT_MAX + 64);
	struct op *op;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++) {
		op = agent_asks(inputs[i]);
		if (op->status != HOSPES_EINPUT)
			fail_msg("%s: %s", inputs[i], status_name(op->status));
	}
	memset(large, ' ', REVIEW_CONTEXT_MAX + 64);
	strcpy(large + REVIEW_CONTEXT_MAX, "{\"question\":\"q\"}");
	op = agent_asks(large);
	assert_int_equal(op->status, HOSPES_ETOOLARGE);
	assert_int_equal(records_of(RECORD_REVIEW), 0);
}

static void
test_only_so_many(void **state)
{
	struct fault fault;
	struct op *op;

	(void)state;
	w.run->reviews_raised = REVIEWS_OF_RUN - 1;
	op = agent_asks("{\"question\":\"The last?\"}");
	assert_int_equal(says_of(op->reviews, "approve", NULL, &fault), 0);
	op = agent_asks("{\"question\":\"One more?\"}");
	assert_int_equal(op->status, HOSPES_EREJECTED);
	assert_int_equal(records_of(RECORD_REVIEW), 1);
}

/* ---- What was shown ---------------------------------------------------------------------------------------------- */

static void
test_bound_to_what_was_shown(void **state)
{
	struct op *op = agent_asks("{\"question\":\"Is it?\",\"context\":{\"b\":1,\"a\":2}}");
	struct op *other = agent_asks("{\"question\":\"Is it?\",\"context\":{\"a\":2,\"b\":1}}");
	struct review_said said = {.decision = "approve", .hash = other->reviews->hash, .who = "uid:7"};
	struct fault fault;

	(void)state;
	assert_string_not_equal(op->reviews->hash, other->reviews->hash); /* another op */
	assert_int_equal(dispatch_review(w.d, w.run, op->reviews->id, &said, &fault), HOSPES_ECONFLICT);
	said.hash = "";
	assert_int_equal(dispatch_review(w.d, w.run, op->reviews->id, &said, &fault), HOSPES_ECONFLICT);
	assert_int_equal(dispatch_review(w.d, w.run, "nothing", &said, &fault), HOSPES_ENOENT);
	assert_int_equal(op->state, OP_OPEN);
	assert_int_equal(says_of(op->reviews, "approve", NULL, &fault), 0);
	assert_int_equal(says_of(op->reviews, "approve", NULL, &fault), HOSPES_ENOENT); /* once and for all */
	assert_int_equal(other->state, OP_OPEN);
}

/* The same question, whatever the order of its members, is the same review; another one is another, and what was said before
 * does not hold for it. */
static void
test_asked_again(void **state)
{
	_cleanup_(json_p) json_t *one = json_loads("{\"a\":1,\"b\":[2]}", 0, NULL);
	_cleanup_(json_p) json_t *same = json_loads("{\"b\":[2],\"a\":1}", 0, NULL);
	_cleanup_(json_p) json_t *other = json_loads("{\"a\":1,\"b\":[3]}", 0, NULL);
	struct review_ask ask = {.cause = "confidence", .question = "Let it pass?", .context = one};
	struct op *op = &w.run->root;
	struct payload *value = NULL;
	struct fault why;

	(void)state;
	assert_int_equal(review_about(w.d, op, &ask, &value, &why), REVIEW_OPEN);
	ask.context = same;
	assert_int_equal(review_about(w.d, op, &ask, &value, &why), REVIEW_OPEN);
	assert_int_equal(records_of(RECORD_REVIEW), 1);
	op->reviews->awaited = false; /* nobody is to be told here */
	assert_int_equal(says_of(op->reviews, "edit", "{\"better\":1}", &why), 0);
	assert_int_equal(review_about(w.d, op, &ask, &value, &why), REVIEW_EDITED);
	assert_string_equal((const char *)value->data, "{\"better\":1}");
	payload_unref(&value);
	ask.context = other;
	assert_int_equal(review_about(w.d, op, &ask, &value, &why), REVIEW_OPEN);
	assert_int_equal(records_of(RECORD_REVIEW), 2);
	op->reviews->awaited = false;
	assert_int_equal(says_of(op->reviews, "reject", NULL, &why), 0);
	assert_int_equal(review_about(w.d, op, &ask, &value, &why), REVIEW_REJECTED);
	assert_int_equal(why.status, HOSPES_EREJECTED);
	ask.context = one;
	assert_int_equal(review_about(w.d, op, &ask, &value, &why), REVIEW_EDITED);
	payload_unref(&value);
	assert_int_equal(records_of(RECORD_REVIEW), 2);
}

/* What is too large to be read is shown by its beginning, its size and its hash; a question ends at a character. */
static void
test_large_context(void **state)
{
	_cleanup_(free_p) char *large = xmalloc(REVIEW_CONTEXT_MAX + 1), *question = xmalloc(REVIEW_QUESTION_MAX + 3);
	_cleanup_(json_p) json_t *context = NULL, *body = NULL;
	struct review_ask ask = {.cause = "grounding", .question = question};
	const struct record_field *f;
	struct payload *value = NULL;
	struct fault why;
	struct record r;

	(void)state;
	memset(large, 'x', REVIEW_CONTEXT_MAX);
	large[REVIEW_CONTEXT_MAX] = '\0';
	memset(question, 'q', REVIEW_QUESTION_MAX - 1);
	strcpy(question + REVIEW_QUESTION_MAX - 1, "\xc3\xbc");
	context = json_string(large);
	ask.context = context;
	assert_int_equal(review_about(w.d, &w.run->root, &ask, &value, &why), REVIEW_OPEN);
	r = record_newest(RECORD_REVIEW);
	f = record_find(&r, TAG_BODY);
	assert_true(f->len < 64 * KIB);
	body = json_loadb(f->data, f->len, 0, NULL);
	assert_int_equal(json_string_length(json_object_get(body, "question")), REVIEW_QUESTION_MAX - 1);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(body, "context"), "bytes")), REVIEW_CONTEXT_MAX + 2);
	assert_int_equal(json_string_length(json_object_get(json_object_get(body, "context"), "sha256")), 64);
	w.run->root.reviews->awaited = false;
}

/* ---- Deadlines --------------------------------------------------------------------------------------------------- */

static void
test_default_at_the_deadline(void **state)
{
	static const struct {
		const char *input, *answer;
		int status;
	} rows[] = {
	    {"{\"question\":\"q\",\"timeout_ms\":1}", NULL, HOSPES_EREJECTED},
	    {"{\"question\":\"q\",\"timeout_ms\":1,\"default\":\"reject\"}", NULL, HOSPES_EREJECTED},
	    {"{\"question\":\"q\",\"timeout_ms\":1,\"default\":\"approve\"}",
		"{\"choice\":\"approve\",\"by\":\"deadline\"}", 0},
	    {"{\"question\":\"q\",\"timeout_ms\":1,\"default\":\"b\",\"choices\":[\"a\",\"b\"]}",
		"{\"choice\":\"b\",\"by\":\"deadline\"}", 0},
	    {"{\"question\":\"q\",\"timeout_ms\":1,\"choices\":[\"a\",\"b\"]}", NULL, HOSPES_EREJECTED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct op *op = agent_asks(rows[i].input);

		while (op->state != OP_DONE)
			event_base_loop(w.loop, EVLOOP_ONCE);
		assert_int_equal(op->status, rows[i].status);
		assert_true(rows[i].answer == NULL || value_is(op, rows[i].answer));
	}
	w.policy->review_default = ANSWER_APPROVE;
	w.policy->review_deadline_ns = NS_PER_MS;
	for (struct op *op = agent_asks("{\"question\":\"q\"}"); op->state != OP_DONE;)
		event_base_loop(w.loop, EVLOOP_ONCE);
	assert_int_equal(last_status(), 0);
}

/* ---- Before an effect -------------------------------------------------------------------------------------------- */

static void
test_nothing_begins_before(void **state)
{
	struct op *op = effect_once();
	_cleanup_(json_p) json_t *reviews = dispatch_reviews(w.run), *waits = dispatch_waits_of_run(w.run);
	struct fault fault;

	(void)state;
	assert_int_equal(op->state, OP_WAITING);
	assert_int_equal(op->taken, 0);
	assert_int_equal(records_of(RECORD_OP_INTENT), 0);
	assert_int_equal(json_array_size(reviews), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(reviews, 0), "cause")), "once");
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(json_object_get(waits, "for"), 0), "for")), "review");
	assert_true(dispatch_asleep(w.run));
	w.events.stalled(w.run, w.events.arg);
	for (int i = 0; i < 100; i++)
		deadlock_look(w.d);
	assert_int_equal(w.run->root.cancelled, 0);
	assert_int_equal(says_of(op->reviews, "answer", "{}", &fault), HOSPES_EINPUT);
	assert_int_equal(says_of(op->reviews, "approve", NULL, &fault), 0);
	assert_int_equal(op->state, OP_OPEN);
	assert_int_equal(records_of(RECORD_OP_INTENT), 1);
	dispatch_cancel(w.d, op, HOSPES_ECANCELLED, "enough");
}

static void
test_an_edited_effect(void **state)
{
	struct op *op = effect_once();
	struct payload_hash was = op->input_hash;
	struct fault fault;

	(void)state;
	assert_int_equal(says_of(op->reviews, "edit", NULL, &fault), HOSPES_EINPUT);
	assert_int_equal(says_of(op->reviews, "edit", "{\"body\":\"nine\"}", &fault), 0);
	assert_int_equal(op->state, OP_OPEN);
	assert_string_equal((const char *)op->input->data, "{\"body\":\"nine\"}");
	assert_true(payload_hash_equal(op->input_hash, was)); /* a replay asks for what it asked for */
	dispatch_cancel(w.d, op, HOSPES_ECANCELLED, "enough");
}

static void
test_a_rejected_effect(void **state)
{
	struct op *op = effect_once();
	struct record r;
	struct fault fault;

	(void)state;
	assert_int_equal(says_of(op->reviews, "reject", NULL, &fault), 0);
	assert_int_equal(op->status, HOSPES_EREJECTED);
	r = record_newest(RECORD_REFUSAL);
	assert_true(text_is(&r, TAG_GUARD, "review"));
	assert_int_equal(w.n_http, 0);
}

/* ---- Money ------------------------------------------------------------------------------------------------------- */

/* The root asks for a call of "b", which costs `price`. */
static struct op *
calls(int64_t price)
{
	if (w.n_versions < 2)
		version_add("b", "1.0.0");
	w.versions[1].price_micros = price;
	ask(root, "b");
	root->reissued = root->n_ops;
	return root->ops[root->n_ops - 1];
}

static void
turn(void)
{
	event_base_loop(w.loop, EVLOOP_NONBLOCK);
}

static void
test_money_in_one_question(void **state)
{
	struct op *first, *second, *third;
	struct fault fault;

	(void)state;
	w.policy->review_spend = 100;
	assert_int_equal(calls(100)->state, OP_OPEN); /* up to it, and not past it */
	assert_int_equal(calls(0)->state, OP_OPEN);
	first = calls(1);
	second = calls(50);
	assert_int_equal(first->state, OP_WAITING);
	assert_int_equal(second->state, OP_WAITING);
	assert_int_equal(records_of(RECORD_REVIEW), 1);
	assert_int_equal(w.run->priced, 100);
	assert_int_equal(says_of(first->reviews, "edit", "1", &fault), HOSPES_EINPUT);
	assert_int_equal(says_of(first->reviews, "approve", NULL, &fault), 0);
	assert_int_equal(first->state, OP_WAITING); /* in a turn of its own */
	w.versions[1].price_micros = 1;
	turn();
	assert_int_equal(first->state, OP_OPEN);
	assert_int_equal(second->state, OP_OPEN);
	third = calls(100); /* 201 are granted, and 102 begun */
	assert_int_equal(third->state, OP_WAITING);
	assert_int_equal(records_of(RECORD_REVIEW), 2);
	assert_int_equal(says_of(third->reviews, "reject", NULL, &fault), 0);
	turn();
	assert_int_equal(third->status, HOSPES_EREJECTED);
	assert_int_equal(calls(100)->status, HOSPES_EREJECTED); /* and nobody is asked again */
	assert_int_equal(calls(99)->state, OP_OPEN);
	assert_int_equal(records_of(RECORD_REVIEW), 2);
}

/* Whoever asked is gone: who waited for the same answer asks. */
static void
test_money_of_one_who_left(void **state)
{
	struct op *first, *second;
	struct fault fault;

	(void)state;
	w.policy->review_spend = 100;
	first = calls(101);
	second = calls(101);
	assert_null(second->reviews);
	dispatch_cancel(w.d, first, HOSPES_ECANCELLED, "enough");
	turn();
	assert_int_equal(second->state, OP_WAITING);
	assert_non_null(second->reviews);
	assert_int_equal(says_of(second->reviews, "approve", NULL, &fault), 0);
	dispatch_cancel(w.d, second, HOSPES_ECANCELLED, "before its turn");
	turn();
	assert_int_equal(second->status, HOSPES_ECANCELLED);
	assert_int_equal(w.run->priced, 0);
}

/* ---- Its op ends first ------------------------------------------------------------------------------------------- */

static void
test_expires_with_its_op(void **state)
{
	struct op *of_agent = agent_asks("{\"question\":\"Is it?\"}"), *of_policy = effect_once();
	_cleanup_(free_p) char *id = xstrdup(of_agent->reviews->id);
	struct review_said said = {.decision = "approve", .hash = of_agent->reviews->hash, .who = "uid:7"};
	struct fault fault;
	struct record r;

	(void)state;
	dispatch_cancel(w.d, of_agent, HOSPES_EDEADLINE, "its time was over");
	assert_int_equal(of_agent->status, HOSPES_EDEADLINE);
	r = record_newest(RECORD_RESOLVED);
	assert_true(text_is(&r, TAG_DECISION, REVIEW_EXPIRED));
	assert_true(text_is(&r, TAG_REVIEW, id));
	assert_int_equal(dispatch_review(w.d, w.run, id, &said, &fault), HOSPES_ENOENT);
	dispatch_cancel(w.d, of_policy, HOSPES_ECANCELLED, "enough");
	assert_int_equal(of_policy->status, HOSPES_ECANCELLED);
	assert_int_equal(records_of(RECORD_RESOLVED), 2);
	assert_int_equal(w.run->reviews_open, 0);
	assert_null(dispatch_reviews(w.run));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_agent_is_answered),
	    TEST(test_a_no_is_a_failure),
	    TEST(test_a_long_no),
	    TEST(test_choices),
	    TEST(test_questions_that_are_none),
	    TEST(test_only_so_many),
	    TEST(test_bound_to_what_was_shown),
	    TEST(test_asked_again),
	    TEST(test_large_context),
	    TEST(test_default_at_the_deadline),
	    TEST(test_nothing_begins_before),
	    TEST(test_an_edited_effect),
	    TEST(test_a_rejected_effect),
	    TEST(test_money_in_one_question),
	    TEST(test_money_of_one_who_left),
	    TEST(test_expires_with_its_op),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
