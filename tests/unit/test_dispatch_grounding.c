/*
 * The grounding guard: what a call replies is looked at before it is its outcome.  In these tests b is checked by c and d,
 * which are checks, and a, the root, calls b.
 */

#include "dispatch_world.h"

#include <stdlib.h>

#define CLAIMS "{\"claims\":[{\"text\":\"one\"},{\"text\":\"two\"},{\"text\":\"three\"}]}"
#define PASSED "{\"score\":0.75,\"failed\":[],\"reasons\":[\"all there\"]}"
#define FAILED                                                                                                         \
	"{\"score\":0,\"failed\":[{\"claim\":1,\"text\":\"two\",\"why\":\"not what stands "                            \
	"there\",\"quote\":\"must\\n pay\","                                                                           \
	"\"found\":\"may ask\",\"document\":\"GPL-3\"}]}"

/* The same claims in another reply: of the same one a check is not asked twice. */
static const char *
claims(unsigned n)
{
	static char text[sizeof(CLAIMS) + 32];

	snprintf(text, sizeof(text), "{\"n\":%u,%s", n, CLAIMS + 1);
	return text;
}

static const char *const usual = "grounding: { b: { checks = [ \"c\", \"d\" ]; }; };";

/* A world with this configuration. */
static void
configure(const char *text)
{
	with_policy(text);
	version_add("a", "1.0.0");
	version_add("b", "2.0.0");
	version_add("c", "1.0.0")->kind = PLUGIN_CHECK;
	version_add("d", "1.0.0")->kind = PLUGIN_CHECK;
}

/* The root has called b, and b has replied: *ret is b. */
static struct call *
b_replies(const char *text, struct call **ret)
{
	struct call *root = start();

	ask(root, "b");
	*ret = newest();
	reply(*ret, 0, text);
	return root;
}

/* ---- Passing ----------------------------------------------------------------------------------------------------- */

static void
test_a_reply_passes_its_checks(void **state)
{
	struct call *root, *b, *c, *d;

	(void)state;
	configure(usual);
	root = b_replies(CLAIMS, &b);
	assert_int_equal(w.n_submitted, 4); /* side by side */
	assert_int_equal(w.n_outcomes, 0);
	c = w.submitted[2];
	d = w.submitted[3];
	assert_string_equal(c->plugin, "c");
	assert_string_equal(c->path, "/0/0/0");
	assert_string_equal(d->path, "/0/0/1");
	assert_ptr_equal(call_parent(c), b);
	assert_int_equal(c->depth, b->depth);
	assert_string_equal((const char *)c->input->data,
	    "{\"agent\":\"b\",\"version\":\"2.0.0\",\"confidence\":1,\"input\":{},\"output\":" CLAIMS "}");
	reply(d, 0, "{\"score\":1,\"failed\":[]}");
	assert_int_equal(w.n_outcomes, 0);
	reply(c, 0, PASSED);
	assert_int_equal(w.n_outcomes, 1);
	assert_int_equal(last_status(), 0);
	assert_string_equal((const char *)root->ops[0]->value->data, CLAIMS);
	assert_true(root->ops[0]->confidence == 0.75); /* the lowest of all */
	assert_int_equal(records_of(RECORD_REFUSAL), 0);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 3);
	assert_int_equal(w.calls.count, 1);
}

static void
test_ordinals_follow_those_of_the_call(void **state)
{
	struct call *b;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	version_add("e", "1.0.0");
	ask(start(), "b");
	b = newest();
	ask(b, "e");
	reply(newest(), 0, "1");
	ask(b, "e"); /* still open as b replies: cancelled, and there all the same */
	reply(b, 0, "1");
	assert_string_equal(newest()->path, "/0/0/2");
	assert_string_equal(newest()->plugin, "c");
}

static void
test_nobody_looks_where_nothing_is_said(void **state)
{
	struct call *root, *b;

	(void)state;
	configure("grounding: { b: { checks = [ ]; }; c: { checks = [ \"d\" ]; }; };");
	root = b_replies(CLAIMS, &b);
	assert_int_equal(last_status(), 0);
	ask(root, "c"); /* a check is not checked, even where somebody says so */
	reply(newest(), 0, PASSED);
	assert_int_equal(w.n_submitted, 3);
	assert_int_equal(last_status(), 0);
}

