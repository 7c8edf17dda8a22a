/* Payloads in records: what is read is what was written, in as much memory, and a record that lies is told. */

#include "cmocka_all.h"

#include <stdio.h>

#include "base/fault.h"
#include "call/carried.h"

/* ---- A run of records, as bytes ---------------------------------------------------------------------------------- */

#define RECORDS 4000

static struct {
	uint8_t *bytes[RECORDS];
	size_t size[RECORDS], total;
	unsigned n;
} log_of;

static void
append(struct record *r)
{
	size_t size = record_size(r);

	assert_true(log_of.n < RECORDS);
	r->head.lsn = ++log_of.total;
	log_of.total += size;
	log_of.bytes[log_of.n] = xmalloc(size);
	log_of.size[log_of.n] = size;
	record_encode(r, log_of.bytes[log_of.n++]);
}

static int
forget(void **state)
{
	(void)state;
	while (log_of.n > 0)
		free(log_of.bytes[--log_of.n]);
	log_of.total = 0;
	return 0;
}

static struct record
read_back(unsigned at)
{
	struct record r;

	assert_true(at < log_of.n);
	assert_int_equal(record_decode(log_of.bytes[at], log_of.size[at], &r, NULL), log_of.size[at]);
	return r;
}

static void
write_one(struct carried *c, enum record_kind kind, enum record_tag tag, struct payload *p)
{
	struct record r;

	record_init(&r, kind);
	carried_add(c, &r, tag, p);
	append(&r);
}

static bool
newest_has(enum record_tag tag)
{
	struct record r = read_back(log_of.n - 1);

	return record_find(&r, tag) != NULL;
}

static void
reads(struct carried *c, unsigned at, enum record_tag tag, const struct payload *expected)
{
	struct record r = read_back(at);
	struct fault fault;
	struct payload *p = carried_read(c, &r, tag, &fault);

	assert_int_equal(fault.status, 0);
	if (expected == NULL) {
		assert_null(p);
		return;
	}
	assert_non_null(p);
	assert_int_equal(p->len, expected->len);
	assert_memory_equal(p->data, expected->data, p->len);
	payload_unref(&p);
}

/* `len` bytes that have nothing in common with those of another seed. */
static struct payload *
noise(size_t len, uint64_t seed)
{
	struct payload *p = payload_alloc(len);

	seed = (seed + 1) * 0x9e3779b97f4a7c15u;
	for (size_t i = 0; i < len; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		p->data[i] = (uint8_t)(seed >> 56);
	}
	return p;
}

/* The first `keep` bytes of one, `more` new ones, and its last `end` bytes. */
static struct payload *
grown(const struct payload *base, size_t keep, size_t more, size_t end, uint64_t seed)
{
	struct payload *p = payload_alloc(keep + more + end), *added = noise(more, seed);

	memcpy(p->data, base->data, keep);
	memcpy(p->data + keep, added->data, more);
	memcpy(p->data + keep + more, base->data + base->len - end, end);
	payload_unref(&added);
	return p;
}

/* ---- Writing and reading ----------------------------------------------------------------------------------------- */

static void
what_is_passed_on_is_written_once(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, reader = {0};
	_cleanup_(payload_unref) struct payload *p = noise(100, 1), *same = noise(100, 1), *brief = noise(32, 2);
	struct payload_hash hash;
	struct record r;

	(void)state;
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, p);
	assert_true(newest_has(TAG_OUTPUT));
	write_one(&writer, RECORD_CALL_START, TAG_INPUT, same);
	assert_true(newest_has(TAG_INPUT_HASH));
	r = read_back(1);
	memcpy(&hash, record_find(&r, TAG_INPUT_HASH)->data, sizeof(hash));
	assert_true(payload_hash_equal(hash, payload_hash(p)));
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, brief);
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, brief);
	assert_true(newest_has(TAG_OUTPUT));
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, NULL);

	reads(&reader, 0, TAG_OUTPUT, p);
	reads(&reader, 0, TAG_INPUT, NULL);
	reads(&reader, 1, TAG_INPUT, p);
	reads(&reader, 1, TAG_INPUT, p);
	reads(&reader, 2, TAG_OUTPUT, brief);
	reads(&reader, 3, TAG_OUTPUT, brief);
	reads(&reader, 4, TAG_OUTPUT, NULL);
}

