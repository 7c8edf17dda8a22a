/* The store looked at from outside: by no means as its host, which may be writing meanwhile. */

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "store/state.h"

static int
open_for_looking(struct store *s, const char *dir, struct fault *fault)
{
	_cleanup_(free_p) char *lock = xasprintf("%s/lock.mdb", dir),
			       *what = xasprintf("cannot look at the store in %s", dir);
	/* A host that ran has left its lock file; where there is none, nobody is there to be waited for, and nothing is
	 * made. */
	unsigned flags = MDB_RDONLY | MDB_NOTLS | (access(lock, F_OK) != 0 ? MDB_NOLOCK : 0);
	int rc = mdb_env_create(&s->env);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxdbs(s->env, STORE_TABLES);
	if (rc == MDB_SUCCESS)
		rc = LMDB(mdb_env_open(s->env, dir, flags, 0600));
	if (rc == MDB_SUCCESS)
		rc = store_guard(s->env);
	return store_fault(s, rc, what, fault);
}

/* One that an older host did not have is none: a look into it is an error. */
static int
open_tables(struct store *s, MDB_txn *txn)
{
	for (size_t i = 0; i < STORE_TABLES; i++) {
		int rc = LMDB(mdb_dbi_open(txn, store_table_name((enum store_table)i), 0, &s->dbi[i]));

		if (rc == MDB_NOTFOUND)
			s->dbi[i] = UINT_MAX;
		else if (rc != MDB_SUCCESS)
			return rc;
	}
	return MDB_SUCCESS;
}

int
store_look(const char *dir, store_look_fn *look, void *arg, struct fault *fault)
{
	struct store store = {.magic = STORE_MAGIC};
	struct store_txn txn = {.store = &store};
	int rc = open_for_looking(&store, dir, fault);

	if (rc == 0)
		rc = store_fault(
		    &store, LMDB(mdb_txn_begin(store.env, NULL, MDB_RDONLY, &txn.txn)), "cannot read the store", fault);
	if (rc == 0)
		rc = store_fault(&store, open_tables(&store, txn.txn), "cannot open the store's tables", fault);
	if (rc == 0) {
		look(&txn, arg);
		if (txn.broken.status != 0)
			rc = fault_set(fault, txn.broken.status, "%s", txn.broken.text);
	}
	if (txn.txn != NULL)
		mdb_txn_abort(txn.txn);
	if (store.env != NULL)
		mdb_env_close(store.env);
	return rc;
}
