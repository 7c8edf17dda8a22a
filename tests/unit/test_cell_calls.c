/* Calls in cells that behave, and the pools that these cells belong to. */

#include "cell_world.h"

#include <signal.h>
#include <unistd.h>

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
	struct guest *g = guest_with_call(&i, &handle);

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
	assert_int_equal(world.call[i]->waited_at, 2); /* but it has waited */
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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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
	struct guest *g = guest_with_call(&i, &handle);

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

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

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
	    T(test_queue_of_fibers),
	    T(test_isolation),
	    T(test_submit_from_reply),
	    T(test_retire),
	    T(test_idle_cells_end),
	    T(test_idle_cells_rest),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
