/* A journal looked at from outside: each kind of damage is told once, and where it is; what is none is not told. */

#include "cmocka_all.h"
#include "journal_place.h"

#include "base/fd.h"
#include "base/id.h"
#include "base/log.h"
#include "journal/state.h"

#define SEGMENT (4 * KIB)
#define HEAD    sizeof(struct segment_head)

struct told {
	unsigned n;
	char file[64];
	uint64_t offset;
	char what[512];
};

struct fixture {
	struct place at;
	struct journal *j;
	struct told told;
	struct journal_check check;
};

/* A run as it is recorded. */
struct run {
	uint8_t id[16];
	uint64_t last;
	uint32_t seq;
};

static int
setup(void **state)
{
	return place_setup(state, sizeof(struct fixture));
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	journal_close(&x->j);
	return place_teardown(state);
}

static void
open_here(struct fixture *x, size_t segment_bytes)
{
	x->j = place_journal(&x->at, segment_bytes, NULL);
}

static struct run
new_run(void)
{
	struct ulid id = ulid_new();
	struct run run = {0};

	memcpy(run.id, id.bytes, sizeof run.id);
	return run;
}

/* As it comes, with what is wrong with it. */
static uint64_t
append_as(struct fixture *x, struct run *run, unsigned kind, uint64_t prev, uint32_t seq, int64_t number)
{
	char text[300];
	struct record r;
	uint64_t lsn;

	memset(text, 'x', sizeof text);
	record_init(&r, (enum record_kind)(kind & ~RECORD_COPY));
	r.head.kind = (uint16_t)kind;
	memcpy(r.head.run, run->id, sizeof run->id);
	r.head.prev = prev;
	r.head.seq = seq;
	if (number != 0)
		record_add(&r, TAG_NUMBER, &number, sizeof number);
	else
		record_add(&r, TAG_INPUT, text, sizeof text);
	lsn = journal_append(x->j, &r);
	journal_sync(x->j, lsn + 1);
	return lsn;
}

static uint64_t
append(struct fixture *x, struct run *run, enum record_kind kind)
{
	return run->last = append_as(x, run, kind, run->last, run->seq++, 0);
}

static void
on_damage(const char *file, uint64_t offset, const char *what, void *arg)
{
	struct fixture *x = arg;
	const char *slash = strrchr(file, '/');

	x->told.n++;
	x->told.offset = offset;
	snprintf(x->told.file, sizeof x->told.file, "%s", slash + 1);
	snprintf(x->told.what, sizeof x->told.what, "%s", what);
}

static void
look(struct fixture *x)
{
	struct fault fault;

	x->told = (struct told){0};
	x->check = (struct journal_check){.damaged = on_damage, .arg = x};
	if (journal_check(x->at.dir, &x->check, &fault) != 0)
		fail_msg("%s", fault.text);
	assert_int_equal(x->check.damages, x->told.n);
}

static void
is_clean(struct fixture *x)
{
	look(x);
	if (x->told.n > 0)
		fail_msg("%s at offset %lu: %s", x->told.file, (unsigned long)x->told.offset, x->told.what);
}

static void
is_told(struct fixture *x, uint64_t first_lsn, uint64_t offset, const char *part)
{
	_cleanup_(free_p) char *file = xasprintf("%016lx.seg", (unsigned long)first_lsn);

	look(x);
	assert_int_equal(x->told.n, 1);
	assert_string_equal(x->told.file, file);
	if (x->told.offset != offset || strstr(x->told.what, part) == NULL)
		fail_msg(
		    "offset %lu and not %lu: %s", (unsigned long)x->told.offset, (unsigned long)offset, x->told.what);
}

/* Two runs side by side, and one that is open. */
static void
write_runs(struct fixture *x)
{
	struct run a = new_run(), b = new_run(), c = new_run();

	append(x, &a, RECORD_RUN_START);
	append(x, &b, RECORD_RUN_START);
	append(x, &a, RECORD_CALL_START);
	append(x, &c, RECORD_RUN_START);
	append(x, &b, RECORD_CALL_START);
	append(x, &a, RECORD_CALL_END);
	append(x, &b, RECORD_CALL_END);
	append(x, &a, RECORD_RUN_END);
	append(x, &b, RECORD_RUN_END);
}

static void
a_healthy_journal_is_told_nothing_of(void **state)
{
	struct fixture *x = *state;
	_cleanup_(free_p) char *oldest = xasprintf("%s/%016x.seg", x->at.dir, LSN_FIRST);

	for (int i = 0; i < 3; i++) {
		open_here(x, SEGMENT);
		write_runs(x);
		is_clean(x); /* while it is written to */
		journal_close(&x->j);
		is_clean(x);
	}
	assert_int_equal(x->check.runs_ended, 6);
	assert_int_equal(x->check.runs_open, 3);
	assert_int_equal(x->check.records, 3 * (9 + 2));
	assert_true(x->check.segments > 2);
	assert_int_equal(x->check.first_lsn, LSN_FIRST);
	open_here(x, SEGMENT);
	journal_drop(x->j, x->check.end_lsn / 2); /* in the middle of runs */
	while (access(oldest, F_OK) == 0)
		sched_yield();
	journal_close(&x->j);
	is_clean(x);
	assert_true(x->check.first_lsn > LSN_FIRST);
}

