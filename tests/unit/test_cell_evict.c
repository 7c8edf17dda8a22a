/* Calls that wait for long are taken out of their cells, and what a cell may say about it. */

#include <signal.h>
#include <string.h>

#include "cell_world.h"

#define AFTER (60 * NS_PER_S)

static int
setup(void **state)
{
	struct fault fault;

	(void)state;
	world_new();
	world.policy->evict_after_ns = AFTER;
	world.policy->cells_per_pool = 1;
	world.policy->fibers = 2;
	return world_open(&fault);
}

static void
look_after(int64_t ns)
{
	world_mono += ns;
	watchdog_look(world.cells);
	world_turn();
}

static void
say(struct guest *g, uint16_t type, uint64_t handle)
{
	guest_send(g, type, handle, WIRE_NO_ORDINAL, 0, NULL, 0);
}

static void
dropped(struct guest *g, uint64_t handle, uint64_t leaked)
{
	struct wire_pong pong = {.leaked_bytes = leaked};

	guest_send(g, WIRE_EVICTED, handle, WIRE_NO_ORDINAL, 0, &pong, sizeof(pong));
	world_turn();
}

static void
pong(struct guest *g)
{
	struct wire_pong answer = {0};

	guest_send(g, WIRE_PONG, 0, WIRE_NO_ORDINAL, 0, &answer, sizeof(answer));
	world_turn();
}

/* `n` calls in one cell, each waiting for its op 0. */
static struct guest *
parked(unsigned n, uint64_t *handles)
{
	struct guest *g;

	for (unsigned i = 0; i < n; i++)
		world_submit_only("{}");
	world_turn();
	g = guest(0);
	guest_begins(g, handles, n);
	for (unsigned i = 0; i < n; i++)
		guest_op(g, handles[i], 0, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "");
	world_turn();
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(world.call[i]->state, CALL_PARKED);
	return g;
}

/* One that waits, and was told to go. */
static struct guest *
evicting(uint64_t *handle)
{
	struct guest *g = parked(1, handle);
	uint64_t told;

	look_after(AFTER);
	assert_int_equal(guest_hears_all(g, WIRE_EVICT, &told, 1), 1);
	assert_int_equal(told, *handle);
	assert_int_equal(world.call[0]->state, CALL_EVICTED);
	return g;
}

static void
expect_killed(struct guest *g, const char *why)
{
	world_turn();
	assert_true(g->kill_asked);
	assert_non_null(strstr(TAILQ_FIRST(&world.cells->all)->why.text, why));
}

/* ---- Who goes ---------------------------------------------------------------------------------------------------- */

static void
test_goes_and_comes_back(void **state)
{
	uint64_t handle, again;
	struct guest *g = parked(1, &handle);

	(void)state;
	look_after(AFTER - 1);
	assert_int_equal(world.told[0].evictions, 0);
	look_after(1);
	assert_int_equal(world.told[0].evictions, 1);
	assert_int_equal(guest_hears_all(g, WIRE_EVICT, &again, 1), 1);
	dropped(g, handle, 0);
	assert_false(g->kill_asked);
	assert_int_equal(TAILQ_FIRST(&world.cells->all)->n_gone, 0);

	world_submit_again(0);
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, &again, 1), 1);
	assert_int_equal(again, handle);
	assert_int_equal(world.told[0].begins, 2);
	assert_string_equal(world.told[0].why, "it was evicted while it waited");
	guest_op(g, handle, 0, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "");
	world_turn();
	world_outcome(0, 0, 0, "");
	guest_reply(g, handle, 0, "1");
	world_turn();
	assert_int_equal(world.told[0].replies, 1);
	assert_int_equal(world.told[0].status, 0);
}

static void
test_idle_cell_leaves(void **state)
{
	uint64_t handle, h[1];
	struct guest *g = evicting(&handle);

	(void)state;
	dropped(g, handle, 0);
	look_after(3600 * NS_PER_S);
	assert_int_equal(guest_hears_all(g, WIRE_STOP, h, 1), 1);
	assert_int_equal(world.call[0]->state, CALL_EVICTED);
}

static void
test_never(void **state)
{
	uint64_t handles[2];

	(void)state;
	world.policy->evict_after_ns = 0;
	parked(2, handles);
	world_submit("{}");
	look_after(1000 * AFTER);
	assert_int_equal(world.told[0].evictions + world.told[1].evictions, 0);
}

/* Its calls cannot be expected to replay. */
static void
test_state_cell_stays(void **state)
{
	uint64_t handle;

	(void)state;
	world.state_cell = true;
	parked(1, &handle);
	look_after(1000 * AFTER);
	assert_int_equal(world.told[0].evictions, 0);
}

static void
test_told_to_stop_stays(void **state)
{
	uint64_t handle;
	struct guest *g = parked(1, &handle);

	(void)state;
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	guest_send(g, WIRE_PARK, handle, 0, 0, NULL, 0);
	look_after(AFTER);
	assert_int_equal(world.told[0].evictions, 0);
}

