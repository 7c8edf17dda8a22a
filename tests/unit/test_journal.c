/* The journal: order, durability, waiting, failing.  test_journal_damage.c has what is found at open. */

#include "cmocka_all.h"
#include "journal_place.h"

#include "base/clock.h"
#include "journal/format.h"

struct fixture {
	struct place at;
	unsigned failures;
	struct fault failure;
};

static void
on_failed(const struct fault *fault, void *arg)
{
	struct fixture *x = arg;

	x->failures++;
	x->failure = *fault;
}

static int
setup(void **state)
{
	struct fixture *x = xcalloc(1, sizeof *x);

	place_open(&x->at);
	*state = x;
	return 0;
}

static struct journal *
open_with(struct fixture *x, size_t segment_bytes, int64_t sync_after_ns)
{
	struct journal_options o = {
	    .dir = x->at.dir,
	    .loop = x->at.loop,
	    .segment_bytes = segment_bytes,
	    .sync_after_ns = sync_after_ns,
	    .failed = on_failed,
	    .arg = x,
	};
	struct fault fault = {0};
	struct journal *j = NULL;

	if (journal_open_on(&j, &o, &x->at.disk, &fault) != 0)
		fail_msg("%s", fault.text);
	return j;
}

/* What a wait leaves behind: the order in which it came. */
struct arrival {
	unsigned *clock;
	unsigned when;
};

static void
on_durable(void *arg)
{
	struct arrival *a = arg;

	a->when = ++*a->clock;
}

static void
turn_until(struct fixture *x, const unsigned *value)
{
	while (*value == 0)
		event_base_loop(x->at.loop, EVLOOP_ONCE);
}

static void
lsn_counts_bytes_from_one(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0, 0);
	uint64_t a, b;

	/* a batch's head, then HOST_START */
	assert_int_equal(journal_end(j), LSN_FIRST + sizeof(struct batch_head) + sizeof(struct record_head));
	a = journal_end(j);
	assert_int_equal(append_text(j, "12345678", 0), a);
	b = a + sizeof(struct record_head) + 8 + 8;
	assert_int_equal(journal_end(j), b);
	assert_int_equal(append_text(j, "x", a), b);
	journal_sync(j, journal_end(j));
	/* the next record follows a new head, wherever its segment is */
	assert_int_equal(journal_durable(j), journal_end(j));
	assert_int_equal(journal_end(j), b + sizeof(struct record_head) + 8 + 8 + sizeof(struct batch_head));
	journal_close(&j);
	assert_null(j);
}

static void
nothing_is_told_before_its_sync(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0, 0);
	unsigned clock = 0, writes;
	struct arrival first = {.clock = &clock}, second = {.clock = &clock};
	uint64_t a, b;

	journal_sync(j, journal_end(j));
	fake_hold(&x->at.fake, true);
	a = append_text(j, "one", 0);
	journal_await(j, a, on_durable, &first);
	fake_wait_held(&x->at.fake);
	writes = fake_count(&x->at.fake, &x->at.fake.writes);
	b = append_text(j, "two", a);
	journal_await(j, b, on_durable, &second);
	event_base_loop(x->at.loop, EVLOOP_NONBLOCK);
	assert_int_equal(first.when, 0);
	assert_true(journal_durable(j) <= a);
	/* The second batch is due since long, and not written while the first one's sync is open. */
	assert_int_equal(fake_count(&x->at.fake, &x->at.fake.writes), writes);
	fake_hold(&x->at.fake, false);
	turn_until(x, &second.when);
	assert_int_equal(first.when, 1);
	assert_int_equal(second.when, 2);
	assert_true(journal_durable(j) > b);
	journal_close(&j);
}

