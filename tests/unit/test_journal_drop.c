/* The journal lets go of what it need not keep, and of files, which it uses again; and a crash at each step of that. */

#include "journal_batches.h"

#include <pthread.h>
#include <sys/stat.h>

static ino_t
inode_of(const struct fixture *x, uint64_t first_lsn)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%016lx.seg", x->at.dir, (unsigned long)first_lsn);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void
what_is_dropped_is_gone(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x);
	struct fault fault = {0};
	uint64_t first, bytes;
	unsigned segments;

	append_all(x, j);
	assert_int_equal(journal_first(j), LSN_FIRST + sizeof(struct batch_head));
	journal_drop(j, x->lsn[12]);
	first = journal_first(j);
	assert_true(first > x->lsn[0] && first <= x->lsn[12]);
	for (size_t i = 0; i < x->n; i++) {
		int rc = read_one(j, x->lsn[i], i, &fault);

		assert_int_equal(rc, x->lsn[i] < first ? HOSPES_ENOENT : 0);
	}
	wait_gone(x, j);
	check_clean(x);
	journal_usage(j, &bytes, &segments);
	journal_drop(j, journal_end(j)); /* the last one stays */
	wait_gone(x, j);
	assert_int_equal(files(x, ".seg"), 1);
	journal_close(&j);
	check_clean(x);
	/* It begins where it begins, and goes on. */
	j = open_here(x);
	assert_int_equal(journal_epoch(j), 2);
	assert_true(journal_first(j) > x->lsn[12]);
	append_one(x, j);
	assert_int_equal(read_one(j, x->lsn[x->n - 1], x->n - 1, &fault), 0);
	journal_close(&j);
	check_clean(x);
}

static void
files_are_recycled(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x);
	_cleanup_(free_p) struct journal_segment *before = NULL, *after = NULL;
	size_t n, found = 0;
	ino_t old[64];

	append_all(x, j);
	n = journal_segments(j, &before);
	assert_true(n >= 5 && n < ARRAY_LEN(old));
	for (size_t i = 0; i < n; i++)
		old[i] = inode_of(x, before[i].first - sizeof(struct batch_head));
	journal_drop(j, x->lsn[BATCHES - 1]);
	wait_gone(x, j);
	assert_true(files(x, ".spare") <= SPARES);
	append_all(x, j);
	journal_segments(j, &after);
	for (size_t i = 1; i < 4; i++) {
		ino_t now = inode_of(x, after[i].first - sizeof(struct batch_head));

		for (size_t k = 0; k + 1 < n; k++)
			found += now == old[k];
	}
	assert_true(found >= 1);
	journal_close(&j);
	check_clean(x); /* and what was in them is zeros */
}

static int
count_any(const struct record *r, void *arg)
{
	unsigned *n = arg;

	(void)r;
	++*n;
	return 0;
}

struct reading {
	struct fixture *x;
	struct journal *j;
	_Atomic bool stop;
	_Atomic unsigned reads;
};

static void *
read_all_the_time(void *arg)
{
	struct reading *reading = arg;
	struct fault fault = {0};

	while (!reading->stop) {
		unsigned n = 0;

		for (size_t i = 0; i < BATCHES; i++) {
			int rc = read_one(reading->j, reading->x->lsn[i], i, &fault);

			if (rc != 0 && rc != HOSPES_ENOENT)
				fail_msg("%s", fault.text);
		}
		if (journal_scan(reading->j, 1, count_any, &n, &fault) != 0)
			fail_msg("%s", fault.text);
		reading->reads++;
	}
	return NULL;
}

static void
readers_see_all_or_nothing(void **state)
{
	struct fixture *x = *state;
	struct reading reading = {.x = x};
	struct journal *j = open_here(x);
	pthread_t thread;

	append_all(x, j);
	reading.j = j;
	assert_int_equal(pthread_create(&thread, NULL, read_all_the_time, &reading), 0);
	for (size_t i = 0; i < BATCHES; i++) {
		unsigned seen = reading.reads;

		journal_drop(j, x->lsn[i]);
		append_one(x, j); /* into what was recycled */
		while (reading.reads == seen)
			sched_yield();
	}
	reading.stop = true;
	pthread_join(thread, NULL);
	journal_close(&j);
}

struct dropping {
	struct fixture *x;
	struct journal *j;
	unsigned n;
};

/* arg: struct dropping.  All that was listed goes while the first record is looked at. */
static int
drop_all(const struct record *r, void *arg)
{
	struct dropping *dropping = arg;

	(void)r;
	if (dropping->n++ == 0) {
		journal_drop(dropping->j, journal_end(dropping->j));
		wait_gone(dropping->x, dropping->j);
	}
	return 0;
}

static void
what_goes_before_a_scan_comes_there_is_passed_over(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x);
	struct dropping dropping = {.x = x, .j = j};
	struct fault fault = {0};

	append_all(x, j);
	assert_int_equal(journal_scan(j, 1, drop_all, &dropping, &fault), 0);
	assert_in_range(dropping.n, 1, BATCHES - 1);
	journal_close(&j);
}

/* Appends, and drops what is eight batches back as it goes: each acknowledged record is said, and each drop. */
static void
append_and_drop(struct fixture *x, int fd)
{
	struct journal *j = open_here(x);

	for (int i = 0; i < BATCHES; i++) {
		acknowledge(fd, append_one(x, j));
		if (i < 8 || i % 4 != 0)
			continue;
		journal_drop(j, x->lsn[i - 8]);
		wait_gone(x, j);
	}
	journal_close(&j);
}

static void
a_crash_while_dropping(void **state)
{
	struct fixture *x = *state;
	unsigned nth = 1;

	for (bool crashed = true; crashed; nth++) {
		_cleanup_(buf_free) struct buf said = {0};
		struct journal *j;
		const uint64_t *lsn;
		struct fault fault;
		size_t n;

		scratch_free(&x->at.dir);
		x->at.dir = scratch_new();
		crashed = crashes_at(x, nth, append_and_drop, &said);
		lsn = (const uint64_t *)(const void *)said.data;
		n = said.len / sizeof *lsn;
		j = open_here(x);
		/* Nothing that was acknowledged is lost, but what was dropped, from the front. */
		if (n > 8)
			assert_true(journal_first(j) <= lsn[n - 8]);
		for (size_t i = 0; i < n; i++)
			if (lsn[i] >= journal_first(j) && read_one(j, lsn[i], i, &fault) != 0)
				fail_msg("step %u: %s", nth, fault.text);
		journal_close(&j);
		assert_int_equal(files(x, ".spare"), 0); /* those of the dead are gone too */
		check_clean(x);
	}
	assert_true(nth > 60);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, place_teardown)
	const struct CMUnitTest tests[] = {
	    T(what_is_dropped_is_gone),
	    T(files_are_recycled),
	    T(readers_see_all_or_nothing),
	    T(what_goes_before_a_scan_comes_there_is_passed_over),
	    T(a_crash_while_dropping),
	};

	return cmocka_run_group_tests_name("journal_care", tests, NULL, NULL);
}
