/*
 * Inside a transaction: get, put, delete, walk.
 *
 * LMDB keeps no checksums, so each value ends in one of ours, of the table, the key and the value: what a disk has changed
 * is told as damage, and nobody acts on it.
 */

#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "store/state.h"

#define PAGE_BYTES  4096
#define CHECK_BYTES sizeof(uint64_t)

static const char *const table_names[STORE_TABLES] = {
    [STORE_META] = "meta",
    [STORE_REGISTRY] = "registry",
    [STORE_RUNS] = "runs",
    [STORE_MEMORY] = "memory",
    [STORE_REQUESTS] = "requests",
    [STORE_LEDGER] = "ledger",
    [STORE_BREAKERS] = "breakers",
    [STORE_REVIEWS] = "reviews",
    [STORE_ALERTS] = "alerts",
    [STORE_SCORES] = "scores",
};

const char *
store_table_name(enum store_table table)
{
	return table_names[table];
}

int
store_fault(const struct store *s, int rc, const char *what, struct fault *fault)
{
	switch (rc) {
	case MDB_SUCCESS:
		return 0;
	case MDB_MAP_FULL: /* whoever can makes it larger and begins again */
		return fault_set(fault, HOSPES_EDISK, "%s: all of the store's map of %zu bytes is used", what,
		    s == NULL ? 0 : s->map_bytes);
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_CURSOR_FULL: /* a branch that leads to itself */
	case MDB_PAGE_FULL:
	case MDB_INCOMPATIBLE:
	case MDB_BAD_TXN: /* LMDB found it when it opened a cursor, of which only the next call tells */
		return fault_set(fault, HOSPES_EDAMAGED,
		    "%s: %s; restore the state directory from a backup, or, when the journal is there from its "
		    "beginning, "
		    "move the store's folder away and start again",
		    what, mdb_strerror(rc));
	default:
		if (rc > 0)
			return fault_errno(fault, rc, "%s", what);
		return fault_set(fault, HOSPES_EBUG, "%s: %s", what, mdb_strerror(rc));
	}
}

static uint64_t
check_of(enum store_table table, const MDB_val *key, const void *value, size_t len)
{
	return XXH3_64bits_withSeed(value, len, XXH3_64bits_withSeed(key->mv_data, key->mv_size, (XXH64_hash_t)table));
}

bool
store_value_true(enum store_table table, const MDB_val *key, const MDB_val *value, size_t *ret)
{
	uint64_t check, found;

	if (value->mv_size < CHECK_BYTES)
		return false;
	*ret = value->mv_size - CHECK_BYTES;
	store_enter(); /* a size that a disk has changed leads out of the map */
	memcpy(&check, (const uint8_t *)value->mv_data + *ret, CHECK_BYTES);
	found = check_of(table, key, value->mv_data, *ret);
	store_leave();
	return check == found;
}

static MDB_val
val(const void *data, size_t len)
{
	return (MDB_val){.mv_data = (void *)data, .mv_size = len};
}

/* An error that the caller cannot return is kept and ends the transaction later. */
static void
keep_broken(struct store_txn *txn, int rc, const char *what)
{
	if (rc != MDB_SUCCESS && rc != MDB_NOTFOUND && txn->broken.status == 0)
		store_fault(txn->store, rc, what, &txn->broken);
}

/* Size of a value that was found; false when it is damaged, which is kept. */
static bool
take_value(struct store_txn *txn, enum store_table table, const MDB_val *k, const MDB_val *v, size_t *ret)
{
	if (store_value_true(table, k, v, ret))
		return true;
	if (txn->broken.status == 0)
		fault_set(&txn->broken, HOSPES_EDAMAGED,
		    "the store is damaged: an entry of its table %s is not what was written; restore the state "
		    "directory "
		    "from a backup, or, when the journal is there from its beginning, move the store's folder away and "
		    "start again",
		    table_names[table]);
	return false;
}

static int
check_key(enum store_table table, size_t key_len, struct fault *fault)
{
	if (key_len == 0 || key_len > STORE_KEY_MAX)
		return fault_set(fault, HOSPES_EINPUT,
		    "a key in the table %s must have 1 to %d bytes and this one has %zu", table_names[table],
		    STORE_KEY_MAX, key_len);
	return 0;
}

/* The leaf, a split of it and a branch, and the pages of its own that a large value gets. */
static void
count_dirty(struct store_txn *txn, size_t len)
{
	txn->dirty_pages += 3 + len / PAGE_BYTES;
}

int
store_put(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, const void *data, size_t len,
    struct fault *fault)
{
	MDB_val k = val(key, key_len), v = val(NULL, len + CHECK_BYTES);
	int rc = check_key(table, key_len, fault);
	uint64_t check;

	assert(txn->writing);
	if (rc != 0)
		return rc;
	count_dirty(txn, len);
	check = check_of(table, &k, data, len);
	rc = LMDB(mdb_put(txn->txn, txn->store->dbi[table], &k, &v, MDB_RESERVE));
	if (rc == MDB_SUCCESS) {
		if (len > 0)
			memcpy(v.mv_data, data, len);
		memcpy((uint8_t *)v.mv_data + len, &check, CHECK_BYTES);
	}
	txn->full = txn->full || rc == MDB_MAP_FULL;
	return store_fault(txn->store, rc, "cannot write to the store", fault);
}

