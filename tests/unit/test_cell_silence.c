/* Calls that are told to stop, and cells that fall silent. */

#include "cell_world.h"

#include <signal.h>
#include <stdatomic.h>

/* ---- Stopping ---------------------------------------------------------------------------------------------------- */

static void
test_cancel_queued(void **state)
{
	(void)state;
	(void)world_submit("1");
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	assert_int_equal(world.told[0].status, HOSPES_ECANCELLED);
	assert_int_equal(world.told[0].losses, 1);
}

static void
test_cancel_with_reply(void **state)
{
	struct wire_frame head;
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_waits(g, h[0]);
	cells_cancel(world.call[0], HOSPES_EDEADLINE);
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
	assert_true(guest_hears(g, &head, NULL, 0));
	assert_int_equal(head.type, WIRE_CANCEL);
	assert_int_equal(head.status, HOSPES_EDEADLINE);
	assert_false(guest_hears(g, &head, NULL, 0));
	guest_reply(g, h[0], HOSPES_EDEADLINE, "cleaned up");
	world_turn();
	assert_int_equal(world.told[0].replies, 1);
	assert_string_equal(world.told[0].text, "cleaned up");
	assert_true(TAILQ_EMPTY(&world.cells->graces));
}

/* The call is cancelled, and no time is left to it. */
static void
give_up(void)
{
	world.policy->kill_grace_ns = 0;
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	world_turn();
}

static void
test_cancel_without_reply(void **state)
{
	uint64_t h[1], other;
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	give_up();
	assert_int_equal(world.told[0].losses, 1);
	assert_int_equal(world.told[0].status, HOSPES_ECANCELLED);
	/* what still comes for it is passed over, and the cell goes on */
	guest_op(g, h[0], 0, WIRE_OP_CALL, WIRE_OP_WAITS, "other", "1");
	guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, 1, "x", 1);
	guest_reply(g, h[0], 0, "\"late\"");
	world_turn();
	assert_false(g->kill_asked);
	assert_int_equal(world.told[0].ops + world.told[0].replies + world.told[0].logs, 0);
	(void)world_submit("2");
	guest_hears_all(g, WIRE_START, &other, 1);
	guest_reply(g, other, 0, "2");
	world_turn();
	assert_int_equal(world.told[1].replies, 1);
	/* its reply has come: now the handle is foreign */
	guest_reply(g, h[0], 0, "\"later\"");
	world_turn();
	assert_true(g->kill_asked);
}

static void
test_cancelled_is_not_replayed(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_waits(g, h[0]);
	cells_cancel(world.call[0], HOSPES_ECANCELLED);
	guest_die(g, SIGKILL);
	assert_int_equal(world.told[0].status, HOSPES_ECANCELLED);
	assert_int_equal(world.told[0].losses, 1);
}

/* ---- Silence ----------------------------------------------------------------------------------------------------- */

static void
test_stuck(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	for (unsigned times = 0; times < 2; times++) {
		g = guest(times);
		if (times > 0)
			guest_begins(g, h, 1);
		atomic_store(&g->page->current, h[0]);
		world_look(NS_PER_S, 0);
		world_look(NS_PER_S, NS_PER_S);
		world_look(NS_PER_S, NS_PER_S);
		assert_false(g->kill_asked);
		world_look(NS_PER_S, NS_PER_S);
		assert_true(g->kill_asked);
		guest_die(g, SIGKILL);
	}
	assert_int_equal(world.told[0].status, HOSPES_ESTUCK);
	assert_non_null(strstr(world.told[0].text, "2000 ms"));
}

/* Frames show that it lives, and so does waiting without the CPU. */
static void
test_busy_is_not_stuck(void **state)
{
	struct wire_pong pong = {0};
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	for (int i = 0; i < 20; i++) {
		guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, 1, "x", 1);
		world_turn();
		world_look(NS_PER_S, NS_PER_S);
	}
	guest_waits(g, h[0]);
	for (int i = 0; i < 100; i++) {
		guest_send(g, WIRE_PONG, 0, WIRE_NO_ORDINAL, 0, &pong, sizeof(pong));
		world_turn();
		world_look(NS_PER_S, 0);
	}
	assert_false(g->kill_asked);
}

