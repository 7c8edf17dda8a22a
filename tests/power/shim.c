/*
 * LD_PRELOAD: writes down what a program does to the files below POWER_ROOT, into POWER_LOG.  See README here.
 *
 * A call that changes something happens under a lock, together with its entry, so the order of the log is the order in which
 * things took effect.  A sync does not hold the lock: writes that come while it runs are not covered by it, and the log says
 * when it began.  What this cannot write down (another way to write, a link) ends the program.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "power/log.h"

#define FILES_MAX 65536
#define PARTS_MAX 64

struct known {
	dev_t dev;
	ino_t ino;
	uint64_t number;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_len;
static int log_fd = -1;
static struct known known[FILES_MAX];
static size_t n_known;
static uint64_t numbers, entries;

static void
die(const char *what)
{
	dprintf(2, "power: %s; what it does cannot be written down\n", what);
	_exit(99);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *r = getenv("POWER_ROOT"), *l = getenv("POWER_LOG");

	if (r == NULL || l == NULL || strlen(r) >= sizeof root)
		return;
	strcpy(root, r);
	root_len = strlen(root);
	log_fd = (int)syscall(SYS_openat, AT_FDCWD, l, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die("the log");
}

/* The path below the root; NULL: it is not there. */
static const char *
below(const char *path)
{
	if (log_fd < 0 || strncmp(path, root, root_len) != 0)
		return NULL;
	if (path[root_len] == '\0')
		return ".";
	return path[root_len] == '/' ? path + root_len + 1 : NULL;
}

static bool
path_of_fd(int fd, char out[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_MAX - 1);
	if (n <= 0)
		return false;
	out[n] = '\0';
	return true;
}

/* A path as it was given to a call, from the root of the file system. */
static bool
full_path(int dir, const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX];

	if (path[0] == '/')
		return (size_t)snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	if (dir == AT_FDCWD ? getcwd(folder, sizeof folder) == NULL : !path_of_fd(dir, folder))
		return false;
	if (strcmp(path, ".") == 0)
		return (size_t)snprintf(out, PATH_MAX, "%s", folder) < PATH_MAX;
	return (size_t)snprintf(out, PATH_MAX, "%s/%s", folder, path) < PATH_MAX;
}

/* ---- The log [lock] ---------------------------------------------------------------------------------------------- */

static void
put(const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = syscall(SYS_write, log_fd, at, len);

		if (n <= 0)
			die("the log");
		at += n;
		len -= (size_t)n;
	}
}

/* Returns the number of the entry. */
static uint64_t
entry(enum power_kind kind, uint64_t file, uint64_t offset, uint64_t length, const char *text, size_t text_len,
    const void *bytes, size_t n)
{
	struct power_entry e = {
	    .kind = kind, .text = (uint32_t)text_len, .file = file, .offset = offset, .length = length, .bytes = n};

	put(&e, sizeof e);
	if (text_len > 0)
		put(text, text_len);
	if (n > 0)
		put(bytes, n);
	return entries++;
}

static uint64_t
entry_path(enum power_kind kind, uint64_t file, const char *path)
{
	return entry(kind, file, 0, 0, path, strlen(path) + 1, NULL, 0);
}

/* 0: not one of those that are written down. */
static uint64_t
number_of_stat(const struct stat *st)
{
	for (size_t i = n_known; i-- > 0;)
		if (known[i].dev == st->st_dev && known[i].ino == st->st_ino)
			return known[i].number;
	return 0;
}

static uint64_t
number_of(int fd)
{
	struct stat st;

	return log_fd >= 0 && fstat(fd, &st) == 0 ? number_of_stat(&st) : 0;
}

static uint64_t
new_number(const struct stat *st)
{
	if (n_known == FILES_MAX)
		die("too many files");
	known[n_known++] = (struct known){.dev = st->st_dev, .ino = st->st_ino, .number = ++numbers};
	return numbers;
}

static bool
all_zero(const char *bytes, size_t len)
{
	return len > 0 && bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static bool
is_said(int fd)
{
	char path[PATH_MAX];
	const char *at = path_of_fd(fd, path) ? below(path) : NULL;

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
		number = entry(POWER_ZEROS, file, (uint64_t)at, (uint64_t)len, NULL, 0, NULL, 0);
	else
		number = entry(POWER_WRITE, file, (uint64_t)at, (uint64_t)len, NULL, 0, bytes, (size_t)len);
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && (flags & O_DSYNC))
		entry(POWER_DURABLE, file, number, 0, NULL, 0, NULL, 0);
}

/* ---- Making and naming ------------------------------------------------------------------------------------------- */

