/* Calls in cells that behave, and what becomes of cells that do not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cell_world.h"

static int
setup(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	return world_open(&fault);
}

static int
teardown(void **state)
{
	(void)state;
	world_free();
	return 0;
}

/* A ready cell with one call in it, which has heard SETUP and START. */
static struct guest *
one_call(unsigned *i, uint64_t *handle)
{
	struct guest *g;

	*i = world_submit("{\"a\":1}");
	g = guest(guests() - 1);
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, handle, 1), 1);
	return g;
}

static void
test_call(void **state)
{
	struct wire_frame head;
	struct wire_start start;
	struct wire_setup set_up;
	struct guest *g;
	char body[256];
	unsigned i = world_submit("{\"a\":1}");

	(void)state;
	g = guest(0);
	assert_int_equal(g->request.what, SPAWN_CELL);
	assert_true(guest_hears(g, &head, body, sizeof(body)));
	assert_int_equal(head.type, WIRE_SETUP);
	memcpy(&set_up, body, sizeof(set_up));
	assert_int_equal(set_up.version, WIRE_VERSION);
	assert_int_equal(set_up.fibers, 100);
	/* What its notes ask for; the cgroup is as large as that and the stacks. */
	assert_int_equal(set_up.memory_bytes, 1 << 20);
	assert_int_equal(g->request.memory_bytes, (1 << 20) + 100 * world.policy->stack_bytes);
	assert_int_equal(set_up.required, LAYERS_REQUIRED);
	assert_int_equal(world.told[i].begins, 0);
	guest_ready(g);
	assert_int_equal(world.started, 1);
	assert_true(guest_hears(g, &head, body, sizeof(body)));
	assert_int_equal(head.type, WIRE_START);
	memcpy(&start, body, sizeof(start));
	assert_memory_equal(body + sizeof(start), "{}01ARZ3NDEKTSV4RRFFQ69G5FAV/0{\"a\":1}", 2 + 26 + 2 + 7);
	assert_int_equal(head.length, sizeof(start) + 37);
	assert_int_equal(world.told[i].begins, 1);
	assert_string_equal(world.told[i].why, "");
	guest_reply(g, head.call, 0, "[1]");
	world_turn();
	assert_int_equal(world.told[i].replies, 1);
	assert_int_equal(world.told[i].status, 0);
	assert_string_equal(world.told[i].text, "[1]");
	assert_null(world.call[i]);
}

static void
test_ops(void **state)
{
	struct wire_frame head;
	uint64_t handle;
	char body[64];
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	guest_op(g, handle, 0, WIRE_OP_CALL, 0, "other", "1");
	guest_op(g, handle, 1, WIRE_OP_CALL, WIRE_OP_WAITS, "third", "2");
	world_turn();
	assert_int_equal(world.told[i].ops, 2);
	assert_int_equal(world.told[i].parks, 1);
	assert_string_equal(world.told[i].target, "third");
	/* the outcome of an op that it does not wait for leaves it parked */
	world_outcome(i, 0, 0, "\"x\"");
	assert_int_equal(world.call[i]->state, CALL_PARKED);
	world_outcome(i, 1, HOSPES_EFAILED, "no");
	assert_int_equal(world.call[i]->state, CALL_RUNNING);
	assert_true(guest_hears(g, &head, body, sizeof(body)));
	assert_int_equal(head.ordinal, 0);
	assert_memory_equal(body + sizeof(struct wire_outcome), "\"x\"", 3);
	assert_true(guest_hears(g, &head, body, sizeof(body)));
	assert_int_equal(head.status, HOSPES_EFAILED);
	/* it waits for what has its outcome already: on its way, so it is not parked */
	guest_send(g, WIRE_PARK, handle, 0, 0, NULL, 0);
	guest_send(g, WIRE_ABANDON, handle, 1, 0, NULL, 0);
	world_turn();
	assert_int_equal(world.told[i].parks, 1);
	assert_int_equal(world.told[i].abandons, 1);
	guest_reply(g, handle, -12345, "who knows");
	world_turn();
	assert_int_equal(world.told[i].status, HOSPES_EFAILED);
	assert_string_equal(world.told[i].text, "who knows");
}

