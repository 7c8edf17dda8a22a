/* The shim: what is written into files, by whichever call, and their sizes.  See shim.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "power/shim.h"

static bool
all_zero(const char *bytes, size_t len)
{
	return len > 0 && bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static bool
is_said(int fd)
{
	char path[PATH_MAX];
	const char *at = shim_name_of_fd(fd, path);

	return at != NULL && strcmp(at, POWER_SAID_FILE) == 0;
}

static void
written(int fd, uint64_t file, off_t at, const void *bytes, ssize_t len)
{
	uint64_t number;
	int flags;

	if (len <= 0)
		return;
	if (all_zero(bytes, (size_t)len))
		number = shim_entry_of(POWER_ZEROS, file, (uint64_t)at, (uint64_t)len);
	else
		number = shim_entry(POWER_WRITE, file, (uint64_t)at, (uint64_t)len, NULL, 0, bytes, (size_t)len);
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && (flags & O_DSYNC))
		shim_entry_of(POWER_DURABLE, file, number, 0);
}

static ssize_t
pwrite_any(int fd, const void *data, size_t len, off_t at)
{
	uint64_t file;
	ssize_t n;

	if (!shim_on())
		return syscall(SYS_pwrite64, fd, data, len, at);
	shim_lock();
	file = shim_number_of(fd);
	n = syscall(SYS_pwrite64, fd, data, len, at);
	if (file != 0)
		written(fd, file, at, data, n);
	shim_unlock();
	return n;
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite_any(fd, data, len, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite_any(fd, data, len, at);
}

ssize_t
write(int fd, const void *data, size_t len)
{
	uint64_t file;
	ssize_t n;
	off_t at;

	if (!shim_on())
		return syscall(SYS_write, fd, data, len);
	shim_lock();
	file = shim_number_of(fd);
	at = file == 0 ? 0 : lseek(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) ? SEEK_END : SEEK_CUR);
	n = syscall(SYS_write, fd, data, len);
	if (file != 0)
		written(fd, file, at, data, n);
	else if (n > 0 && is_said(fd))
		shim_entry(POWER_SAID, 0, 0, 0, data, (size_t)n, NULL, 0);
	shim_unlock();
	return n;
}

/* One after the other is what a short write may always make of it. */
static ssize_t
write_parts(int fd, const struct iovec *parts, int n, off_t at, bool placed)
{
	ssize_t sum = 0;

	for (int i = 0; i < n; i++) {
		ssize_t one = placed ? pwrite_any(fd, parts[i].iov_base, parts[i].iov_len, at + sum)
				     : write(fd, parts[i].iov_base, parts[i].iov_len);

		if (one < 0)
			return sum > 0 ? sum : one;
		sum += one;
		if ((size_t)one < parts[i].iov_len)
			break;
	}
	return sum;
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	return shim_number_of(fd) != 0 ? write_parts(fd, parts, n, 0, false) : syscall(SYS_writev, fd, parts, n);
}

ssize_t
pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
	return shim_number_of(fd) != 0 ? write_parts(fd, parts, n, at, true)
				       : syscall(SYS_pwritev, fd, parts, n, (long)at, (long)(at >> 32));
}

ssize_t
pwritev64(int fd, const struct iovec *parts, int n, off64_t at)
{
	return pwritev(fd, parts, n, at);
}

int
ftruncate(int fd, off_t size)
{
	uint64_t file;
	int rc;

	if (!shim_on())
		return (int)syscall(SYS_ftruncate, fd, size);
	shim_lock();
	file = shim_number_of(fd);
	rc = (int)syscall(SYS_ftruncate, fd, size);
	if (rc == 0 && file != 0)
		shim_entry_of(POWER_SIZE, file, 0, (uint64_t)size);
	shim_unlock();
	return rc;
}

int
ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}

static void *
map_any(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	uint64_t file;

	if (shim_on() && fd >= 0 && (flags & MAP_TYPE) != MAP_PRIVATE && (prot & PROT_WRITE)) {
		shim_lock();
		file = shim_number_of(fd);
		if (file != 0)
			shim_entry_of(POWER_MAPPED, file, 0, 0);
		shim_unlock();
	}
	return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}

void *
mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	return map_any(at, len, prot, flags, fd, offset);
}

void *
mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset)
{
	return map_any(at, len, prot, flags, fd, offset);
}

/* ---- Room, and what is not written down --------------------------------------------------------------------------- */

static void
refuse(int fd, const char *what)
{
	shim_lock();
	if (shim_number_of(fd) != 0)
		shim_die(what);
	shim_unlock();
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	refuse(fd, "fallocate");
	return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

/* Room for what is there is no change; room behind it is zeros. */
int
posix_fallocate(int fd, off_t at, off_t len)
{
	struct stat st;
	uint64_t file;
	int rc;

	shim_lock();
	file = shim_number_of(fd);
	if (file != 0 && fstat(fd, &st) != 0)
		shim_die("fstat");
	rc = syscall(SYS_fallocate, fd, 0, at, len) == 0 ? 0 : errno;
	if (rc == 0 && file != 0 && at + len > st.st_size)
		shim_entry_of(POWER_SIZE, file, 0, (uint64_t)(at + len));
	shim_unlock();
	return rc;
}

ssize_t
copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags)
{
	refuse(to, "copy_file_range");
	return syscall(SYS_copy_file_range, from, from_at, to, to_at, len, flags);
}