static int
open_any(int dir, const char *path, int flags, mode_t mode)
{
	char full[PATH_MAX];
	const char *name;
	struct stat st;
	bool existed;
	int fd;

	if (log_fd < 0 || (flags & (O_CREAT | O_TRUNC)) == 0 || (flags & O_TMPFILE) == O_TMPFILE ||
	    !full_path(dir, path, full) || (name = below(full)) == NULL)
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	pthread_mutex_lock(&lock);
	existed = syscall(SYS_newfstatat, dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	if (fd >= 0 && !existed) {
		if (fstat(fd, &st) != 0)
			die("fstat");
		if (strcmp(name, POWER_SAID_FILE) != 0)
			entry_path(POWER_MAKE, new_number(&st), name);
	} else if (fd >= 0 && (flags & O_TRUNC) && number_of_stat(&st) != 0) {
		entry(POWER_SIZE, number_of_stat(&st), 0, 0, NULL, 0, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
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

	if (log_fd < 0 || !full_path(dir, path, full) || (name = below(full)) == NULL)
		return (int)syscall(SYS_mkdirat, dir, path, mode);
	pthread_mutex_lock(&lock);
	rc = (int)syscall(SYS_mkdirat, dir, path, mode);
	if (rc == 0) {
		if (lstat(full, &st) != 0)
			die("lstat");
		entry_path(POWER_MKDIR, new_number(&st), name);
	}
	pthread_mutex_unlock(&lock);
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

	if (log_fd < 0 || !full_path(from_dir, from, old) || !full_path(to_dir, to, new) ||
	    ((a = below(old)) == NULL) + ((b = below(new)) == NULL) == 2)
		return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	if (a == NULL || b == NULL)
		die("a rename into or out of the folder");
	pthread_mutex_lock(&lock);
	rc = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	if (rc == 0) {
		len = snprintf(both, sizeof both, "%s%c%s", a, '\0', b);
		entry(POWER_RENAME, 0, 0, 0, both, (size_t)len + 1, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
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

	if (log_fd < 0 || !full_path(dir, path, full) || (name = below(full)) == NULL)
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	pthread_mutex_lock(&lock);
	rc = (int)syscall(SYS_unlinkat, dir, path, flags);
	if (rc == 0)
		entry_path(POWER_REMOVE, 0, name);
	pthread_mutex_unlock(&lock);
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

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static ssize_t
pwrite_any(int fd, const void *data, size_t len, off_t at)
{
	uint64_t file;
	ssize_t n;

	if (log_fd < 0)
		return syscall(SYS_pwrite64, fd, data, len, at);
	pthread_mutex_lock(&lock);
	file = number_of(fd);
	n = syscall(SYS_pwrite64, fd, data, len, at);
	if (file != 0)
		written(fd, file, at, data, n);
	pthread_mutex_unlock(&lock);
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

	if (log_fd < 0)
		return syscall(SYS_write, fd, data, len);
	pthread_mutex_lock(&lock);
	file = number_of(fd);
	at = file == 0 ? 0 : lseek(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) ? SEEK_END : SEEK_CUR);
	n = syscall(SYS_write, fd, data, len);
	if (file != 0)
		written(fd, file, at, data, n);
	else if (n > 0 && is_said(fd))
		entry(POWER_SAID, 0, 0, 0, data, (size_t)n, NULL, 0);
	pthread_mutex_unlock(&lock);
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
	return number_of(fd) != 0 ? write_parts(fd, parts, n, 0, false) : syscall(SYS_writev, fd, parts, n);
}

ssize_t
pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
	return number_of(fd) != 0 ? write_parts(fd, parts, n, at, true)
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

	if (log_fd < 0)
		return (int)syscall(SYS_ftruncate, fd, size);
	pthread_mutex_lock(&lock);
	file = number_of(fd);
	rc = (int)syscall(SYS_ftruncate, fd, size);
	if (rc == 0 && file != 0)
		entry(POWER_SIZE, file, 0, (uint64_t)size, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
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

	if (log_fd >= 0 && fd >= 0 && (flags & MAP_TYPE) != MAP_PRIVATE && (prot & PROT_WRITE)) {
		pthread_mutex_lock(&lock);
		file = number_of(fd);
		if (file != 0)
			entry(POWER_MAPPED, file, 0, 0, NULL, 0, NULL, 0);
		pthread_mutex_unlock(&lock);
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

/* ---- Syncing ----------------------------------------------------------------------------------------------------- */

static int
sync_any(int fd, uint64_t file, long call)
{
	uint64_t begun;
	int rc;

	pthread_mutex_lock(&lock);
	begun = entry(POWER_SYNC, file, 0, 0, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	rc = (int)syscall(call, fd);
	if (rc != 0)
		return rc;
	pthread_mutex_lock(&lock);
	entry(POWER_SYNCED, file, begun, 0, NULL, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* The folder itself was there before, and has the number of none. */
static bool
is_root(int fd)
{
	char path[PATH_MAX];

	return log_fd >= 0 && path_of_fd(fd, path) && strcmp(path, root) == 0;
}

static int
sync_one(int fd, long call)
{
	uint64_t file;

	pthread_mutex_lock(&lock);
	file = number_of(fd);
	pthread_mutex_unlock(&lock);
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
	return log_fd < 0 ? (int)syscall(SYS_syncfs, fd) : sync_any(fd, 0, SYS_syncfs);
}

/* ---- What is not written down ------------------------------------------------------------------------------------ */

static void
refuse(int fd, const char *what)
{
	pthread_mutex_lock(&lock);
	if (number_of(fd) != 0)
		die(what);
	pthread_mutex_unlock(&lock);
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

	pthread_mutex_lock(&lock);
	file = number_of(fd);
	if (file != 0 && fstat(fd, &st) != 0)
		die("fstat");
	rc = syscall(SYS_fallocate, fd, 0, at, len) == 0 ? 0 : errno;
	if (rc == 0 && file != 0 && at + len > st.st_size)
		entry(POWER_SIZE, file, 0, (uint64_t)(at + len), NULL, 0, NULL, 0);
	pthread_mutex_unlock(&lock);
	return rc;
}

ssize_t
copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t len, unsigned flags)
{
	refuse(to, "copy_file_range");
	return syscall(SYS_copy_file_range, from, from_at, to, to_at, len, flags);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	char full[PATH_MAX];

	if (full_path(to_dir, to, full) && below(full) != NULL)
		die("a link");
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
