/* What a cell used of CPU time is paid for by the calls that had something to do there, each by how long it had. */

#include "base/clock.h"
#include "cell_world.h"

static int64_t paid[WORLD_CALLS];

static void
on_cpu(struct call *call, int64_t ns, void *arg)
{
	(void)arg;
	assert_true(ns > 0);
	paid[world_index(call)] += ns;
}

static int
setup(void **state)
{
	memset(paid, 0, sizeof(paid));
	assert_int_equal(world_setup(state), 0);
	world.cells->events.cpu = on_cpu;
	return 0;
}

static void
passes(int64_t wall_ms, int64_t cpu_ms)
{
	world_mono += wall_ms * NS_PER_MS;
	world_cpu += cpu_ms * NS_PER_MS;
}

static void
look(void)
{
	watchdog_look(world.cells);
	world_turn();
}

/* So many calls in one cell; their handles. */
static struct guest *
calls(unsigned n, uint64_t *handles)
{
	struct guest *g;

	for (unsigned i = 0; i < n; i++)
		world_submit("1");
	g = guest(0);
	world_cpu = 700 * NS_PER_MS; /* to load */
	guest_begins(g, handles, n);
	return g;
}

static void
parks(struct guest *g, uint64_t handle)
{
	guest_op(g, handle, 0, WIRE_OP_NOW, WIRE_OP_WAITS, "", "");
	world_turn();
}

/* ------------------------------------------------------------------------------------------------------------------ */

static void
test_alike_for_what_they_do_alike(void **state)
{
	uint64_t h[3];

	(void)state;
	(void)calls(3, h);
	passes(900, 600);
	look();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(paid[i], 200 * NS_PER_MS);
	look();
	assert_int_equal(paid[0], 200 * NS_PER_MS); /* once */
}

static void
test_who_waits_does_not_pay(void **state)
{
	struct guest *g;
	uint64_t h[2];

	(void)state;
	g = calls(2, h);
	passes(100, 100);
	parks(g, h[0]); /* each has had something to do for as long */
	assert_int_equal(paid[0], 50 * NS_PER_MS);
	assert_int_equal(paid[1], 50 * NS_PER_MS);
	passes(400, 400);
	look();
	assert_int_equal(paid[0], 50 * NS_PER_MS);
	assert_int_equal(paid[1], 450 * NS_PER_MS);
	world_outcome(0, 0, 0, "1");
	passes(100, 100);
	look();
	assert_int_equal(paid[0], 100 * NS_PER_MS);
	assert_int_equal(paid[1], 500 * NS_PER_MS);
}

static void
test_it_has_paid_when_it_ends(void **state)
{
	struct guest *g;
	uint64_t h[1];

	(void)state;
	g = calls(1, h);
	passes(300, 120);
	guest_reply(g, h[0], 0, "1");
	world_turn();
	assert_int_equal(world.told[0].replies, 1);
	assert_int_equal(paid[0], 120 * NS_PER_MS);
}

/* Calls that are too short for a look at the clock pay by the rate that was seen last, and together no more than was used. */
static void
test_short_ones_pay_by_the_rate(void **state)
{
	int64_t sum = 0;
	struct guest *g;
	uint64_t h[1];

	(void)state;
	g = calls(1, h);
	passes(100, 50);
	guest_reply(g, h[0], 0, "1");
	world_turn();
	for (unsigned i = 1; i <= 50; i++) {
		world_submit("1");
		assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
		world_mono += 400 * NS_PER_US;
		world_cpu += 200 * NS_PER_US;
		guest_reply(g, h[0], 0, "1");
		world_turn();
		assert_int_equal(world.told[i].replies, 1);
		sum += paid[i];
	}
	assert_in_range(sum, 9 * NS_PER_MS, 11 * NS_PER_MS); /* 50 times 200 us */
}

static void
test_idling_is_nobodys(void **state)
{
	struct guest *g;
	uint64_t h[1];

	(void)state;
	g = calls(1, h);
	assert_int_equal(paid[0], 0); /* nor loading */
	passes(10, 10);
	guest_reply(g, h[0], 0, "1");
	world_turn();
	passes(5000, 300);
	world_submit("1");
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
	passes(10, 4);
	guest_reply(g, h[0], 0, "1");
	world_turn();
	assert_int_equal(paid[0], 10 * NS_PER_MS);
	assert_int_equal(paid[1], 4 * NS_PER_MS);
}

/* One that was told to stop and computes on is no longer there to pay; the other one in its cell pays its half. */
static void
test_the_let_go_of(void **state)
{
	uint64_t h[2];

	(void)state;
	world.policy->kill_grace_ns = 0;
	(void)calls(2, h);
	passes(10, 10);
	look();
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
	while (world.told[0].losses == 0)
		event_base_loop(world.loop, EVLOOP_ONCE);
	paid[0] = paid[1] = 0;
	passes(400, 400);
	look();
	assert_int_equal(paid[0], 0);
	assert_int_equal(paid[1], 200 * NS_PER_MS);
}

/* The clock cannot be read any more. */
static void
test_a_dead_cell(void **state)
{
	struct guest *g;
	uint64_t h[1];

	(void)state;
	g = calls(1, h);
	passes(100, 50);
	look();
	world_mono += 10 * NS_PER_MS;
	world_cpu = -1;
	guest_die(g, 9);
	assert_int_equal(paid[0], 55 * NS_PER_MS);
}

int
main(void)
{
#define PROMISE(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
	const struct CMUnitTest tests[] = {
	    PROMISE(test_alike_for_what_they_do_alike),
	    PROMISE(test_who_waits_does_not_pay),
	    PROMISE(test_it_has_paid_when_it_ends),
	    PROMISE(test_short_ones_pay_by_the_rate),
	    PROMISE(test_idling_is_nobodys),
	    PROMISE(test_the_let_go_of),
	    PROMISE(test_a_dead_cell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
