/*
 * Effects outside the host: intents, keys, what each class bears when a host ended between intent and outcome, and what a
 * human's decision makes of it.
 */

#include "effects_world.h"

/* ---- Playing it -------------------------------------------------------------------------------------------------- */

/* An op as it is made from a record of intent, and its host's part in that: `begun` times begun. */
static struct op *
restored(uint8_t effect, const char *key, uint16_t begun)
{
	uint32_t ordinal = root->n_ops;
	bool made;
	struct op *op = call_op(root, ordinal, &made);

	call_ref(root);
	root->open_ops++;
	root->reissued++;
	root->state = CALL_PARKED;
	root->waits_for = ordinal;
	op->kind = WIRE_OP_HTTP;
	op->effect = effect;
	op->state = OP_OPEN;
	op_set_target(op, URL);
	op->key = key == NULL ? NULL : xstrdup(key);
	op->input = payload_text("{}");
	op->input_len = op->input->len;
	op->input_hash = payload_hash(op->input);
	root->kept_bytes += op->input_len;
	op->deadline_real_ns = root->deadline_real_ns;
	op->begun = begun;
	op->intent_real_ns = 1700000000 * NS_PER_S;
	executor_of(op)->resume(w.d, op);
	return op;
}

static int
resolve(const char *path, enum decision_outcome outcome, json_t *answer, struct fault *fault)
{
	struct decision said = {.outcome = outcome, .answer = answer, .who = "uid:7", .why = "I looked"};
	int rc = dispatch_resolve(w.d, w.run, path, &said, fault);

	json_decref(answer);
	return rc;
}

static void
text_is(const struct record *r, enum record_tag tag, const char *expected)
{
	_cleanup_(free_p) char *text = record_text(r, tag);

	assert_string_equal(text, expected);
}

static bool
value_is(const struct op *op, const char *json)
{
	_cleanup_(json_p) json_t *value = json_loads((const char *)op->value->data, JSON_DECODE_ANY, NULL);
	_cleanup_(json_p) json_t *expected = json_loads(json, JSON_DECODE_ANY, NULL);

	return json_equal(value, expected);
}

/* ---- Intents and keys -------------------------------------------------------------------------------------------- */

static void
test_keys(void **state)
{
	_cleanup_(free_p) char *own = xasprintf("%s:/0:1:1", w.run->id_text);

	(void)state;
	asked(WIRE_EFFECT_IDEMPOTENT, NULL);
	durable();
	assert_null(w.http.key);
	answered("1");
	asked(WIRE_EFFECT_KEYED, NULL);
	durable();
	assert_string_equal(w.http.key, own);
	answered("1");
	asked(WIRE_EFFECT_KEYED, "mine");
	durable();
	assert_string_equal(w.http.key, "mine");
	answered("1");
	asked(WIRE_EFFECT_COSTLY, NULL);
	durable();
	assert_non_null(w.http.key);
	assert_false(w.http.once);
	answered("1");
	asked(WIRE_EFFECT_ONCE, NULL);
	durable();
	assert_int_equal(root->ops[4]->begun, 1);
	assert_true(w.http.once);
	answered("1");
}

static void
test_stopped_before_it_was_sent(void **state)
{
	struct op *op = asked(WIRE_EFFECT_ONCE, NULL);

	(void)state;
	dispatch_cancel(w.d, op, HOSPES_ECANCELLED, "enough"); /* the intent is not durable yet */
	assert_int_equal(op->status, HOSPES_ECANCELLED);
	op = asked(WIRE_EFFECT_ONCE, NULL);
	durable();
	w.unsent = true;
	dispatch_cancel(w.d, op, HOSPES_ECANCELLED, "enough");
	assert_int_equal(op->status, HOSPES_ECANCELLED);
}

static void
test_stopped_after_it_was_sent(void **state)
{
	struct op *op = asked(WIRE_EFFECT_ONCE, NULL);

	(void)state;
	durable();
	dispatch_cancel(w.d, op, HOSPES_EDEADLINE, "its time was over");
	assert_int_equal(op->status, HOSPES_EUNKNOWN);
	assert_int_equal(last_status(), HOSPES_EUNKNOWN);
	op = asked(WIRE_EFFECT_KEYED, NULL);
	durable();
	dispatch_cancel(w.d, op, HOSPES_EDEADLINE, "its time was over");
	assert_int_equal(op->status, HOSPES_EDEADLINE);
}

/* ---- A host that ended between intent and outcome ------------------------------------------------------------------ */

static void
test_done_again(void **state)
{
	static const uint8_t classes[] = {
	    WIRE_EFFECT_PURE, WIRE_EFFECT_IDEMPOTENT, WIRE_EFFECT_KEYED, WIRE_EFFECT_COSTLY};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		struct op *op = restored(classes[i], "its key", 1);
		struct record r;

		assert_int_equal(w.n_http, i); /* not before the intent is durable again */
		durable();
		assert_int_equal(w.n_http, i + 1);
		assert_string_equal(w.http.key, "its key");
		r = record_newest(RECORD_OP_INTENT);
		assert_int_equal(record_int(&r, TAG_NUMBER), 1);
		assert_int_equal(r.head.attempt, 1);
		answered("{\"status\": 200}");
		assert_int_equal(op->status, 0);
		assert_int_equal(last_status(), 0);
	}
}

