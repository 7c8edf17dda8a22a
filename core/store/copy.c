/*
 * The environment seen from outside the store thread: copied while it is written to, and a copy of it looked through.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "store/state.h"

int
store_copy(struct store *s, int fd, struct fault *fault)
{
	int rc;

	pthread_mutex_lock(&s->map_lock); /* the map must not move under the pages that are written out */
	rc = mdb_env_copyfd(s->env, fd);
	pthread_mutex_unlock(&s->map_lock);
	return store_fault(s, rc, "cannot copy the store", fault);
}

/* ---- Looking through --------------------------------------------------------------------------------------------- */

struct looked {
	MDB_txn *txn;
	bool checked;
	uint64_t applied;
};

static int
damaged(enum store_table table, const char *why, struct fault *fault)
{
	return fault_set(
	    fault, HOSPES_EDAMAGED, "the store is damaged: in its table %s %s", store_table_name(table), why);
}

static int
take_entry(struct looked *l, enum store_table table, const MDB_val *k, const MDB_val *v, struct fault *fault)
{
	size_t len = v->mv_size;

	if (l->checked && !store_value_true(table, k, v, &len))
		return damaged(table, "an entry is not what was written", fault);
	if (table != STORE_META || k->mv_size != strlen(STORE_APPLIED) ||
	    memcmp(k->mv_data, STORE_APPLIED, k->mv_size) != 0)
		return 0;
	if (len != sizeof(struct store_applied))
		return damaged(table, "the applied LSN has the wrong size", fault);
	memcpy(&l->applied, (const uint8_t *)v->mv_data + offsetof(struct store_applied, lsn), sizeof l->applied);
	return 0;
}

/* An entry is found by its key too: the branches that lead to a page are no part of a walk. */
static int
find_entry(struct looked *l, MDB_dbi dbi, enum store_table table, MDB_val *k, const MDB_val *v, struct fault *fault)
{
	MDB_val found;
	int rc = LMDB(mdb_get(l->txn, dbi, k, &found));

	if (rc == MDB_NOTFOUND || (rc == MDB_SUCCESS && found.mv_data != v->mv_data))
		return damaged(table, "an entry is not found by its key", fault);
	return store_fault(NULL, rc, "cannot read the store", fault);
}

/* Every entry in its place: the keys in order, each what its check says and where its key leads, as many as the table
 * counts. */
static int
look_through(struct looked *l, MDB_dbi dbi, enum store_table table, struct fault *fault)
{
	MDB_val k = {0}, v, before = {0};
	MDB_cursor *cursor;
	MDB_stat stat;
	uint64_t n = 0;
	int rc = LMDB(mdb_cursor_open(l->txn, dbi, &cursor)), wrong = 0;

	if (rc != MDB_SUCCESS)
		return store_fault(NULL, rc, "cannot read the store", fault);
	rc = LMDB(mdb_cursor_get(cursor, &k, &v, MDB_FIRST));
	for (; rc == MDB_SUCCESS && wrong == 0; rc = LMDB(mdb_cursor_get(cursor, &k, &v, MDB_NEXT)), n++) {
		wrong = take_entry(l, table, &k, &v, fault);
		if (wrong == 0 && n > 0 && LMDB(mdb_cmp(l->txn, dbi, &before, &k)) >= 0)
			wrong = damaged(table, "the keys are not in order", fault);
		if (wrong == 0)
			wrong = find_entry(l, dbi, table, &k, &v, fault);
		before = k; /* a page of the map, which stays as it is */
	}
	mdb_cursor_close(cursor);
	if (wrong != 0)
		return wrong;
	if (rc == MDB_NOTFOUND)
		rc = mdb_stat(l->txn, dbi, &stat);
	if (rc != MDB_SUCCESS)
		return store_fault(NULL, rc, "cannot read the store", fault);
	return stat.ms_entries == n ? 0 : damaged(table, "some entries are missing", fault);
}

static int
look_through_all(struct looked *l, struct fault *fault)
{
	for (enum store_table table = 0; table < STORE_TABLES; table++) {
		MDB_dbi dbi;
		int rc = LMDB(mdb_dbi_open(l->txn, store_table_name(table), 0, &dbi));

		if (rc == MDB_NOTFOUND)
			continue; /* of a release that did not have it yet */
		rc = store_fault(NULL, rc, "cannot read the store", fault);
		if (rc == 0)
			rc = look_through(l, dbi, table, fault);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
open_to_look(const char *dir, MDB_env **env, MDB_txn **txn, struct fault *fault)
{
	int rc = mdb_env_create(env);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxdbs(*env, STORE_TABLES);
	if (rc == MDB_SUCCESS)
		rc = LMDB(mdb_env_open(*env, dir, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0600));
	if (rc == EINVAL || rc == ENOMEM) /* it says that it is larger than anything, or has pages of no size */
		return fault_set(fault, HOSPES_EDAMAGED, "the store is damaged: its head makes no sense");
	if (rc == MDB_SUCCESS)
		rc = store_guard(*env);
	if (rc == MDB_SUCCESS)
		rc = LMDB(mdb_txn_begin(*env, NULL, MDB_RDONLY, txn));
	return store_fault(NULL, rc, "cannot open the store", fault);
}

int
store_verify(const char *dir, bool checked, uint64_t *applied, struct fault *fault)
{
	_cleanup_(free_p) char *file = xasprintf("%s/data.mdb", dir);
	struct looked l = {.checked = checked};
	MDB_env *env = NULL;
	int rc;

	*applied = 0;
	if (access(file, F_OK) != 0 && errno == ENOENT)
		return 0;
	rc = store_check_pages(file, fault);
	if (rc != 0)
		return rc;
	rc = open_to_look(dir, &env, &l.txn, fault);
	if (rc == 0)
		rc = look_through_all(&l, fault);
	if (l.txn != NULL)
		mdb_txn_abort(l.txn);
	if (env != NULL)
		mdb_env_close(env);
	if (rc != 0)
		fault_prefix(fault, "%s", file);
	*applied = l.applied;
	return rc;
}
