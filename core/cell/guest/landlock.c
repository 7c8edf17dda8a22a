/*
 * Landlock, by system call.
 *
 * Asked for all that the kernel knows, since a right that is not handled is granted.  Newer kernels also close TCP and
 * the sockets and signals of processes outside; the structures are our own because Debian 12's headers end at ABI 1.
 */

#include "cell/guest/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

#define FS_EXECUTE   (1ull << 0)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR  (1ull << 3)

/* How many rights of the file system each ABI has: 13 in the first, then REFER, TRUNCATE and, with the fifth, IOCTL_DEV. */
static const unsigned fs_rights[] = {0, 13, 14, 15, 15, 16};

struct ruleset {
	uint64_t fs;
	uint64_t net;    /* ABI 4: bind and connect of TCP */
	uint64_t scoped; /* ABI 6: abstract unix sockets, signals */
};

struct path_rule {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));

static int
allow(int ruleset, int fd, uint64_t access)
{
	struct path_rule rule = {.access = access, .fd = fd};

	return syscall(SYS_landlock_add_rule, ruleset, 1 /* LANDLOCK_RULE_PATH_BENEATH */, &rule, 0) == 0 ? 0 : -errno;
}

static int
allow_folder(int ruleset, const char *path, uint64_t access)
{
	_cleanup_(close_p) int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? (errno == ENOENT ? 0 : -errno) : allow(ruleset, fd, access);
}

int
sandbox_landlock(int file_fd)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
	struct ruleset rights = {.net = 3, .scoped = 3};
	_cleanup_(close_p) int ruleset = -1;
	int rc = 0;

	if (abi < 1)
		return abi < 0 ? -errno : -ENOTSUP;
	rights.fs = (1ull << fs_rights[abi < (long)ARRAY_LEN(fs_rights) ? (size_t)abi : ARRAY_LEN(fs_rights) - 1]) - 1;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, abi < 4 ? 8 : abi < 6 ? 16 : sizeof(rights), 0);
	if (ruleset < 0)
		return -errno;
	for (const char *const *dir = sandbox_library_dirs; *dir != NULL && rc == 0; dir++)
		rc = allow_folder(ruleset, *dir, FS_EXECUTE | FS_READ_FILE | FS_READ_DIR);
	if (rc == 0)
		rc = allow_folder(ruleset, "/proc", FS_READ_FILE | FS_READ_DIR);
	/* A file on no mount, as a memfd, takes no rule and needs none. */
	if (rc == 0 && file_fd >= 0)
		(void)allow(ruleset, file_fd, FS_EXECUTE | FS_READ_FILE);
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rc = -errno;
	return rc;
}