/* The one that has waited longest makes room, once it has waited for a while; whoever waits for a cell to come does not. */
static void
test_makes_room(void **state)
{
	uint64_t handles[2], told[2];
	struct guest *g = parked(2, handles);

	(void)state;
	world_outcome(0, 0, 0, "");
	look_after(1);
	guest_op(g, handles[0], 1, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "");
	world_turn();
	world_submit("{}");
	look_after(NS_PER_S / 2);
	assert_int_equal(guest_hears_all(g, WIRE_EVICT, told, 2), 0);
	look_after(NS_PER_S / 2 - 1);
	assert_int_equal(guest_hears_all(g, WIRE_EVICT, told, 2), 1);
	assert_int_equal(told[0], handles[1]);
	look_after(NS_PER_S);
	assert_int_equal(guest_hears_all(g, WIRE_EVICT, told, 2), 0);
	dropped(g, handles[1], 0);
	assert_int_equal(guest_hears_all(g, WIRE_START, told, 2), 1);
	assert_int_equal(world.told[2].begins, 1);
}

static void
test_no_room_needed(void **state)
{
	uint64_t handles[2];

	(void)state;
	parked(2, handles);
	world.policy->cells_per_pool = 2;
	world_submit("{}");
	assert_int_equal(guests(), 2);
	look_after(2 * NS_PER_S);
	assert_int_equal(world.told[0].evictions + world.told[1].evictions, 0);
}

/* That it was begun again for this often makes nobody a suspect. */
static void
test_often_is_no_crime(void **state)
{
	uint64_t handle;
	struct guest *g = parked(1, &handle);

	(void)state;
	for (int i = 0; i < 20; i++) {
		look_after(AFTER);
		dropped(g, handle, 0);
		world_submit_again(0);
		world_turn();
		guest_op(g, handle, 0, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "");
		world_turn();
	}
	guest_die(g, SIGKILL);
	assert_int_equal(world.call[0]->deaths, 0);
	assert_false(world.call[0]->quarantined);
}

/* ---- What was under way ------------------------------------------------------------------------------------------ */

static void
test_under_way(void **state)
{
	uint64_t handle;
	struct guest *g = evicting(&handle);

	(void)state;
	guest_op(g, handle, 1, WIRE_OP_NOW, 0, "", "");
	guest_send(g, WIRE_PARK, handle, 1, 0, NULL, 0);
	guest_send(g, WIRE_LOG, handle, WIRE_NO_ORDINAL, 1, "x", 1);
	guest_reply(g, handle, 0, "1");
	world_turn();
	assert_false(g->kill_asked);
	assert_int_equal(world.told[0].replies, 0);
	assert_int_equal(world.told[0].ops, 1);
	/* It had gone on, so it goes on: in the other place of the cell, while the first is not free yet. */
	assert_int_equal(world.told[0].wokes, 1);
	assert_int_equal(world.told[0].begins, 2);
	guest_op(g, handle, 2, WIRE_OP_NOW, 0, "", "");
	world_turn();
	assert_int_equal(world.told[0].ops, 1);
	dropped(g, handle, 0);
	guest_op(g, handle, 0, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "");
	world_turn();
	assert_int_equal(world.told[0].ops, 2);
	assert_false(g->kill_asked);
}

static void
test_dies_before(void **state)
{
	uint64_t handle;
	struct guest *g = evicting(&handle);

	(void)state;
	guest_die(g, SIGSEGV);
	assert_int_equal(world.call[0]->state, CALL_EVICTED);
	assert_int_equal(world.call[0]->deaths, 0);
	world_submit_again(0);
	world_turn();
	assert_int_equal(guests(), 2);
}

/* ---- What breaks the table --------------------------------------------------------------------------------------- */

static void
test_talks_on(void **state)
{
	static const uint16_t types[] = {WIRE_PARK, WIRE_LOG, WIRE_PART, WIRE_ABANDON};
	uint64_t handle;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct guest *g = evicting(&handle);

		dropped(g, handle, 0);
		say(g, types[i], handle);
		expect_killed(g, "not one of its calls");
		assert_int_equal(world.call[0]->state, CALL_EVICTED);
		world_teardown(state);
		setup(state);
	}
}

static void
test_drops_unasked(void **state)
{
	uint64_t handle;
	struct guest *g = parked(1, &handle);

	(void)state;
	dropped(g, handle, 0);
	expect_killed(g, "it was not told to drop");
}

static void
test_drops_twice(void **state)
{
	uint64_t handle;
	struct guest *g = evicting(&handle);

	(void)state;
	dropped(g, handle, 0);
	dropped(g, handle, 0);
	expect_killed(g, "it was not told to drop");
}

static void
test_pong_before(void **state)
{
	uint64_t handle;
	struct guest *g = evicting(&handle);

	(void)state;
	pong(g); /* of the ping that went out before */
	assert_false(g->kill_asked);
	look_after(5 * NS_PER_S);
	pong(g);
	expect_killed(g, "before it had dropped a fiber");
}

