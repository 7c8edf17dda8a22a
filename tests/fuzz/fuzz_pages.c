/*
 * A store of which a disk has changed some bytes: each three of the input are a place and what is put there.  Where the pages
 * are called good, LMDB finds its way in them; it dies of nothing.
 */

#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/state.h"

#define ENTRIES 300u

static char folder[64], file[80];
static struct buf good;

static void
remove_all(void)
{
	unlink(file);
	rmdir(folder);
}

static int
put_entries(MDB_env *env)
{
	MDB_txn *txn;
	MDB_dbi dbi;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	if (rc == 0)
		rc = mdb_dbi_open(txn, "runs", MDB_CREATE, &dbi);
	for (unsigned i = 0; rc == 0 && i < ENTRIES; i++) {
		static uint8_t value[6000];
		MDB_val k = {.mv_data = &i, .mv_size = sizeof i};
		MDB_val v = {.mv_data = value, .mv_size = i % 40 == 3 ? 6000 : 30 + i % 90};

		rc = i % 5 == 4
			 ? mdb_del(txn, dbi, &(MDB_val){.mv_data = &(unsigned){i - 3}, .mv_size = sizeof i}, NULL)
			 : mdb_put(txn, dbi, &k, &v, 0);
		if (rc == MDB_NOTFOUND)
			rc = 0;
	}
	return rc == 0 ? mdb_txn_commit(txn) : rc;
}

static void
make_good(void)
{
	MDB_env *env;
	struct stat st;
	int fd;

	snprintf(folder, sizeof folder, "/tmp/hospes-fuzz.XXXXXX");
	fuzz_expect(mkdtemp(folder) != NULL);
	snprintf(file, sizeof file, "%s/data.mdb", folder);
	atexit(remove_all);
	fuzz_expect(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 4) == 0);
	fuzz_expect(mdb_env_open(env, folder, MDB_NOLOCK | MDB_NOSYNC, 0600) == 0);
	for (unsigned i = 0; i < 3; i++)
		fuzz_expect(put_entries(env) == 0);
	mdb_env_close(env);
	fd = open(file, O_RDONLY);
	fuzz_expect(fd >= 0 && fstat(fd, &st) == 0);
	fuzz_expect(read(fd, buf_extend(&good, (size_t)st.st_size), (size_t)st.st_size) == st.st_size);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault fault = {0};
	uint64_t applied;
	uint8_t *bytes;
	int fd, rc;

	if (good.len == 0)
		make_good();
	bytes = xmalloc(good.len);
	memcpy(bytes, good.data, good.len);
	for (; len >= 4; data += 4, len -= 4) {
		size_t page = data[0] % (good.len / 4096), at = (size_t)(data[1] | data[2] << 8) % 4096;

		bytes[page * 4096 + (data[1] & 1 ? at : at % 64)] = data[3];
	}
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	fuzz_expect(fd >= 0 && write(fd, bytes, good.len) == (ssize_t)good.len);
	close(fd);
	free(bytes);
	rc = store_verify(folder, false, &applied, &fault);
	fuzz_expect(rc == 0 || rc == HOSPES_EDAMAGED);
	return 0;
}