static void
no_journal_is_a_fault(void **state)
{
	struct fixture *x = *state;
	struct journal_check check = {.damaged = on_damage, .arg = x};
	struct fault fault = {0};

	assert_int_equal(journal_check(x->at.dir, &check, &fault), HOSPES_ENOENT);
	assert_int_equal(journal_check("/nowhere", &check, &fault), HOSPES_ENOENT);
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

/* The heads of batches of the first segment, by their offset; returns how many. */
static size_t
batches_of(struct fixture *x, uint64_t out[64])
{
	_cleanup_(free_p) char *path = xasprintf("%s/%016x.seg", x->at.dir, LSN_FIRST);
	_cleanup_(buf_free) struct buf bytes = {0};
	struct batch_head head;
	uint64_t at = HEAD;
	size_t n = 0;

	assert_int_equal(fd_read_file(path, &bytes, SIZE_MAX / 2, NULL), 0);
	for (;; at += head.bytes) {
		memcpy(&head, bytes.data + at, sizeof head);
		if (at + sizeof head > bytes.len || head.magic != BATCH_MAGIC)
			return n;
		out[n++] = at;
	}
}

static void
flip(struct fixture *x, uint64_t at)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%016x.seg", x->at.dir, LSN_FIRST);
	_cleanup_(close_p) int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x40;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/* Every byte of a batch, and every byte of the segment's head. */
static void
each_flipped_byte_is_told(void **state)
{
	struct fixture *x = *state;
	uint64_t batch[64];
	size_t n;

	open_here(x, SEGMENT);
	write_runs(x);
	journal_close(&x->j);
	n = batches_of(x, batch);
	assert_true(n > 4);
	for (uint64_t at = 0; at < HEAD; at++) {
		flip(x, at);
		is_told(x, LSN_FIRST, 0, "");
		flip(x, at);
	}
	for (size_t i = 1; i < 3; i++)
		for (uint64_t at = batch[i]; at < batch[i + 1]; at++) {
			flip(x, at);
			is_told(x, LSN_FIRST, batch[i], "");
			flip(x, at);
		}
	is_clean(x);
}

static void
what_follows_the_last_batch_is_zeros(void **state)
{
	struct fixture *x = *state;

	open_here(x, SEGMENT);
	write_runs(x); /* more than one segment */
	journal_close(&x->j);
	flip(x, SEGMENT - 8);
	is_told(x, LSN_FIRST, SEGMENT - 8, "where zeros belong");
}

/* The last batch is one that a crash may have torn: that is no damage, and nothing of it is counted. */
static void
a_torn_end_is_no_damage(void **state)
{
	struct fixture *x = *state;
	uint64_t batch[64], records;
	size_t n;

	open_here(x, 64 * KIB);
	write_runs(x);
	journal_close(&x->j);
	is_clean(x);
	records = x->check.records;
	n = batches_of(x, batch);
	for (uint64_t at = batch[n - 1]; at < batch[n - 1] + 100; at++) {
		flip(x, at);
		is_clean(x);
		assert_int_equal(x->check.records, records - 1);
		assert_true(x->check.torn > 0);
		flip(x, at);
	}
}

static void
two_places_are_told_as_two(void **state)
{
	struct fixture *x = *state;
	uint64_t batch[64];

	open_here(x, 64 * KIB);
	write_runs(x);
	journal_close(&x->j);
	batches_of(x, batch);
	flip(x, batch[2] + 60);
	flip(x, batch[5] + 60);
	look(x);
	assert_int_equal(x->told.n, 2);
	assert_int_equal(x->told.offset, batch[5]);
}

static void
a_missing_segment_is_told(void **state)
{
	struct fixture *x = *state;
	_cleanup_(free_p) struct journal_segment *segments = NULL;
	_cleanup_(free_p) char *path = NULL;
	uint64_t first;

	open_here(x, SEGMENT);
	for (int i = 0; i < 3; i++)
		write_runs(x);
	assert_true(journal_segments(x->j, &segments) > 3);
	journal_close(&x->j);
	first = segments[1].first - sizeof(struct batch_head);
	path = xasprintf("%s/%016lx.seg", x->at.dir, (unsigned long)first);
	assert_int_equal(unlink(path), 0);
	is_told(x, LSN_FIRST, 0, "one is missing");
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

/* A record that is whole and does not fit what came before it. */
static void
is_told_of(struct fixture *x, uint64_t lsn, const char *part)
{
	is_told(x, LSN_FIRST, HEAD + lsn - LSN_FIRST, part);
}

static void
a_gap_in_a_sequence_is_told(void **state)
{
	struct fixture *x = *state;
	struct run run = new_run();

	open_here(x, 64 * KIB);
	append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_CALL_START);
	run.seq++;
	is_clean(x);
	is_told_of(x, append(x, &run, RECORD_CALL_END), "has number 3 in its run and should have 2");
}

static void
a_number_twice_is_told(void **state)
{
	struct fixture *x = *state;
	struct run run = new_run();

	open_here(x, 64 * KIB);
	append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_CALL_START);
	run.seq--;
	is_told_of(x, append(x, &run, RECORD_CALL_END), "has number 1 in its run and should have 2");
}

