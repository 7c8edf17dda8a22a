/* What is found at open: torn ends are cut, anything else is told, and no payload passes for a batch. */

#include <sys/stat.h>
#include <xxhash.h>

#include "cmocka_all.h"
#include "journal_place.h"

#include "base/fd.h"
#include "base/log.h"
#include "journal/state.h"

#define SEGMENT (4 * KIB)

struct fixture {
	struct place at;
};

static int
setup(void **state)
{
	return place_setup(state, sizeof(struct fixture));
}

static struct journal *
open_here(struct fixture *x, size_t segment_bytes)
{
	return place_journal(&x->at, segment_bytes, NULL);
}

/* One record in a batch of its own. */
static uint64_t
append_batch(struct journal *j, const void *data, size_t len)
{
	struct record r;
	uint64_t lsn;

	record_init(&r, RECORD_LOG);
	record_add(&r, TAG_MESSAGE, data, len);
	lsn = journal_append(j, &r);
	journal_sync(j, lsn + 1);
	return lsn;
}

static char *
path_of(const struct fixture *x, uint64_t first_lsn)
{
	return xasprintf("%s/%016lx.seg", x->at.dir, (unsigned long)first_lsn);
}

static struct buf
slurp(const struct fixture *x, uint64_t first_lsn)
{
	_cleanup_(free_p) char *path = path_of(x, first_lsn);
	struct buf b = {0};
	struct fault fault;

	if (fd_read_file(path, &b, SIZE_MAX / 2, &fault) != 0)
		fail_msg("%s", fault.text);
	return b;
}

static void
spit(const struct fixture *x, uint64_t first_lsn, const struct buf *b)
{
	_cleanup_(free_p) char *path = path_of(x, first_lsn);
	_cleanup_(close_p) int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_int_equal(fd_write_all(fd, b->data, b->len), 0);
}

/* Looks at the folder as an opening journal does. */
static int
recover(struct fixture *x, struct recovered *ret, struct fault *fault)
{
	struct folder f;
	int rc = segment_folder_open(&f, x->at.dir, &x->at.disk, fault);

	assert_int_equal(rc, 0);
	rc = journal_recover(&f, ret, fault);
	folder_close(&f);
	if (rc == 0) {
		close(ret->fd);
		free(ret->segments);
	}
	return rc;
}

static size_t
offset_of(uint64_t lsn)
{
	return sizeof(struct segment_head) + (size_t)(lsn - LSN_FIRST);
}

/* HOST_START, two batches, HOST_STOP: returns where the last begins and ends. */
static void
write_four_batches(struct fixture *x, uint64_t *last, uint64_t *end)
{
	struct journal *j = open_here(x, SEGMENT);

	journal_sync(j, journal_end(j));
	append_batch(j, "first", 5);
	append_batch(j, "second", 6);
	*last = journal_end(j) - sizeof(struct batch_head);
	*end = *last + sizeof(struct batch_head) + sizeof(struct record_head);
	journal_close(&j);
}

static void
torn_at_every_byte(void **state)
{
	struct fixture *x = *state;
	_cleanup_(buf_free) struct buf whole = {0};
	uint64_t last, end;

	write_four_batches(x, &last, &end);
	whole = slurp(x, LSN_FIRST);
	for (uint64_t at = last; at < end; at++)
		for (int way = 0; way < 3; way++) {
			_cleanup_(buf_free) struct buf torn = {0}, after = {0};
			struct recovered r = {0};
			struct fault fault = {0};
			bool changed;

			buf_append(&torn, whole.data, whole.len);
			if (way == 0) /* the rest never came */
				memset(torn.data + offset_of(at), 0, end - at);
			else if (way == 1) /* only the rest came */
				memset(torn.data + offset_of(last), 0, at - last + 1);
			else
				torn.data[offset_of(at)] ^= 0xff;
			changed = memcmp(torn.data, whole.data, whole.len) != 0;
			spit(x, LSN_FIRST, &torn);
			if (recover(x, &r, &fault) != 0)
				fail_msg("torn at %lu, way %d: %s", (unsigned long)(at - last), way, fault.text);
			assert_int_equal(r.end, changed ? last : end);
			assert_int_equal(r.next_number, changed ? 4 : 5);
			assert_int_equal(r.epoch, 1);
			after = slurp(x, LSN_FIRST);
			for (size_t i = offset_of(r.end); i < after.len; i++)
				assert_int_equal(after.data[i], 0);
		}
}

