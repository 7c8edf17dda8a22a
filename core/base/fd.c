/*
 * Descriptors and files.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* A descriptor that does not block (a log pipe that somebody made so) is waited for. */
static int
wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

int
fd_write_all(int fd, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EAGAIN) {
			int rc = wait_writable(fd);

			if (rc != 0)
				return rc;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_read_all(int fd, struct buf *ret, size_t max, struct fault *fault)
{
	_cleanup_(buf_free) struct buf got = {0};

	for (;;) {
		size_t want = max - got.len < 64 * KIB ? max - got.len + 1 : 64 * KIB;
		ssize_t n = read(fd, buf_extend(&got, want), want);

		got.len -= want;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(fault, errno, "cannot read");
		if (n == 0)
			break;
		got.len += (size_t)n;
		if (got.len > max)
			return fault_set(
			    fault, HOSPES_ETOOLARGE, "there are more than the %zu bytes that are allowed", max);
	}
	buf_append(ret, got.data, got.len);
	return 0;
}

int
fd_read_file(const char *path, struct buf *ret, size_t max, struct fault *fault)
{
	_cleanup_(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return fault_errno(fault, errno, "cannot open %s", path);
	rc = fd_read_all(fd, ret, max, fault);
	if (rc != 0)
		fault_prefix(fault, "%s", path);
	return rc;
}

bool
fd_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 255 && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len;
}

int
fd_set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

ssize_t
fd_send(int sock, const void *data, size_t len, const int *fds, size_t n)
{
	union {
		char space[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t sent;

	assert(n <= FD_PASS_MAX);
	if (n > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	do
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/* Takes the descriptors out of the control messages; there is room for all that the kernel could deliver. */
static size_t
take_fds(struct msghdr *msg, int fds[FD_PASS_MAX])
{
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t got;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		assert(n + got <= FD_PASS_MAX);
		memcpy(fds + n, CMSG_DATA(c), got * sizeof(int));
		n += got;
	}
	return n;
}

ssize_t
fd_receive(int sock, void *data, size_t len, int fds[FD_PASS_MAX], size_t *n)
{
	union {
		char space[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = data, .iov_len = len};
	struct msghdr msg = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
	int got[FD_PASS_MAX];
	size_t count;
	ssize_t received;

	do
		received = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -errno;
	count = take_fds(&msg, got);
	if (msg.msg_flags & MSG_CTRUNC) { /* more were sent than anybody expects */
		while (count > 0)
			close(got[--count]);
		return -EMSGSIZE;
	}
	memcpy(fds, got, count * sizeof(int));
	*n = count;
	return received;
}

int
fd_sync_above(const char *path, struct fault *fault)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(free_p) char *dir =
	    slash == NULL ? xstrdup(".") : xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	_cleanup_(close_p) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == EACCES)
		return 0; /* one that may be written to and not be read: whoever made it so looks after it */
	if (fd < 0 || fsync(fd) != 0)
		return fault_errno(fault, errno, "cannot sync the folder %s", dir);
	return 0;
}

static int
make_dir(const char *path, mode_t mode, struct fault *fault)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return fd_sync_above(path, fault);
	if (errno != EEXIST)
		return fault_errno(fault, errno, "cannot make the folder %s", path);
	if (stat(path, &st) != 0)
		return fault_errno(fault, errno, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return fault_set(fault, HOSPES_EIO, "%s should be a folder and is a file; move it away", path);
	return 0;
}

int
fd_make_dirs(const char *path, mode_t mode, struct fault *fault)
{
	_cleanup_(free_p) char *part = xstrdup(path);

	for (char *slash = part; (slash = strchr(slash + 1, '/')) != NULL;) {
		int rc;

		*slash = '\0';
		rc = make_dir(part, mode, fault);
		*slash = '/';
		if (rc != 0)
			return rc;
	}
	return make_dir(path, mode, fault);
}

int
fd_write_file(const char *path, const void *data, size_t len, mode_t mode, struct fault *fault)
{
	_cleanup_(free_p) char *temp = xasprintf("%s.XXXXXX", path);
	_cleanup_(close_p) int fd = mkostemp(temp, O_CLOEXEC);
	int rc;

	if (fd < 0)
		return fault_errno(fault, errno, "cannot make a file beside %s", path);
	rc = fd_write_all(fd, data, len);
	if (rc == 0 && (fchmod(fd, mode) != 0 || fsync(fd) != 0 || rename(temp, path) != 0))
		rc = -errno;
	if (rc != 0) {
		unlink(temp);
		return fault_errno(fault, -rc, "cannot write %s", path);
	}
	return fd_sync_above(path, fault);
}
