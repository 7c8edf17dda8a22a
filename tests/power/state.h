/*
 * What the workload of the power tests keeps, and the checker looks for.
 *
 * A key is added to: each record says the how-manieth it is, and the row refuses any other than the next, so that a record
 * which is applied twice, or not at all, is found at once.  Beside it the last values lie in the store, large and small.
 * A document is a file first and a record after that.
 */

#ifndef TESTS_POWER_STATE_H
#define TESTS_POWER_STATE_H

#include "journal/journal.h"
#include "policy/policy.h"
#include "state_dir.h"
#include "store/store.h"

#define POWER_SEGMENT (8 * KIB)
#define POWER_MAP     (64 * KIB)
#define POWER_KEEP    3 /* values of a key */

extern const struct store_apply *const power_tables[];

/* "n/KEY": how often it was added to. */
uint64_t power_count(struct store_txn *txn, const char *key);

/* A state directory as hospesd opens it. */
struct power_state {
	struct policy policy;
	struct state_dir dir;
	struct event_base *loop;
	struct journal *journal;
	struct store *store;
};

int power_open(struct power_state *s, const char *root, struct fault *fault);
void power_close(struct power_state *s);

void power_turn_once(struct power_state *s);

/* Turns the loop until `*over`, or for ever: whoever starts this sets an end to its time. */
void power_turn(struct power_state *s, const bool *over);

/* Until all below `lsn` is committed. */
void power_committed(struct power_state *s, uint64_t lsn);

#endif
