/* The real disk. */

#include "config.h"

#include <errno.h>
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

#ifdef HOSPES_BENCH_HOOKS
static int
no_sync(void *arg, int fd)
{
	(void)arg, (void)fd;
	return 0;
}

const struct disk disk_unsynced = {.write = real_write, .sync = no_sync};
#endif

const struct disk disk_real = {.write = real_write, .sync = real_sync};