static void
test_pong_after(void **state)
{
	uint64_t handle;
	struct guest *g = evicting(&handle);

	(void)state;
	pong(g);
	look_after(5 * NS_PER_S);
	dropped(g, handle, 0);
	pong(g);
	assert_false(g->kill_asked);
}

/* ---- What is lost ------------------------------------------------------------------------------------------------ */

/* It has a heap of 1 MiB. */
static void
test_leaks_drain(void **state)
{
	uint64_t handles[2], h[2];
	struct guest *g = parked(2, handles);

	(void)state;
	world_outcome(0, 0, 0, "");
	look_after(AFTER);
	dropped(g, handles[1], 256 * KIB);
	world_submit_again(1);
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 2), 1);
	guest_op(g, handles[1], 0, WIRE_OP_SLEEP, WIRE_OP_WAITS, "", "");
	world_turn();
	look_after(AFTER);
	dropped(g, handles[1], 256 * KIB + 1);
	world.policy->cells_per_pool = 2;
	world_submit_again(1);
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 2), 0);
	assert_int_equal(guests(), 2);
	/* The other call ends, and with it the cell. */
	guest_reply(g, handles[0], 0, "1");
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_STOP, h, 2), 1);
	assert_false(g->kill_asked);
}

/* The last that leaves tells it, and there may be nobody else to ask. */
static void
test_leaks_end(void **state)
{
	uint64_t handle, h[1];
	struct guest *g = evicting(&handle);

	(void)state;
	dropped(g, handle, 256 * KIB + 1);
	assert_int_equal(guest_hears_all(g, WIRE_STOP, h, 1), 1);
}

/* ---- Waiting for a cell ------------------------------------------------------------------------------------------ */

/* It is as one that was evicted, and comes back at the end of the queue. */
static void
test_withdrawn(void **state)
{
	uint64_t handles[2], h[1];
	struct guest *g = parked(2, handles);

	(void)state;
	world_submit("{}");
	assert_int_equal(world.call[2]->state, CALL_QUEUED);
	cells_withdraw(world.call[2]);
	assert_int_equal(world.call[2]->state, CALL_EVICTED);
	world_outcome(0, 0, 0, "");
	guest_reply(g, handles[0], 0, "1");
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 0);
	world_submit_again(2);
	world_turn();
	assert_int_equal(guest_hears_all(g, WIRE_START, h, 1), 1);
	assert_string_equal(world.told[2].why, "");
}

/* Who waits for a cell in which only calls of its own run sit, and wait, waits for those; for nobody as long as there is hope. */
static void
test_kept_by_its_own(void **state)
{
	struct run other = {.client = (char *)"uid:1000", .policy = world.policy};
	uint64_t handles[2];
	struct guest *g;

	(void)state;
	world.state_cell = true;
	world.policy->cells_per_pool = 1;
	g = parked(1, handles);
	world_submit("{}");
	assert_ptr_equal(cells_kept_by(world.call[1]), world.call[0]);
	assert_null(cells_kept_by(world.call[0])); /* it has one */
	world.policy->cells_per_pool = 2;
	assert_null(cells_kept_by(world.call[1]));
	world.policy->cells_per_pool = 1;
	world.call[0]->run = &other;
	assert_null(cells_kept_by(world.call[1]));
	world.call[0]->run = &world.run;
	world_outcome(0, 0, 0, "");
	assert_null(cells_kept_by(world.call[1])); /* it computes */
	(void)g;
}

/* Those that make room keep nobody from it, unless that is never done. */
static void
test_kept_without_eviction(void **state)
{
	uint64_t handles[2];

	(void)state;
	parked(2, handles);
	world_submit("{}");
	assert_null(cells_kept_by(world.call[2]));
	world.policy->evict_after_ns = 0;
	assert_non_null(cells_kept_by(world.call[2]));
}

static void
test_running_is_counted(void **state)
{
	uint64_t handles[2];
	struct guest *g = parked(2, handles);

	(void)state;
	assert_int_equal(world.run.calls_running, 0);
	world_outcome(0, 0, 0, "");
	assert_int_equal(world.run.calls_running, 1);
	guest_die(g, SIGSEGV);
	assert_int_equal(world.run.calls_running, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_goes_and_comes_back),
	    T(test_idle_cell_leaves),
	    T(test_never),
	    T(test_state_cell_stays),
	    T(test_told_to_stop_stays),
	    T(test_makes_room),
	    T(test_no_room_needed),
	    T(test_often_is_no_crime),
	    T(test_under_way),
	    T(test_dies_before),
	    T(test_talks_on),
	    T(test_drops_unasked),
	    T(test_drops_twice),
	    T(test_pong_before),
	    T(test_pong_after),
	    T(test_leaks_drain),
	    T(test_leaks_end),
	    T(test_withdrawn),
	    T(test_kept_by_its_own),
	    T(test_kept_without_eviction),
	    T(test_running_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
