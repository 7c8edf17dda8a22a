/* What is erased from the journal is nowhere any more; and a crash at each step of that. */

#include "journal_batches.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/fd.h"

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

	batch_text(nth, text);
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
		acknowledge(fd, append_one(x, j));
	erase_some(x, j, BATCHES);
	acknowledge(fd, 0);
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
#define T(f) cmocka_unit_test_setup_teardown(f, setup, place_teardown)
	const struct CMUnitTest tests[] = {
	    T(what_is_erased_is_nowhere),
	    T(a_crash_while_erasing),
	    T(nothing_is_dropped_while_erasing),
	    T(damage_is_told_and_left),
	};

	return cmocka_run_group_tests_name("journal_care", tests, NULL, NULL);
}
