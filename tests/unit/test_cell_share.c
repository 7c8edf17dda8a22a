/* How much of a pool one run may have: what it is handed, what is held, and that nothing is held for ever. */

#include <signal.h>
#include <string.h>

#include "cell_world.h"

#define MANY 40

static struct run other;

static int
setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	world.cells->ahead_ns = CELL_AHEAD_NS;
	other = world.run;
	return 0;
}

/* So many calls of a run that is greedy, and a cell that is ready. */
static struct guest *
greedy(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		(void)world_submit_only("1");
	world_turn();
	guest_ready(guest(0));
	return guest(0);
}

static void
reply(struct guest *g, uint64_t handle)
{
	guest_reply(g, handle, 0, "1");
	world_turn();
}

/* While nobody knows what a call takes it is two; then as many as a moment has room for. */
static void
test_it_learns_what_calls_take(void **state)
{
	struct guest *g = greedy(MANY);
	uint64_t h[MANY];
	struct pool *pool = world.call[0]->pool;

	(void)state;
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 2);
	assert_int_equal(pool->held.n, MANY - 2);
	world_mono += NS_PER_MS; /* a whole millisecond, which is known only then */
	reply(g, h[0]);
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 1);
	world_mono += NS_PER_MS;
	reply(g, world.call[1]->handle);
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 0); /* one is there already */
	world_mono += NS_PER_MS;
	reply(g, world.call[2]->handle);
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 1);
	for (unsigned i = 3; pool->held.n > 0 && i < MANY; i++) { /* from here on they take no time at all */
		reply(g, world.call[i]->handle);
		(void)guest_hears_all(g, WIRE_START, h, MANY);
	}
	assert_int_equal(pool->held.n, 0);
	assert_true(world.run.shares[0].running > 2);
}

/* Whoever asks for one call has it as soon as a cell is there, whatever is held of others. */
static void
test_another_run_comes_between(void **state)
{
	struct guest *g = greedy(MANY);
	uint64_t h[MANY];
	unsigned one;

	(void)state;
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 2);
	world.whose = &other;
	one = world_submit("1");
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 1);
	assert_int_equal(h[0], world.call[one]->handle);
}

/* What waits computes nothing, so it leaves room for another. */
static void
test_who_waits_makes_room(void **state)
{
	struct guest *g = greedy(MANY);
	uint64_t h[MANY];
	unsigned n = guest_hears_all(g, WIRE_START, h, MANY), all = n;

	(void)state;
	while (n > 0 && all < MANY) {
		for (unsigned i = 0; i < n; i++) {
			guest_op(g, h[i], 0, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "1");
			world_turn();
		}
		n = guest_hears_all(g, WIRE_START, h, MANY);
		all += n;
	}
	assert_int_equal(all, MANY);
}

/* Cancelled ones leave their place, be it in the cell or among those that are held. */
static void
test_cancelled_ones_leave(void **state)
{
	struct guest *g = greedy(5);
	uint64_t h[MANY];

	(void)state;
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 2);
	cells_cancel(world.call[3], HOSPES_ECANCELLED);
	assert_int_equal(world.told[3].losses, 1);
	reply(g, h[0]);
	reply(g, h[1]);
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 2);
	assert_int_equal(h[0], world.call[2]->handle);
	assert_int_equal(h[1], world.call[4]->handle);
}

/* Its cell dies: all of them begin again, and end. */
static void
test_a_death_holds_nobody(void **state)
{
	struct guest *g = greedy(MANY);
	uint64_t h[MANY];
	unsigned ended = 0;

	(void)state;
	guest_die(g, SIGKILL);
	for (unsigned at = 1; at < guests() && ended < MANY; at++) {
		unsigned n;

		g = guest(at);
		guest_ready(g);
		while ((n = guest_hears_all(g, WIRE_START, h, MANY)) > 0) {
			for (unsigned i = 0; i < n; i++)
				reply(g, h[i]);
			ended += n;
		}
	}
	assert_int_equal(ended, MANY);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(world.told[i].replies, 1);
}

/* In more pools than are counted for a run it is not bounded, and nothing is counted twice. */
static void
test_shares_come_back(void **state)
{
	struct guest *g = greedy(1);
	uint64_t h[MANY];

	(void)state;
	for (unsigned i = 0; i < RUN_SHARES; i++)
		if (world.run.shares[i].running == 0)
			world.run.shares[i] = (struct run_share){.pool = &other, .running = 1};
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 1);
	reply(g, h[0]);
	world.run.shares[0].running = 1;
	world.run.shares[0].pool = &other;
	for (unsigned i = 0; i < 10; i++)
		(void)world_submit("1");
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 10);
	for (unsigned i = 0; i < 10; i++)
		reply(g, h[i]);
	for (unsigned i = 0; i < RUN_SHARES; i++)
		assert_int_equal(world.run.shares[i].running, 1);
}

/* Where one is behind another that computes for long, a second cell has a CPU for it; where they are quick it is not worth it. */
static void
waits_behind_another(int64_t each_ns, unsigned cells)
{
	struct guest *g;
	uint64_t h[MANY];

	world.cells->cpus = 2;
	g = greedy(1);
	world_mono += each_ns;
	assert_int_equal(guest_hears_all(g, WIRE_START, h, MANY), 1);
	reply(g, h[0]);
	(void)world_submit("1");
	assert_int_equal(guests(), 1); /* one alone waits for nobody */
	world.whose = &other;
	(void)world_submit("1");
	assert_int_equal(guests(), cells);
}

static void
test_long_ones_get_another_cell(void **state)
{
	(void)state;
	waits_behind_another(NS_PER_MS, 2);
}

static void
test_quick_ones_do_not(void **state)
{
	(void)state;
	waits_behind_another(100 * NS_PER_US, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
	const struct CMUnitTest tests[] = {
	    T(test_it_learns_what_calls_take),
	    T(test_another_run_comes_between),
	    T(test_who_waits_makes_room),
	    T(test_cancelled_ones_leave),
	    T(test_a_death_holds_nobody),
	    T(test_shares_come_back),
	    T(test_long_ones_get_another_cell),
	    T(test_quick_ones_do_not),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