static void
test_what_fails_is_not_looked_at(void **state)
{
	struct call *root;

	(void)state;
	configure(usual);
	root = start();
	ask(root, "b");
	reply(newest(), HOSPES_EFAILED, "no luck");
	assert_int_equal(last_status(), HOSPES_EFAILED);
	assert_int_equal(w.n_submitted, 2);
}

/* ---- Refusing ---------------------------------------------------------------------------------------------------- */

static void
test_a_failed_claim_refuses_the_reply(void **state)
{
	struct call *root, *b;
	struct record r;

	(void)state;
	configure(usual);
	root = b_replies(CLAIMS, &b);
	reply(w.submitted[3], 0, PASSED);
	reply(w.submitted[2], 0, FAILED);
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_string_equal(sentence(root, 0), "the reply of b 2.0.0 is not grounded: 1 of 3 claims fails the check c; "
					       "\"two\": not what stands there; it quotes "
					       "\"must pay\" and GPL-3 has \"may ask\"");
	assert_int_equal(records_of(RECORD_REFUSAL), 1);
	assert_int_equal(records_of(RECORD_CALL_END), 3);
	r = record_newest(RECORD_REFUSAL);
	assert_memory_equal(record_find(&r, TAG_GUARD)->data, "grounding", 9);
	assert_int_equal(r.head.status, HOSPES_EGROUND);
	assert_int_equal(record_find(&r, TAG_BODY)->len, w.run->findings->len);
	assert_string_equal((const char *)w.run->findings->data,
	    "[{\"check\":\"c\",\"claim\":1,\"text\":\"two\",\"why\":\"not what stands there\",\"quote\":\"must\\n "
	    "pay\","
	    "\"found\":\"may ask\",\"document\":\"GPL-3\"}]");
	assert_int_equal(w.calls.count, 1);
}

static void
test_several_checks_may_refuse(void **state)
{
	struct call *root, *b;

	(void)state;
	configure(usual);
	root = b_replies("7", &b);
	reply(w.submitted[2], HOSPES_EFAILED, "cannot read");
	reply(w.submitted[3], 0, FAILED);
	assert_string_equal(sentence(root, 0),
	    "the reply of b 2.0.0 is not shown to be grounded: the check c failed as failed: cannot read (1 more check "
	    "refuses it)");
}

/* What is no answer of a check is none, however friendly it sounds. */
static void
test_other_forms_refuse(void **state)
{
	static const char *const forms[] = {"", "true", "{}", "[]", "not JSON", "{\"score\":1}", "{\"failed\":[]}",
	    "{\"score\":1,\"failed\":null}", "{\"score\":1,\"failed\":{}}", "{\"score\":1.01,\"failed\":[]}",
	    "{\"score\":-1,\"failed\":[]}", "{\"score\":\"1\",\"failed\":[]}",
	    "{\"score\":1,\"failed\":[],\"failed\":[]}"};
	struct call *root;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	root = start();
	for (uint32_t i = 0; i < ARRAY_LEN(forms); i++) {
		ask(root, "b");
		reply(newest(), 0, claims(i));
		reply(newest(), 0, forms[i]);
		assert_int_equal(root->ops[i]->status, HOSPES_EGROUND);
		assert_says(root, i, "the check c answered in another form");
	}
	/* Failed claims of any form are failed claims. */
	ask(root, "b");
	reply(newest(), 0, claims(99));
	reply(newest(), 0, "{\"score\":1,\"failed\":[null,{\"claim\":\"x\",\"why\":7},3,4]}");
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, (uint32_t)ARRAY_LEN(forms), "1 of 3 claims fails the check c");
}

