/*
 * Keys of clients: what makes starting a run safe to ask for twice.  Private to the room.
 *
 * A run's RUN_START names the key and has a hash of the request that it came with; the apply row keeps both in
 * STORE_REQUESTS, by client and key, for as long as the run's summary: for ever.  A key that somebody asks about, or whose
 * run is in memory, has an entry here as well, so that two who come at the same time find each other, and a run is found
 * whose record is not applied yet.  [loop]
 */

#ifndef RUN_KEYS_H
#define RUN_KEYS_H

#include "run/run.h"
#include "store/store.h"

struct run_key {
	unsigned holders; /* its run in memory, and lookups under way */
	bool known;       /* the rest is filled in: a run was started under it */
	struct ulid run;
	uint8_t request[16];
	char *summary; /* of a run that is not in memory any more, JSON, or NULL */
	char name[];   /* client, space, key */
};

/* The key as its client wrote it. */
const char *key_text(const struct run_key *key);

/* What is compared of two requests under one key: their members but for the key, in any order, and the input's text, white
 * space aside. */
void key_request_hash(const json_t *request, const struct payload *input, uint8_t ret[16]);

/* A run begins under it; its slot goes. */
struct run_slot;
void key_starts(struct run_key *key, struct run_slot *slot, const uint8_t request[16]);
void key_leave(struct run_slot *slot);

/* The row of the apply table for RUN_START. */
int key_apply(struct store_txn *txn, const struct record *r, struct fault *fault);

#endif
