/*
 * Inside a transaction: get, put, delete, walk.
 */

#include <assert.h>
#include <string.h>

#include "store/state.h"

#define PAGE_BYTES 4096

static const char *const table_names[STORE_TABLES] = {
    [STORE_META] = "meta",
    [STORE_REGISTRY] = "registry",
    [STORE_RUNS] = "runs",
    [STORE_MEMORY] = "memory",
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
	case MDB_MAP_FULL:
		return fault_set(fault, HOSPES_EDISK,
		    "%s: the store is full: all of its map of %zu bytes is used; take another state directory "
		    "(--state, `state`)",
		    what, s->map_bytes);
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_PANIC:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
		return fault_set(fault, HOSPES_EDAMAGED,
		    "%s: %s; move the store's folder away and start again: the journal makes it anew", what,
		    mdb_strerror(rc));
	default:
		if (rc > 0)
			return fault_errno(fault, rc, "%s", what);
		return fault_set(fault, HOSPES_EBUG, "%s: %s", what, mdb_strerror(rc));
	}
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
	MDB_val k = val(key, key_len), v = val(data, len);
	int rc = check_key(table, key_len, fault);

	assert(txn->writing);
	if (rc != 0)
		return rc;
	count_dirty(txn, len);
	return store_fault(
	    txn->store, mdb_put(txn->txn, txn->store->dbi[table], &k, &v, 0), "cannot write to the store", fault);
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
	rc = mdb_del(txn->txn, txn->store->dbi[table], &k, NULL);
	if (rc == MDB_NOTFOUND)
		return 0;
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
	rc = mdb_get(txn->txn, txn->store->dbi[table], &k, &v);
	keep_broken(txn, rc, "cannot read the store");
	if (rc != MDB_SUCCESS)
		return false;
	*ret = v.mv_data;
	*ret_len = v.mv_size;
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
		return mdb_cursor_get(cursor, k, v, MDB_LAST);
	after[len - 1]++;
	*k = val(after, len);
	rc = mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return mdb_cursor_get(cursor, k, v, MDB_LAST);
	return rc != MDB_SUCCESS ? rc : mdb_cursor_get(cursor, k, v, MDB_PREV);
}

static int
seek_first(MDB_cursor *cursor, const void *prefix, size_t len, MDB_val *k, MDB_val *v)
{
	if (len == 0)
		return mdb_cursor_get(cursor, k, v, MDB_FIRST);
	*k = val(prefix, len);
	return mdb_cursor_get(cursor, k, v, MDB_SET_RANGE);
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
		stop = visit(k.mv_data, k.mv_size, v.mv_data, v.mv_size, arg);
		if (stop == 0)
			rc = mdb_cursor_get(cursor, &k, &v, w->down ? MDB_PREV : MDB_NEXT);
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
	struct walk w = {.prefix = prefix_len == 0 ? "" : prefix,
	    .prefix_len = prefix_len,
	    .from = from,
	    .from_len = from_len};

	return walk(txn, table, &w, visit, arg);
}
