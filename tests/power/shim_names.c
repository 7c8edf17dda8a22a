/* The shim: files and folders that are made, named, renamed and removed.  See shim.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power/shim.h"

static int
open_any(int dir, const char *path, int flags, mode_t mode)
{
	char full[PATH_MAX];
	const char *name;
	struct stat st;
	bool existed;
	int fd;

	if ((flags & (O_CREAT | O_TRUNC)) == 0 || (flags & O_TMPFILE) == O_TMPFILE ||
	    (name = shim_name(dir, path, full)) == NULL)
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	shim_lock();
	existed = syscall(SYS_newfstatat, dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd >= 0 && !existed) {
		if (fstat(fd, &st) != 0)
			shim_die("fstat");
		if (strcmp(name, POWER_SAID_FILE) != 0)
			shim_entry_path(POWER_MAKE, shim_new_number(&st), name);
	} else if (fd >= 0 && (flags & O_TRUNC) && shim_number_of_stat(&st) != 0) {
		shim_entry_of(POWER_SIZE, shim_number_of_stat(&st), 0, 0);
	}
	shim_unlock();
	return fd;
}

static mode_t
mode_of(int flags, va_list args)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

#define OPEN(name, dir_param, dir)                                                                                     \
	int name(dir_param const char *path, int flags, ...);                                                          \
	int name(dir_param const char *path, int flags, ...)                                                           \
	{                                                                                                              \
		va_list args;                                                                                          \
		mode_t mode;                                                                                           \
                                                                                                                       \
		va_start(args, flags);                                                                                 \
		mode = mode_of(flags, args);                                                                           \
		va_end(args);                                                                                          \
		return open_any(dir, path, flags, mode);                                                               \
	}
#define DIR_PARAM int dir_fd,
OPEN(open, , AT_FDCWD)
OPEN(open64, , AT_FDCWD)
OPEN(openat, DIR_PARAM, dir_fd)
OPEN(openat64, DIR_PARAM, dir_fd)

int
mkostemp(char *template, int flags)
{
	size_t len = strlen(template);
	static unsigned counter;

	for (unsigned i = 0; i < 1000; i++) {
		char ending[7];
		int fd;

		snprintf(ending, sizeof ending, "p%05u", __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED) % 100000);
		memcpy(template + len - 6, ending, 6);
		fd = open_any(AT_FDCWD, template, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	char full[PATH_MAX];
	const char *name;
	struct stat st;
	int rc;

	if ((name = shim_name(dir, path, full)) == NULL)
		return (int)syscall(SYS_mkdirat, dir, path, mode);
	shim_lock();
	rc = (int)syscall(SYS_mkdirat, dir, path, mode);
	if (rc == 0) {
		if (lstat(full, &st) != 0)
			shim_die("lstat");
		shim_entry_path(POWER_MKDIR, shim_new_number(&st), name);
	}
	shim_unlock();
	return rc;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	char old[PATH_MAX], new[PATH_MAX], both[2 * PATH_MAX];
	const char *a, *b;
	int rc, len;

	a = shim_name(from_dir, from, old);
	b = shim_name(to_dir, to, new);
	if (a == NULL && b == NULL)
		return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	if (a == NULL || b == NULL)
		shim_die("a rename into or out of the folder");
	shim_lock();
	rc = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	if (rc == 0) {
		len = snprintf(both, sizeof both, "%s%c%s", a, '\0', b);
		shim_entry(POWER_RENAME, 0, 0, 0, both, (size_t)len + 1, NULL, 0);
	}
	shim_unlock();
	return rc;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
unlinkat(int dir, const char *path, int flags)
{
	char full[PATH_MAX];
	const char *name;
	int rc;

	if ((name = shim_name(dir, path, full)) == NULL)
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	shim_lock();
	rc = (int)syscall(SYS_unlinkat, dir, path, flags);
	if (rc == 0)
		shim_entry_path(POWER_REMOVE, 0, name);
	shim_unlock();
	return rc;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
remove(const char *path)
{
	int rc = unlink(path);

	return rc != 0 && errno == EISDIR ? rmdir(path) : rc;
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	char full[PATH_MAX];

	if (shim_name(to_dir, to, full) != NULL)
		shim_die("a link");
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
