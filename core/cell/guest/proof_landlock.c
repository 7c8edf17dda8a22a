/*
 * Proofs of Landlock and no_new_privs.
 *
 * Little of what Landlock forbids would be allowed without it: the root is empty and read-only, the network is another.  So there
 * is a bait, a folder that is the cell's own to write, a socket and a process from before, and what is found to be
 * refused there is refused by Landlock alone.
 */

#include "cell/guest/proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"

static const char *
in_bait(const struct proof *proof, const char *name)
{
	static char path[sizeof(proof->bait) + 16];

	snprintf(path, sizeof(path), "%s/%s", proof->bait, name);
	return path;
}

static void
bait_file(struct proof *proof, const char *name)
{
	int fd = open(in_bait(proof, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	proof->baited = proof->baited && fd >= 0;
	if (fd >= 0)
		close(fd);
}

static socklen_t
own_name(struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	return (
	    socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		       (size_t)snprintf(name->sun_path + 1, sizeof(name->sun_path) - 1, "hospes-bait-%d", getpid()));
}

void
proof_bait(struct proof *proof)
{
	struct sockaddr_un name;
	socklen_t len = own_name(&name);

	proof->baited = true;
	bait_file(proof, "file");
	bait_file(proof, "other");
	proof->baited =
	    proof->baited && mkdir(in_bait(proof, "folder"), 0700) == 0 && mkdir(in_bait(proof, "empty"), 0700) == 0;
	proof->abstract_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(proof->abstract_fd, (struct sockaddr *)&name, len) != 0 || listen(proof->abstract_fd, 1) != 0) {
		close(proof->abstract_fd);
		proof->abstract_fd = -1;
	}
}

/* Refused by Landlock: EACCES, or EXDEV where a file would get to another folder. */
static void
tell_file(struct proof *proof, enum try_id id, long rc, int error)
{
	if (!proof->baited && id != TRY_LL_LIST)
		proof_tell(proof, id, false, "nowhere to try it: %s cannot be written", proof->bait);
	else
		proof_tell_error(proof, id, rc, error, EACCES, EXDEV);
}

static void
try_open(struct proof *proof, enum try_id id, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	tell_file(proof, id, fd, errno);
	if (fd >= 0)
		close(fd);
}

static void
landlock_files(struct proof *proof)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	_cleanup_(close_p) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char file[sizeof(proof->bait) + 16];
	int rc;

	/* The root folder itself is not among those that may be listed. */
	try_open(proof, TRY_LL_LIST, "/", O_RDONLY | O_DIRECTORY);
	try_open(proof, TRY_LL_READ, in_bait(proof, "file"), O_RDONLY);
	try_open(proof, TRY_LL_WRITE, in_bait(proof, "file"), O_WRONLY);
	try_open(proof, TRY_LL_MAKE, in_bait(proof, "new"), O_WRONLY | O_CREAT | O_EXCL);
	rc = mkdir(in_bait(proof, "new-folder"), 0700);
	tell_file(proof, TRY_LL_FOLDER, rc, errno);
	rc = mkfifo(in_bait(proof, "fifo"), 0600);
	tell_file(proof, TRY_LL_FIFO, rc, errno);
	rc = symlink("file", in_bait(proof, "link"));
	tell_file(proof, TRY_LL_SYMLINK, rc, errno);
	snprintf(
	    name.sun_path, sizeof(name.sun_path), "%.*s", (int)sizeof(name.sun_path) - 1, in_bait(proof, "socket"));
	rc = bind(fd, (struct sockaddr *)&name, sizeof(name));
	tell_file(proof, TRY_LL_SOCKET, rc, errno);
	snprintf(file, sizeof(file), "%s", in_bait(proof, "file"));
	rc = rename(file, in_bait(proof, "folder/file"));
	tell_file(proof, TRY_LL_REFER, rc, errno);
	rc = truncate(file, 0);
	tell_file(proof, TRY_LL_TRUNCATE, rc, errno);
	rc = unlink(in_bait(proof, "other"));
	tell_file(proof, TRY_LL_REMOVE, rc, errno);
	rc = rmdir(in_bait(proof, "empty"));
	tell_file(proof, TRY_LL_RMDIR, rc, errno);
}

static void
landlock_network(struct proof *proof)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in host = any;
	_cleanup_(close_p) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = bind(fd, (struct sockaddr *)&any, sizeof(any));

	proof_tell_error(proof, TRY_LL_BIND, rc, errno, EACCES, EACCES);
	host.sin_port = htons(proof->setup->proof_port);
	rc = connect(fd, (struct sockaddr *)&host, sizeof(host));
	proof_tell_error(proof, TRY_LL_CONNECT, rc, errno, EACCES, EACCES);
}

static void
landlock_scopes(struct proof *proof)
{
	_cleanup_(close_p) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name;
	socklen_t len = own_name(&name);
	int rc = proof->abstract_fd < 0 ? 0 : connect(fd, (struct sockaddr *)&name, len);

	proof_tell_error(proof, TRY_LL_ABSTRACT, rc, errno, EPERM, EPERM);
	rc = kill(proof->parent, 0);
	proof_tell_error(proof, TRY_LL_SIGNAL, rc, errno, EPERM, EPERM);
}

void
proof_landlock(struct proof *proof)
{
	int rc = prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), error = errno;

	if (rc != 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		proof_tell(proof, TRY_NNP_OFF, false, "it was never on");
	else
		proof_tell_call(proof, TRY_NNP_OFF, rc, error);
	landlock_files(proof);
	landlock_network(proof);
	landlock_scopes(proof);
	if (proof->abstract_fd >= 0)
		close(proof->abstract_fd);
}