static void
test_answered_at_once(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	world.answer_at_once = true;
	for (uint32_t n = 0; n < 50; n++)
		guest_op(g, handle, n, WIRE_OP_NOW, WIRE_OP_WAITS, "", "");
	world_turn();
	assert_int_equal(world.told[i].ops, 50);
	assert_int_equal(world.told[i].parks, 0);
	assert_int_equal(world.call[i]->state, CALL_RUNNING);
	assert_int_equal(guest_hears_all(g, WIRE_OUTCOME, &handle, 1), 1);
}

/* Ops are kept while their call lives, so they are counted. */
static void
test_too_many_ops(void **state)
{
	struct wire_frame head;
	uint64_t handle, h[1];
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	world.answer_at_once = true;
	for (uint32_t n = 0; n < CALL_OPS_MAX; n++) {
		guest_op(g, handle, n, WIRE_OP_NOW, WIRE_OP_WAITS, "", "");
		if (n % 100 == 99) {
			world_turn();
			guest_hears_all(g, WIRE_OUTCOME, h, 0);
		}
	}
	assert_int_equal(world.told[i].ops, CALL_OPS_MAX);
	guest_op(g, handle, CALL_OPS_MAX, WIRE_OP_NOW, WIRE_OP_WAITS, "", "");
	guest_op(g, handle, CALL_OPS_MAX + 1, WIRE_OP_NOW, WIRE_OP_WAITS, "", "");
	world_turn();
	assert_int_equal(world.told[i].ops, CALL_OPS_MAX);
	assert_false(g->kill_asked);
	assert_true(guest_hears(g, &head, NULL, 0));
	assert_int_equal(head.type, WIRE_CANCEL);
	assert_int_equal(head.status, HOSPES_ETOOLARGE);
}

/* Large ones are received straight into a payload and sent from it. */
static void
test_large(void **state)
{
	size_t len = 700 * 1000;
	_cleanup_(free_p) char *text = xcalloc(1, len + 1), *body = xcalloc(1, len + 64);
	struct wire_frame head;
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	for (size_t n = 0; n < len; n++)
		text[n] = (char)('a' + n % 26);
	guest_op(g, handle, 0, WIRE_OP_CALL, WIRE_OP_WAITS, "big", text);
	world_turn();
	assert_int_equal(world.told[i].ops, 1);
	assert_string_equal(world.told[i].target, "big");
	assert_int_equal(world.told[i].input->len, len);
	assert_memory_equal(world.told[i].input->data, text, len);
	world_outcome(i, 0, 0, text);
	assert_true(guest_hears(g, &head, body, len + 64));
	assert_int_equal(head.length, sizeof(struct wire_outcome) + len);
	assert_memory_equal(body + sizeof(struct wire_outcome), text, len);
	guest_reply(g, handle, 0, text);
	world_turn();
	assert_int_equal(world.told[i].status, 0);
}

static void
test_bad_reply(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	guest_reply(g, handle, 0, "\"\xff\"");
	world_turn();
	assert_int_equal(world.told[i].status, HOSPES_EOUTPUT);
	assert_false(g->kill_asked);
}

static void
test_partial(void **state)
{
	static const char partial[] = "[{\"who\":\"x\"}]";
	struct wire_reply reply = {.confidence = 7, .partial_len = sizeof(partial) - 1};
	_cleanup_(buf_free) struct buf body = {0};
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	buf_append(&body, &reply, sizeof(reply));
	buf_appends(&body, partial);
	buf_appends(&body, "true");
	guest_send(g, WIRE_REPLY, handle, WIRE_NO_ORDINAL, 0, body.data, body.len);
	world_turn();
	assert_string_equal(world.told[i].partial, partial);
	assert_string_equal(world.told[i].text, "true");
	assert_true(world.told[i].confidence == 1);
}

