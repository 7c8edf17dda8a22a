/* The care of the journal: dropping, recycling, erasing; and a crash at each step of them. */

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <xxhash.h>

#include "cmocka_all.h"
#include "journal_place.h"

#include "base/fd.h"
#include "base/log.h"
#include "journal/state.h"

#define SEGMENT (4 * KIB)
#define BATCHES 24
#define TEXT    600

struct fixture {
	struct place at;
	uint64_t lsn[BATCHES * 2];
	size_t n;
	unsigned erased;
};

static int
setup(void **state)
{
	struct fixture *x = xcalloc(1, sizeof *x);

	place_open(&x->at);
	log_set_level(LOG_LEVEL_ERROR);
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	place_close(&x->at);
	free(x);
	return 0;
}

static void
on_failed(const struct fault *fault, void *arg)
{
	(void)arg;
	fail_msg("%s", fault->text);
}

static struct journal *
open_here(struct fixture *x)
{
	struct journal_options o = {
	    .dir = x->at.dir, .loop = x->at.loop, .segment_bytes = SEGMENT, .failed = on_failed};
	struct journal *j = NULL;
	struct fault fault = {0};

	if (journal_open_on(&j, &o, &x->at.disk, &fault) != 0)
		fail_msg("%s", fault.text);
	return j;
}

/* What the nth batch carries: nothing else has these bytes. */
static void
text_of(size_t nth, char out[TEXT])
{
	char word[32];
	int len = snprintf(word, sizeof word, "secret-%zu;", nth);

	for (size_t at = 0; at < TEXT; at++)
		out[at] = word[at % (size_t)len];
}

/* One record in a batch of its own. */
static uint64_t
append_one(struct fixture *x, struct journal *j)
{
	char text[TEXT];
	struct record r;
	uint64_t lsn;

	text_of(x->n, text);
	record_init(&r, RECORD_OP_OUTCOME);
	record_add_text(&r, TAG_PATH, "/0");
	record_add(&r, TAG_OUTPUT, text, sizeof text);
	record_add_text(&r, TAG_MESSAGE, "a sentence");
	lsn = journal_append(j, &r);
	journal_sync(j, lsn + 1);
	x->lsn[x->n++] = lsn;
	return lsn;
}

static void
append_all(struct fixture *x, struct journal *j)
{
	for (int i = 0; i < BATCHES; i++)
		append_one(x, j);
}

/* How many files of the folder end so. */
static unsigned
files(const struct fixture *x, const char *end)
{
	DIR *dir = opendir(x->at.dir);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		n += strlen(e->d_name) > strlen(end) && strcmp(e->d_name + strlen(e->d_name) - strlen(end), end) == 0;
	closedir(dir);
	return n;
}

static ino_t
inode_of(const struct fixture *x, uint64_t first_lsn)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%016lx.seg", x->at.dir, (unsigned long)first_lsn);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

/* The writer takes files away in its own time. */
static void
wait_gone(const struct fixture *x, struct journal *j)
{
	uint64_t bytes;
	unsigned held;

	journal_usage(j, &bytes, &held);
	while (files(x, ".seg") != held)
		sched_yield();
}

static int
read_one(struct journal *j, uint64_t lsn, size_t nth, struct fault *fault)
{
	_cleanup_(buf_free) struct buf storage = {0};
	char text[TEXT];
	struct record r;
	int rc = journal_read(j, lsn, &storage, &r, fault);

	if (rc != 0)
		return rc;
	text_of(nth, text);
	assert_int_equal(record_find(&r, TAG_OUTPUT)->len, TEXT);
	assert_memory_equal(record_find(&r, TAG_OUTPUT)->data, text, TEXT);
	return 0;
}

static void
on_damage(const char *file, uint64_t offset, const char *what, void *arg)
{
	(void)arg;
	fail_msg("%s at offset %lu: %s", file, (unsigned long)offset, what);
}

static struct journal_check
check_clean(const struct fixture *x)
{
	struct journal_check check = {.damaged = on_damage};
	struct fault fault;

	if (journal_check(x->at.dir, &check, &fault) != 0)
		fail_msg("%s", fault.text);
	return check;
}

/* ---- Dropping ---------------------------------------------------------------------------------------------------- */

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

/* ---- Crashes ----------------------------------------------------------------------------------------------------- */

/* Runs `work` in a process that ends at the nth step of its disk; false: there were fewer steps.  What it wrote to `fd` is what
 * it acknowledged. */