static int
count_one(const struct record *r, void *arg)
{
	unsigned *count = arg;

	*count += r->head.kind == RECORD_LOG;
	return 0;
}

static void
goes_on_after_a_cut(void **state)
{
	struct fixture *x = *state;
	_cleanup_(buf_free) struct buf whole = {0};
	struct journal *j;
	struct fault fault;
	uint64_t last, end;
	unsigned count = 0;

	write_four_batches(x, &last, &end);
	whole = slurp(x, LSN_FIRST);
	whole.data[offset_of(last) + 60] ^= 1;
	spit(x, LSN_FIRST, &whole);
	j = open_here(x, SEGMENT);
	assert_int_equal(journal_epoch(j), 2);
	append_batch(j, "third", 5);
	journal_close(&j);
	j = open_here(x, SEGMENT);
	assert_int_equal(journal_scan(j, 1, count_one, &count, &fault), 0);
	assert_int_equal(count, 3);
	journal_close(&j);
}

/* Every byte of every batch but the last. */
static void
damage_in_the_middle_is_told(void **state)
{
	struct fixture *x = *state;
	_cleanup_(buf_free) struct buf whole = {0};
	uint64_t last, end;

	write_four_batches(x, &last, &end);
	whole = slurp(x, LSN_FIRST);
	for (uint64_t at = LSN_FIRST; at < last; at++) {
		_cleanup_(buf_free) struct buf after = {0};
		struct recovered r;
		struct fault fault = {0};

		whole.data[offset_of(at)] ^= 0xff;
		spit(x, LSN_FIRST, &whole);
		assert_int_equal(recover(x, &r, &fault), HOSPES_EDAMAGED);
		assert_non_null(strstr(fault.text, "0000000000000001.seg is damaged at offset "));
		after = slurp(x, LSN_FIRST);
		assert_memory_equal(after.data, whole.data, whole.len); /* and nothing was changed */
		whole.data[offset_of(at)] ^= 0xff;
	}
}

static void
a_damaged_head_is_told(void **state)
{
	struct fixture *x = *state;
	_cleanup_(buf_free) struct buf whole = {0};
	uint64_t last, end;

	write_four_batches(x, &last, &end);
	whole = slurp(x, LSN_FIRST);
	for (size_t at = 0; at < sizeof(struct segment_head); at++) {
		struct recovered r;
		struct fault fault = {0};

		whole.data[at] ^= 0xff;
		spit(x, LSN_FIRST, &whole);
		assert_int_equal(recover(x, &r, &fault), HOSPES_EDAMAGED);
		whole.data[at] ^= 0xff;
	}
	whole.len -= 8;
	spit(x, LSN_FIRST, &whole);
	assert_int_equal(recover(x, &(struct recovered){0}, &(struct fault){0}), HOSPES_EDAMAGED);
}

/* The segments that a journal of some records in 4 KiB has. */
static struct recovered
write_segments(struct fixture *x)
{
	struct journal *j = open_here(x, SEGMENT);
	struct recovered r = {0};
	struct folder f;
	char text[600];

	memset(text, 'x', sizeof text);
	for (int i = 0; i < 20; i++)
		append_batch(j, text, sizeof text);
	journal_close(&j);
	assert_int_equal(segment_folder_open(&f, x->at.dir, &x->at.disk, NULL), 0);
	assert_int_equal(journal_recover(&f, &r, NULL), 0);
	folder_close(&f);
	close(r.fd);
	assert_true(r.count >= 4);
	return r;
}

static void
a_missing_segment_is_told(void **state)
{
	struct fixture *x = *state;
	struct recovered r = write_segments(x);

	/* The first ones may have been dropped: what knows that is the store. */
	for (size_t i = 1; i + 1 < r.count; i++) {
		_cleanup_(free_p) char *path = path_of(x, r.segments[i].first_lsn);
		_cleanup_(buf_free) struct buf kept = slurp(x, r.segments[i].first_lsn);
		struct fault fault = {0};

		unlink(path);
		assert_int_equal(recover(x, &(struct recovered){0}, &fault), HOSPES_EDAMAGED);
		assert_non_null(strstr(fault.text, x->at.dir));
		spit(x, r.segments[i].first_lsn, &kept);
	}
	assert_int_equal(recover(x, &(struct recovered){0}, NULL), 0);
	free(r.segments);
}