static void
test_each_time_before_is_told(void **state)
{
	struct record r;

	(void)state;
	restored(WIRE_EFFECT_COSTLY, NULL, 3);
	durable();
	r = record_newest(RECORD_OP_INTENT);
	assert_int_equal(record_int(&r, TAG_NUMBER), 3);
	failed(HOSPES_EHTTP, "it broke off");
	r = record_newest(RECORD_OP_OUTCOME);
	assert_int_equal(record_int(&r, TAG_NUMBER), 1);
	restored(WIRE_EFFECT_COSTLY, NULL, 1);
	durable();
	w.unsent = true;
	failed(HOSPES_EHTTP, "nobody listens");
	r = record_newest(RECORD_OP_OUTCOME);
	assert_null(record_find(&r, TAG_NUMBER));
}

static void
test_no_longer_permitted(void **state)
{
	static char *none[] = {NULL};
	struct op *op;

	(void)state;
	w.versions[0].needs = none;
	op = restored(WIRE_EFFECT_IDEMPOTENT, NULL, 1);
	assert_int_equal(op->status, HOSPES_EPERM);
	op = restored(WIRE_EFFECT_KEYED, NULL, 1);
	assert_int_equal(op->status, HOSPES_EUNKNOWN);
	assert_non_null(strstr((const char *)op->value->data, "may have taken place"));
	assert_int_equal(w.n_http, 0);
}

static void
test_once_waits(void **state)
{
	struct op *op = restored(WIRE_EFFECT_ONCE, NULL, 1);
	_cleanup_(json_p) json_t *undecided = dispatch_undecided(w.run);
	const json_t *one = json_array_get(undecided, 0);
	struct fault fault;

	(void)state;
	assert_int_equal(op->state, OP_OPEN);
	assert_null(w.awaited);
	assert_int_equal(w.n_http, 0);
	assert_int_equal(json_array_size(undecided), 1);
	assert_string_equal(json_string_value(json_object_get(one, "path")), "/0/0");
	assert_string_equal(json_string_value(json_object_get(one, "since")), "2023-11-14T22:13:20.000Z");
	assert_non_null(strstr(json_string_value(json_object_get(one, "command")), " /0/0 --outcome"));
	/* What does not wait is not decided. */
	asked(WIRE_EFFECT_ONCE, NULL);
	for (const char *const *path = (const char *const[]){"/0/1", "/0", "/", "", "/0/9", "/0/0/0", "/00", "/0/",
		 "/1/0", "/0//0", "/0/0x", "0/0", "/0/-0", "/0/99999999999", "/0/4294967296", NULL};
	     *path != NULL; path++)
		assert_int_equal(resolve(*path, DECISION_DONE, NULL, &fault), HOSPES_ECONFLICT);
	assert_int_equal(w.run->undecided, 1);
}

static void
test_decided_done(void **state)
{
	struct op *op = restored(WIRE_EFFECT_ONCE, NULL, 1);
	struct fault fault;
	struct record r;

	(void)state;
	assert_int_equal(resolve("/0/0", DECISION_DONE, NULL, &fault), 0);
	assert_int_equal(op->status, 0);
	assert_true(value_is(op, "{\"status\": 204, \"url\": \"" URL "\", \"headers\": {}, \"body\": \"\"}"));
	assert_int_equal(last_status(), 0);
	assert_int_equal(w.n_http, 0);
	r = record_newest(RECORD_RESOLVED);
	text_is(&r, TAG_DECISION, "done");
	text_is(&r, TAG_ACTOR, "uid:7");
	text_is(&r, TAG_REASON, "I looked");
	text_is(&r, TAG_PATH, "/0/0");
	assert_non_null(record_find(&r, TAG_OUTPUT));
	assert_int_equal(w.kinds[w.n_records - 1], RECORD_OP_OUTCOME);
	assert_null(dispatch_undecided(w.run));
	assert_int_equal(resolve("/0/0", DECISION_NOT_DONE, NULL, &fault), HOSPES_ECONFLICT); /* once and for all */
}

static void
test_decided_with_an_answer(void **state)
{
	struct op *op = restored(WIRE_EFFECT_ONCE, NULL, 1);
	struct fault fault;

	(void)state;
	assert_int_equal(resolve("/0/0", DECISION_ANSWER, json_string("yes"), &fault), HOSPES_EINPUT);
	assert_int_equal(resolve("/0/0", DECISION_ANSWER, json_pack("{s:i}", "status", 99), &fault), HOSPES_EINPUT);
	assert_int_equal(op->state, OP_OPEN);
	w.policy->payload_max = 100;
	assert_int_equal(resolve("/0/0", DECISION_ANSWER,
			     json_pack("{s:i s:s}", "status", 200, "body",
				 "more and more and more and more and more and more and more and more and more"),
			     &fault),
	    HOSPES_ETOOLARGE);
	assert_int_equal(op->state, OP_OPEN);
	assert_int_equal(
	    resolve("/0/0", DECISION_ANSWER, json_pack("{s:i s:s}", "status", 201, "body", "7"), &fault), 0);
	assert_true(value_is(op, "{\"status\": 201, \"url\": \"" URL "\", \"headers\": {}, \"body\": \"7\"}"));
}

