/*
 * The empty root.
 *
 * A cell needs libraries while it loads its plugin, and nothing else of the file system, ever.  So its root is a tmpfs of
 * a few pages with the library folders and /proc bound into it, all read-only.  It is put together on some folder that
 * exists, and pivot_root takes it there.
 */

#include "cell/guest/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAFE (MS_NOSUID | MS_NODEV)

/* A library folder: a link stays a link (/lib -> usr/lib), a folder is bound with all that is mounted below it, since
 * the kernel does not let us uncover what a mount hides. */
static int
bring(const char *root, const char *dir)
{
	char to[PATH_MAX], link[PATH_MAX];
	struct stat st;
	ssize_t n;

	snprintf(to, sizeof(to), "%s%s", root, dir);
	if (lstat(dir, &st) != 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		n = readlink(dir, link, sizeof(link) - 1);
		if (n < 0)
			return -errno;
		link[n] = '\0';
		return symlink(link, to) == 0 ? 0 : -errno;
	}
	if (mkdir(to, 0755) != 0 || mount(dir, to, NULL, MS_BIND | MS_REC, NULL) != 0)
		return -errno;
	return 0;
}

/* A fresh /proc shows our own pid namespace only; some containers forbid it and then it is the one that we have. */
static int
bring_proc(const char *root, bool own_pid_ns)
{
	char to[PATH_MAX];

	snprintf(to, sizeof(to), "%s/proc", root);
	if (mkdir(to, 0755) != 0)
		return -errno;
	if (own_pid_ns && (mount("proc", to, "proc", SAFE | MS_NOEXEC, "subset=pid") == 0 ||
			      mount("proc", to, "proc", SAFE | MS_NOEXEC, NULL) == 0))
		return 0;
	return mount("/proc", to, NULL, MS_BIND | MS_REC, NULL) == 0 ? 0 : -errno;
}

static int
bring_bait(const char *root)
{
	char to[PATH_MAX];

	snprintf(to, sizeof(to), "%s/bait", root);
	return mount("hospes", to, "tmpfs", SAFE | MS_NOEXEC, "size=64k,nr_inodes=64,mode=777") == 0 ? 0 : -errno;
}

static int
fill(const char *root, bool own_pid_ns, bool bait)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	int rc = 0;

	for (const char *const *dir = sandbox_library_dirs; *dir != NULL && rc == 0; dir++)
		rc = bring(root, *dir);
	if (rc == 0)
		rc = bring_proc(root, own_pid_ns);
	if (rc == 0 && bait) {
		char to[PATH_MAX];

		snprintf(to, sizeof(to), "%s/bait", root);
		rc = mkdir(to, 0755) == 0 ? 0 : -errno;
	}
	if (rc == 0 && syscall(SYS_mount_setattr, -1, root, AT_RECURSIVE, &attr, sizeof(attr)) != 0)
		rc = -errno;
	if (rc == 0 && bait)
		rc = bring_bait(root);
	if (rc == 0 && (chdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0))
		rc = -errno;
	return rc;
}

int
sandbox_root(bool own_pid_ns, bool bait, uid_t uid, gid_t gid)
{
	static const char *const places[] = {"/tmp", "/run", "/var", "/mnt"};
	const char *root = NULL;
	struct stat st;
	int rc;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && root == NULL; i++)
		if (lstat(places[i], &st) == 0 && S_ISDIR(st.st_mode))
			root = places[i];
	if (root == NULL)
		return -ENOENT;
	/* Root outside has no number in our user namespace, and nothing is made by nobody: what we make is the cell's own. */
	if (uid != (uid_t)-1) {
		setfsgid(gid);
		setfsuid(uid);
	}
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("hospes", root, "tmpfs", SAFE | MS_NOEXEC, "size=64k,nr_inodes=64,mode=755") != 0)
		return -errno;
	rc = fill(root, own_pid_ns, bait);
	if (rc != 0) {
		(void)!chdir("/");
		umount2(root, MNT_DETACH);
		return rc;
	}
	if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
		return -errno;
	return 0;
}
