/*
 * The object store: DIR/<sha256>, each a new inode, mode 0444, on disk before any record names it.
 *
 * One file at a time is copied, to DIR/.tmp/taking; what a crash leaves there is overwritten by the next.
 */

#include "registry/state.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

#define TAKING "%s/.tmp/taking"

int
object_dirs(const char *objects_dir, struct fault *fault)
{
	_cleanup_(free_p) char *tmp = xasprintf("%s/.tmp", objects_dir);

	return fd_make_dirs(tmp, 0700, fault);
}

int
object_begin(const struct registry *r, int *ret_fd, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf(TAKING, r->objects_dir);
	int fd;

	if (unlink(path) != 0 && errno != ENOENT)
		return fault_errno(fault, errno, "the rest of an earlier copy, %s, cannot be removed", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_errno(fault, errno, "%s cannot be made", path);
	*ret_fd = fd;
	return 0;
}

int
object_reopen(const struct registry *r, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf(TAKING, r->objects_dir);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 ? fd : fault_errno(fault, errno, "the copy %s cannot be opened", path);
}

static int
sync_folder(const char *path)
{
	_cleanup_(close_p) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 ? 0 : -1;
}

int
object_commit(const struct registry *r, int fd, const char *hex, struct fault *fault)
{
	_cleanup_(free_p) char *from = xasprintf(TAKING, r->objects_dir);
	_cleanup_(free_p) char *to = xasprintf("%s/%s", r->objects_dir, hex);

	if (fchmod(fd, 0444) != 0 || fsync(fd) != 0)
		return fault_errno(fault, errno, "the copy %s cannot be made durable", from);
	if (rename(from, to) != 0 || sync_folder(r->objects_dir) != 0)
		return fault_errno(fault, errno, "%s cannot be put into the object store as %s", from, to);
	return 0;
}

void
object_abandon(const struct registry *r)
{
	_cleanup_(free_p) char *path = xasprintf(TAKING, r->objects_dir);

	unlink(path);
}

bool
object_exists(const struct version *v)
{
	struct stat st;

	return stat(v->object_path, &st) == 0 && S_ISREG(st.st_mode);
}

void
object_remove(const struct registry *r, const char *hex)
{
	_cleanup_(free_p) char *path = xasprintf("%s/%s", r->objects_dir, hex);

	unlink(path);
}
