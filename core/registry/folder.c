/* A plugin folder: who may write to it decides whose code runs here. */

#include "registry/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
plugin_folder_open(const char *path, int *ret_fd, struct fault *fault)
{
	_cleanup_(close_p) int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fault_set(fault, HOSPES_ENOENT, "the plugin folder %s does not exist", path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return fault_errno(fault, errno, "the plugin folder %s cannot be opened", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return fault_set(fault, HOSPES_EFOLDER,
		    "the plugin folder %s belongs to user %u; it has to belong to root or to user %u, who runs the "
		    "host",
		    path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fault_set(fault, HOSPES_EFOLDER,
		    "the plugin folder %s has mode %04o, so that others than its owner may put plugins there; chmod "
		    "go-w it",
		    path, (unsigned)(st.st_mode & 07777));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static bool
is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 && path[len] == '/';
}

bool
folder_is_ours(const struct policy *policy, const char *path)
{
	_cleanup_(free_p) char *below_home = NULL;
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (is_below(path, policy->state_dir))
		return true;
	if (geteuid() == 0 && !policy->dev)
		return false;
	if (data != NULL && data[0] == '/')
		return is_below(path, data);
	if (home == NULL || home[0] != '/')
		return false;
	below_home = xasprintf("%s/.local/share", home);
	return is_below(path, below_home);
}

bool
file_name_fits(const char *name)
{
	size_t len = strlen(name);

	if (len < 4 || name[0] == '.' || strcmp(name + len - 3, ".so") != 0)
		return false;
	for (const char *at = name; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '/')
			return false;
	}
	return true;
}