static void
both_payloads_of_a_record(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, reader = {0};
	_cleanup_(payload_unref) struct payload *a = noise(1000, 1), *b = NULL, *c = NULL;
	struct record r;

	(void)state;
	b = grown(a, 1000, 10, 0, 2);
	c = grown(b, 500, 10, 510, 3);
	write_one(&writer, RECORD_RUN_START, TAG_INPUT, a);
	record_init(&r, RECORD_OP_OUTCOME);
	carried_add(&writer, &r, TAG_OUTPUT, b);
	carried_add(&writer, &r, TAG_INPUT, c);
	assert_non_null(record_find(&r, TAG_INPUT_DELTA));
	assert_non_null(record_find(&r, TAG_OUTPUT_DELTA));
	append(&r);
	reads(&reader, 0, TAG_INPUT, a);
	reads(&reader, 1, TAG_INPUT, c);
	reads(&reader, 1, TAG_OUTPUT, b);
}

/* A payload of 500 KB in 500 steps: each is the base of the next one. */
static void
a_conversation_costs_what_it_grows(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, reader = {0};
	struct payload *said[501] = {noise(1024, 0)};

	(void)state;
	for (unsigned i = 1; i <= 500; i++) {
		said[i] = grown(said[i - 1], said[i - 1]->len - 2, 1024, 2, i); /* before the brackets that close it */
		write_one(&writer, RECORD_CALL_START, TAG_INPUT, said[i]);
	}
	assert_true(log_of.total < said[500]->len * 3 / 2);
	for (unsigned i = 1; i <= 500; i++)
		reads(&reader, i - 1, TAG_INPUT, said[i]);
	for (unsigned i = 0; i <= 500; i++)
		payload_unref(&said[i]);
	assert_true(reader.n <= 64);
}

static void
conversations_side_by_side(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, reader = {0};
	struct payload *said[10], *all[400];

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		said[i] = noise(1024, i);
	for (unsigned i = 0; i < 400; i++) {
		all[i] = grown(said[i % 10], said[i % 10]->len, 100, 0, 1000 + i);
		payload_unref(&said[i % 10]);
		said[i % 10] = payload_ref(all[i]);
		write_one(&writer, RECORD_CALL_START, TAG_INPUT, all[i]);
		assert_true(i < 10 || newest_has(TAG_INPUT_DELTA));
	}
	for (unsigned i = 0; i < 400; i++)
		reads(&reader, i, TAG_INPUT, all[i]);
	for (unsigned i = 0; i < 400; i++)
		payload_unref(&all[i]);
	for (unsigned i = 0; i < 10; i++)
		payload_unref(&said[i]);
}

/* What is on record for comparison has to leave the window as it is, on both sides. */
static void
compared_only(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, reader = {0};
	struct payload *first = noise(100, 0);
	struct fault fault;
	struct record r;

	(void)state;
	write_one(&writer, RECORD_OP_INTENT, TAG_INPUT, first);
	for (unsigned i = 1; i <= 63; i++) {
		struct payload *p = noise(100, i);

		write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, p);
		payload_unref(&p);
	}
	record_init(&r, RECORD_OP_OUTCOME); /* as dispatch adds it: the writer is not asked */
	record_add(&r, TAG_INPUT_HASH, &first->hash, sizeof(first->hash));
	append(&r);
	for (unsigned i = 64; i <= 70; i++) {
		struct payload *p = noise(100, i);

		write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, p);
		payload_unref(&p);
	}
	for (unsigned i = 0; i < log_of.n; i++) {
		struct payload *p;

		r = read_back(i);
		p = carried_read(&reader, &r, TAG_OUTPUT, &fault);
		assert_int_equal(fault.status, 0);
		payload_unref(&p);
		assert_int_equal(reader.n, i < 64 ? i + 1 : 64);
	}
	assert_int_equal(reader.n, writer.n);
	for (unsigned i = 0; i < reader.n; i++)
		assert_true(reader.window[i].hash_lo == writer.window[i].hash_lo);
	write_one(&writer, RECORD_CALL_START, TAG_INPUT, first);
	assert_true(newest_has(TAG_INPUT)); /* it is long gone */
	payload_unref(&first);
}

