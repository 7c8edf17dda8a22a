/* The real disk. */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/util.h"
#include "journal/disk.h"

static int
real_write(void *arg, int fd, const void *data, size_t len, off_t at)
{
	const char *from = data;

	(void)arg;
	while (len > 0) {
		ssize_t n = pwrite(fd, from, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
real_sync(void *arg, int fd)
{
	(void)arg;
	return fdatasync(fd) == 0 ? 0 : -errno; /* not even EINTR: after a failed sync nobody knows what is on disk */
}

static int
real_rename(void *arg, int dir_fd, const char *from, const char *to)
{
	(void)arg;
	return renameat(dir_fd, from, dir_fd, to) == 0 && fsync(dir_fd) == 0 ? 0 : -errno;
}

static int
real_remove(void *arg, int dir_fd, const char *name)
{
	(void)arg;
	return unlinkat(dir_fd, name, 0) == 0 && fsync(dir_fd) == 0 ? 0 : -errno;
}

int
disk_rename(const struct disk *disk, int dir_fd, const char *from, const char *to)
{
	return (disk->rename == NULL ? real_rename : disk->rename)(disk->arg, dir_fd, from, to);
}

int
disk_remove(const struct disk *disk, int dir_fd, const char *name)
{
	return (disk->remove == NULL ? real_remove : disk->remove)(disk->arg, dir_fd, name);
}

const struct disk disk_real = {
    .write = real_write, .sync = real_sync, .rename = real_rename, .remove = real_remove};

#ifdef HOSPES_BENCH_HOOKS
static int
no_sync(void *arg, int fd)
{
	(void)arg, (void)fd;
	return 0;
}

const struct disk disk_unsynced = {
    .write = real_write, .sync = no_sync, .rename = real_rename, .remove = real_remove};
#endif