static bool
crashes_at(struct fixture *x, unsigned nth, void (*work)(struct fixture *x, int fd), struct buf *ret)
{
	int fds[2], status;
	pid_t pid;
	char got[4096];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		static struct event_base *of_parent; /* not ours to free */

		of_parent = x->at.loop;
		x->at.loop = event_base_new();
		assert_ptr_not_equal(x->at.loop, of_parent);
		x->at.fake.steps = 0;
		x->at.fake.crash_at = nth;
		work(x, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], got, sizeof got)) > 0)
		buf_append(ret, got, (size_t)n);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == FAKE_CRASHED : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static void
say(int fd, uint64_t number)
{
	assert_int_equal(write(fd, &number, sizeof number), sizeof number);
}

/* Appends, and drops what is eight batches back as it goes: each acknowledged record is said, and each drop. */
static void
append_and_drop(struct fixture *x, int fd)
{
	struct journal *j = open_here(x);

	for (int i = 0; i < BATCHES; i++) {
		say(fd, append_one(x, j));
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

/* ---- Erasing ----------------------------------------------------------------------------------------------------- */

static void
on_erased(const struct fault *fault, void *arg)
{
	struct fixture *x = arg;

	if (fault != NULL)
		fail_msg("%s", fault->text);
	x->erased++;
}

static struct journal_erasing
erasing(struct fixture *x, size_t nth)
{
	struct journal_erasing e = {.lsn = x->lsn[nth]};
	char text[TEXT];
	XXH128_hash_t sum;

	text_of(nth, text);
	sum = XXH3_128bits(text, sizeof text);
	e.output[0] = sum.low64;
	e.output[1] = sum.high64;
	return e;
}

/* Every third one. */
static void
erase_some(struct fixture *x, struct journal *j, size_t n)
{
	struct journal_erasing e[BATCHES];
	size_t some = 0;

	for (size_t i = 0; i < n; i += 3)
		e[some++] = erasing(x, i);
	journal_turn(j);
	append_one(x, j);
	x->erased = 0;
	journal_erase(j, e, some, on_erased, x);
	while (x->erased == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_false(journal_is_erasing(j));
}

static bool
is_erased(struct journal *j, const struct journal_erasing *e)
{
	_cleanup_(buf_free) struct buf storage = {0};
	const struct record_field *f;
	struct fault fault;
	uint16_t tag;
	struct record r;

	if (journal_read(j, e->lsn, &storage, &r, &fault) != 0)
		fail_msg("%s", fault.text);
	f = record_find(&r, TAG_OUTPUT_ERASED);
	if (f == NULL)
		return false;
	assert_null(record_find(&r, TAG_OUTPUT));
	assert_null(record_find(&r, TAG_MESSAGE));
	assert_non_null(record_find(&r, TAG_PATH));
	assert_int_equal(f->len, TEXT);
	assert_memory_equal(f->data, e->output, sizeof e->output);
	for (size_t i = sizeof e->output; i < TEXT; i++)
		assert_int_equal(((const uint8_t *)f->data)[i], 0);
	f = record_find(&r, TAG_ERASED);
	assert_int_equal(f->len, strlen("a sentence"));
	memcpy(&tag, f->data, sizeof tag);
	assert_int_equal(tag, TAG_MESSAGE);
	return true;
}

/* Whether any file of the folder has these bytes. */
static bool
folder_has(const struct fixture *x, const char *text)
{
	DIR *dir = opendir(x->at.dir);
	struct dirent *e;
	bool has = false;

	while ((e = readdir(dir)) != NULL) {
		_cleanup_(free_p) char *path = xasprintf("%s/%s", x->at.dir, e->d_name);
		_cleanup_(buf_free) struct buf bytes = {0};

		if (e->d_name[0] == '.' || fd_read_file(path, &bytes, SIZE_MAX / 2, NULL) != 0)
			continue;
		has |= memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
	}
	closedir(dir);
	return has;
}

static void
what_is_erased_is_nowhere(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x);
	uint64_t records;
	struct fault fault;

	append_all(x, j);
	records = check_clean(x).records;
	erase_some(x, j, BATCHES);
	assert_int_equal(check_clean(x).records, records + 1);
	for (size_t i = 0; i < BATCHES; i++) {
		struct journal_erasing e = erasing(x, i);
		_cleanup_(free_p) char *word = xasprintf("secret-%zu;secret", i);

		if (i % 3 == 0)
			assert_true(is_erased(j, &e));
		else if (read_one(j, x->lsn[i], i, &fault) != 0)
			fail_msg("%s", fault.text);
		assert_int_equal(folder_has(x, word), i % 3 != 0);
	}
	erase_some(x, j, BATCHES); /* once more changes nothing */
	assert_int_equal(files(x, ".spare"), 0);
	journal_close(&j);
	check_clean(x);
	j = open_here(x);
	for (size_t i = 0; i < BATCHES; i += 3) {
		struct journal_erasing e = erasing(x, i);

		assert_true(is_erased(j, &e));
	}
	journal_close(&j);
}

static void
append_and_erase(struct fixture *x, int fd)
{
	struct journal *j = open_here(x);

	for (int i = 0; i < BATCHES; i++)
		say(fd, append_one(x, j));
	erase_some(x, j, BATCHES);
	say(fd, 0);
	journal_close(&j);
}

static void
a_crash_while_erasing(void **state)
{
	struct fixture *x = *state;
	unsigned nth = 1, halves = 0;

	for (bool crashed = true; crashed; nth++) {
		_cleanup_(buf_free) struct buf said = {0};
		const uint64_t *lsn;
		struct journal *j;
		struct fault fault;
		size_t n, erased = 0;
		bool acknowledged;

		scratch_free(&x->at.dir);
		x->at.dir = scratch_new();
		x->n = 0;
		crashed = crashes_at(x, nth, append_and_erase, &said);
		lsn = (const uint64_t *)(const void *)said.data;
		n = said.len / sizeof *lsn;
		acknowledged = n > BATCHES;
		x->n = acknowledged ? BATCHES : n;
		if (x->n > 0)
			memcpy(x->lsn, lsn, x->n * sizeof *lsn);
		j = open_here(x);
		check_clean(x);
		/* Each is as it was, or erased whole; once that was acknowledged, all are. */
		for (size_t i = 0; i < x->n; i++) {
			struct journal_erasing e = erasing(x, i);

			if (i % 3 == 0 && is_erased(j, &e))
				erased++;
			else if (read_one(j, lsn[i], i, &fault) != 0)
				fail_msg("step %u: %s", nth, fault.text);
		}
		assert_true(!acknowledged || erased == BATCHES / 3);
		halves += erased > 0 && erased < BATCHES / 3;
		/* Doing it again does the rest. */
		if (n >= BATCHES) {
			n = x->n;
			erase_some(x, j, n);
			for (size_t i = 0; i < n; i += 3) {
				_cleanup_(free_p) char *word = xasprintf("secret-%zu;secret", i);

				assert_false(folder_has(x, word));
			}
		}
		journal_close(&j);
		check_clean(x);
	}
	assert_true(halves > 0);
}

static void
nothing_is_dropped_while_erasing(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x);
	struct journal_erasing e;
	uint64_t first = journal_first(j);

	append_all(x, j);
	e = erasing(x, 0);
	journal_erase(j, &e, 1, on_erased, x);
	journal_drop(j, x->lsn[BATCHES - 1]);
	assert_int_equal(journal_first(j), first);
	while (x->erased == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	journal_drop(j, x->lsn[BATCHES - 1]);
	assert_true(journal_first(j) > first);
	/* What was dropped needs no erasing. */
	journal_erase(j, &e, 1, on_erased, x);
	while (x->erased == 1)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	journal_close(&j);
	check_clean(x);
}

static void
copy_fault(const struct fault *fault, void *arg)
{
	*(struct fault *)arg = *fault;
}

static void
damage_is_told_and_left(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x);
	_cleanup_(free_p) char *path = xasprintf("%s/%016x.seg", x->at.dir, LSN_FIRST);
	struct journal_erasing e;
	struct fault fault = {0};
	int fd;

	append_all(x, j);
	journal_close(&j);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "!", 1, (off_t)(sizeof(struct segment_head) + x->lsn[0] - LSN_FIRST + 200)), 1);
	close(fd);
	j = open_here(x);
	e = erasing(x, 1);
	journal_erase(j, &e, 1, copy_fault, &fault);
	while (fault.status == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
	assert_int_equal(fault.status, HOSPES_EDAMAGED);
	assert_non_null(strstr(fault.text, path));
	journal_close(&j);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(what_is_dropped_is_gone),
	    T(files_are_recycled),
	    T(readers_see_all_or_nothing),
	    T(what_goes_before_a_scan_comes_there_is_passed_over),
	    T(a_crash_while_dropping),
	    T(what_is_erased_is_nowhere),
	    T(a_crash_while_erasing),
	    T(nothing_is_dropped_while_erasing),
	    T(damage_is_told_and_left),
	};

	return cmocka_run_group_tests_name("journal_care", tests, NULL, NULL);
}
