/*
 * The environment: made, looked through, opened.
 *
 * LMDB syncs each commit in full.  MDB_NOMETASYNC would save a flush and could lose the last commit with the power; the
 * journal would give it back, but store_committed() would have promised too much to whoever recycles segments.
 * MDB_NOTLS: transactions belong to objects, not to threads; opening reads in the loop's thread, all else in ours.
 *
 * A new one is made in another folder.  LMDB writes its first two pages without a sync and cannot open a file that has one
 * of them; and a file without a synced name could go when the journal behind it has been let go of.
 */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "store/state.h"

#define ROOM_LEAST MIB               /* with less a commit may have found none */
#define LOCK_BYTES 8192              /* its head and 126 readers */
#define LOOK_MAX   (64 * (off_t)MIB) /* takes some 50 ms */

int
store_why(const char *dir, int rc)
{
	struct statvfs fs;

	if (rc == EIO && statvfs(dir, &fs) == 0 && fs.f_bavail * fs.f_frsize < ROOM_LEAST)
		return ENOSPC;
	return rc;
}

/* An LMDB result. */
static int
make_tables(struct store *s)
{
	MDB_txn *txn;
	int rc = LMDB(mdb_txn_begin(s->env, NULL, 0, &txn));

	if (rc != MDB_SUCCESS)
		return rc;
	for (size_t i = 0; i < STORE_TABLES && rc == MDB_SUCCESS; i++)
		rc = LMDB(mdb_dbi_open(txn, store_table_name((enum store_table)i), MDB_CREATE, &s->dbi[i]));
	if (rc == MDB_SUCCESS)
		return LMDB(mdb_txn_commit(txn));
	mdb_txn_abort(txn);
	return rc;
}

static int
open_tables(struct store *s, struct fault *fault)
{
	int rc, grown = 0;

	while ((rc = make_tables(s)) == MDB_MAP_FULL && grown == 0)
		grown = store_grow(s, fault);
	return grown != 0 ? grown : store_fault(s, store_why(s->dir, rc), "cannot open the store's tables", fault);
}

/* Two pages and a table, on the disk. */
static int
write_first_pages(const char *dir)
{
	MDB_env *env = NULL;
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc = mdb_env_create(&env);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxdbs(env, 1);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_open(env, dir, MDB_NOLOCK, 0600);
	if (rc == MDB_SUCCESS)
		rc = mdb_txn_begin(env, NULL, 0, &txn);
	if (rc == MDB_SUCCESS) {
		rc = mdb_dbi_open(txn, store_table_name(STORE_META), MDB_CREATE, &dbi);
		if (rc == MDB_SUCCESS)
			rc = mdb_txn_commit(txn);
		else
			mdb_txn_abort(txn);
	}
	if (rc == MDB_SUCCESS)
		rc = mdb_env_sync(env, 1);
	if (env != NULL)
		mdb_env_close(env);
	return rc;
}

static int
make_env(const char *dir, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/data.mdb", dir), *folder = xasprintf("%s/new", dir);
	_cleanup_(free_p) char *new = xasprintf("%s/data.mdb", folder);
	struct stat st;
	int rc;

	if (stat(path, &st) == 0 && st.st_size > 0)
		return 0;
	if (unlink(new) != 0 && errno != ENOENT && errno != ENOTDIR)
		return fault_errno(fault, errno, "cannot remove %s", new);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fault_errno(fault, errno, "cannot make the folder %s", folder);
	rc = write_first_pages(folder);
	if (rc != MDB_SUCCESS)
		return store_fault(NULL, store_why(dir, rc), "cannot make the store", fault);
	if (rename(new, path) != 0)
		return fault_errno(fault, errno, "cannot make %s", path);
	rmdir(folder);
	return fd_sync_above(path, fault);
}

/* A byte that a disk has changed in a page's books may hide entries, which nobody would miss: a store that is small is looked
 * through before it is used. */
static int
look_through(const char *dir, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/data.mdb", dir);
	uint64_t applied;
	struct stat st;

	if (stat(path, &st) != 0 || st.st_size > LOOK_MAX)
		return 0;
	return store_verify(dir, true, &applied, fault);
}

/* LMDB writes to its lock file through memory; where that has no room it would die of it. */
static int
make_lock_file(const char *dir, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/lock.mdb", dir);
	_cleanup_(close_p) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc;

	if (fd < 0)
		return fault_errno(fault, errno, "cannot make %s", path);
	rc = posix_fallocate(fd, 0, LOCK_BYTES);
	return rc == 0 ? 0 : fault_errno(fault, rc, "cannot make %s", path);
}

int
store_open_env(struct store *s, const char *dir, struct fault *fault)
{
	int rc = fd_make_dirs(dir, 0700, fault), dead;
	unsigned flags = MDB_NOTLS;

#ifdef HOSPES_BENCH_HOOKS
	if (getenv("HOSPES_BENCH_NO_SYNC") != NULL)
		flags |= MDB_NOSYNC;
#endif
	if (rc == 0)
		rc = make_env(dir, fault);
	if (rc == 0)
		rc = make_lock_file(dir, fault);
	if (rc == 0)
		rc = look_through(dir, fault);
	if (rc != 0)
		return rc;
	rc = mdb_env_create(&s->env);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxdbs(s->env, STORE_TABLES);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_mapsize(s->env, s->map_bytes);
	if (rc == MDB_SUCCESS)
		rc = LMDB(mdb_env_open(s->env, dir, flags, 0600));
	if (rc == MDB_SUCCESS)
		rc = store_guard(s->env);
	if (rc == MDB_SUCCESS)
		rc = mdb_reader_check(s->env, &dead); /* slots of a host that was killed */
	if (rc != MDB_SUCCESS) {
		_cleanup_(free_p) char *what = xasprintf("cannot open the store in %s", dir);

		return store_fault(s, rc, what, fault);
	}
	assert(mdb_env_get_maxkeysize(s->env) >= STORE_KEY_MAX);
	return open_tables(s, fault);
}
