/* Who waits has it in turns: one thing of each owner, then one of each again; whatever comes and goes meanwhile. */

#include "cmocka_all.h"

#include "base/util.h"
#include "base/turns.h"

struct thing {
	int owner, nth;
	struct turn_item item;
};

#define OWNERS 40
#define THINGS 50

static struct turns q;
static int owners[OWNERS];
static struct thing things[OWNERS][THINGS];

static struct thing *
add(int owner, int nth, bool ahead)
{
	struct thing *t = &things[owner][nth];

	*t = (struct thing){.owner = owner, .nth = nth};
	turns_add(&q, &owners[owner], &t->item, ahead);
	return t;
}

/* owner * 100 + nth; -1: nothing waits */
static int
next(void)
{
	struct turn_item *first = turns_first(&q), *item = turns_take(&q);
	const struct thing *t = item == NULL ? NULL : CONTAINER(item, struct thing, item);

	assert_ptr_equal(first, item);
	return t == NULL ? -1 : t->owner * 100 + t->nth;
}

static void
test_a_zeroed_one_is_empty(void **state)
{
	(void)state;
	q = (struct turns){0};
	assert_int_equal(next(), -1);
	assert_int_equal(turns_of(&q, &owners[0]), 0);
}

/* Many of one, then one of another: that is next, and comes back in its turn. */
static void
test_who_comes_late_with_one_is_next(void **state)
{
	(void)state;
	for (int i = 0; i < THINGS; i++)
		add(0, i, false);
	assert_int_equal(next(), 0);
	add(1, 0, false);
	assert_int_equal(turns_of(&q, &owners[0]), THINGS - 1);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 100);
	assert_int_equal(next(), 2);
	add(2, 0, false);
	add(3, 0, false);
	add(1, 1, false); /* it was here before: it is not new */
	assert_int_equal(next(), 200);
	assert_int_equal(next(), 101);
	assert_int_equal(next(), 300);
	for (int i = 3; i < THINGS; i++)
		assert_int_equal(next(), i);
	assert_int_equal(next(), -1);
	assert_int_equal(q.n, 0);
	assert_null(q.by_owner.slots); /* what is empty holds nothing */
}

static void
test_first_come_first_served_within_one(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		add(0, i, false);
		add(1, i, i > 0);
	}
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), 101); /* what is ahead goes first */
	assert_int_equal(next(), 2);
	assert_int_equal(next(), 102);
	assert_int_equal(next(), 100);
	assert_int_equal(next(), -1);
}

static void
test_who_leaves_is_out(void **state)
{
	struct thing *a, *b;

	(void)state;
	a = add(0, 0, false);
	add(0, 1, false);
	b = add(1, 0, false);
	turns_remove(&a->item);
	turns_remove(&b->item);
	assert_null(a->item.turn);
	assert_int_equal(turns_of(&q, &owners[1]), 0);
	assert_int_equal(next(), 1);
	assert_int_equal(next(), -1);
}

/* By chance, for a while: whoever waits has a turn before each of the others can have had more than two. */
static void
test_everybody_comes_round(void **state)
{
	unsigned passed[OWNERS] = {0}, waiting[OWNERS] = {0}, seed = 1;
	int from[OWNERS] = {0};

	(void)state;
	for (int round = 0; round < 100000; round++) {
		int owner = (int)(rand_r(&seed) % OWNERS), got;

		if (rand_r(&seed) % 2 == 0 && waiting[owner] < THINGS) {
			add(owner, (from[owner] + (int)waiting[owner]) % THINGS, false);
			if (waiting[owner]++ == 0)
				passed[owner] = 0;
			continue;
		}
		got = next();
		if (got < 0)
			continue;
		owner = got / 100;
		assert_int_equal(got % 100, from[owner]);
		from[owner] = (from[owner] + 1) % THINGS;
		waiting[owner]--;
		passed[owner] = 0;
		for (int other = 0; other < OWNERS; other++) {
			if (other != owner && waiting[other] > 0)
				assert_true(++passed[other] <= 2 * OWNERS);
		}
	}
	while (next() >= 0)
		;
	assert_int_equal(q.n, 0);
	assert_null(q.by_owner.slots);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_zeroed_one_is_empty),
	    cmocka_unit_test(test_who_comes_late_with_one_is_next),
	    cmocka_unit_test(test_first_come_first_served_within_one),
	    cmocka_unit_test(test_who_leaves_is_out),
	    cmocka_unit_test(test_everybody_comes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