static void
waits_come_in_order_of_lsn(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0, 0);
	unsigned clock = 0;
	struct arrival a[4] = {{.clock = &clock}, {.clock = &clock}, {.clock = &clock}, {.clock = &clock}};
	uint64_t lsn[3];

	/* None of them is durable before all wait. */
	fake_hold(&x->at.fake, true);
	for (int i = 0; i < 3; i++)
		lsn[i] = append_text(j, "x", 0);
	journal_await(j, lsn[2], on_durable, &a[2]);
	journal_await(j, lsn[0], on_durable, &a[0]);
	journal_await(j, lsn[1], on_durable, &a[1]);
	journal_forget(j, &a[1]);
	fake_hold(&x->at.fake, false);
	journal_sync(j, journal_end(j));
	/* Durable, but smaller ones have not had their turn: this one waits behind them. */
	journal_await(j, lsn[2], on_durable, &a[3]);
	assert_int_equal(a[3].when, 0);
	turn_until(x, &a[3].when);
	assert_int_equal(a[0].when, 1);
	assert_int_equal(a[1].when, 0);
	assert_int_equal(a[2].when, 2);
	assert_int_equal(a[3].when, 3);
	a[0].when = 0;
	journal_await(j, lsn[0], on_durable, &a[0]);
	assert_int_equal(a[0].when, 4); /* before it returned */
	journal_close(&j);
}

static void
synced_in_time_when_nobody_waits(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0, 0);
	int64_t begin;
	uint64_t lsn;

	journal_sync(j, journal_end(j));
	fake_hold(&x->at.fake, true);
	begin = clock_mono_ns();
	lsn = append_text(j, "x", 0);
	fake_wait_held(&x->at.fake);
	assert_true(clock_mono_ns() - begin >= 9 * NS_PER_MS);
	fake_hold(&x->at.fake, false);
	journal_sync(j, lsn + 1);
	journal_close(&j);
}

static void
a_failed_sync_is_told_once_and_not_retried(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0, 0);
	unsigned clock = 0, syncs;
	struct arrival never = {.clock = &clock};
	uint64_t lsn;

	journal_sync(j, journal_end(j));
	fake_fail(&x->at.fake, &x->at.fake.fail_sync, EIO);
	syncs = x->at.fake.syncs;
	lsn = append_text(j, "lost", 0);
	journal_await(j, lsn, on_durable, &never);
	turn_until(x, &x->failures);
	fake_fail(&x->at.fake, &x->at.fake.fail_sync, 0); /* the disk is well again; it does not matter */
	journal_await(j, append_text(j, "later", 0), on_durable, &never);
	journal_sync(j, journal_end(j));
	event_base_loop(x->at.loop, EVLOOP_NONBLOCK);
	assert_int_equal(x->failures, 1);
	assert_int_equal(x->failure.status, HOSPES_EIO);
	assert_int_equal(never.when, 0);
	assert_true(journal_durable(j) <= lsn);
	journal_close(&j);
	assert_int_equal(x->at.fake.syncs, syncs + 1);
}

static void
a_full_disk_is_told_before_anything_is_acknowledged(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 4 * KIB, 0);
	unsigned clock = 0;
	struct arrival never = {.clock = &clock};
	char large[3000];

	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	journal_sync(j, journal_end(j));
	fake_fail(&x->at.fake, &x->at.fake.fail_zeros, ENOSPC);
	append_text(j, large, 0);
	journal_await(j, append_text(j, large, 0), on_durable, &never);
	turn_until(x, &x->failures);
	assert_int_equal(x->failure.status, HOSPES_EDISK);
	assert_int_equal(never.when, 0);
	journal_close(&j);
}

/* From the middle of a segment on: a batch that does not fit any more finds the zeros written. */
static void
the_next_segment_is_there_before_it_is_needed(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 64 * KIB, 0);
	static char text[40 * 1000];
	uint64_t bytes, lsn;
	unsigned syncs, segments;

	memset(text, 'x', sizeof text - 1);
	journal_sync(j, journal_end(j));
	syncs = fake_count(&x->at.fake, &x->at.fake.syncs);
	lsn = append_text(j, text, 0);
	journal_sync(j, lsn + 1);
	fake_wait_syncs(&x->at.fake, syncs + 1); /* the batch's, and that of the zeros */
	fake_fail(&x->at.fake, &x->at.fake.fail_zeros, ENOSPC);
	lsn = append_text(j, text, 0);
	journal_sync(j, lsn + 1);
	assert_true(journal_durable(j) > lsn);
	journal_usage(j, &bytes, &segments);
	assert_int_equal(segments, 2);
	fake_fail(&x->at.fake, &x->at.fake.fail_zeros, 0);
	journal_close(&j);
}

