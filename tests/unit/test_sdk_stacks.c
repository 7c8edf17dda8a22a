/*
 * The arena of stacks: how many there are, and that its memory goes back when a cell rests.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>

#include <hospes/status.h>

#include "fiber.h"

#define STACKS 200u
#define SLAB   64u /* how many stay */
#define BYTES  (256u * 1024)

static struct stack taken[STACKS];

/* Where a stack begins: the page that each call touches first. */
static unsigned char *
top(const struct stack *stack)
{
	return (unsigned char *)stack->base + stack->size - 1;
}

static void
take_all(void)
{
	struct stack none;

	for (unsigned i = 0; i < STACKS; i++) {
		assert_int_equal(stack_take(&taken[i]), 0);
		assert_int_equal(taken[i].size, BYTES);
		assert_int_equal(*top(&taken[i]), 0);
		*top(&taken[i]) = 7;
	}
	assert_int_equal(stack_take(&none), HOSPES_EBUSY);
}

static void
give_all(void)
{
	for (unsigned i = 0; i < STACKS; i++)
		stack_give(&taken[i]);
}

static unsigned
mapped(void *const bases[STACKS])
{
	unsigned char there;
	unsigned n = 0;

	for (unsigned i = 0; i < STACKS; i++) {
		if (mincore(bases[i], 1, &there) == 0)
			n++;
		else
			assert_int_equal(errno, ENOMEM);
	}
	return n;
}

static void
test_rest(void **state)
{
	void *bases[STACKS];

	(void)state;
	assert_int_equal(stacks_open(BYTES, STACKS), 0);
	stacks_rest(); /* nothing is there yet */
	for (int times = 0; times < 3; times++) {
		take_all();
		for (unsigned i = 0; i < STACKS; i++)
			bases[i] = taken[i].base;
		assert_int_equal(mapped(bases), STACKS);
		give_all();
		stacks_rest();
		assert_int_equal(mapped(bases), SLAB);
		stacks_rest();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests_name("sdk-stacks", tests, NULL, NULL);
}
