/*
 * How the journal lies on disk.
 *
 *   segment   struct segment_head, then batches without gaps, then zeros to `size`
 *   batch     struct batch_head, then `records` encoded records without gaps
 *
 * An LSN counts the bytes of batches through all segments, from LSN_FIRST: a segment whose first LSN is S has position P
 * of the log at offset sizeof(struct segment_head) + P - S.  A batch does not cross into the next segment; what is left
 * of the old one stays zero and has no LSN.
 *
 * A segment's generation is 128 random bits that leave the file for nothing but checksums.  The checksum of a batch
 * covers them, so nobody who does not read the file can write bytes into a payload that would pass for a batch; and a
 * batch says at which LSN it stands, so that a true copy of one is no batch anywhere else.
 */

#ifndef JOURNAL_FORMAT_H
#define JOURNAL_FORMAT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LSN_FIRST         1u
#define SEGMENT_MAGIC     0x314c4e4a50534f48u /* "HOSPJNL1" as it lies in the file */
#define SEGMENT_FORMAT    1u
#define BATCH_MAGIC       0x48435442u /* "BTCH" */
#define GENERATION_BYTES  16

struct segment_head {
	uint64_t magic;
	uint32_t format;
	uint32_t reserved; /* zero */
	uint8_t generation[GENERATION_BYTES];
	uint64_t first_lsn;
	uint64_t first_number; /* of its first batch */
	uint64_t size;         /* of the file */
	uint64_t reserved2;    /* zero */
	uint64_t check[2];     /* XXH3-128 of all before */
};
static_assert(sizeof(struct segment_head) == 80, "segment_head");

struct batch_head {
	uint32_t magic;
	uint32_t records;
	uint64_t number; /* from 1, without a gap through all segments */
	uint64_t lsn;    /* of this head */
	uint64_t bytes;  /* of head and records */
	uint64_t check[2]; /* see batch.c */
};
static_assert(sizeof(struct batch_head) == 48, "batch_head");

/* Fills in the head at the start of `batch`. */
void batch_seal(void *batch, size_t bytes, uint64_t number, uint64_t lsn, uint32_t records,
    const uint8_t generation[GENERATION_BYTES]);

/* Whether the head of a batch that stands at `lsn`, with `left` bytes from there to the segment's end, can be true. */
bool batch_head_fits(const struct batch_head *head, uint64_t lsn, uint64_t left);

/* Whether a whole and true batch begins at `data`. */
bool batch_check(const void *data, size_t left, uint64_t lsn, const uint8_t generation[GENERATION_BYTES],
    struct batch_head *ret);

#endif