static void
test_lines(void **state)
{
	char line[1000];
	uint64_t handle;
	double done = 9;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	memset(line, 'x', sizeof(line));
	line[3] = '\n';
	for (int n = 0; n < 100; n++)
		guest_send(g, WIRE_LOG, handle, WIRE_NO_ORDINAL, LOG_LEVEL_WARN, line, sizeof(line));
	world_turn();
	assert_int_equal(world.told[i].logs, 66); /* 64 KiB, the last one cut */
	assert_memory_equal(world.told[i].line, "xxx x", 5);
	guest_send(g, WIRE_LOG, 0, WIRE_NO_ORDINAL, 77, "hello", 5);
	guest_send(g, WIRE_PROGRESS, handle, WIRE_NO_ORDINAL, 0, &done, sizeof(done));
	assert_int_equal(write(g->log, "a line\nand half a", 17), 17);
	world_turn();
	assert_false(g->kill_asked);
}

/* Any bytes: what they are worth is found where they are kept. */
static void
test_parts(void **state)
{
	size_t len = 300 * 1024; /* more than one read takes */
	char *large = malloc(len);
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	guest_send(g, WIRE_PART, handle, WIRE_NO_ORDINAL, 0, "{\"n\":1}", 7);
	world_turn();
	assert_int_equal(world.told[i].parts, 1);
	assert_string_equal(world.told[i].line, "{\"n\":1}");
	guest_send(g, WIRE_PART, handle, WIRE_NO_ORDINAL, 0, "", 0);
	memset(large, 'x', len);
	guest_send(g, WIRE_PART, handle, WIRE_NO_ORDINAL, 0, large, len);
	world_turn();
	assert_int_equal(world.told[i].parts, 3);
	assert_memory_equal(world.told[i].line, "xxx", 3);
	assert_false(g->kill_asked);
	guest_reply(g, handle, 0, "1");
	world_turn();
	assert_int_equal(world.told[i].replies, 1);
	guest_send(g, WIRE_PART, handle, WIRE_NO_ORDINAL, 0, "1", 1); /* after its reply nothing may come */
	world_turn();
	assert_true(g->kill_asked);
	assert_int_equal(world.told[i].parts, 3);
	free(large);
}

/* ---- Cells that do not behave ------------------------------------------------------------------------------------ */

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

	(void)state;
	guest_send(g, 999, handle, 0, 0, NULL, 0);
	expect_killed(g);
}

static void
test_foreign_handle(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle), *other;

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

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
	struct guest *g = one_call(&i, &handle);

	(void)state;
	assert_int_not_equal(ftruncate(g->page_fd, 0), 0);
	g->page->report_len = UINT32_MAX;
	memset(g->page->report, 0xff, sizeof(g->page->report));
	guest_die(g, SIGSEGV);
	assert_int_equal(world.ended, 1);
}

/* ---- Pools ------------------------------------------------------------------------------------------------------- */

static void
test_queue_of_fibers(void **state)
{
	uint64_t handles[4];
	struct guest *g;

	(void)state;
	world.policy->fibers = 2;
	world.policy->cells_per_pool = 1;
	for (int n = 0; n < 4; n++)
		(void)world_submit("1");
	assert_int_equal(guests(), 1);
	g = guest(0);
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, handles, 4), 2);
	guest_reply(g, handles[0], 0, "1");
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, handles + 2, 2), 1);
	assert_int_equal(world.told[2].begins, 1);
	assert_int_equal(world.told[3].begins, 0);
}

static void
test_isolation(void **state)
{
	(void)state;
	(void)world_submit("1");
	world.run.client = (char *)"uid:1001";
	(void)world_submit("1");
	assert_int_equal(guests(), 2);
}

static void
submit_another(struct world *w, unsigned i)
{
	w->on_reply = NULL;
	(void)i;
	(void)world_submit_only("again");
}

/* Events may come back into the room. */
static void
test_submit_from_reply(void **state)
{
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	world.on_reply = submit_another;
	guest_reply(g, handle, 0, "1");
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, &handle, 1), 1);
	guest_reply(g, handle, 0, "2");
	world_turn();
	assert_string_equal(world.told[1].text, "2");
}