/* Long texts that differ late are shown where they do; one claim that fails twice is one; white space is told. */
static void
test_the_sentence_shows_where_texts_part(void **state)
{
	_cleanup_(json_p) json_t *findings = NULL;
	struct call *root;
	char text[601], said[2000];

	(void)state;
	memset(text, 'x', 600);
	text[600] = '\0';
	memcpy(text + 448, "\xc3\xa4", 2);
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	root = start();
	ask(root, "b");
	reply(newest(), 0, claims(0));
	snprintf(said, sizeof(said),
	    "{\"score\":0,\"failed\":[{\"claim\":0,\"text\":\"one\",\"why\":\"w\",\"quote\":\"%s must\",\"found\":\"%s "
	    "may\"},"
	    "{\"claim\":0,\"text\":\"one\",\"why\":\"again\"},{\"claim\":2,\"text\":\"three\"}]}",
	    text, text);
	reply(newest(), 0, said);
	assert_says(root, 0, "2 of 3 claims fail the check c; \"one\": w; it quotes \"…x");
	assert_says(root, 0, "xxx must\" and the document has \"…x");
	assert_says(root, 0, "xxx may\"");
	ask(root, "b");
	reply(newest(), 0, claims(1));
	reply(newest(), 0,
	    "{\"score\":0,\"failed\":[{\"claim\":0,\"text\":\"one\",\"why\":\"w\",\"quote\":\"a  "
	    "b\",\"found\":\"a\\nb\"}]}");
	assert_says(root, 1, "it quotes \"a b\" and the document has \"a b\", with other white space");
	/* A claim and the point that is made of it differ in white space only, and are found once. */
	ask(root, "b");
	reply(newest(), 0, claims(2));
	reply(newest(), 0,
	    "{\"score\":0,\"failed\":[{\"claim\":1,\"text\":\"a\\nb\",\"why\":\"w\"},{\"claim\":2,\"text\":\"c\"},"
	    "{\"claim\":1,\"text\":\"a b\",\"why\":\"w\"}]}");
	assert_says(root, 2, "2 of 3 claims fail the check c; \"a b\": w");
	findings = json_loadb((const char *)w.run->findings->data, w.run->findings->len, 0, NULL);
	assert_int_equal(json_array_size(findings), 2);
}

static void
test_findings_are_bounded(void **state)
{
	_cleanup_(buf_free) struct buf said = {0};
	struct call *root, *b;
	char *text = malloc(5001);

	(void)state;
	memset(text, 'x', 5000);
	memcpy(text + 149, "\xc3\xa4", 2); /* a character that the sentence would cut in two */
	text[5000] = '\0';
	buf_appends(&said, "{\"score\":0,\"failed\":[");
	for (int i = 0; i < 100; i++)
		buf_printf(&said, "%s{\"claim\":%d,\"text\":\"%s\",\"why\":\"%s\"}", i == 0 ? "" : ",", i, text, text);
	buf_appends(&said, "]}");
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	root = b_replies(CLAIMS, &b);
	reply(newest(), 0, buf_text(&said));
	assert_in_range(w.run->findings->len, 50000, 64 * KIB);
	assert_true(utf8_valid(root->ops[0]->value->data, root->ops[0]->value->len));
	assert_says(root, 0, "xx…\"");
	assert_says(root, 0, "100 claims fail");
	free(text);
}

/* Bytes that are no JSON, or two kinds of it, are shown to the check as the text that they are. */
static void
test_a_reply_cannot_forge_what_the_check_sees(void **state)
{
	static const struct {
		const char *said, *seen;
	} rows[] = {
	    {"1},\"output\":{\"claims\":[]", "\"output\":\"1},\\\"output\\\":{\\\"claims\\\":[]\"}"},
	    {"{\"claims\":[1],\"claims\":[]}", "\"output\":\"{\\\"claims\\\":[1],\\\"claims\\\":[]}\"}"},
	    {"", "\"output\":\"\"}"},
	    {"[1 , 2]", "\"output\":[1 , 2]}"},
	};
	struct call *root;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	root = start();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *input;

		ask(root, "b");
		reply(newest(), 0, rows[i].said);
		input = (const char *)newest()->input->data;
		assert_non_null(strstr(input, rows[i].seen));
		reply(newest(), 0, PASSED);
	}
}

/* ---- Checks that cannot look ------------------------------------------------------------------------------------- */

