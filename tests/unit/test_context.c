/* How much a call is given: its input, one answer, all of them; and what its record says of that after a start. */

#include "dispatch/guard.h"
#include "dispatch_world.h"

static void
people(const char *conf)
{
	with_policy(conf);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
}

/* Of so many bytes, as JSON. */
static const char *
text(size_t len)
{
	static char room[4096];

	memset(room, 'x', sizeof(room));
	room[0] = room[len - 1] = '"';
	room[len] = '\0';
	return room;
}

static void
refused_by_context(int status)
{
	struct record r = record_newest(RECORD_REFUSAL);
	_cleanup_(free_p) char *guard = record_text(&r, TAG_GUARD);

	assert_string_equal(guard, "context");
	assert_int_equal(r.head.status, status);
}

static void
test_an_input_has_an_end(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { input = 100; }; };");
	root = start();
	ask_with(root, WIRE_OP_CALL, "b", 0, text(100), 100);
	assert_int_equal(root->ops[0]->state, OP_OPEN);
	ask_with(root, WIRE_OP_CALL, "b", 0, text(101), 101);
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	refused_by_context(HOSPES_ETOOLARGE);
	assert_non_null(strstr(sentence(root, 1), "has 101 bytes and may have 100 (`limits.b.input`)"));
	ask_with(root, WIRE_OP_CALL, "c", 0, text(101), 101);
	assert_int_equal(root->ops[2]->state, OP_OPEN);
}

static void
test_a_context_bounds_an_input_too(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { b: { input = 100; context = 50; }; };");
	root = start();
	ask_with(root, WIRE_OP_CALL, "b", 0, text(51), 51);
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	assert_non_null(strstr(sentence(root, 0), "(`limits.b.context`)"));
}

/* 2 of its input, 98 and 900 of answers: the next byte is one too many. */
static void
test_answers_add_up(void **state)
{
	struct call *root;

	(void)state;
	people("limits: { a: { context = 1000; }; };");
	root = start();
	ask(root, "b");
	reply(newest(), 0, text(98));
	assert_int_equal(root->given, 100);
	ask(root, "b");
	reply(newest(), 0, text(901));
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	refused_by_context(HOSPES_ETOOLARGE);
	assert_non_null(strstr(sentence(root, 1), "a has been given 100 in this call"));
	root->given = 100; /* without the sentence */
	ask(root, "b");
	reply(newest(), 0, text(900));
	assert_int_equal(root->ops[2]->status, 0);
	ask(root, "b");
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	assert_non_null(strstr(sentence(root, 3), "a has been given 1000 bytes in this call"));
	refused_by_context(HOSPES_ETOOLARGE);
	/* what has no length to speak of may be asked for */
	ask_with(root, WIRE_OP_NOW, "", 0, "", 0);
	assert_int_equal(root->ops[4]->status, 0);
}

/* Each call has its own. */
static void
test_a_child_counts_for_itself(void **state)
{
	struct call *root, *b;

	(void)state;
	people("limits: { a: { context = 1000; }; };");
	root = start();
	ask(root, "b");
	b = newest();
	ask(b, "c");
	reply(newest(), 0, text(2000));
	assert_int_equal(b->ops[0]->status, 0);
	assert_int_equal(root->given, 2);
	reply(b, 0, "1");
	assert_int_equal(root->given, 3);
}

static void
test_answers_from_outside(void **state)
{
	_cleanup_(payload_unref) struct payload *answer = payload_text(text(200));
	struct call *root;

	(void)state;
	people("limits: { a: { context = 100; }; }; grants: { a: { http = [ \"*\" ]; }; };");
	root = start();
	ask_with(root, WIRE_OP_HTTP, "http://example.org/", 0, "{}", 2);
	w.awaited(w.awaited_arg);
	w.http.done(0, answer, NULL, w.http.arg);
	assert_int_equal(last_status(), HOSPES_ETOOLARGE);
	assert_non_null(strstr(sentence(root, 0), "the answer of http://example.org/ has 200 bytes"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_an_input_has_an_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_context_bounds_an_input_too, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_answers_add_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_child_counts_for_itself, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_answers_from_outside, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
