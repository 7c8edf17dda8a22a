/* See guest_host.h. */

#include "guest_host.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "cmocka_all.h"

#define PATIENCE_MS 20000

/* What Docker's filter does: clone3 is unknown, so that flags can be looked at in clone. */
static int
refuse(unsigned flags)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	/* Who is not root may load a filter only with no_new_privs. */
	int rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, geteuid() != 0);

	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	for (unsigned flag = 1u << 31; flag != 0 && rc == 0; flag >>= 1)
		if (flags & flag)
			rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			    SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, (uint64_t)flag, (uint64_t)flag));
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

void
guest_host_start(struct guest_host *host, const char *libexec, uid_t uid)
{
	guest_host_start_without(host, libexec, uid, 0);
}

void
guest_host_start_without(struct guest_host *host, const char *libexec, uid_t uid, unsigned refused)
{
	int pair[2];
	char path[4096];

	*host = (struct guest_host){.next_id = 1, .uid = UINT32_MAX};
	if (uid == 0 && geteuid() == 0)
		host->uid = 64123;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	snprintf(path, sizeof(path), "%s/hospes-spawner", libexec);
	host->spawner = fork();
	if (host->spawner == 0) {
		if (refused != 0 && refuse(refused) != 0)
			_exit(126);
		if (uid != 0 && (setgroups(0, NULL) != 0 || setgid(uid) != 0 || setuid(uid) != 0))
			_exit(126);
		if (pair[1] == 3 ? fcntl(3, F_SETFD, 0) != 0 : dup2(pair[1], 3) < 0)
			_exit(126);
		execl(path, "hospes-spawner", libexec, NULL);
		_exit(127);
	}
	assert_true(host->spawner > 0);
	close(pair[1]);
	host->requests = pair[0];
}

void
guest_host_stop(struct guest_host *host)
{
	int status;

	close(host->requests);
	assert_int_equal(waitpid(host->spawner, &status, 0), host->spawner);
	assert_int_equal(status, 0);
}

static void
wait_readable(int fd, const char *what)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (poll(&p, 1, PATIENCE_MS) != 1)
		fail_msg("nothing came on %s", what);
}

static bool
read_whole(int fd, void *data, size_t len, const char *what)
{
	uint8_t *at = data;

	while (len > 0) {
		ssize_t n;

		wait_readable(fd, what);
		n = read(fd, at, len);
		if (n < 0 && errno == ECONNRESET)
			n = 0;
		assert_true(n >= 0);
		if (n == 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static void
request(struct guest_host *host, uint32_t what, uint64_t id, const int *fds, size_t n)
{
	struct spawn_request r = {.what = what, .uid = host->uid, .id = id, .memory_bytes = 64 * MIB};

	assert_int_equal(fd_send(host->requests, &r, sizeof(r), fds, n), sizeof(r));
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

void
guest_start(struct guest_host *host, uint32_t what, const char *path, struct guest *ret)
{
	int status[2], log[2], control[2], page = memfd_create("page", MFD_CLOEXEC), one = 1;
	int fds[5];

	assert_int_equal(pipe2(status, O_CLOEXEC), 0);
	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control), 0);
	setsockopt(control[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
	assert_int_equal(ftruncate(page, sizeof(struct wire_page)), 0);
	*ret = (struct guest){.id = host->next_id++, .status = status[0], .log = log[0], .control = control[0]};
	ret->page = mmap(NULL, sizeof(struct wire_page), PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
	fds[0] = status[1];
	fds[1] = log[1];
	fds[2] = control[1];
	fds[3] = page;
	if (what == SPAWN_CELL) {
		fds[4] = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fds[4] >= 0);
	}
	request(host, what, ret->id, fds, what == SPAWN_CELL ? 5 : 4);
	assert_true(read_whole(ret->status, &ret->started, sizeof(ret->started), "the status pipe"));
	if (ret->started.error != 0)
		fail_msg("not started: %s: %s", ret->started.what, strerror(ret->started.error));
}

void
guest_kill(struct guest_host *host, const struct guest *guest)
{
	request(host, SPAWN_KILL, guest->id, NULL, 0);
}

struct spawn_status
guest_end(struct guest *guest)
{
	struct spawn_status status;

	assert_true(read_whole(guest->status, &status, sizeof(status), "the status pipe, at the end"));
	assert_int_equal(status.ended, 1);
	close(guest->status);
	close(guest->log);
	close(guest->control);
	munmap(guest->page, sizeof(*guest->page));
	return status;
}

struct wire_setup
guest_setup(const struct guest_host *host)
{
	return (struct wire_setup){.version = WIRE_VERSION,
	    .fibers = 4,
	    .memory_bytes = 64 * MIB,
	    .stack_bytes = 256 * KIB,
	    .uid = host->uid,
	    .gid = host->uid};
}

struct spawn_status
guest_inspect(struct guest_host *host, const char *path, struct buf *ret)
{
	int status[2], out[2], fds[3];
	struct spawn_status started, ended;
	char bytes[4096];
	ssize_t n;

	assert_int_equal(pipe2(status, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fds[0] = status[1];
	fds[1] = out[1];
	fds[2] = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fds[2] >= 0);
	request(host, SPAWN_INSPECT, host->next_id++, fds, 3);
	assert_true(read_whole(status[0], &started, sizeof(started), "the status pipe"));
	assert_int_equal(started.error, 0);
	while (wait_readable(out[0], "the inspector's output"), (n = read(out[0], bytes, sizeof(bytes))) > 0)
		buf_append(ret, bytes, (size_t)n);
	assert_true(read_whole(status[0], &ended, sizeof(ended), "the status pipe, at the end"));
	close(status[0]);
	close(out[0]);
	return ended;
}

void
guest_send(const struct guest *guest, uint16_t type, uint64_t call, const void *payload, size_t len)
{
	struct wire_frame frame = {.length = (uint32_t)len, .type = type, .call = call, .ordinal = WIRE_NO_ORDINAL};

	assert_int_equal(fd_write_all(guest->control, &frame, sizeof(frame)), 0);
	if (len > 0)
		assert_int_equal(fd_write_all(guest->control, payload, len), 0);
}

struct wire_frame
guest_receive(const struct guest *guest, struct buf *ret)
{
	struct wire_frame frame;

	buf_clear(ret);
	if (!read_whole(guest->control, &frame, sizeof(frame), "the cell's socket"))
		return (struct wire_frame){.type = 0};
	assert_true(frame.length <= WIRE_FRAME_MAX);
	if (frame.length > 0)
		assert_true(
		    read_whole(guest->control, buf_extend(ret, frame.length), frame.length, "the cell's socket"));
	return frame;
}

struct wire_frame
guest_load(const struct guest *guest, const struct wire_setup *setup, struct buf *ret)
{
	struct wire_frame frame = guest_receive(guest, ret);

	assert_int_equal(frame.type, WIRE_HELLO);
	guest_send(guest, WIRE_SETUP, 0, setup, sizeof(*setup));
	return guest_receive(guest, ret);
}

void
guest_call(const struct guest *guest, const char *input)
{
	static const char run[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV", path[] = "/0/3";
	struct wire_start start = {
	    .deadline_real_ns = INT64_MAX, .config_len = 2, .run_len = sizeof(run) - 1, .path_len = sizeof(path) - 1};
	_cleanup_(buf_free) struct buf b = {0};

	buf_append(&b, &start, sizeof(start));
	buf_appends(&b, "{}");
	buf_appends(&b, run);
	buf_appends(&b, path);
	buf_appends(&b, input);
	guest_send(guest, WIRE_START, 1, b.data, b.len);
}