static void
test_checks_that_are_none(void **state)
{
	struct call *root, *b;

	(void)state;
	configure("grounding: { b: { checks = [ \"nobody\" ]; }; a: { checks = [ \"b\" ]; }; };");
	root = b_replies(CLAIMS, &b);
	assert_int_equal(last_status(), HOSPES_EGROUND); /* at once */
	assert_says(root, 0, "the check nobody failed as no_such_agent: there is no plugin nobody");
	reply(root, 0, CLAIMS);
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_EGROUND);
	assert_non_null(
	    strstr((const char *)w.run->root.value->data, "failed as permission_denied: b is not of the kind"));
	assert_int_equal(w.n_submitted, 2); /* b was not called as a check */
}

static void
test_a_check_asks_nobody(void **state)
{
	struct call *root, *b, *c;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	root = b_replies(CLAIMS, &b);
	c = newest();
	ask(c, "a");
	assert_int_equal(last_status(), HOSPES_EPERM);
	assert_says(c, 0, "c may not call a: a check asks nobody");
	ask_with(c, WIRE_OP_FIND, "read.*", 0, "", 0);
	assert_int_equal(last_status(), HOSPES_EPERM);
	ask_with(c, WIRE_OP_NOW, "", 0, "", 0);
	assert_int_equal(last_status(), 0);
	reply(c, 0, PASSED);
	ask(root, "c"); /* nor when an agent calls it */
	ask(newest(), "b");
	assert_int_equal(last_status(), HOSPES_EPERM);
}

static void
test_checks_are_paid_for(void **state)
{
	struct call *root, *b;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	w.run->account.limit[QUANTITY_CALLS] = 3;
	root = b_replies(CLAIMS, &b);
	reply(newest(), 0, PASSED);
	assert_int_equal(last_status(), 0);
	assert_int_equal(w.run->account.spent[QUANTITY_CALLS], 2);
	assert_int_equal(w.run->account.reserved[QUANTITY_CALLS], 1);

	w.run->account.limit[QUANTITY_CALLS] = 4;
	ask(root, "b");
	reply(newest(), 0, claims(1));
	assert_int_equal(last_status(), HOSPES_EGROUND);
	assert_says(root, 1, "failed as budget_exceeded");
}

static void
test_a_late_check_can_still_be_told(void **state)
{
	struct call *b;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; };");
	(void)b_replies(CLAIMS, &b);
	assert_true(newest()->deadline_real_ns < b->deadline_real_ns);
	assert_true(newest()->deadline_real_ns > clock_real_ns() + 3000 * NS_PER_S); /* of an hour */
	assert_non_null(newest()->op->timer);
}

static void
test_who_is_checked_holds_no_slot(void **state)
{
	struct call *root, *b;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; }; limits: { b: { concurrency = 1; }; };");
	root = start();
	ask(root, "b");
	b = newest();
	ask(root, "b");
	assert_int_equal(w.n_submitted, 2);
	reply(b, 0, CLAIMS);
	assert_int_equal(w.n_submitted, 4); /* the check, and the b that waited */
	reply(w.submitted[2]->op->check ? w.submitted[2] : w.submitted[3], 0, PASSED);
	assert_int_equal(last_status(), 0);
	ask(root, "b"); /* what was given back was given back once */
	assert_int_equal(root->ops[2]->state, OP_WAITING);
}

/* ---- Stopping ---------------------------------------------------------------------------------------------------- */

static void
test_stopped_while_it_is_checked(void **state)
{
	struct call *root, *b, *c, *d;

	(void)state;
	configure(usual);
	root = b_replies(CLAIMS, &b);
	c = w.submitted[2];
	d = w.submitted[3];
	dispatch_cancel(w.d, root->ops[0], HOSPES_EDEADLINE, "its time was over");
	assert_int_equal(w.n_cancelled, 2); /* the checks; b has let go of its cell */
	assert_int_equal(w.n_outcomes, 0);
	reply(c, 0, PASSED);
	reply(d, HOSPES_EDEADLINE, "stopped");
	assert_int_equal(last_status(), HOSPES_EDEADLINE);
	assert_string_equal(sentence(root, 0), "b was stopped while its reply was checked: its time was over");
	assert_int_equal(w.calls.count, 1);
}