static void
a_wrong_chain_is_told(void **state)
{
	struct fixture *x = *state;
	struct run run = new_run(), other = new_run();
	uint64_t first;

	open_here(x, 64 * KIB);
	first = append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_CALL_START);
	run.last = first;
	is_told_of(x, append(x, &run, RECORD_CALL_END), "that is at");
	journal_close(&x->j);
	scratch_free(&x->at.dir);
	x->at.dir = scratch_new();
	/* a run that was never begun */
	open_here(x, 64 * KIB);
	is_told_of(x, append(x, &other, RECORD_CALL_START), "should begin with run_start");
	journal_close(&x->j);
	scratch_free(&x->at.dir);
	x->at.dir = scratch_new();
	/* one that goes on after its end */
	open_here(x, 64 * KIB);
	run = new_run();
	append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_RUN_END);
	is_told_of(x, append(x, &run, RECORD_CALL_END), "that run has none there");
}

static void
copies_are_told_when_they_do_not_fit(void **state)
{
	struct fixture *x = *state;
	struct run run = new_run();
	uint64_t first, last;

	open_here(x, 64 * KIB);
	append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_CALL_START);
	/* Some that a crash left: nothing is wrong with them, and nothing comes of them. */
	append_as(x, &run, RECORD_RUN_START | RECORD_COPY, 0, 0, 0);
	is_clean(x);
	append(x, &run, RECORD_PART);
	first = append_as(x, &run, RECORD_RUN_START | RECORD_COPY, 0, 0, 0);
	last = append_as(x, &run, RECORD_CALL_START | RECORD_COPY, first, 1, 0);
	last = append_as(x, &run, RECORD_PART | RECORD_COPY, last, 2, 0);
	run.last = append_as(x, &run, RECORD_RUN_MOVED, last, run.seq++, (int64_t)first);
	append(x, &run, RECORD_CALL_END);
	is_clean(x);
	/* Again, one copy short. */
	first = append_as(x, &run, RECORD_RUN_START | RECORD_COPY, 0, 0, 0);
	last = append_as(x, &run, RECORD_CALL_START | RECORD_COPY, first, 1, 0);
	is_clean(x);
	run.last = append_as(x, &run, RECORD_RUN_MOVED, last, run.seq++, (int64_t)first);
	is_told_of(x, run.last, "and 2 of them");
	/* One with a wrong number. */
	journal_close(&x->j);
	scratch_free(&x->at.dir);
	x->at.dir = scratch_new();
	open_here(x, 64 * KIB);
	run = new_run();
	append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_CALL_START);
	first = append_as(x, &run, RECORD_RUN_START | RECORD_COPY, 0, 0, 0);
	is_told_of(x, append_as(x, &run, RECORD_CALL_START | RECORD_COPY, first, 2, 0), "should have number 1");
}

/* What is left of a run whose originals were dropped begins with its copies. */
static void
copies_stand_alone(void **state)
{
	struct fixture *x = *state;
	struct run run = new_run();
	uint64_t first, last;

	open_here(x, SEGMENT);
	append(x, &run, RECORD_RUN_START);
	append(x, &run, RECORD_CALL_START);
	for (int i = 0; i < 20; i++)
		append(x, &run, RECORD_PART);
	journal_turn(x->j);
	first = last = append_as(x, &run, RECORD_RUN_START | RECORD_COPY, 0, 0, 0);
	for (uint32_t i = 1; i < 22; i++)
		last = append_as(x, &run, (i == 1 ? RECORD_CALL_START : RECORD_PART) | RECORD_COPY, last, i, 0);
	run.last = append_as(x, &run, RECORD_RUN_MOVED, last, run.seq++, (int64_t)first);
	journal_drop(x->j, first);
	assert_int_equal(journal_first(x->j), first);
	append(x, &run, RECORD_RUN_END);
	journal_close(&x->j);
	is_clean(x);
	assert_int_equal(x->check.runs_ended, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(a_healthy_journal_is_told_nothing_of),
	    T(no_journal_is_a_fault),
	    T(each_flipped_byte_is_told),
	    T(what_follows_the_last_batch_is_zeros),
	    T(a_torn_end_is_no_damage),
	    T(two_places_are_told_as_two),
	    T(a_missing_segment_is_told),
	    T(a_gap_in_a_sequence_is_told),
	    T(a_number_twice_is_told),
	    T(a_wrong_chain_is_told),
	    T(copies_are_told_when_they_do_not_fit),
	    T(copies_stand_alone),
	};

	return cmocka_run_group_tests_name("journal_check", tests, NULL, NULL);
}
