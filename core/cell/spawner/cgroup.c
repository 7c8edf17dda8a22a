/* See cgroup.h. */

#include "cell/spawner/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cell/guest/guest.h"

static int
write_text(const char *path, const char *text)
{
	_cleanup_(close_p) int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	return n == (ssize_t)len ? 0 : n < 0 ? -errno : -EIO;
}

static int
write_number(const char *base, const char *name, const char *file, uint64_t number)
{
	char path[CGROUP_PATH + 256], text[32];

	snprintf(path, sizeof(path), "%s/%s/%s", base, name, file);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return write_text(path, text);
}

/* Is `word` in a list separated by one of `breaks`? */
static bool
has_word(const char *list, const char *word, const char *breaks)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		size_t n = strcspn(list, breaks);

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

/* Our own path in the hierarchy: the line `N:controllers:path` with `memory`, or `0::path`. */
static bool
own_path(int version, char *ret, size_t size)
{
	_cleanup_(fclose_p) FILE *f = fopen("/proc/self/cgroup", "re");
	char line[CGROUP_PATH];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *controllers, *path;

		line[strcspn(line, "\n")] = '\0';
		controllers = strchr(line, ':');
		path = controllers == NULL ? NULL : strchr(controllers + 1, ':');
		if (path == NULL)
			continue;
		*controllers++ = '\0';
		*path++ = '\0';
		if (version == 1 ? has_word(controllers, "memory", ",")
				 : strcmp(line, "0") == 0 && *controllers == '\0') {
			snprintf(ret, size, "%s", path);
			return true;
		}
	}
	return false;
}

/* Where that hierarchy is mounted, and which part of it: proc(5), mountinfo. */
static bool
mount_point(int version, char *ret_root, char *ret_point, size_t size)
{
	_cleanup_(fclose_p) FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[2 * CGROUP_PATH];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char root[CGROUP_PATH], point[CGROUP_PATH], type[64], options[256];
		const char *rest = strstr(line, " - ");

		if (rest == NULL || sscanf(line, "%*s %*s %*s %3071s %3071s", root, point) != 2 ||
		    sscanf(rest, " - %63s %*s %255s", type, options) != 2)
			continue;
		if (version == 1 ? strcmp(type, "cgroup") != 0 || !has_word(options, "memory", ",")
				 : strcmp(type, "cgroup2") != 0)
			continue;
		snprintf(ret_root, size, "%s", root);
		snprintf(ret_point, size, "%s", point);
		return true;
	}
	return false;
}

static bool
find_base(int version, char *ret, size_t size)
{
	char own[CGROUP_PATH], root[CGROUP_PATH], point[CGROUP_PATH];
	const char *below = own;
	size_t len;

	if (!own_path(version, own, sizeof(own)) || !mount_point(version, root, point, sizeof(root)))
		return false;
	len = strlen(root);
	if (strcmp(root, "/") != 0) {
		if (strncmp(own, root, len) != 0 || (own[len] != '/' && own[len] != '\0'))
			return false;
		below = own + len;
	}
	if (strcmp(below, "/") == 0)
		below = "";
	return (size_t)snprintf(ret, size, "%s%s", point, below) < size && access(ret, W_OK) == 0;
}

/* Moves us and the core to a leaf when nobody else is here; see the header. */
static int
make_room(const char *base)
{
	char path[CGROUP_PATH + 64], text[32];
	pid_t pids[2] = {getpid(), getppid()};
	_cleanup_(fclose_p) FILE *f = NULL;
	int pid, rc;

	snprintf(path, sizeof(path), "%s/cgroup.procs", base);
	f = fopen(path, "re");
	if (f == NULL)
		return -errno;
	while (fscanf(f, "%d", &pid) == 1)
		if (pid != pids[0] && pid != pids[1])
			return -EBUSY;
	snprintf(path, sizeof(path), "%s/hospes-host", base);
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/hospes-host/cgroup.procs", base);
	for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
		snprintf(text, sizeof(text), "%d", (int)pids[i]);
		rc = write_text(path, text);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static bool
pass_down(const char *base)
{
	char path[CGROUP_PATH + 64], list[512];
	_cleanup_(fclose_p) FILE *f = NULL;
	int rc;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", base);
	f = fopen(path, "re");
	if (f == NULL || fgets(list, sizeof(list), f) == NULL || !has_word(list, "memory", " \n"))
		return false;
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", base);
	rc = write_text(path, "+memory");
	if (rc == -EBUSY && make_room(base) == 0)
		rc = write_text(path, "+memory");
	return rc == 0;
}

/* Groups of a spawner that was killed: their name has its pid. */
static void
sweep(const struct cgroups *groups)
{
	DIR *dir = opendir(groups->base);
	struct dirent *entry;
	int pid;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (sscanf(entry->d_name, GUEST_CGROUP_PREFIX "%d-", &pid) == 1 && kill(pid, 0) != 0 && errno == ESRCH)
			(void)cgroup_remove(groups, entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

void
cgroups_find(struct cgroups *ret)
{
	ret->version = 0;
	if (find_base(1, ret->base, sizeof(ret->base)))
		ret->version = 1;
	else if (find_base(2, ret->base, sizeof(ret->base)) && pass_down(ret->base))
		ret->version = 2;
	if (ret->version != 0)
		sweep(ret);
}

int
cgroup_make(const struct cgroups *groups, const char *name, uint64_t bytes, pid_t pid)
{
	char path[CGROUP_PATH + CGROUP_NAME];
	int rc;

	if (groups->version == 0)
		return -ENOTSUP;
	snprintf(path, sizeof(path), "%s/%s", groups->base, name);
	if (mkdir(path, 0755) != 0)
		return -errno;
	if (groups->version == 1) {
		rc = write_number(groups->base, name, "memory.limit_in_bytes", bytes);
		/* Without swap accounting the file is not there, and swap counts against nothing. */
		(void)write_number(groups->base, name, "memory.memsw.limit_in_bytes", bytes);
	} else {
		rc = write_number(groups->base, name, "memory.max", bytes);
		(void)write_number(groups->base, name, "memory.swap.max", 0);
	}
	if (rc == 0)
		rc = write_number(groups->base, name, "cgroup.procs", (uint64_t)pid);
	if (rc != 0)
		rmdir(path);
	return rc;
}

int
cgroup_remove(const struct cgroups *groups, const char *name)
{
	char path[CGROUP_PATH + 256];

	snprintf(path, sizeof(path), "%s/%s", groups->base, name);
	return rmdir(path) == 0 || errno == ENOENT ? 0 : -errno;
}
