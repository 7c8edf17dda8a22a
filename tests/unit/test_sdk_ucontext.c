/*
 * Fibers over ucontext, as other machines have them; built here with it, whatever this machine is.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fiber.h"

static struct fiber fibers[3];
static int order[9], steps;

static void
body(void *arg)
{
	int *mine = arg;

	for (int i = 0; i < 3; i++) {
		order[steps++] = *mine;
		if (i < 2)
			fiber_park(&fibers[*mine]);
	}
}

static void
test_fibers_take_turns(void **state)
{
	static int names[] = {0, 1, 2};
	struct fiber fourth;

	(void)state;
	assert_int_equal(stacks_open(64 * 1024, 3), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fiber_open(&fibers[i], body, &names[i]), 0);
	assert_true(fiber_open(&fourth, body, &names[0]) < 0);
	for (int turn = 0; turn < 3; turn++) {
		for (int i = 0; i < 3; i++) {
			assert_false(fibers[i].ended);
			fiber_resume(&fibers[i]);
			assert_int_equal(order[turn * 3 + i], i);
		}
	}
	for (int i = 0; i < 3; i++) {
		assert_true(fibers[i].ended);
		fiber_close(&fibers[i]);
	}
	assert_int_equal(fiber_open(&fourth, body, &names[0]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fibers_take_turns),
	};

	return cmocka_run_group_tests_name("sdk-ucontext", tests, NULL, NULL);
}
