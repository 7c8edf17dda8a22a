/* Records: one encoding, and a decoder that believes nothing. */

#include "cmocka_all.h"

#include "base/record.h"
#include "base/fault.h"

static uint8_t bytes[4096];

static size_t
sample(struct record *r)
{
	static const int64_t deadline = 123456789;
	static const uint16_t op_kind = 2;
	static const uint8_t effect = 3;
	static const double confidence = 0.75;

	record_init(r, RECORD_CALL_START);
	r->head.lsn = 49;
	r->head.epoch = 3;
	record_add_text(r, TAG_PATH, "/0/3");
	record_add_text(r, TAG_TARGET, NULL);
	record_add_text(r, TAG_VERSION, "");
	record_add(r, TAG_DEADLINE, &deadline, sizeof deadline);
	record_add(r, TAG_OP_KIND, &op_kind, sizeof op_kind);
	record_add(r, TAG_EFFECT, &effect, sizeof effect);
	record_add(r, TAG_CONFIDENCE, &confidence, sizeof confidence);
	assert_true(record_size(r) <= sizeof bytes);
	memset(bytes, 0xaa, sizeof bytes);
	record_encode(r, bytes);
	return record_size(r);
}

static void
decoded_as_encoded(void **state)
{
	struct record r, back;
	size_t size = sample(&r);
	_cleanup_(free_p) char *path = NULL, *version = NULL;

	(void)state;
	assert_int_equal(size % 8, 0);
	assert_int_equal(record_decode(bytes, sizeof bytes, &back, NULL), size);
	assert_int_equal(bytes[size], 0xaa);
	assert_int_equal(back.head.kind, RECORD_CALL_START);
	assert_int_equal(back.head.lsn, 49);
	assert_int_equal(back.head.ordinal, UINT32_MAX);
	assert_int_equal(back.head.attempt, 1);
	assert_int_equal(back.head.fields, 6);
	path = record_text(&back, TAG_PATH);
	version = record_text(&back, TAG_VERSION);
	assert_string_equal(path, "/0/3");
	assert_string_equal(version, "");
	assert_null(record_find(&back, TAG_TARGET));
	assert_null(record_text(&back, TAG_TARGET));
	assert_int_equal(record_int(&back, TAG_DEADLINE), 123456789);
	assert_int_equal(record_int(&back, TAG_OP_KIND), 2);
	assert_int_equal(record_int(&back, TAG_EFFECT), 3);
	assert_int_equal(record_int(&back, TAG_PATH), 0x332f302f); /* four bytes, whatever they mean */
	assert_int_equal(record_int(&back, TAG_VERSION), 0);
	assert_true(record_real(&back, TAG_CONFIDENCE) == 0.75);
	assert_true(record_real(&back, TAG_EFFECT) == 0);
	for (unsigned i = 0; i < back.head.fields; i++)
		assert_int_equal((uintptr_t)back.field[i].data % 8, (uintptr_t)bytes % 8);
}

static void
cut_anywhere_is_damaged(void **state)
{
	struct record r, back;
	struct fault fault;
	size_t size = sample(&r);

	(void)state;
	for (size_t len = 0; len < size; len++) {
		_cleanup_(free_p) uint8_t *copy = xmalloc(len + 1); /* so that ASan sees a read beyond */

		memcpy(copy, bytes, len);
		assert_int_equal(record_decode(copy, len, &back, &fault), HOSPES_EDAMAGED);
	}
}

/* Whatever is accepted is encoded again as the same bytes: no two byte strings are one record. */
static void
one_encoding(void **state)
{
	struct record r, back;
	size_t size = sample(&r);
	uint8_t again[sizeof bytes];

	(void)state;
	for (size_t at = 0; at < size; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes[at] ^= (uint8_t)(1u << bit);
			if (record_decode(bytes, size, &back, NULL) > 0) {
				assert_true(record_size(&back) <= sizeof again);
				record_encode(&back, again);
				assert_memory_equal(again, bytes, record_size(&back));
			}
			bytes[at] ^= (uint8_t)(1u << bit);
		}
}

static void
lies_about_sizes(void **state)
{
	struct record r, back;
	size_t size = sample(&r);
	uint32_t lie;

	(void)state;
	for (uint64_t length = 0; length <= UINT32_MAX; length = length * 2 + 8) {
		lie = (uint32_t)length;
		if (lie == size)
			continue;
		memcpy(bytes, &lie, sizeof lie);
		assert_int_equal(record_decode(bytes, size, &back, NULL), HOSPES_EDAMAGED);
	}
	sample(&r);
	lie = UINT32_MAX - 3; /* of the first field: wraps around when padded */
	memcpy(bytes + sizeof(struct record_head) + 4, &lie, sizeof lie);
	assert_int_equal(record_decode(bytes, size, &back, NULL), HOSPES_EDAMAGED);
}

static void
another_format_is_refused(void **state)
{
	struct record r, back;
	struct fault fault;
	size_t size = sample(&r);
	uint16_t format = RECORD_FORMAT + 1;

	(void)state;
	memcpy(bytes + offsetof(struct record_head, format), &format, sizeof format);
	assert_int_equal(record_decode(bytes, size, &back, &fault), HOSPES_EDAMAGED);
	assert_non_null(strstr(fault.text, "format 2"));
}

static void
kinds_and_tags_have_names(void **state)
{
	(void)state;
	assert_string_equal(record_kind_name(RECORD_RUN_START), "run_start");
	assert_string_equal(record_kind_name(9999), "unknown");
	for (unsigned tag = TAG_PATH; tag <= TAG_CPU; tag++)
		assert_string_not_equal(record_tag_name(tag), "unknown");
	assert_string_equal(record_tag_name(0), "unknown");
	assert_string_equal(record_tag_name(1000), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decoded_as_encoded),
	    cmocka_unit_test(cut_anywhere_is_damaged),
	    cmocka_unit_test(one_encoding),
	    cmocka_unit_test(lies_about_sizes),
	    cmocka_unit_test(another_format_is_refused),
	    cmocka_unit_test(kinds_and_tags_have_names),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