/* A spare is only there to be quick: without room for it, what is left of the segment is used. */
static void
a_full_disk_waits_for_the_end_of_the_segment(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 64 * KIB, 0);
	static char text[40 * 1000];
	uint64_t lsn;

	memset(text, 'x', sizeof text - 1);
	journal_sync(j, journal_end(j));
	fake_fail(&x->at.fake, &x->at.fake.fail_zeros, ENOSPC);
	lsn = append_text(j, text, 0); /* past the middle: the spare is due, and there is no room */
	journal_sync(j, lsn + 1);
	for (int i = 0; i < 20; i++) {
		lsn = append_text(j, "still written", 0);
		journal_sync(j, lsn + 1);
		assert_true(journal_durable(j) > lsn);
	}
	assert_int_equal(x->failures, 0);
	append_text(j, text, 0);
	journal_sync(j, journal_end(j));
	turn_until(x, &x->failures);
	assert_int_equal(x->failure.status, HOSPES_EDISK);
	journal_close(&j);
}

/* A segment that is only asked for is done without. */
static void
a_full_disk_grants_no_turn(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 64 * KIB, 0);
	uint64_t lsn = append_text(j, "before", 0), after;

	journal_sync(j, lsn + 1);
	for (int i = 0; i < 2; i++) {
		fake_fail(&x->at.fake, &x->at.fake.fail_zeros, i == 0 ? ENOSPC : 0);
		journal_turn(j);
		after = append_text(j, "after", 0);
		journal_sync(j, after + 1);
		assert_true(journal_durable(j) > after);
		assert_int_equal(journal_is_left(j, lsn), i == 1);
		assert_false(journal_is_left(j, after));
	}
	assert_int_equal(x->failures, 0);
	journal_close(&j);
}

static void
epoch_and_lsn_go_on(void **state)
{
	struct fixture *x = *state;
	uint64_t end = 0;

	for (unsigned epoch = 1; epoch <= 4; epoch++) {
		struct journal *j = open_with(x, 4 * KIB, 0);
		struct record r;

		assert_int_equal(journal_epoch(j), epoch);
		assert_true(journal_end(j) > end);
		record_init(&r, RECORD_LOG);
		journal_append(j, &r);
		assert_int_equal(r.head.epoch, epoch);
		end = journal_end(j);
		journal_close(&j);
	}
}

struct seen {
	unsigned count, texts;
	uint64_t last;
};

static int
count_record(const struct record *r, void *arg)
{
	struct seen *seen = arg;

	if (r->head.lsn <= seen->last)
		return 99;
	seen->last = r->head.lsn;
	seen->count++;
	seen->texts += r->head.kind == RECORD_LOG;
	return 0;
}

static int
stop_at_third(const struct record *r, void *arg)
{
	unsigned *count = arg;

	(void)r;
	return ++*count == 3 ? 7 : 0;
}

static void
scanned_and_read_back_through_segments(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 4 * KIB, 0);
	_cleanup_(buf_free) struct buf storage = {0};
	struct seen seen = {0};
	struct fault fault = {0};
	uint64_t prev = 0, middle = 0, bytes;
	unsigned segments, count = 0;

	for (unsigned i = 0; i < 200; i++) {
		char text[100];

		snprintf(text, sizeof text, "line %u %*s", i, (int)(i % 64), "");
		prev = append_text(j, text, prev);
		if (i == 100)
			middle = prev;
		if (i % 3 == 0)
			journal_sync(j, prev + 1);
	}
	journal_close(&j);
	j = open_with(x, 4 * KIB, 0);
	journal_usage(j, &bytes, &segments);
	assert_true(segments > 5);
	assert_int_equal(journal_scan(j, 1, count_record, &seen, &fault), 0);
	assert_int_equal(seen.texts, 200);
	seen = (struct seen){0};
	assert_int_equal(journal_scan(j, middle, count_record, &seen, &fault), 0);
	assert_int_equal(seen.texts, 100);
	assert_int_equal(journal_scan(j, 1, stop_at_third, &count, &fault), 7);
	assert_int_equal(count, 3);
	for (unsigned i = 200; i-- > 0;) { /* backwards, as a run is read */
		_cleanup_(free_p) char *text = NULL;
		char begin[32];
		struct record r;

		assert_int_equal(journal_read(j, prev, &storage, &r, &fault), 0);
		text = record_text(&r, TAG_MESSAGE);
		snprintf(begin, sizeof begin, "line %u ", i);
		assert_memory_equal(text, begin, strlen(begin));
		prev = r.head.prev;
	}
	assert_int_equal(prev, 0);
	journal_close(&j);
}

