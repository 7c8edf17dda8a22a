/*
 * Batches: sealing and checking.
 *
 * The checksum is taken in two steps: XXH3-128 of the records, and XXH3-128 of the generation, the head's other fields
 * and the first sum.  So it covers all three without a copy of the records.
 */

#include <string.h>
#include <xxhash.h>

#include "base/record.h"
#include "journal/format.h"

struct sealed {
	uint8_t generation[GENERATION_BYTES];
	struct batch_head head; /* `check` has the sum of the records */
};

static void
checksum(
    const struct batch_head *head, const void *records, const uint8_t generation[GENERATION_BYTES], uint64_t ret[2])
{
	XXH128_hash_t sum = XXH3_128bits(records, (size_t)head->bytes - sizeof *head);
	struct sealed sealed = {.head = *head};

	memcpy(sealed.generation, generation, GENERATION_BYTES);
	sealed.head.check[0] = sum.low64;
	sealed.head.check[1] = sum.high64;
	sum = XXH3_128bits(&sealed, sizeof sealed);
	ret[0] = sum.low64;
	ret[1] = sum.high64;
}

void
batch_seal(void *batch, size_t bytes, uint64_t number, uint64_t lsn, uint32_t records,
    const uint8_t generation[GENERATION_BYTES])
{
	struct batch_head head = {
	    .magic = BATCH_MAGIC, .records = records, .number = number, .lsn = lsn, .bytes = bytes};

	assert(bytes > sizeof head);
	checksum(&head, (const uint8_t *)batch + sizeof head, generation, head.check);
	memcpy(batch, &head, sizeof head);
}

bool
batch_head_fits(const struct batch_head *head, uint64_t lsn, uint64_t left)
{
	return head->magic == BATCH_MAGIC && head->lsn == lsn && head->number > 0 && head->records > 0 &&
	       head->bytes >= sizeof *head + sizeof(struct record_head) && head->bytes <= left && head->bytes % 8 == 0;
}

bool
batch_check(
    const void *data, size_t left, uint64_t lsn, const uint8_t generation[GENERATION_BYTES], struct batch_head *ret)
{
	struct batch_head head;
	uint64_t check[2];

	if (left < sizeof head)
		return false;
	memcpy(&head, data, sizeof head);
	if (!batch_head_fits(&head, lsn, left))
		return false;
	checksum(&head, (const uint8_t *)data + sizeof head, generation, check);
	if (check[0] != head.check[0] || check[1] != head.check[1])
		return false;
	*ret = head;
	return true;
}