/* All shapes in any order: a reader is never without what a writer took as known, nor keeps more than it. */
static void
whatever_is_written_is_read(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, reader = {0};
	struct payload *made[RECORDS];
	uint64_t random = 4711;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct payload *old;
		size_t keep, end;

		random = random * 6364136223846793005u + 1442695040888963407u;
		old = i == 0 ? NULL : made[(random >> 33) % (i < 200 ? i : 200) + (i < 200 ? 0 : i - 200)];
		switch ((random >> 20) % 4) {
		case 0:
			made[i] = noise((random >> 40) % ((random >> 24) % 16 == 0 ? 200000 : 700), i);
			break;
		case 1:
			made[i] = old == NULL ? noise(40, i) : payload_ref(old);
			break;
		default:
			keep = old == NULL ? 0 : (random >> 33) % (old->len + 1);
			end = old == NULL ? 0 : (random >> 45) % (old->len - keep + 1);
			made[i] = old == NULL ? noise(900, i) : grown(old, keep, (random >> 50) % 300, end, i);
		}
		write_one(&writer, (random >> 60) % 2 ? RECORD_OP_OUTCOME : RECORD_CALL_START,
		    (random >> 59) % 2 ? TAG_INPUT : TAG_OUTPUT, made[i]);
	}
	for (unsigned i = 0; i < 3000; i++) {
		struct record r = read_back(i);
		bool input = record_find(&r, TAG_INPUT) != NULL || record_find(&r, TAG_INPUT_HASH) != NULL ||
			     record_find(&r, TAG_INPUT_DELTA) != NULL;

		reads(&reader, i, input ? TAG_INPUT : TAG_OUTPUT, made[i]);
	}
	assert_int_equal(reader.n, writer.n);
	assert_int_equal(reader.bytes, writer.bytes);
	assert_true(writer.n <= 64);
	for (unsigned i = 0; i < 3000; i++)
		payload_unref(&made[i]);
}

static void
who_has_read_goes_on_writing(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0}, resumed = {0}, reader = {0};
	_cleanup_(payload_unref) struct payload *a = noise(2000, 1), *b = NULL;

	(void)state;
	b = grown(a, 2000, 50, 0, 2);
	write_one(&writer, RECORD_RUN_START, TAG_INPUT, a);
	reads(&resumed, 0, TAG_INPUT, a);
	write_one(&resumed, RECORD_CALL_START, TAG_INPUT, a);
	assert_true(newest_has(TAG_INPUT_HASH));
	write_one(&resumed, RECORD_CALL_END, TAG_OUTPUT, b);
	assert_true(newest_has(TAG_OUTPUT_DELTA));
	reads(&reader, 0, TAG_INPUT, a);
	reads(&reader, 1, TAG_INPUT, a);
	reads(&reader, 2, TAG_OUTPUT, b);
}

static void
memory_is_bounded(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0};
	_cleanup_(payload_unref) struct payload *large = noise(3 * MIB, 0);

	(void)state;
	write_one(&writer, RECORD_RUN_START, TAG_INPUT, large);
	for (unsigned i = 1; i < 20; i++) {
		struct payload *p = noise(100 * KIB, i);

		write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, p);
		payload_unref(&p);
	}
	assert_true(writer.bytes <= 512 * KIB);
	assert_true(writer.n == 5);
}

/* A plugin may find two payloads with one hash: here they are given one. */
static void
two_payloads_with_one_hash(void **state)
{
	_cleanup_(carried_free) struct carried writer = {0};
	_cleanup_(payload_unref) struct payload *a = noise(100, 1), *b = noise(100, 2);

	(void)state;
	payload_hash(a);
	b->hash = a->hash;
	b->hashed = true;
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, a);
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, b);
	assert_true(newest_has(TAG_OUTPUT));
	assert_int_equal(writer.n, 1);
	write_one(&writer, RECORD_CALL_END, TAG_OUTPUT, a);
	assert_true(newest_has(TAG_OUTPUT));
}

/* ---- Records that lie -------------------------------------------------------------------------------------------- */

struct lie {
	struct payload_hash base;
	uint32_t prefix, suffix;
	char added[8];
};

