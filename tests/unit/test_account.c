/* Accounts: nothing is ever overspent, whatever runs at once. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "call/call.h"

static struct account *short_at;

static enum account_answer
take(struct account *from, int64_t most, int64_t least)
{
	return account_reserve(from, QUANTITY_CALLS, most, least, &short_at);
}

static void
test_limit_holds_at_every_ancestor(void **state)
{
	struct account host, run, task;

	(void)state;
	account_init(&host, "host", NULL);
	account_init(&run, "run", &host);
	account_init(&task, "task", &run);
	run.limit[QUANTITY_CALLS] = 2;
	assert_int_equal(take(&task, 1, 1), ACCOUNT_TAKEN);
	assert_int_equal(take(&run, 1, 1), ACCOUNT_TAKEN);
	assert_int_equal(take(&task, 1, 1), ACCOUNT_NEVER);
	assert_ptr_equal(short_at, &run);
	assert_int_equal(host.reserved[QUANTITY_CALLS], 2);
	account_settle(&task, QUANTITY_CALLS, 1, 1, 1);
	assert_int_equal(take(&task, 1, 1), ACCOUNT_NEVER);
	assert_int_equal(run.spent[QUANTITY_CALLS], 1);
}

static void
test_a_refusal_takes_nothing(void **state)
{
	struct account run, task;

	(void)state;
	account_init(&run, "run", NULL);
	account_init(&task, "task", &run);
	run.limit[QUANTITY_CALLS] = 1;
	assert_int_equal(take(&task, 2, 2), ACCOUNT_NEVER);
	assert_int_equal(task.reserved[QUANTITY_CALLS], 0);
	assert_int_equal(run.reserved[QUANTITY_CALLS], 0);
}

static void
test_waits_for_what_a_share_may_give_back(void **state)
{
	struct account run, one, two;

	(void)state;
	account_init(&run, "run", NULL);
	run.limit[QUANTITY_CALLS] = 10;
	account_init(&one, "task", &run);
	account_init(&two, "task", &run);
	assert_int_equal(take(&run, 8, 1), ACCOUNT_TAKEN); /* the share of a sibling */
	assert_int_equal(take(&two, 3, 1), ACCOUNT_WAIT);
	assert_int_equal(take(&two, 10, 1), ACCOUNT_NEVER);
	account_settle(&run, QUANTITY_CALLS, 8, 1, 2);
	assert_int_equal(take(&two, 3, 1), ACCOUNT_TAKEN);
	assert_int_equal(run.spent[QUANTITY_CALLS] + run.reserved[QUANTITY_CALLS], 5);
}

static void
test_a_prepaid_share_ends_the_walk(void **state)
{
	struct account run, task;

	(void)state;
	account_init(&run, "run", NULL);
	run.limit[QUANTITY_CALLS] = 5;
	account_init(&task, "task", &run);
	assert_int_equal(take(&run, 5, 1), ACCOUNT_TAKEN);
	task.prepaid[QUANTITY_CALLS] = true;
	task.limit[QUANTITY_CALLS] = 5;
	task.spent[QUANTITY_CALLS] = 1;
	for (int i = 0; i < 4; i++)
		assert_int_equal(take(&task, 1, 1), ACCOUNT_TAKEN);
	/* Its own ancestor's share gives nothing back while it waits: never, not later. */
	assert_int_equal(take(&task, 1, 1), ACCOUNT_NEVER);
	assert_ptr_equal(short_at, &task);
	assert_int_equal(run.reserved[QUANTITY_CALLS], 5);
	assert_int_equal(account_left(&task, QUANTITY_CALLS), 0);
}

static void
test_the_nearest_end_counts(void **state)
{
	struct account run, task;
	const struct account *whose = NULL;

	(void)state;
	account_init(&run, "run", NULL);
	account_init(&task, "task", &run);
	assert_true(account_ends(&task, &whose) == NO_LIMIT);
	run.ends_real_ns = 100;
	assert_int_equal(account_ends(&task, &whose), 100);
	assert_ptr_equal(whose, &run);
	task.ends_real_ns = 50;
	assert_int_equal(account_ends(&task, &whose), 50);
	assert_ptr_equal(whose, &task);
}

/* Random reservations and settlements over a tree: spent + reserved never passes a limit, and all comes back. */
static void
test_never_overspent(void **state)
{
	struct account a[5];
	struct {
		struct account *from;
		int64_t most, least;
	} held[64];
	unsigned n = 0, seed = 20260101;

	(void)state;
	account_init(&a[0], "host", NULL);
	for (int i = 1; i < 5; i++)
		account_init(&a[i], "task", &a[(i - 1) / 2]);
	a[0].limit[QUANTITY_CALLS] = 40;
	a[1].limit[QUANTITY_CALLS] = 25;
	for (int step = 0; step < 20000; step++) {
		if (n < 64 && rand_r(&seed) % 2) {
			int64_t most = 1 + rand_r(&seed) % 6;
			struct account *from = &a[rand_r(&seed) % 5];

			if (take(from, most, 1) == ACCOUNT_TAKEN) {
				held[n].from = from;
				held[n].most = most;
				held[n++].least = 1;
			}
		} else if (n > 0) {
			n--;
			account_settle(held[n].from, QUANTITY_CALLS, held[n].most, 1, 0);
		}
		for (int i = 0; i < 5; i++) {
			if (a[i].limit[QUANTITY_CALLS] != NO_LIMIT)
				assert_true(a[i].spent[QUANTITY_CALLS] + a[i].reserved[QUANTITY_CALLS] <=
					    a[i].limit[QUANTITY_CALLS]);
		}
	}
	while (n-- > 0)
		account_settle(held[n].from, QUANTITY_CALLS, held[n].most, 1, 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(a[i].reserved[QUANTITY_CALLS], 0);
		assert_int_equal(a[i].returnable[QUANTITY_CALLS], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limit_holds_at_every_ancestor),
	    cmocka_unit_test(test_a_refusal_takes_nothing),
	    cmocka_unit_test(test_waits_for_what_a_share_may_give_back),
	    cmocka_unit_test(test_a_prepaid_share_ends_the_walk),
	    cmocka_unit_test(test_the_nearest_end_counts),
	    cmocka_unit_test(test_never_overspent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
