/*
 * What was read of segments lately: descriptors that stay open, and blocks of them.
 *
 * A run is read backwards along its chain, record by record, and many runs lie interleaved: a block that was read for one
 * record has the neighbours of it and records of other runs.  What is durable never changes, so a block stays true until
 * its segment is given up or written anew (blocks_forget).  From any thread.
 */

#ifndef JOURNAL_BLOCKS_H
#define JOURNAL_BLOCKS_H

#include "journal/segment.h"

struct blocks;

struct blocks *blocks_new(const struct folder *f); /* which must outlive it */
void blocks_free(struct blocks **b);               /* accepts NULL, clears */

/* Copies the `len` bytes at `lsn` of a segment; all of them lie below `end`, where what is durable of it ends. */
int blocks_read(
    struct blocks *b, const struct segment *s, uint64_t lsn, uint64_t end, void *out, size_t len, struct fault *fault);

/* Nothing of this segment is known any more, also not to who is reading it just now. */
void blocks_forget(struct blocks *b, uint64_t first_lsn);

#endif
