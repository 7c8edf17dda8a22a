/*
 * LD_PRELOAD: writes down what a program does to the files below POWER_ROOT, into POWER_LOG.  See README here, and shim.h.
 *
 * This is the log, and which files are in it.  A sync does not hold the lock: writes that come while it runs are not covered
 * by it, and the log says when it began.  What cannot be written down (another way to write, a link) ends the program.
 */

#include "power/shim.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 65536

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

void
shim_die(const char *what)
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
		shim_die("the log");
}

bool
shim_on(void)
{
	return log_fd >= 0;
}

void
shim_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
shim_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* ---- Paths ------------------------------------------------------------------------------------------------------- */

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

const char *
shim_name(int dir, const char *path, char full[PATH_MAX])
{
	return log_fd >= 0 && full_path(dir, path, full) ? below(full) : NULL;
}

const char *
shim_name_of_fd(int fd, char full[PATH_MAX])
{
	return log_fd >= 0 && path_of_fd(fd, full) ? below(full) : NULL;
}

/* ---- The log [lock] ---------------------------------------------------------------------------------------------- */

static void
put(const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = syscall(SYS_write, log_fd, at, len);

		if (n <= 0)
			shim_die("the log");
		at += n;
		len -= (size_t)n;
	}
}

uint64_t
shim_entry(enum power_kind kind, uint64_t file, uint64_t offset, uint64_t length, const char *text, size_t text_len,
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

uint64_t
shim_entry_of(enum power_kind kind, uint64_t file, uint64_t offset, uint64_t length)
{
	return shim_entry(kind, file, offset, length, NULL, 0, NULL, 0);
}

uint64_t
shim_entry_path(enum power_kind kind, uint64_t file, const char *path)
{
	return shim_entry(kind, file, 0, 0, path, strlen(path) + 1, NULL, 0);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

uint64_t
shim_number_of_stat(const struct stat *st)
{
	for (size_t i = n_known; i-- > 0;)
		if (known[i].dev == st->st_dev && known[i].ino == st->st_ino)
			return known[i].number;
	return 0;
}

uint64_t
shim_number_of(int fd)
{
	struct stat st;

	return log_fd >= 0 && fstat(fd, &st) == 0 ? shim_number_of_stat(&st) : 0;
}

uint64_t
shim_new_number(const struct stat *st)
{
	if (n_known == FILES_MAX)
		shim_die("too many files");
	known[n_known++] = (struct known){.dev = st->st_dev, .ino = st->st_ino, .number = ++numbers};
	return numbers;
}