static void
damage_in_an_old_segment_is_told(void **state)
{
	struct fixture *x = *state;
	struct recovered r = write_segments(x);
	_cleanup_(buf_free) struct buf bytes = slurp(x, r.segments[1].first_lsn);
	struct fault fault = {0};
	struct journal *j;
	unsigned count = 0;

	bytes.data[sizeof(struct segment_head) + 8] ^= 1; /* a batch's number: seen at open */
	spit(x, r.segments[1].first_lsn, &bytes);
	assert_int_equal(recover(x, &(struct recovered){0}, &fault), HOSPES_EDAMAGED);
	bytes.data[sizeof(struct segment_head) + 8] ^= 1;
	bytes.data[sizeof(struct segment_head) + 300] ^= 1; /* in a record: seen by whoever reads it */
	spit(x, r.segments[1].first_lsn, &bytes);
	j = open_here(x, SEGMENT);
	assert_int_equal(journal_scan(j, 1, count_one, &count, &fault), HOSPES_EDAMAGED);
	assert_non_null(strstr(fault.text, "is damaged in the batch at offset 80"));
	journal_close(&j);
	free(r.segments);
}

/* A batch of one record, as a payload could carry it. */
static struct buf
forge(uint64_t lsn, uint64_t number, const uint8_t generation[GENERATION_BYTES])
{
	struct buf b = {0};
	struct record r;

	record_init(&r, RECORD_COMMAND);
	r.head.lsn = lsn + sizeof(struct batch_head);
	buf_extend(&b, sizeof(struct batch_head));
	record_encode(&r, buf_extend(&b, record_size(&r)));
	batch_seal(b.data, b.len, number, lsn, 1, generation);
	return b;
}

/* Writes a batch whose only field is a forged one, tears it, and says what opening makes of it. */
static int
open_torn_around(struct fixture *x, bool true_generation, uint64_t number, uint64_t *ret_end, uint64_t *ret_start)
{
	static const uint8_t guess[GENERATION_BYTES] = {1, 2, 3};
	struct journal *j = open_here(x, SEGMENT);
	_cleanup_(buf_free) struct buf bytes = {0}, inner = {0};
	struct recovered r = {0};
	uint64_t lsn, inner_lsn;
	int rc;

	journal_sync(j, journal_end(j));
	lsn = journal_end(j);
	inner_lsn = lsn + sizeof(struct record_head) + 8; /* behind the field's own head */
	bytes = slurp(x, LSN_FIRST);
	inner =
	    forge(inner_lsn, number, true_generation ? bytes.data + offsetof(struct segment_head, generation) : guess);
	assert_int_equal(append_batch(j, inner.data, inner.len), lsn);
	*ret_start = lsn - sizeof(struct batch_head);
	/* The host dies here: its files as they are, one byte of the batch's own head not written. */
	buf_free(&bytes);
	bytes = slurp(x, LSN_FIRST);
	assert_memory_equal(bytes.data + offset_of(inner_lsn), inner.data, inner.len);
	journal_close(&j);
	bytes.data[offset_of(lsn) - 1] ^= 1;
	spit(x, LSN_FIRST, &bytes);
	rc = recover(x, &r, NULL);
	*ret_end = r.end;
	return rc;
}

static void
a_payload_cannot_forge_a_batch(void **state)
{
	struct fixture *x = *state;
	uint64_t end, start;

	assert_int_equal(open_torn_around(x, false, 100, &end, &start), 0);
	assert_int_equal(end, start);
}

/* The same bytes with the generation that nobody outside can know: this is what the one above would be taken for. */
static void
the_generation_is_what_prevents_it(void **state)
{
	struct fixture *x = *state;
	uint64_t end, start;

	assert_int_equal(open_torn_around(x, true, 100, &end, &start), HOSPES_EDAMAGED);
}

/* A number that the torn batch or an earlier one has: no later batch was ever acknowledged, so nothing is damaged. */
static void
only_a_larger_number_is_a_later_batch(void **state)
{
	struct fixture *x = *state;
	uint64_t end, start;

	assert_int_equal(open_torn_around(x, true, 2, &end, &start), 0);
	assert_int_equal(end, start);
}