/* Many short calls that say nothing until all had their turn are not one that never ends; a lie does not last. */
static void
test_turns_are_not_silence(void **state)
{
	uint64_t h[2];
	struct guest *g = guest_with_calls(2, h);

	(void)state;
	for (int i = 0; i < 15; i++) {
		atomic_store(&g->page->current, h[i % 2]);
		world_look(NS_PER_S / 10, NS_PER_S);
		assert_false(g->kill_asked);
	}
	for (int i = 0; i < 10; i++) {
		atomic_store(&g->page->current, h[i % 2]);
		world_look(NS_PER_S / 10, NS_PER_S);
	}
	assert_true(g->kill_asked);
}

/* Ten seconds in which nothing is heard of it are let pass, and no more. */
static void
killed_after_ten(struct guest *g)
{
	for (int i = 0; i < 10; i++)
		world_look(NS_PER_S, 0);
	assert_false(g->kill_asked);
	world_look(NS_PER_S, 0);
	assert_true(g->kill_asked);
}

static void
test_no_pong(void **state)
{
	struct wire_frame head;
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_waits(g, h[0]);
	world_look(NS_PER_S, 0);
	assert_true(guest_hears(g, &head, NULL, 0));
	assert_int_equal(head.type, WIRE_PING);
	killed_after_ten(g);
}

/* What it computed after the ping excuses it for as long as it computes, and not for ever. */
static void
test_no_pong_after_computing(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_waits(g, h[0]);
	world_look(NS_PER_S, 0);
	world_look(NS_PER_S, NS_PER_S);
	killed_after_ten(g);
}

/* Pongs that nobody asked for are no sign of life. */
static void
test_pongs_unasked(void **state)
{
	struct wire_pong pong = {0};
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	give_up();
	for (int i = 0; i < 5 && !g->kill_asked; i++) {
		guest_send(g, WIRE_PONG, 0, WIRE_NO_ORDINAL, 0, &pong, sizeof(pong));
		world_turn();
		world_look(NS_PER_S, NS_PER_S);
	}
	assert_true(g->kill_asked);
}

/* The machine was paused, not the cell. */
static void
test_pause(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_waits(g, h[0]);
	world_look(NS_PER_S, 0);
	world_look(3600 * NS_PER_S, 0);
	assert_false(g->kill_asked);
}

/* A call that was given up and still computes: what it says does not count as a sign of life. */
static void
test_gone_and_computing(void **state)
{
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	give_up();
	for (int i = 0; i < 5; i++) {
		guest_send(g, WIRE_LOG, h[0], WIRE_NO_ORDINAL, 1, "x", 1);
		world_turn();
		world_look(NS_PER_S, NS_PER_S);
	}
	assert_true(g->kill_asked);
}

static void
test_does_not_leave(void **state)
{
	static const uint8_t object[32] = {7};
	uint64_t h[1];
	struct guest *g = guest_with_calls(1, h);

	(void)state;
	guest_reply(g, h[0], 0, "1");
	world_turn();
	cells_retire(world.cells, object, 0);
	world_look(NS_PER_S, 0);
	assert_false(g->kill_asked);
	world_look(3 * NS_PER_S, 0);
	assert_true(g->kill_asked);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup_one_cell, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_cancel_queued),
	    T(test_cancel_with_reply),
	    T(test_cancel_without_reply),
	    T(test_cancelled_is_not_replayed),
	    T(test_stuck),
	    T(test_busy_is_not_stuck),
	    T(test_turns_are_not_silence),
	    T(test_no_pong),
	    T(test_no_pong_after_computing),
	    T(test_pongs_unasked),
	    T(test_pause),
	    T(test_gone_and_computing),
	    T(test_does_not_leave),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
