/*
 * When the map is full.
 *
 * LMDB reserves its addresses when it is opened, and a transaction that comes to their end is lost.  So it is taken
 * back, the map gets twice as large, and the records that the transaction reflected are applied again from the journal:
 * the rows look at nothing but record and store, so the same comes of them.  Nobody waits for more than 50 ms of work
 * to be done twice, and nobody learns of it.
 */

#include <inttypes.h>

#include "base/log.h"
#include "store/state.h"

int
store_grow(struct store *s, struct fault *fault)
{
	size_t bytes = s->map_bytes;
	int rc;

	if (bytes > SIZE_MAX / 2)
		return fault_set(
		    fault, HOSPES_EDISK, "the store is full: its map has %zu bytes and cannot grow", bytes);
	bytes *= 2;
	pthread_mutex_lock(&s->map_lock); /* a backup may be reading through the old map */
	rc = mdb_env_set_mapsize(s->env, bytes);
	pthread_mutex_unlock(&s->map_lock);
	if (rc != MDB_SUCCESS) {
		_cleanup_(free_p) char *what = xasprintf("cannot make the store's map %zu bytes large", bytes);

		return store_fault(s, rc, what, fault);
	}
	s->map_bytes = bytes;
	log_info("the store's map has grown", LOG_U("bytes", bytes));
	return 0;
}

struct again {
	struct store *store;
	uint64_t last; /* the record up to which the lost transaction had come */
	bool over;
	struct fault *fault;
};

static int
apply_again(const struct record *r, void *arg)
{
	struct again *a = arg;

	if (r->head.lsn > a->last) {
		a->over = true;
		return 1;
	}
	return store_has_row(a->store, r) ? store_apply_once(a->store, r, a->fault) : 0;
}

static int
repeat(struct store *s, uint64_t last, struct fault *fault)
{
	struct again a = {.store = s, .last = last, .fault = fault};
	int rc;

	if (last < store_committed(s))
		return 0; /* it had not come to the end of its first record */
	journal_sync(s->journal, last + 1);
	if (journal_durable(s->journal) <= last) /* the journal has failed, and tells why itself */
		return fault_set(fault, HOSPES_EIO, "the store cannot read again what the journal could not write");
	rc = journal_scan(s->journal, store_committed(s), apply_again, &a, fault);
	return a.over ? 0 : rc;
}

int
store_regrow(struct store *s, struct fault *fault)
{
	uint64_t last = s->applied.lsn;
	int rc;

	do {
		if (s->txn.txn != NULL)
			mdb_txn_abort(s->txn.txn);
		s->txn.txn = NULL;
		s->txn.full = false;
		rc = store_grow(s, fault);
		if (rc == 0)
			rc = repeat(s, last, fault);
	} while (rc != 0 && s->txn.full);
	return rc;
}
