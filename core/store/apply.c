/*
 * Applying records, and committing what they add up to.
 *
 * The applied LSN is written in the transaction that it describes, so that the two cannot differ.  Before a commit the
 * journal is made durable as far as the transaction reflects it: otherwise a crash could leave a state whose cause
 * nobody knows any more.
 */

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "store/state.h"

#define COMMIT_PAGES 2000
#define FIRST_RECORD 4096u /* the first record of a journal is before this, behind the head of its batch */

static bool
row_fits(const struct store_apply *row, const struct record *r)
{
	const struct record_field *command;

	if (row->kind != r->head.kind)
		return false;
	if (row->command == NULL)
		return true;
	command = record_find(r, TAG_COMMAND);
	return command != NULL && strlen(row->command) == command->len &&
	       memcmp(row->command, command->data, command->len) == 0;
}

bool
store_has_row(const struct store *s, const struct record *r)
{
	if (r->head.kind >= 64 || (s->kinds & UINT64_C(1) << r->head.kind) == 0)
		return false;
	for (size_t t = 0; s->tables[t] != NULL; t++)
		for (const struct store_apply *row = s->tables[t]; row->kind != 0; row++)
			if (row_fits(row, r))
				return true;
	return false;
}

static int
begin(struct store *s, struct fault *fault)
{
	int rc = store_fault(s, LMDB(mdb_txn_begin(s->env, NULL, 0, &s->txn.txn)), "cannot begin to write the store", fault);

	if (rc != 0) {
		s->txn.txn = NULL;
		return rc;
	}
	s->txn.store = s;
	s->txn.dirty_pages = 0;
	s->txn.full = false;
	s->txn.since = clock_mono_ns();
	s->txn.broken = (struct fault){0};
	return 0;
}

static int
apply_rows(struct store *s, const struct record *r, struct fault *fault)
{
	for (size_t t = 0; s->tables[t] != NULL; t++)
		for (const struct store_apply *row = s->tables[t]; row->kind != 0; row++) {
			int rc = row_fits(row, r) ? row->apply(&s->txn, r, fault) : 0;

			if (rc != 0)
				return rc;
		}
	if (s->txn.broken.status != 0)
		return fault_set(fault, s->txn.broken.status, "%s", s->txn.broken.text);
	return 0;
}

int
store_apply_once(struct store *s, const struct record *r, struct fault *fault)
{
	int rc;

	if (s->txn.txn == NULL) {
		rc = begin(s, fault);
		if (rc != 0)
			return rc;
	}
	s->txn.writing = true;
	rc = apply_rows(s, r, fault);
	s->txn.writing = false;
	if (rc != 0) {
		fault_prefix(
		    fault, "cannot apply the record %s at %" PRIu64, record_kind_name(r->head.kind), r->head.lsn);
		return rc;
	}
	s->applied = (struct store_applied){.lsn = r->head.lsn, .epoch = r->head.epoch};
	return 0;
}

int
store_apply_record(struct store *s, const struct record *r, struct fault *fault)
{
	int rc = store_apply_once(s, r, fault);

	while (rc != 0 && s->txn.full) {
		rc = store_regrow(s, fault);
		if (rc == 0)
			rc = store_apply_once(s, r, fault);
	}
	return rc;
}

bool
store_commit_due(const struct store *s)
{
	return s->txn.dirty_pages >= COMMIT_PAGES || clock_mono_ns() >= s->txn.since + STORE_COMMIT_NS;
}

static int
write_applied(struct store *s, struct fault *fault)
{
	int rc;

	s->txn.writing = true;
	rc =
	    store_put(&s->txn, STORE_META, STORE_APPLIED, strlen(STORE_APPLIED), &s->applied, sizeof s->applied, fault);
	s->txn.writing = false;
	return rc;
}

static int
commit_once(struct store *s, struct fault *fault)
{
	MDB_txn *txn;
	int rc = write_applied(s, fault);

	if (rc == 0) {
		journal_sync(s->journal, s->applied.lsn + 1);
		if (journal_durable(s->journal) <= s->applied.lsn) /* the journal has failed, and tells why itself */
			rc = fault_set(fault, HOSPES_EIO, "the store cannot commit what the journal could not write");
	}
	txn = s->txn.txn;
	s->txn.txn = NULL;
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = LMDB(mdb_txn_commit(txn));
	s->txn.full = rc == MDB_MAP_FULL; /* what is freed is written down last, and takes pages too */
	rc = store_fault(s, store_why(s->dir, rc), "cannot commit to the store", fault);
	if (rc == 0)
		atomic_store(&s->committed, s->applied.lsn + 1);
	return rc;
}