/* The check waits for a slot, so that its end, and with it that of the reply, comes within the cancel. */
static void
test_stopped_while_its_checks_wait(void **state)
{
	struct call *root, *b, *busy;

	(void)state;
	configure("grounding: { b: { checks = [ \"c\" ]; }; }; limits: { c: { concurrency = 1; }; };");
	root = start();
	ask(root, "c");
	busy = newest();
	ask(root, "b");
	b = newest();
	reply(b, 0, CLAIMS);
	assert_int_equal(w.n_submitted, 3);
	dispatch_cancel(w.d, root->ops[1], HOSPES_ECANCELLED, "nobody wants it");
	assert_int_equal(root->ops[1]->status, HOSPES_ECANCELLED);
	assert_int_equal(w.calls.count, 2);
	reply(busy, 0, PASSED);
}

/* The same with the whole run, whose root is what is checked. */
static void
test_the_run_is_cancelled_while_its_root_is_checked(void **state)
{
	struct call *root;

	(void)state;
	configure("grounding: { a: { checks = [ \"c\" ]; }; };");
	root = start();
	reply(root, 0, CLAIMS);
	assert_false(w.ended);
	dispatch_cancel(w.d, &w.run->root, HOSPES_ECANCELLED, "somebody cancelled the run");
	assert_false(w.ended);
	reply(newest(), HOSPES_ECANCELLED, "stopped");
	assert_true(w.ended);
	assert_int_equal(w.run->root.status, HOSPES_ECANCELLED);
}

/* What is partial of a reply that is refused says nothing of the run. */
static void
test_partial_goes_with_the_reply(void **state)
{
	_cleanup_(payload_unref) struct payload *value = payload_text(CLAIMS), *partial = payload_text("[{}]");
	struct call *root;

	(void)state;
	configure("grounding: { a: { checks = [ \"c\" ]; }; };");
	root = start();
	root->state = CALL_DONE;
	root->cell = NULL;
	w.events.reply(root, 0, value, 0.5, partial, w.events.arg);
	assert_null(w.run->partial);
	reply(newest(), 0, FAILED);
	assert_true(w.ended);
	assert_null(w.run->partial);
	assert_int_equal(w.run->root.status, HOSPES_EGROUND);
}

static void
test_partial_of_a_reply_that_passes(void **state)
{
	_cleanup_(payload_unref) struct payload *value = payload_text(CLAIMS), *partial = payload_text("[{}]");
	struct call *root;

	(void)state;
	configure("grounding: { a: { checks = [ \"c\" ]; }; };");
	root = start();
	root->state = CALL_DONE;
	root->cell = NULL;
	w.events.reply(root, 0, value, 0.5, partial, w.events.arg);
	reply(newest(), 0, PASSED);
	assert_true(w.ended);
	assert_non_null(w.run->partial);
	assert_true(w.run->root.confidence == 0.5);
}

int
main(void)
{
#define WITH_WORLD(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    WITH_WORLD(test_a_reply_passes_its_checks),
	    WITH_WORLD(test_ordinals_follow_those_of_the_call),
	    WITH_WORLD(test_nobody_looks_where_nothing_is_said),
	    WITH_WORLD(test_what_fails_is_not_looked_at),
	    WITH_WORLD(test_a_failed_claim_refuses_the_reply),
	    WITH_WORLD(test_several_checks_may_refuse),
	    WITH_WORLD(test_other_forms_refuse),
	    WITH_WORLD(test_the_sentence_shows_where_texts_part),
	    WITH_WORLD(test_findings_are_bounded),
	    WITH_WORLD(test_a_reply_cannot_forge_what_the_check_sees),
	    WITH_WORLD(test_checks_that_are_none),
	    WITH_WORLD(test_a_check_asks_nobody),
	    WITH_WORLD(test_checks_are_paid_for),
	    WITH_WORLD(test_a_late_check_can_still_be_told),
	    WITH_WORLD(test_who_is_checked_holds_no_slot),
	    WITH_WORLD(test_stopped_while_it_is_checked),
	    WITH_WORLD(test_stopped_while_its_checks_wait),
	    WITH_WORLD(test_the_run_is_cancelled_while_its_root_is_checked),
	    WITH_WORLD(test_partial_goes_with_the_reply),
	    WITH_WORLD(test_partial_of_a_reply_that_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
