/* Proofs of what a cell can reach before any filter is on: the host's users, network, processes, files, memory. */

#include "cell/guest/proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"
#include "cell/guest/guest.h"

#define DESCRIPTORS_LOOK 4096

static void
reach_users(struct proof *proof)
{
	bool stays = geteuid() != 0;
	gid_t root = 0;
	int rc;

	/* Who is root in there alone is nobody outside; where the host keeps its own root for cells, that is not refused. */
	rc = setuid(0);
	proof_tell(proof, TRY_UID_SETUID, stays ? rc != 0 : (proof->claimed & LAYER_UID) != 0, "%s, uid %u",
	    rc == 0 ? "it worked" : strerrorname_np(errno), geteuid());
	rc = setgid(0);
	proof_tell(proof, TRY_UID_SETGID, getegid() != 0 ? rc != 0 : (proof->claimed & LAYER_UID) != 0, "%s, gid %u",
	    rc == 0 ? "it worked" : strerrorname_np(errno), getegid());
	rc = setgroups(1, &root);
	proof_tell_call(proof, TRY_UID_GROUPS, rc, errno);
}

static int
connect_tcp(uint16_t port, int *ret_error)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	_cleanup_(close_p) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof(to));

	*ret_error = errno;
	return rc;
}

static void
reach_network(struct proof *proof)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	_cleanup_(close_p) int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_cleanup_(close_p) int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len;
	int error, rc = connect_tcp(proof->setup->proof_port, &error);

	proof_tell_call(proof, TRY_NET_TCP, rc, error);
	/* In a network namespace of our own even the loopback interface is down. */
	rc = udp < 0 ? -1 : connect(udp, (struct sockaddr *)&to, sizeof(to));
	proof_tell_call(proof, TRY_NET_LOOPBACK, rc, errno);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			  (size_t)snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, PROOF_ABSTRACT_NAME,
			      proof->setup->proof_host));
	rc = local < 0 ? -1 : connect(local, (struct sockaddr *)&name, len);
	proof_tell_call(proof, TRY_NET_ABSTRACT, rc, errno);
}

static void
reach_processes(struct proof *proof)
{
	pid_t host = (pid_t)proof->setup->proof_host;
	char path[64];
	/* No signal to all that there are but ourselves and process 1: ESRCH when that is nobody, whether we might or not. */
	int rc = kill(-1, 0), error = errno, fd;

	proof_tell(proof, TRY_PID_OTHERS, rc != 0 && error == ESRCH && getppid() == 1, "%s",
	    rc != 0 && error == ESRCH ? "none but its init" : "there are others");
	/* A host that is itself the first process of a container has a number that our own init has too. */
	rc = host <= 2 ? -1 : kill(host, 0);
	proof_tell_error(proof, TRY_PID_HOST, rc, host <= 2 ? ESRCH : errno, ESRCH, 0);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)host);
	fd = host <= 2 && getppid() == 1 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	proof_tell_call(proof, TRY_PID_PROC, fd, host <= 2 ? ENOENT : errno);
	if (fd >= 0)
		close(fd);
}

static void
try_open(struct proof *proof, enum try_id id, const char *path, int flags, int expected)
{
	int fd = open(path, flags | O_CLOEXEC, 0600), error = errno;

	proof_tell_error(proof, id, fd, error, expected, expected == 0 ? 0 : EROFS);
	if (fd < 0)
		return;
	close(fd);
	if (flags & O_CREAT)
		unlink(path);
}

static void
reach_files(struct proof *proof)
{
	bool home = access("/root", F_OK) == 0 || access("/home", F_OK) == 0;
	int rc;

	try_open(proof, TRY_MOUNT_PASSWD, "/etc/passwd", O_RDONLY, ENOENT);
	proof_tell(proof, TRY_MOUNT_HOME, !home, "%s", home ? "there they are" : "ENOENT");
	try_open(proof, TRY_MOUNT_DEVICE, "/dev/urandom", O_RDONLY, ENOENT);
	rc = mkdir("/hospes-probe", 0700);
	proof_tell_error(proof, TRY_MOUNT_ROOT, rc, errno, EROFS, EROFS);
	if (rc == 0)
		rmdir("/hospes-probe");
	try_open(proof, TRY_MOUNT_LIBRARY, "/usr/hospes-probe", O_WRONLY | O_CREAT | O_EXCL, EROFS);
}

static void
reach_ipc(struct proof *proof)
{
	struct stat st = {.st_ino = 0};
	bool own = stat("/proc/self/ns/ipc", &st) == 0 && st.st_ino != proof->ipc && (proof->claimed & LAYER_IPC_NS);
	int id = shmget((key_t)PROOF_SHM_KEY(proof->setup->proof_host), 0, 0), error = errno;

	proof_tell(proof, TRY_IPC_NAMESPACE, own, "%s", own ? "a namespace of its own" : "the host's");
	proof_tell_error(proof, TRY_IPC_MEMORY, id, error, ENOENT, ENOSYS);
}

static void
reach_cgroup(struct proof *proof)
{
	_cleanup_(fclose_p) FILE *f = fopen("/proc/self/cgroup", "re");
	char line[4096];
	bool found = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		found = found || strstr(line, "/" GUEST_CGROUP_PREFIX) != NULL;
	proof_tell(proof, TRY_CGROUP_OWN, found && (proof->claimed & LAYER_CGROUP) != 0, "%s",
	    found ? "moved to one of its own" : "there is no other");
}

/* 0, 1, 2, the socket and the page; a cell has its plugin too. */
static void
reach_descriptors(struct proof *proof)
{
	char found[128] = "";
	size_t len = 0;
	bool only = true;

	for (int fd = 0; fd < DESCRIPTORS_LOOK; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		only = only && (fd <= WIRE_FD_CONTROL || fd == WIRE_FD_PAGE);
		if (len < sizeof(found))
			len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%d", len == 0 ? "" : " ", fd);
	}
	proof_tell(proof, TRY_DESCRIPTORS_SET, only, "it has %s", found);
}

void
proof_reach(struct proof *proof)
{
	reach_users(proof);
	reach_network(proof);
	reach_processes(proof);
	reach_files(proof);
	reach_ipc(proof);
	reach_cgroup(proof);
	reach_descriptors(proof);
}