int
store_commit(struct store *s, struct fault *fault)
{
	int rc = s->txn.txn == NULL ? 0 : commit_once(s, fault);

	while (rc != 0 && s->txn.full) {
		rc = store_regrow(s, fault);
		if (rc == 0)
			rc = commit_once(s, fault);
	}
	return rc;
}

/* The applied LSN must be that of a record which the journal has, of the same writer. */
static int
check_applied(struct store *s, const struct store_applied *applied, struct fault *fault)
{
	_cleanup_(buf_free) struct buf storage = {0};
	uint64_t end = journal_end(s->journal);
	struct fault why = {0};
	struct record r;

	if (applied->lsn >= end)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the store reflects the journal up to %" PRIu64 " and the journal ends at %" PRIu64
		    "; put both back from one backup",
		    applied->lsn, end);
	if (journal_read(s->journal, applied->lsn, &storage, &r, &why) != 0)
		return fault_set(fault, why.status == HOSPES_EIO ? HOSPES_EIO : HOSPES_EDAMAGED,
		    "the journal has no record where the store says that it stands: %s", why.text);
	if (r.head.epoch != applied->epoch)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the store stands at the record %" PRIu64 " of epoch %" PRIu64
		    " and the journal has one of epoch %" PRIu64 " there; put both back from one backup",
		    applied->lsn, applied->epoch, r.head.epoch);
	return 0;
}

/* A journal that begins later than the store knows of has lost its first file; a store that knows of nothing is not that
 * journal's. */
static int
check_first(struct store *s, uint64_t dropped, const struct store_applied *applied, struct fault *fault)
{
	uint64_t first = journal_first(s->journal);

	if (first <= dropped || first <= FIRST_RECORD)
		return 0;
	if (applied->lsn == 0)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the journal begins at %" PRIu64
		    ", what was before was dropped, and the store is empty: it cannot be made "
		    "anew; put the state directory back from a backup",
		    first);
	return fault_set(fault, HOSPES_EDAMAGED,
	    "the journal begins at %" PRIu64 " and was dropped below %" PRIu64
	    " only: a file is missing; put the state directory back from a backup",
	    first, dropped);
}

static int
read_applied(struct store *s, struct store_applied *ret, struct fault *fault)
{
	struct store_txn txn = {.store = s};
	struct store_applied applied = {0};
	uint64_t dropped = 0;
	const void *data;
	size_t len;
	int rc = store_fault(s, LMDB(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn.txn)), "cannot read the store", fault);

	if (rc != 0)
		return rc;
	if (store_get(&txn, STORE_META, STORE_APPLIED, strlen(STORE_APPLIED), &data, &len)) {
		if (len == sizeof applied)
			memcpy(&applied, data, sizeof applied);
		else
			rc = fault_set(fault, HOSPES_EDAMAGED,
			    "the store's applied LSN should have %zu bytes and has %zu", sizeof applied, len);
	}
	if (rc == 0 && store_get(&txn, STORE_META, STORE_DROPPED, sizeof STORE_DROPPED - 1, &data, &len) &&
	    len == sizeof dropped)
		memcpy(&dropped, data, sizeof dropped);
	mdb_txn_abort(txn.txn);
	if (rc == 0 && txn.broken.status != 0)
		rc = fault_set(fault, txn.broken.status, "%s", txn.broken.text);
	if (rc == 0)
		rc = check_first(s, dropped, &applied, fault);
	if (rc == 0)
		*ret = applied;
	return rc;
}

struct catch_up {
	struct store *store;
	struct fault *fault;
};

static int
catch_up_with(const struct record *r, void *arg)
{
	struct catch_up *c = arg;
	int rc;

	if (!store_has_row(c->store, r))
		return 0;
	rc = store_apply_record(c->store, r, c->fault);
	if (rc == 0 && c->store->txn.dirty_pages >= COMMIT_PAGES)
		rc = store_commit(c->store, c->fault);
	return rc;
}

int
store_catch_up(struct store *s, struct fault *fault)
{
	struct catch_up c = {.store = s, .fault = fault};
	int rc = read_applied(s, &s->applied, fault);

	if (rc != 0)
		return rc;
	journal_sync(s->journal, journal_end(s->journal)); /* so that the scan sees all, this host's first record too */
	if (s->applied.lsn > 0) {
		rc = check_applied(s, &s->applied, fault);
		if (rc != 0)
			return rc;
	}
	atomic_store(&s->committed, s->applied.lsn + 1);
	rc = journal_scan(s->journal, s->applied.lsn + 1, catch_up_with, &c, fault);
	return rc != 0 ? rc : store_commit(s, fault);
}
