/*
 * Records from foreign bytes: nothing is read beyond them, and what is accepted is encoded again as the same bytes.
 *
 * The first byte chooses how much of a head is given: a fuzzer that has to guess 104 bytes would never reach a field.
 */

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/record.h"
#include "fuzz.h"

static void
check(const uint8_t *data, size_t len)
{
	struct record r;
	struct fault fault;
	int64_t size = record_decode(data, len, &r, &fault);
	uint8_t *again;

	if (size < 0) {
		fuzz_expect(size == HOSPES_EDAMAGED && fault.text[0] != '\0');
		return;
	}
	fuzz_expect((size_t)size <= len && record_size(&r) == (size_t)size);
	for (unsigned tag = 0; tag < 64; tag++) {
		free(record_text(&r, tag));
		record_int(&r, tag);
		record_real(&r, tag);
	}
	again = xmalloc((size_t)size);
	record_encode(&r, again);
	fuzz_expect(memcmp(again, data, (size_t)size) == 0);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record_head head = {.format = RECORD_FORMAT, .kind = RECORD_LOG};
	size_t whole;
	uint8_t *copy;

	if (len < 2)
		return 0;
	if ((data[0] & 1) == 0) {
		check(data + 1, len - 1);
		return 0;
	}
	/* A head that fits, and the input as its fields. */
	whole = (sizeof head + len - 2) & ~(size_t)7;
	head.length = (uint32_t)whole;
	head.fields = data[1] % (RECORD_FIELDS_MAX + 2);
	copy = xmalloc(sizeof head + len);
	memcpy(copy, &head, sizeof head);
	memcpy(copy + sizeof head, data + 2, len - 2);
	check(copy, whole);
	free(copy);
	return 0;
}
