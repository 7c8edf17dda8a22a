/*
 * How payloads lie in the records of a run.
 *
 * A record names a payload in one of three ways, each a field under a tag of its own (INPUT as the example; OUTPUT alike):
 *
 *   INPUT        its bytes
 *   INPUT_HASH   XXH3-128 of its bytes, which an earlier record of the run has
 *   INPUT_DELTA  hash of an earlier payload (16 bytes), u32 prefix, u32 suffix, and what is new: the payload is the first
 *                `prefix` bytes of that one, the new bytes, and its last `suffix` bytes
 *
 * So what is passed on is written once, and a conversation that grows costs what was added to it.
 *
 * "Earlier" ends somewhere: writer and reader keep the same small window of payloads, those carried or named last, and only
 * what is in it is named by hash or taken as a base.  So a run's records are read in order with as much memory as the run
 * itself took, and a payload that nobody named for a while is written again.  The rules of the window (carried.c) are part
 * of the format.
 *
 * The hash is no proof against a plugin that makes two payloads with one hash: the writer compares the bytes.
 *
 * A struct carried and the payloads that it gives belong to one thread.
 */

#ifndef CALL_CARRIED_H
#define CALL_CARRIED_H

#include "base/buf.h"
#include "base/record.h"

struct carried_payload {
	uint64_t hash_lo; /* so that a search looks at nothing else */
	struct payload *payload;
};

struct carried {
	struct carried_payload *window; /* oldest first */
	uint32_t n, cap;
	size_t bytes;
	struct buf delta[2]; /* what the newest record borrows: of INPUT, of OUTPUT */

	uint64_t read_lsn; /* of the record read last, and what that names */
	struct payload *input, *output;
};

/* Writing: adds the payload to a record of the run, which is appended before the next is begun, and to which nothing is added
 * under that tag again.  `tag` is TAG_INPUT or TAG_OUTPUT; NULL adds nothing. */
void carried_add(struct carried *c, struct record *r, enum record_tag tag, struct payload *p);

/*
 * Reading: the payload that a record names under TAG_INPUT or TAG_OUTPUT; a new reference.  To be called for every record
 * of the run in order, whether its payloads are wanted or not (for one tag is enough): what later ones name is taken in
 * here.  After the newest record the same `c` goes on writing.
 *
 * `fault` may be NULL.  NULL with fault->status 0: it names none.  NULL with a fault: damaged, when what it names is not there.  An INPUT_HASH of
 * OP_OUTCOME, REFUSAL, COMMAND and CALL_END may be there for comparison alone: then nothing carries it.
 */
struct payload *carried_read(struct carried *c, const struct record *r, enum record_tag tag, struct fault *fault);

void carried_free(struct carried *c); /* leaves it empty, as at the start of a run */

#endif