int
store_del(struct store_txn *txn, enum store_table table, const void *key, size_t key_len, struct fault *fault)
{
	MDB_val k = val(key, key_len);
	int rc = check_key(table, key_len, fault);

	assert(txn->writing);
	if (rc != 0)
		return rc;
	count_dirty(txn, 0);
	rc = LMDB(mdb_del(txn->txn, txn->store->dbi[table], &k, NULL));
	if (rc == MDB_NOTFOUND)
		return 0;
	txn->full = txn->full || rc == MDB_MAP_FULL;
	return store_fault(txn->store, rc, "cannot delete from the store", fault);
}

bool
store_get(
    struct store_txn *txn, enum store_table table, const void *key, size_t key_len, const void **ret, size_t *ret_len)
{
	MDB_val k = val(key, key_len), v;
	int rc;

	if (key_len == 0 || key_len > STORE_KEY_MAX)
		return false; /* nothing can be there */
	rc = LMDB(mdb_get(txn->txn, txn->store->dbi[table], &k, &v));
	keep_broken(txn, rc, "cannot read the store");
	if (rc != MDB_SUCCESS || !take_value(txn, table, &k, &v, ret_len))
		return false;
	*ret = v.mv_data;
	return true;
}

static bool
has_prefix(const MDB_val *key, const void *prefix, size_t len)
{
	return key->mv_size >= len && (len == 0 || memcmp(key->mv_data, prefix, len) == 0);
}

/* To the last key with the prefix: the one before the first key that is greater than all of them. */
static int
seek_last(MDB_cursor *cursor, const void *prefix, size_t len, MDB_val *k, MDB_val *v)
{
	uint8_t after[STORE_KEY_MAX];
	int rc;

	memcpy(after, prefix, len);
	while (len > 0 && after[len - 1] == 0xff)
		len--;
	if (len == 0)
		return LMDB(mdb_cursor_get(cursor, k, v, MDB_LAST));
	after[len - 1]++;
	*k = val(after, len);
	rc = LMDB(mdb_cursor_get(cursor, k, v, MDB_SET_RANGE));
	if (rc == MDB_NOTFOUND)
		return LMDB(mdb_cursor_get(cursor, k, v, MDB_LAST));
	return rc != MDB_SUCCESS ? rc : LMDB(mdb_cursor_get(cursor, k, v, MDB_PREV));
}

static int
seek_first(MDB_cursor *cursor, const void *prefix, size_t len, MDB_val *k, MDB_val *v)
{
	if (len == 0)
		return LMDB(mdb_cursor_get(cursor, k, v, MDB_FIRST));
	*k = val(prefix, len);
	return LMDB(mdb_cursor_get(cursor, k, v, MDB_SET_RANGE));
}

/* Where a walk begins, and which way it goes. */
struct walk {
	const void *prefix, *from; /* from NULL: at the first, or the last, with the prefix */
	size_t prefix_len, from_len;
	bool down;
};

static int
walk(struct store_txn *txn, enum store_table table, const struct walk *w, store_visit *visit, void *arg)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	int rc, stop = 0;

	if (w->prefix_len > STORE_KEY_MAX || w->from_len > STORE_KEY_MAX)
		return 0;
	rc = mdb_cursor_open(txn->txn, txn->store->dbi[table], &cursor);
	if (rc != MDB_SUCCESS) {
		keep_broken(txn, rc, "cannot read the store");
		return 0;
	}
	if (w->down)
		rc = seek_last(cursor, w->prefix, w->prefix_len, &k, &v);
	else if (w->from != NULL)
		rc = seek_first(cursor, w->from, w->from_len, &k, &v);
	else
		rc = seek_first(cursor, w->prefix, w->prefix_len, &k, &v);
	while (rc == MDB_SUCCESS && stop == 0 && has_prefix(&k, w->prefix, w->prefix_len)) {
		size_t len;

		if (!take_value(txn, table, &k, &v, &len))
			break;
		stop = visit(k.mv_data, k.mv_size, v.mv_data, len, arg);
		if (stop == 0)
			rc = LMDB(mdb_cursor_get(cursor, &k, &v, w->down ? MDB_PREV : MDB_NEXT));
	}
	keep_broken(txn, rc, "cannot read the store");
	mdb_cursor_close(cursor);
	return stop;
}

int
store_walk(struct store_txn *txn, enum store_table table, const void *prefix, size_t prefix_len, bool down,
    store_visit *visit, void *arg)
{
	struct walk w = {.prefix = prefix_len == 0 ? "" : prefix, .prefix_len = prefix_len, .down = down};

	return walk(txn, table, &w, visit, arg);
}

int
store_walk_from(struct store_txn *txn, enum store_table table, const void *prefix, size_t prefix_len, const void *from,
    size_t from_len, store_visit *visit, void *arg)
{
	struct walk w = {
	    .prefix = prefix_len == 0 ? "" : prefix, .prefix_len = prefix_len, .from = from, .from_len = from_len};

	return walk(txn, table, &w, visit, arg);
}