static void
is_damaged(const struct payload *known, enum record_tag tag, const void *data, size_t len, const char *says)
{
	_cleanup_(carried_free) struct carried c = {0};
	struct record first, r;
	struct fault fault;
	struct payload *p;

	record_init(&first, RECORD_CALL_START);
	first.head.lsn = 1;
	record_add(&first, TAG_INPUT, known->data, known->len);
	p = carried_read(&c, &first, TAG_INPUT, &fault);
	assert_non_null(p);
	payload_unref(&p);
	record_init(&r, RECORD_CALL_START);
	r.head.lsn = 2;
	record_add(&r, tag, data, len);
	p = carried_read(&c, &r, TAG_INPUT, &fault);
	assert_null(p);
	assert_int_equal(fault.status, HOSPES_EDAMAGED);
	assert_non_null(strstr(fault.text, says));
	assert_int_equal(c.n, 1); /* and what follows is read as if it were not there */
}

static void
lies_are_told(void **state)
{
	_cleanup_(payload_unref) struct payload *known = noise(1000, 1);
	struct lie lie = {.base = payload_hash(known), .prefix = 600, .suffix = 400, .added = "1234567"};
	struct payload_hash other = {1, 2};
	struct lie far = lie, wraps = lie, unknown = lie;

	(void)state;
	for (size_t len = 0; len < 24; len++) {
		_cleanup_(free_p) void *cut = xmalloc(len + 1);

		memcpy(cut, &lie, len);
		is_damaged(known, TAG_INPUT_DELTA, cut, len, "needs 24");
		if (len != 16)
			is_damaged(known, TAG_INPUT_HASH, cut, len, "in place of 16");
	}
	far.suffix = 401;
	is_damaged(known, TAG_INPUT_DELTA, &far, sizeof(far), "of 1000 bytes");
	wraps.prefix = UINT32_MAX;
	wraps.suffix = 2;
	is_damaged(known, TAG_INPUT_DELTA, &wraps, sizeof(wraps), "of 1000 bytes");
	unknown.base = other;
	is_damaged(known, TAG_INPUT_DELTA, &unknown, sizeof(unknown), "no record shortly before carries");
	is_damaged(known, TAG_INPUT_HASH, &other, sizeof(other), "no record shortly before carries");
}

static void
what_it_says_at_its_bounds(void **state)
{
	_cleanup_(carried_free) struct carried c = {0};
	_cleanup_(payload_unref) struct payload *known = noise(1000, 1), *p = NULL;
	struct lie all = {.base = payload_hash(known), .prefix = 600, .suffix = 400};
	struct record r;
	struct fault fault;

	(void)state;
	record_init(&r, RECORD_CALL_START);
	r.head.lsn = 1;
	record_add(&r, TAG_INPUT, known->data, known->len);
	p = carried_read(&c, &r, TAG_INPUT, &fault);
	payload_unref(&p);
	record_init(&r, RECORD_CALL_START);
	r.head.lsn = 2;
	record_add(&r, TAG_OUTPUT_DELTA, &all, 24);
	p = carried_read(&c, &r, TAG_OUTPUT, &fault);
	assert_non_null(p);
	assert_int_equal(p->len, 1000);
	assert_memory_equal(p->data, known->data, 1000);
	payload_unref(&p);
	all.prefix = all.suffix = 0;
	r.head.lsn = 3;
	p = carried_read(&c, &r, TAG_OUTPUT, &fault);
	assert_non_null(p);
	assert_int_equal(p->len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(what_is_passed_on_is_written_once, forget),
	    cmocka_unit_test_teardown(both_payloads_of_a_record, forget),
	    cmocka_unit_test_teardown(a_conversation_costs_what_it_grows, forget),
	    cmocka_unit_test_teardown(conversations_side_by_side, forget),
	    cmocka_unit_test_teardown(compared_only, forget),
	    cmocka_unit_test_teardown(whatever_is_written_is_read, forget),
	    cmocka_unit_test_teardown(who_has_read_goes_on_writing, forget),
	    cmocka_unit_test_teardown(memory_is_bounded, forget),
	    cmocka_unit_test_teardown(two_payloads_with_one_hash, forget),
	    cmocka_unit_test(lies_are_told),
	    cmocka_unit_test(what_it_says_at_its_bounds),
	};

	return cmocka_run_group_tests_name("carried", tests, NULL, NULL);
}
