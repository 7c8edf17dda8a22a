/*
 * Reviews in the store.  Private to the room.
 *
 * STORE_REVIEWS has of each review
 *   'r' run number               its entry, JSON: where, why and when it was asked and, once it is decided, by whom and how
 *   'o' raised run number        where it is open: in the order in which they were raised
 *   'd' lsn run number           where it is decided, and by which record: for as long as that is kept (care.c)
 * with numbers in the order of bytes.  What was asked and said is in the journal alone, where the entry says ("asked", "said":
 * LSNs), so that nothing of it is left when the run is erased; its reviews go from here then too.
 */

#ifndef RUN_REVIEWS_H
#define RUN_REVIEWS_H

#include "base/id.h"
#include "store/store.h"

struct review_id {
	uint8_t run[16];
	uint8_t nth[4];
};

/* "RUN-N"; false: it is none. */
bool review_id_parse(const char *text, size_t len, struct review_id *ret);

#define REVIEW_KEY_ENTRY 'r'
#define REVIEW_KEY_OPEN  'o'
#define REVIEW_KEY_DONE  'd'

/* Where entries lie; of an index key its last bytes are the id. */
struct review_key {
	uint8_t bytes[1 + 8 + sizeof(struct review_id)];
	size_t len;
};
struct review_key review_entry_key(const struct review_id *id);

/* Rows of the apply table. */
int review_apply(struct store_txn *txn, const struct record *r, struct fault *fault);
int reviewed_apply(struct store_txn *txn, const struct record *r, struct fault *fault);
int reviews_dropped_apply(struct store_txn *txn, const struct record *r, struct fault *fault);
int reviews_erased_apply(struct store_txn *txn, const struct record *r, struct fault *fault);

#endif
