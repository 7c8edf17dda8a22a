/* The shim: syncs, when they began and when they ended.  See shim.h. */

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power/shim.h"

static int
sync_any(int fd, uint64_t file, long call)
{
	uint64_t begun;
	int rc;

	shim_lock();
	begun = shim_entry_of(POWER_SYNC, file, 0, 0);
	shim_unlock();
	rc = (int)syscall(call, fd);
	if (rc != 0)
		return rc;
	shim_lock();
	shim_entry_of(POWER_SYNCED, file, begun, 0);
	shim_unlock();
	return 0;
}

/* The folder itself was there before, and has the number of none. */
static bool
is_root(int fd)
{
	char path[PATH_MAX];
	const char *at = shim_name_of_fd(fd, path);

	return at != NULL && strcmp(at, ".") == 0;
}

static int
sync_one(int fd, long call)
{
	uint64_t file;

	shim_lock();
	file = shim_number_of(fd);
	shim_unlock();
	if (file == 0 && is_root(fd))
		file = UINT64_MAX;
	return file == 0 ? (int)syscall(call, fd) : sync_any(fd, file, call);
}

int
fsync(int fd)
{
	return sync_one(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return sync_one(fd, SYS_fdatasync);
}

int
syncfs(int fd)
{
	return !shim_on() ? (int)syscall(SYS_syncfs, fd) : sync_any(fd, 0, SYS_syncfs);
}
