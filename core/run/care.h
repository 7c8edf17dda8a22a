/*
 * The care of the journal, as far as runs are concerned: how long records are kept (care.c), what is moved so that the rest
 * may go (forward.c), and what is erased (erase.c).  All [loop].
 */

#ifndef RUN_CARE_H
#define RUN_CARE_H

#include "journal/journal.h"
#include "run/run.h"
#include "store/store.h"

struct care;
struct forward;
struct run_slot;

void care_open(struct runs *r);
void care_grown(struct runs *r); /* the journal has, by about a segment */
void care_close(struct runs *r);
void care_settle(struct runs *r); /* what was asked of the store's thread was done; for closing alone */

/*
 * Copies all records of an open run to the end of the log, where the run then goes on, so that the old ones may go.  Read in
 * the store's thread, written some at a time; what the run records meanwhile is copied too.  `done` is told how many bytes
 * were written; `moved` false: the run ended, was being built again, or was faster than this, and the copies mean nothing.
 */
typedef void forward_done(bool moved, uint64_t bytes, void *arg);
struct forward *forward_begin(struct run_slot *slot, forward_done *done, void *arg);
void forward_stop(struct forward **f); /* `done` does not come; accepts NULL, clears */

/* A walk over the records from `from` up to `to` (LSNs), a segment at a time.  [loop; `visit` in the store's thread] */
struct scan {
	struct runs *runs;
	uint64_t from, to;
	journal_visit *visit; /* what it returns is passed over */
	store_done_fn *done;  /* look at `fault` */
	void *arg;            /* of both */

	struct fault fault;
	uint64_t limit; /* of the slice */
	bool more;
};
void scan_begin(struct scan *s);

/* erase.c */
void erase_open(struct runs *r); /* goes on with what a crash left undone */
void erase_close(struct runs *r);
int erase_apply(struct store_txn *txn, const struct record *r, struct fault *fault);
bool erase_is_undone(struct store_txn *txn, const struct ulid *id); /* its intent is on record, its end is not */
int erased_apply(struct store_txn *txn, const struct record *r, struct fault *fault);

#endif
