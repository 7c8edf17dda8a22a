/*
 * What the kernel tells of a probe, from outside: /proc/PID/status, limits, cgroup, ns, fd.
 *
 * What the kernel tells of every process (status, limits) has to be there, and to agree.  What it tells only of some
 * (ns, fd) is passed over where we may not look.
 */

#include "cell/prove.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cell/guest/guest.h"

static void __attribute__((format(printf, 3, 4)))
against(struct seen *seen, enum sandbox_layer layer, const char *format, ...)
{
	unsigned at = (unsigned)__builtin_ctz(layer);
	va_list args;

	seen->against |= layer;
	va_start(args, format);
	(void)vsnprintf(seen->found[at], sizeof(seen->found[at]), format, args);
	va_end(args);
}

static FILE *
open_of(pid_t pid, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fopen(path, "re");
}

/* The rest of the line that begins with `key`, or NULL. */
static const char *
value_of(FILE *f, const char *key, char *line, size_t size)
{
	size_t len = strlen(key);

	rewind(f);
	while (fgets(line, (int)size, f) != NULL)
		if (strncmp(line, key, len) == 0) {
			line[strcspn(line, "\n")] = '\0';
			return line + len + strspn(line + len, " \t");
		}
	return NULL;
}

/* ---- status ------------------------------------------------------------------------------------------------------ */

/* What may come back by exec (CapBnd) only root may give up, and with no_new_privs it does not come back. */
static void
look_caps(struct seen *seen, const struct cell *cell, FILE *f)
{
	static const char *const keys[] = {"CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"};
	char line[256];

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *value = value_of(f, keys[i], line, sizeof(line));

		if (value != NULL && strcmp(keys[i], "CapBnd:") == 0 && (cell->layers & LAYER_UID) == 0)
			continue;
		if (value == NULL || strtoull(value, NULL, 16) != 0)
			against(seen, LAYER_CAPS, "%s %s", keys[i], value == NULL ? "not told" : value);
	}
}

static void
look_filters(struct seen *seen, FILE *f)
{
	char line[256];
	const char *value = value_of(f, "Seccomp:", line, sizeof(line));
	long n, ours = filters_of(getpid());

	if (value == NULL || strcmp(value, "2") != 0) {
		against(seen, LAYER_SECCOMP, "Seccomp: %s", value == NULL ? "not told" : value);
		return;
	}
	/* Older kernels do not count them. */
	value = value_of(f, "Seccomp_filters:", line, sizeof(line));
	n = value == NULL ? 0 : strtol(value, NULL, 10);
	if (value != NULL && n < (ours < 0 ? 0 : ours) + CELL_FILTERS)
		against(seen, LAYER_SECCOMP, "%ld filters, of which %ld are ours", n, ours);
}

static void
look_status(struct seen *seen, const struct cell *cell)
{
	_cleanup_(fclose_p) FILE *f = open_of(cell->pid, "status");
	unsigned id[4] = {0}, own = cell->uid == UINT32_MAX ? geteuid() : cell->uid;
	char line[256];
	const char *value;

	if (f == NULL) {
		for (unsigned bit = 1; bit < 1u << LAYERS_N; bit <<= 1)
			if (bit & (LAYER_CAPS | LAYER_SECCOMP | LAYER_NO_NEW_PRIVS | LAYER_UID))
				against(seen, (enum sandbox_layer)bit, "/proc does not tell of it");
		return;
	}
	look_caps(seen, cell, f);
	look_filters(seen, f);
	value = value_of(f, "NoNewPrivs:", line, sizeof(line));
	if (value == NULL || strcmp(value, "1") != 0)
		against(seen, LAYER_NO_NEW_PRIVS, "NoNewPrivs: %s", value == NULL ? "not told" : value);
	value = value_of(f, "Uid:", line, sizeof(line));
	if (value == NULL || sscanf(value, "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]) != 4 || id[0] != own ||
	    id[1] != own || id[2] != own || id[3] != own)
		against(seen, LAYER_UID, "Uid: %s", value == NULL ? "not told" : value);
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static void
look_limits(struct seen *seen, const struct cell *cell)
{
	static const struct {
		const char *key;
		uint64_t most;
	} limits[] = {{"Max core file size", 0}, {"Max file size", 0}, {"Max open files", 64}, {"Max processes", 0},
	    {"Max locked memory", 0}, {"Max msgqueue size", 0}, {"Max realtime priority", 0}, {"Max nice priority", 0}};
	_cleanup_(fclose_p) FILE *f = open_of(cell->pid, "limits");
	char line[256];

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const char *value = f == NULL ? NULL : value_of(f, limits[i].key, line, sizeof(line));
		unsigned long long soft = 0, hard = 0;

		if (value == NULL || sscanf(value, "%llu %llu", &soft, &hard) != 2 || hard > limits[i].most)
			against(seen, LAYER_RLIMITS, "%s %s", limits[i].key, value == NULL ? "not told" : value);
	}
}

/* ---- Namespaces, cgroup, descriptors ----------------------------------------------------------------------------- */

static void
look_namespaces(struct seen *seen, const struct cell *cell)
{
	static const struct {
		const char *name;
		enum sandbox_layer layer;
	} spaces[] = {{"net", LAYER_NET_NS}, {"pid", LAYER_PID_NS}, {"mnt", LAYER_MOUNT_NS}, {"ipc", LAYER_IPC_NS}};

	for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
		struct stat theirs, ours;
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)cell->pid, spaces[i].name);
		if (stat(path, &theirs) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", spaces[i].name);
		if (stat(path, &ours) != 0 || (theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev))
			against(seen, spaces[i].layer, "it is in the host's namespace");
	}
}

static void
look_cgroup(struct seen *seen, const struct cell *cell)
{
	_cleanup_(fclose_p) FILE *f = open_of(cell->pid, "cgroup");
	char line[4096];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "/" GUEST_CGROUP_PREFIX) != NULL)
			return;
	against(seen, LAYER_CGROUP, "it is in the host's cgroup");
}

static void
look_descriptors(struct seen *seen, const struct cell *cell)
{
	char path[64];
	DIR *dir;
	struct dirent *entry;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)cell->pid);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		long fd = strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] == '.' || fd <= WIRE_FD_CONTROL || fd == WIRE_FD_PAGE)
			continue;
		if (len < sizeof(seen->descriptors))
			len += (size_t)snprintf(seen->descriptors + len, sizeof(seen->descriptors) - len, " %ld", fd);
	}
	if (dir != NULL)
		closedir(dir);
}

void
seen_look(struct seen *seen, const struct cell *cell)
{
	*seen = (struct seen){.looked = true};
	look_status(seen, cell);
	look_limits(seen, cell);
	look_namespaces(seen, cell);
	look_cgroup(seen, cell);
	look_descriptors(seen, cell);
}