static void
what_is_no_record_is_not_read(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 4 * KIB, 0);
	_cleanup_(buf_free) struct buf storage = {0};
	struct fault fault = {0};
	struct record r;
	uint64_t lsn = append_text(j, "text", 0);

	journal_sync(j, lsn + 1);
	assert_int_equal(journal_read(j, 0, &storage, &r, &fault), HOSPES_ENOENT);
	assert_int_equal(journal_read(j, journal_end(j), &storage, &r, &fault), HOSPES_ENOENT);
	assert_int_equal(journal_read(j, UINT64_MAX, &storage, &r, &fault), HOSPES_ENOENT);
	for (uint64_t at = 1; at < lsn; at++) {
		int rc = journal_read(j, at, &storage, &r, &fault);

		/* HOST_START is there, and nothing else. */
		assert_int_equal(rc, at == LSN_FIRST + sizeof(struct batch_head) ? 0 : HOSPES_EDAMAGED);
	}
	fake_hold(&x->at.fake, true);
	lsn = append_text(j, "not durable", 0);
	assert_int_equal(journal_read(j, lsn, &storage, &r, &fault), HOSPES_ENOENT);
	fake_hold(&x->at.fake, false);
	journal_close(&j);
}

static void
a_large_batch_has_a_segment_of_its_own(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_with(x, 0, 60 * NS_PER_S);
	size_t len = 70 * MIB;
	_cleanup_(free_p) char *large = xmalloc(len);
	_cleanup_(buf_free) struct buf storage = {0};
	struct fault fault = {0};
	struct record r;
	uint64_t lsn, bytes, after;
	unsigned segments;

	journal_sync(j, journal_end(j));
	memset(large, 'x', len);
	record_init(&r, RECORD_LOG);
	record_add(&r, TAG_MESSAGE, large, len);
	lsn = journal_append(j, &r);
	after = append_text(j, "in the same batch", lsn);
	journal_sync(j, after + 1);
	journal_usage(j, &bytes, &segments);
	assert_int_equal(segments, 2);
	assert_true(bytes > 86 * MIB && bytes < 87 * MIB);
	after = append_text(j, "in the next", after);
	journal_sync(j, after + 1);
	journal_usage(j, &bytes, &segments);
	assert_int_equal(segments, 3);
	journal_close(&j);

	j = open_with(x, 0, 0);
	assert_int_equal(journal_read(j, lsn, &storage, &r, &fault), 0);
	assert_int_equal(record_find(&r, TAG_MESSAGE)->len, len);
	assert_int_equal(journal_read(j, after, &storage, &r, &fault), 0);
	journal_close(&j);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, place_teardown)
	const struct CMUnitTest tests[] = {
	    T(lsn_counts_bytes_from_one),
	    T(nothing_is_told_before_its_sync),
	    T(waits_come_in_order_of_lsn),
	    T(synced_in_time_when_nobody_waits),
	    T(a_failed_sync_is_told_once_and_not_retried),
	    T(a_full_disk_is_told_before_anything_is_acknowledged),
	    T(a_full_disk_waits_for_the_end_of_the_segment),
	    T(a_full_disk_grants_no_turn),
	    T(the_next_segment_is_there_before_it_is_needed),
	    T(epoch_and_lsn_go_on),
	    T(scanned_and_read_back_through_segments),
	    T(what_is_no_record_is_not_read),
	    T(a_large_batch_has_a_segment_of_its_own),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
