/* What becomes of cells that break the rules: they are killed, and nobody else comes to harm. */

#include "cell_world.h"

#include <signal.h>
#include <unistd.h>

static void
expect_killed(struct guest *g)
{
	world_turn();
	assert_true(g->kill_asked);
}

static void
test_wrong_phase(void **state)
{
	struct guest *g;

	(void)state;
	(void)world_submit("1");
	g = guest(0);
	guest_reply(g, 1, 0, "1");
	expect_killed(g);
}

static int filters;

static int
count_filters(pid_t pid)
{
	assert_int_equal(pid, getpid());
	return filters;
}

/* READY of a process that lacks the last filter is a lie, of one that is gone it says nothing. */
static void
test_ready_too_soon(void **state)
{
	struct guest *g;

	(void)state;
	world.cells->filters = 5;
	world.cells->filters_of = count_filters;
	(void)world_submit("1");
	g = guest(0);
	filters = -1;
	guest_ready(g);
	assert_int_equal(world.started, 0);
	assert_false(g->kill_asked);
	guest_die(g, SIGKILL);
	g = guest(1);
	filters = 4;
	guest_ready(g);
	assert_int_equal(world.started, 0);
	assert_int_equal(guest_hears_all(g, WIRE_START, NULL, 0), 0);
	assert_true(g->kill_asked);
}

static void
test_hello_twice(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_hello(g);
	expect_killed(g);
}

static void
test_length(void **state)
{
	struct wire_frame head = {.length = UINT32_MAX, .type = WIRE_OP, .call = 1};
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	head.call = handle;
	guest_bytes(g, &head, sizeof(head)); /* judged before its body is waited for */
	expect_killed(g);
}

static void
test_unknown_type(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_send(g, 999, handle, 0, 0, NULL, 0);
	expect_killed(g);
}

static void
test_foreign_handle(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_reply(g, handle + 1000, 0, "1");
	expect_killed(g);
	assert_int_equal(world.told[i].replies, 0);
}

/* Handles of calls that are in flight elsewhere are foreign too. */
static void
test_neighbours_handle(void **state)
{
	uint64_t handle;
	unsigned i, j;
	struct guest *g = guest_with_call(&i, &handle), *other;

	(void)state;
	world.run.client = (char *)"uid:1001";
	j = world_submit("2");
	other = guest(1);
	guest_ready(other);
	guest_reply(other, handle, 0, "\"stolen\"");
	expect_killed(other);
	assert_false(g->kill_asked);
	assert_int_equal(world.told[i].replies, 0);
	assert_int_equal(world.told[j].replies, 0);
}

static void
test_ordinal_gap(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_op(g, handle, 1, WIRE_OP_NOW, 0, "", "");
	expect_killed(g);
	assert_int_equal(world.told[i].ops, 0);
}

static void
test_op_lengths(void **state)
{
	struct wire_op op = {.kind = WIRE_OP_CALL, .target_len = 200};
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_send(g, WIRE_OP, handle, 0, 0, &op, sizeof(op)); /* the target is not there */
	expect_killed(g);
}

/* Members of a group say how many share what is left. */
static void
test_op_shares(void **state)
{
	struct wire_op op = {.kind = WIRE_OP_CALL, .target_len = 1, .share_calls = -WIRE_SHARERS_MAX};
	uint8_t body[sizeof(op) + 1];
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	memcpy(body, &op, sizeof(op));
	body[sizeof(op)] = 'a';
	guest_send(g, WIRE_OP, handle, 0, 0, body, sizeof(body));
	world_turn();
	assert_int_equal(world.told[i].ops, 1);
	assert_false(g->kill_asked);
	op.share_calls--;
	memcpy(body, &op, sizeof(op));
	guest_send(g, WIRE_OP, handle, 1, 0, body, sizeof(body));
	expect_killed(g);
}

/* A key of memory is longer than a name, and has an end all the same. */
static void
test_op_targets(void **state)
{
	struct wire_op op = {.kind = WIRE_OP_RECALL, .target_len = WIRE_KEY_MAX};
	uint8_t body[sizeof(op) + WIRE_KEY_MAX + 1];
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	memset(body, 'k', sizeof(body));
	memcpy(body, &op, sizeof(op));
	guest_send(g, WIRE_OP, handle, 0, 0, body, sizeof(op) + WIRE_KEY_MAX);
	world_turn();
	assert_int_equal(world.told[i].ops, 1);
	assert_false(g->kill_asked);
	op.target_len++;
	memcpy(body, &op, sizeof(op));
	guest_send(g, WIRE_OP, handle, 1, 0, body, sizeof(body));
	expect_killed(g);
}

static void
test_op_kind(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_op(g, handle, 0, 4711, 0, "x", "");
	expect_killed(g);
	assert_int_equal(world.told[i].ops, 0);
}

static void
test_unclean_target(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_op(g, handle, 0, WIRE_OP_CALL, 0, "a\nb\xff", "");
	world_turn();
	assert_string_equal(world.told[i].target, "a b?");
	assert_false(g->kill_asked);
}

static void
test_reply_twice(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	guest_reply(g, handle, 0, "1");
	guest_reply(g, handle, 0, "2");
	expect_killed(g);
	assert_string_equal(world.told[i].text, "1");
	assert_int_equal(world.told[i].replies, 1);
}

static void
test_bytewise(void **state)
{
	struct wire_frame head = {.length = sizeof(struct wire_reply) + 2, .type = WIRE_REPLY};
	struct wire_reply reply = {.confidence = 0.5};
	_cleanup_(buf_free) struct buf bytes = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	head.call = handle;
	buf_append(&bytes, &head, sizeof(head));
	buf_append(&bytes, &reply, sizeof(reply));
	buf_appends(&bytes, "17");
	for (size_t n = 0; n < bytes.len; n++) {
		assert_int_equal(world.told[i].replies, 0);
		guest_bytes(g, bytes.data + n, 1);
		world_turn();
	}
	assert_string_equal(world.told[i].text, "17");
}

/* A cell can't cut the page short and have the host fall over it. */
static void
test_page_is_sealed(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = guest_with_call(&i, &handle);

	(void)state;
	assert_int_not_equal(ftruncate(g->page_fd, 0), 0);
	g->page->report_len = UINT32_MAX;
	memset(g->page->report, 0xff, sizeof(g->page->report));
	guest_die(g, SIGSEGV);
	assert_int_equal(world.ended, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_wrong_phase),
	    T(test_ready_too_soon),
	    T(test_hello_twice),
	    T(test_length),
	    T(test_unknown_type),
	    T(test_foreign_handle),
	    T(test_neighbours_handle),
	    T(test_ordinal_gap),
	    T(test_op_lengths),
	    T(test_op_kind),
	    T(test_op_shares),
	    T(test_op_targets),
	    T(test_unclean_target),
	    T(test_reply_twice),
	    T(test_bytewise),
	    T(test_page_is_sealed),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