static void
test_decided_not_done(void **state)
{
	_cleanup_(free_p) char *first = xasprintf("%s:/0:0:1", w.run->id_text);
	_cleanup_(free_p) char *second = xasprintf("%s:/0:0:2", w.run->id_text);
	struct op *op = restored(WIRE_EFFECT_ONCE, first, 1);
	struct fault fault;
	struct record r;

	(void)state;
	assert_int_equal(resolve("/0/0", DECISION_NOT_DONE, NULL, &fault), 0);
	r = record_newest(RECORD_RESOLVED);
	text_is(&r, TAG_DECISION, "not-done");
	assert_int_equal(r.head.attempt, 2);
	r = record_newest(RECORD_OP_INTENT);
	assert_int_equal(r.head.attempt, 2);
	assert_null(record_find(&r, TAG_NUMBER)); /* this attempt was not begun before */
	text_is(&r, TAG_KEY, second);
	assert_null(dispatch_undecided(w.run));
	durable();
	assert_int_equal(w.n_http, 1);
	assert_string_equal(w.http.key, second);
	answered("1");
	assert_int_equal(op->status, 0);
	/* A key of the author's own says what the deed is, whatever the attempt. */
	restored(WIRE_EFFECT_ONCE, "mine", 1);
	assert_int_equal(resolve("/0/1", DECISION_NOT_DONE, NULL, &fault), 0);
	durable();
	assert_string_equal(w.http.key, "mine");
	answered("1");
}

static void
test_killed_at_each_record(void **state)
{
	_cleanup_(free_p) char *second = xasprintf("%s:/0:0:2", w.run->id_text);
	struct fault fault;

	(void)state;
	asked(WIRE_EFFECT_ONCE, NULL);
	killed_after(until(RECORD_OP_INTENT));
	assert_int_equal(w.run->undecided, 1);
	assert_int_equal(resolve("/0/0", DECISION_NOT_DONE, NULL, &fault), 0);

	/* It was said not to be done, and the next intent was not on disk: so it was not sent, and nobody is asked again. */
	killed_after(until(RECORD_RESOLVED));
	assert_int_equal(w.run->undecided, 0);
	assert_int_equal(w.n_http, 0);
	durable();
	assert_int_equal(w.n_http, 1);
	assert_string_equal(w.http.key, second);

	killed_after(until(RECORD_OP_INTENT)); /* the second */
	assert_int_equal(w.run->undecided, 1);
	assert_int_equal(root->ops[0]->attempt, 2);
	assert_int_equal(resolve("/0/0", DECISION_ANSWER, json_pack("{s:i}", "status", 201), &fault), 0);

	/* It was said what came of it, and that was not its outcome yet. */
	killed_after(until(RECORD_RESOLVED));
	assert_int_equal(root->ops[0]->state, OP_DONE);
	assert_true(value_is(root->ops[0], "{\"status\": 201, \"url\": \"" URL "\", \"headers\": {}, \"body\": \"\"}"));
	killed_after(until(RECORD_OP_OUTCOME));
	assert_int_equal(root->ops[0]->state, OP_DONE);
	assert_int_equal(root->ops[0]->status, 0);
	assert_int_equal(w.n_http, 1);
}

static void
test_a_costly_one_killed_again_and_again(void **state)
{
	struct record r;

	(void)state;
	asked(WIRE_EFFECT_COSTLY, NULL);
	for (int i = 1; i <= 3; i++) {
		killed_after(until(RECORD_OP_INTENT));
		r = record_newest(RECORD_OP_INTENT);
		assert_int_equal(record_int(&r, TAG_NUMBER), i);
	}
}

static void
test_the_deadline_of_what_waits(void **state)
{
	struct op *op = restored(WIRE_EFFECT_ONCE, NULL, 1);
	struct fault fault;

	(void)state;
	dispatch_cancel(w.d, op, HOSPES_EDEADLINE, "its time was over");
	assert_int_equal(op->status, HOSPES_EUNKNOWN);
	assert_int_equal(last_status(), HOSPES_EUNKNOWN);
	assert_null(dispatch_undecided(w.run));
	assert_int_equal(resolve("/0/0", DECISION_DONE, NULL, &fault), HOSPES_ECONFLICT);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, begin, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    PROMISE(test_keys),
	    PROMISE(test_stopped_before_it_was_sent),
	    PROMISE(test_stopped_after_it_was_sent),
	    PROMISE(test_done_again),
	    PROMISE(test_each_time_before_is_told),
	    PROMISE(test_no_longer_permitted),
	    PROMISE(test_once_waits),
	    PROMISE(test_decided_done),
	    PROMISE(test_decided_with_an_answer),
	    PROMISE(test_decided_not_done),
	    PROMISE(test_killed_at_each_record),
	    PROMISE(test_a_costly_one_killed_again_and_again),
	    PROMISE(test_the_deadline_of_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
