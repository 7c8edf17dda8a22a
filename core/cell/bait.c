/* What the host holds out for its probes to find: a port, an abstract socket, shared memory, an open file, a folder. */

#include "cell/prove.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void
open_port(struct bait *bait)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);

	bait->tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bait->tcp_fd >= 0 && bind(bait->tcp_fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    listen(bait->tcp_fd, 8) == 0 && getsockname(bait->tcp_fd, (struct sockaddr *)&at, &len) == 0)
		bait->port = ntohs(at.sin_port);
}

static void
open_abstract(struct bait *bait)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int n = snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, PROOF_ABSTRACT_NAME, (unsigned)getpid());

	bait->abstract_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bait->abstract_fd >= 0 && bind(bait->abstract_fd, (struct sockaddr *)&at,
					  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0)
		(void)listen(bait->abstract_fd, 8);
}

void
bait_open(struct bait *bait)
{
	const char *tmp = getenv("TMPDIR");
	int fd = memfd_create("hospes-doctor", MFD_CLOEXEC);

	*bait = (struct bait){.tcp_fd = -1, .abstract_fd = -1};
	open_port(bait);
	open_abstract(bait);
	bait->shm = shmget((key_t)PROOF_SHM_KEY((unsigned)getpid()), 1, IPC_CREAT | IPC_EXCL | 0666);
	bait->fd_open = fd >= 0 && dup3(fd, PROOF_FD, O_CLOEXEC) == PROOF_FD;
	close_p(&fd);
	/* For probes without a root of their own, whoever they are. */
	(void)snprintf(bait->folder, sizeof(bait->folder), "%.200s/hospes-doctor.XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(bait->folder) == NULL)
		bait->folder[0] = '\0';
	else
		(void)chmod(bait->folder, 0777);
}

static void
empty(const char *folder)
{
	static const char *const names[] = {
	    "file", "other", "new", "fifo", "link", "socket", "folder/file", "folder", "empty", "new-folder"};
	char path[320];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)remove(path);
	}
	(void)rmdir(folder);
}

void
bait_close(struct bait *bait)
{
	close_p(&bait->tcp_fd);
	close_p(&bait->abstract_fd);
	if (bait->shm >= 0)
		(void)shmctl(bait->shm, IPC_RMID, NULL);
	if (bait->fd_open)
		close(PROOF_FD);
	if (bait->folder[0] != '\0')
		empty(bait->folder);
}