static void
test_retire(void **state)
{
	static const uint8_t object[32] = {7};
	struct cell_info info[4];
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	assert_int_equal(cells_of(world.cells, object, info, 4), 1);
	assert_int_equal(info[0].calls, 1);
	assert_int_equal(info[0].pid, getpid());
	cells_retire(world.cells, object, 0);
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_STOP, &handle, 1), 0);
	guest_reply(g, world.call[i]->handle, 0, "1");
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_STOP, &handle, 1), 1);
	guest_send(g, WIRE_BYE, 0, WIRE_NO_ORDINAL, 0, NULL, 0);
	guest_die(g, 0);
	assert_int_equal(cells_of(world.cells, object, info, 4), 0);
	assert_true(TAILQ_EMPTY(&world.cells->pools));
}

static void
test_idle_cells_end(void **state)
{
	uint64_t handles[2];
	struct guest *a, *b;

	(void)state;
	world.policy->fibers = 1;
	(void)world_submit("1");
	(void)world_submit("2");
	a = guest(0);
	b = guest(1);
	guest_ready(a);
	guest_ready(b);
	assert_int_equal(guest_hears_all(a, WIRE_START, handles, 1), 1);
	assert_int_equal(guest_hears_all(b, WIRE_START, handles + 1, 1), 1);
	guest_reply(a, handles[0], 0, "1");
	guest_reply(b, handles[1], 0, "1");
	world_turn();
	world_mono += 31 * NS_PER_S;
	watchdog_look(world.cells);
	world_turn();
	assert_int_equal(guest_hears_all(a, WIRE_STOP, handles, 1) + guest_hears_all(b, WIRE_STOP, handles, 1), 1);
}

