/* A call that asks for much at once: how much of it is served in a turn of the loop, and that all of it is in the end. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "cell_world.h"

#define MANY 100u

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

/* Two calls in a cell that is ready; of the first one comes an op, MANY times, in one go. */
static struct guest *
asked_for_much(void)
{
	(void)world_submit("1");
	(void)world_submit("1");
	guest_ready(guest(0));
	for (uint32_t i = 0; i < MANY; i++)
		guest_op(guest(0), world.call[0]->handle, i, WIRE_OP_CALL, 0, "x", "1");
	return guest(0);
}

static void
turn_once(void)
{
	event_base_loop(world.loop, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/* arg: unsigned, how much was served before somebody else had a turn. */
static void
others(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	*(unsigned *)arg = world.told[0].ops;
}

static void
test_others_have_their_turn(void **state)
{
	unsigned before = MANY;
	struct event *other = evtimer_new(world.loop, others, &before);
	struct timeval now = {0};

	(void)state;
	(void)asked_for_much();
	turn_once();
	assert_int_equal(world.told[0].ops, SLICE);
	evtimer_add(other, &now);
	turn_once();
	assert_true(before <= 2 * SLICE);
	assert_int_equal(world.told[0].ops, 2 * SLICE);
	world_turn();
	assert_int_equal(world.told[0].ops, MANY);
	event_free(other);
}

/* What has come of others between is no part of a slice. */
static void
test_a_slice_is_of_one_call(void **state)
{
	(void)state;
	(void)world_submit("1");
	(void)world_submit("1");
	guest_ready(guest(0));
	for (uint32_t i = 0; i < 2 * SLICE; i++) {
		guest_op(guest(0), world.call[0]->handle, i, WIRE_OP_CALL, 0, "x", "1");
		guest_op(guest(0), world.call[1]->handle, i, WIRE_OP_CALL, 0, "x", "1");
	}
	turn_once();
	assert_int_equal(world.told[0].ops, 2 * SLICE);
	assert_int_equal(world.told[1].ops, 2 * SLICE);
}

/* Frames stay in the order in which they came, over the socket and over the page. */
static void
test_what_comes_later_is_served_later(void **state)
{
	struct guest *g = asked_for_much();

	(void)state;
	turn_once();
	guest_reply(g, world.call[1]->handle, 0, "2");
	turn_once();
	assert_int_equal(world.told[1].replies, 0);
	guest_reply(g, world.call[0]->handle, 0, "1");
	world_turn();
	assert_int_equal(world.told[0].ops, MANY);
	assert_int_equal(world.told[0].replies, 1);
	assert_int_equal(world.told[1].replies, 1);
}

static void
test_a_cell_that_died_had_said_it_all(void **state)
{
	struct guest *g = asked_for_much();

	(void)state;
	turn_once();
	assert_int_equal(world.told[0].ops, SLICE);
	guest_die(g, SIGSEGV);
	assert_int_equal(world.told[0].ops, MANY);
	assert_int_equal(world.ended, 1);
}

static void
test_a_cell_that_broke_the_wire_is_heard_no_more(void **state)
{
	struct guest *g = asked_for_much();

	(void)state;
	turn_once();
	guest_send(g, 77, world.call[0]->handle, 0, 0, NULL, 0);
	world_turn();
	assert_int_equal(world.told[0].ops, MANY);
	assert_true(g->kill_asked);
	guest_die(g, SIGKILL);
	assert_int_equal(world.ended, 1);
}

static void
test_a_cell_that_is_killed_meanwhile(void **state)
{
	struct guest *g = asked_for_much();

	(void)state;
	turn_once();
	cell_kill(world.call[0]->cell, HOSPES_ESTUCK, "a test says so");
	world_turn();
	assert_int_equal(world.told[0].ops, SLICE);
	guest_die(g, SIGKILL);
	assert_int_equal(world.told[0].ops, SLICE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_others_have_their_turn, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_slice_is_of_one_call, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_comes_later_is_served_later, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_cell_that_died_had_said_it_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_cell_that_broke_the_wire_is_heard_no_more, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_a_cell_that_is_killed_meanwhile, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