static void
a_batch_is_true_in_one_place(void **state)
{
	static const uint8_t generation[GENERATION_BYTES] = {7}, other[GENERATION_BYTES] = {8};
	_cleanup_(buf_free) struct buf b = forge(1001, 5, generation);
	struct batch_head head;

	(void)state;
	assert_true(batch_check(b.data, b.len, 1001, generation, &head));
	assert_int_equal(head.number, 5);
	assert_false(batch_check(b.data, b.len, 1009, generation, &head));
	assert_false(batch_check(b.data, b.len, 1001, other, &head));
	for (size_t len = 0; len < b.len; len++)
		assert_false(batch_check(b.data, len, 1001, generation, &head));
}

/* A whole and true head that does not fit where it stands. */
static void
a_segment_out_of_place_is_told(void **state)
{
	struct fixture *x = *state;
	struct recovered r = write_segments(x);
	_cleanup_(buf_free) struct buf bytes = slurp(x, r.segments[r.count - 1].first_lsn);
	struct fault fault = {0};
	struct segment_head head;
	XXH128_hash_t sum;

	memcpy(&head, bytes.data, sizeof head);
	head.first_number++;
	sum = XXH3_128bits(&head, offsetof(struct segment_head, check));
	head.check[0] = sum.low64;
	head.check[1] = sum.high64;
	memcpy(bytes.data, &head, sizeof head);
	memset(bytes.data + sizeof head, 0, bytes.len - sizeof head);
	spit(x, r.segments[r.count - 1].first_lsn, &bytes);
	assert_int_equal(recover(x, &(struct recovered){0}, &fault), HOSPES_EDAMAGED);
	free(r.segments);
}

/* Whoever feeds the journal's own file to an agent has true batches in a payload. */
static void
a_copied_batch_is_none_elsewhere(void **state)
{
	struct fixture *x = *state;
	struct journal *j = open_here(x, 64 * KIB);
	_cleanup_(buf_free) struct buf bytes = {0};
	struct recovered r = {0};
	uint64_t lsn;

	for (int i = 0; i < 5; i++)
		append_batch(j, "text", 4);
	bytes = slurp(x, LSN_FIRST);
	lsn = append_batch(j, bytes.data, 4096);
	journal_close(&j);
	buf_free(&bytes);
	bytes = slurp(x, LSN_FIRST);
	memset(bytes.data + offset_of(lsn) - 16, 0, 16);                   /* its own checksum */
	memset(bytes.data + offset_of(lsn) + 104 + 8 + 4096, 0, 48 + 104); /* HOST_STOP */
	spit(x, LSN_FIRST, &bytes);
	assert_int_equal(recover(x, &r, NULL), 0);
	assert_int_equal(r.end, lsn - sizeof(struct batch_head));
}

static void
spares_of_a_dead_host_are_dropped(void **state)
{
	struct fixture *x = *state;
	_cleanup_(free_p) char *path = xasprintf("%s/next.spare", x->at.dir);
	struct stat st;
	uint64_t last, end;

	write_four_batches(x, &last, &end);
	assert_int_equal(fd_write_file(path, "x", 1, 0600, NULL), 0);
	assert_int_equal(recover(x, &(struct recovered){0}, NULL), 0);
	assert_int_equal(stat(path, &st), -1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, place_teardown)
	const struct CMUnitTest tests[] = {
	    T(torn_at_every_byte),
	    T(goes_on_after_a_cut),
	    T(damage_in_the_middle_is_told),
	    T(a_damaged_head_is_told),
	    T(a_missing_segment_is_told),
	    T(damage_in_an_old_segment_is_told),
	    T(a_payload_cannot_forge_a_batch),
	    T(the_generation_is_what_prevents_it),
	    T(only_a_larger_number_is_a_later_batch),
	    T(a_batch_is_true_in_one_place),
	    T(a_segment_out_of_place_is_told),
	    T(a_copied_batch_is_none_elsewhere),
	    T(spares_of_a_dead_host_are_dropped),
	};

	return cmocka_run_group_tests_name("journal_damage", tests, NULL, NULL);
}