/* Once after each time that it had something to do. */
static void
test_idle_cells_rest(void **state)
{
	struct wire_frame head;
	uint64_t handle;
	unsigned i;
	struct guest *g = one_call(&i, &handle);

	(void)state;
	for (int times = 0; times < 2; times++) {
		guest_reply(g, world.call[i]->handle, 0, "1");
		world_turn();
		world_mono += NS_PER_S / 2;
		watchdog_look(world.cells);
		world_turn();
		assert_false(guest_hears(g, &head, NULL, 0));
		world_mono += NS_PER_S / 2;
		watchdog_look(world.cells);
		world_turn();
		assert_true(guest_hears(g, &head, NULL, 0));
		assert_int_equal(head.type, WIRE_REST);
		world_mono += 5 * NS_PER_S;
		watchdog_look(world.cells);
		world_turn();
		assert_false(guest_hears(g, &head, NULL, 0));
		i = world_submit("1");
		assert_int_equal(guest_hears_all(g, WIRE_START, &handle, 1), 1);
	}
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static void
test_load_failed(void **state)
{
	unsigned i = world_submit("1");
	struct guest *g = guest(0);

	(void)state;
	guest_hello(g);
	guest_send(g, WIRE_FAILED, 0, WIRE_NO_ORDINAL, HOSPES_ELOAD, "no such symbol: foo", 19);
	guest_die(g, 0);
	assert_int_equal(world.told[i].status, HOSPES_ELOAD);
	assert_non_null(strstr(world.told[i].text, "no such symbol: foo"));
	assert_non_null(strstr(world.told[i].text, "echo 1.0.0"));
}

static void
test_dies_loading(void **state)
{
	unsigned i = world_submit("1");

	(void)state;
	guest_hello(guest(0));
	guest_die(guest(0), SIGSEGV);
	assert_int_equal(world.told[i].status, HOSPES_ELOAD);
	assert_non_null(strstr(world.told[i].text, "signal 11"));
}

/* Something outside ended a cell that was loading: that says nothing of the version. */
static void
test_killed_loading(void **state)
{
	unsigned i = world_submit("1");
	uint64_t handle;

	(void)state;
	guest_die(guest(0), SIGKILL);
	assert_int_equal(world.told[i].losses, 0);
	guest_ready(guest(1));
	assert_int_equal(guest_hears_all(guest(1), WIRE_START, &handle, 1), 1);
}

static void
test_load_deadline(void **state)
{
	unsigned i = world_submit("1");

	(void)state;
	guest_hello(guest(0));
	world_turn();
	for (unsigned step = 0; step <= WIRE_STEP_LOADED; step++)
		atomic_store(&guest(0)->page->step_ns[step], step + 1);
	world_mono += 6 * NS_PER_S;
	watchdog_look(world.cells);
	world_turn();
	assert_true(guest(0)->kill_asked);
	guest_die(guest(0), SIGKILL);
	assert_int_equal(world.told[i].status, HOSPES_ELOAD);
	assert_non_null(strstr(world.told[i].text, "5000 ms and stands in its init hook;"));
}

static struct fault probed;
static unsigned probed_times;

static void
on_probed(const struct fault *fault, void *arg)
{
	(void)arg;
	probed_times++;
	probed = fault == NULL ? (struct fault){0} : *fault;
}

static void
test_trial(void **state)
{
	static const uint8_t object[32] = {9};
	struct cell_spec spec = {.plugin = "new", .semver = "2.0.0", .object_path = "/dev/null", .object = object};

	(void)state;
	probed_times = 0;
	cells_probe(world.cells, &spec, on_probed, NULL);
	world_turn();
	guest_ready(guest(0));
	assert_int_equal(probed_times, 1);
	assert_int_equal(probed.status, 0);
	guest_die(guest(0), 0);
	cells_probe(world.cells, &spec, on_probed, NULL);
	world_turn();
	guest_hello(guest(1));
	guest_die(guest(1), 3 << 8);
	assert_int_equal(probed_times, 2);
	assert_int_equal(probed.status, HOSPES_ELOAD);
	assert_non_null(strstr(probed.text, "new 2.0.0"));
	spec.object_path = "/does/not/exist";
	cells_probe(world.cells, &spec, on_probed, NULL);
	assert_int_equal(probed_times, 2);
	world_turn();
	assert_int_equal(probed_times, 3);
	assert_int_equal(probed.status, HOSPES_EIO);
}

static void
test_missing_object(void **state)
{
	static const uint8_t object[32] = {9};
	struct cell_spec spec = {
	    .plugin = "gone", .semver = "2.0.0", .object_path = "/does/not/exist", .object = object};
	unsigned i = world.n_calls++;

	(void)state;
	world.roots[i] = (struct op){.run = &world.run, .ordinal = i, .input = payload_text("1")};
	world.call[i] = call_new(&world.calls, &world.roots[i], "gone", "2.0.0", NULL, NULL, 0);
	cells_submit(world.cells, &spec, world.call[i]);
	assert_int_equal(world.told[i].losses, 0); /* told when the turn ends, not while it is submitted */
	world_turn();
	assert_int_equal(world.told[i].losses, 1);
	assert_non_null(strstr(world.told[i].text, "/does/not/exist"));
}

/* ---- The start probe --------------------------------------------------------------------------------------------- */

static void
test_layer_missing(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	world.probe_report =
	    "{\"layers\": [{\"name\": \"seccomp\", \"holds\": false, \"found\": \"it was let through\"}]}";
	assert_int_equal(world_open(&fault), HOSPES_ESANDBOX);
	assert_non_null(strstr(fault.text, "seccomp (it was let through)"));
	world_free();
	world_new();
	world.probe_layers = LAYERS_REQUIRED & ~(unsigned)LAYER_CAPS;
	assert_int_equal(world_open(&fault), HOSPES_ESANDBOX);
	assert_non_null(strstr(fault.text, "caps"));
	world_free();
	world_new();
	world.probe_layers = LAYERS_REQUIRED & ~(unsigned)LAYER_CAPS;
	world.policy->sandbox_degraded = true;
	assert_int_equal(world_open(&fault), 0);
	assert_int_equal(cells_layers(world.cells), LAYERS_REQUIRED & ~(unsigned)LAYER_CAPS);
	assert_non_null(cells_report(world.cells));
	world_free();
}

static void
test_no_spawner(void **state)
{
	struct fault fault;
	int fd = -1;

	(void)state;
	if (getenv("WITHOUT_VFORK") != NULL)
		skip(); /* then nobody hears of an exec that fails */
	assert_int_equal(spawner_start("/does/not/exist", &fd, &fault), HOSPES_EIO);
	assert_non_null(strstr(fault.text, "/does/not/exist/hospes-spawner"));
	assert_int_equal(fd, -1);
}

/* ---- The inspector ----------------------------------------------------------------------------------------------- */

static int inspected;
static char inspected_text[256];

static void
on_inspected(json_t *notes, const struct fault *fault, void *arg)
{
	(void)arg;
	inspected = fault == NULL ? 1 : fault->status;
	(void)snprintf(inspected_text, sizeof(inspected_text), "%.255s",
	    fault == NULL ? json_string_value(json_object_get(notes, "name")) : fault->text);
}

static void
inspect(const char *says, int wait_status)
{
	struct guest *g;

	cells_inspect(world.cells, open("/dev/null", O_RDONLY | O_CLOEXEC), on_inspected, NULL);
	inspected = 0;
	world_turn();
	g = guest(guests() - 1);
	assert_int_equal(g->request.what, SPAWN_INSPECT);
	assert_int_equal(write(g->log, says, strlen(says)), strlen(says));
	world_turn();
	guest_die(g, wait_status);
}

static void
test_inspect(void **state)
{
	(void)state;
	inspect("{\"ok\": true, \"name\": \"survey\"}", 0);
	assert_int_equal(inspected, 1);
	assert_string_equal(inspected_text, "survey");
	inspect("{\"ok\": false, \"code\": \"forbidden_import\", \"message\": \"fopen\"}", 1 << 8);
	assert_int_equal(inspected, HOSPES_EIMPORT);
	assert_string_equal(inspected_text, "fopen");
	inspect("{\"ok\": fal", 0);
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	inspect("", SIGSEGV);
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	assert_non_null(strstr(inspected_text, "signal 11"));
	inspect("{\"ok\": false, \"code\": \"ok\"}", 0);
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	assert_true(TAILQ_EMPTY(&world.cells->inspections));
}

static void
test_inspect_without_end(void **state)
{
	_cleanup_(free_p) char *chunk = xcalloc(1, 32 * 1024);
	struct guest *g;

	(void)state;
	cells_inspect(world.cells, open("/dev/null", O_RDONLY | O_CLOEXEC), on_inspected, NULL);
	inspected = 0;
	world_turn();
	g = guest(0);
	for (int n = 0; n < 40 && inspected == 0; n++) {
		assert_int_equal(write(g->log, chunk, 32 * 1024), 32 * 1024);
		world_turn();
	}
	assert_int_equal(inspected, HOSPES_EBADPLUGIN);
	assert_true(g->kill_asked);
	guest_die(g, SIGKILL);
	assert_true(TAILQ_EMPTY(&world.cells->inspections));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_call),
	    T(test_ops),
	    T(test_answered_at_once),
	    T(test_too_many_ops),
	    T(test_large),
	    T(test_bad_reply),
	    T(test_partial),
	    T(test_lines),
	    T(test_parts),
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
	    T(test_queue_of_fibers),
	    T(test_isolation),
	    T(test_submit_from_reply),
	    T(test_retire),
	    T(test_idle_cells_end),
	    T(test_idle_cells_rest),
	    T(test_load_failed),
	    T(test_dies_loading),
	    T(test_killed_loading),
	    T(test_load_deadline),
	    T(test_trial),
	    T(test_missing_object),
	    cmocka_unit_test(test_layer_missing),
	    cmocka_unit_test(test_no_spawner),
	    T(test_inspect),
	    T(test_inspect_without_end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
