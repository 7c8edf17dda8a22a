/* Descriptors and files. */

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cmocka_all.h"
#include "scratch.h"

#include "base/fd.h"

static void
a_file_is_written_whole(void **state)
{
	_cleanup_(scratch_free) char *dir = scratch_new();
	_cleanup_(free_p) char *path = xasprintf("%s/file", dir);
	_cleanup_(buf_free) struct buf b = {0};
	struct fault fault;
	struct stat st;

	(void)state;
	assert_int_equal(fd_write_file(path, "first", 5, 0640, &fault), 0);
	assert_int_equal(fd_write_file(path, "second", 6, 0640, &fault), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(fd_read_file(path, &b, 6, &fault), 0);
	assert_string_equal(buf_text(&b), "second");
	assert_int_equal(fd_read_file(path, &b, 5, &fault), HOSPES_ETOOLARGE);
	assert_non_null(strstr(fault.text, path));
	assert_string_equal(buf_text(&b), "second"); /* as it was */
	assert_int_equal(fd_read_file(dir, &b, 5, &fault), HOSPES_EIO);
	free(path);
	path = xasprintf("%s/none/file", dir);
	assert_int_equal(fd_write_file(path, "x", 1, 0600, &fault), HOSPES_EIO);
	assert_int_equal(fd_read_file(path, &b, 5, &fault), HOSPES_EIO);
}

static void
folders_are_made_on_the_way(void **state)
{
	_cleanup_(scratch_free) char *dir = scratch_new();
	_cleanup_(free_p) char *path = xasprintf("%s/a//b/c/", dir), *file = xasprintf("%s/a/file", dir);
	_cleanup_(free_p) char *below = xasprintf("%s/x", file);
	struct fault fault;
	struct stat st;

	(void)state;
	assert_int_equal(fd_make_dirs(path, 0700, &fault), 0);
	assert_int_equal(fd_make_dirs(path, 0700, &fault), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(fd_write_file(file, "x", 1, 0600, &fault), 0);
	assert_int_equal(fd_make_dirs(file, 0700, &fault), HOSPES_EIO);
	assert_int_equal(fd_make_dirs(below, 0700, &fault), HOSPES_EIO);
}

static unsigned
open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
descriptors_pass(void **state)
{
	int pair[2], sent[FD_PASS_MAX], got[FD_PASS_MAX];
	char text[16];
	size_t n = 99;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (int i = 0; i < FD_PASS_MAX; i++)
		sent[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fd_send(pair[0], "hello", 5, sent, FD_PASS_MAX), 5);
	assert_int_equal(fd_receive(pair[1], text, sizeof text, got, &n), 5);
	assert_int_equal(n, FD_PASS_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(fcntl(got[i], F_GETFD) & FD_CLOEXEC);
		close(got[i]);
		close(sent[i]);
	}
	assert_int_equal(fd_send(pair[0], "x", 1, NULL, 0), 1);
	assert_int_equal(fd_receive(pair[1], text, sizeof text, got, &n), 1);
	assert_int_equal(n, 0);
	close(pair[0]);
	assert_int_equal(fd_receive(pair[1], text, sizeof text, got, &n), 0);
	assert_int_equal(fd_send(pair[1], "x", 1, NULL, 0), -EPIPE); /* and no signal */
	close(pair[1]);
}

/* Somebody hostile sends more than anybody expects: nothing of it stays open. */
static void
too_many_descriptors_are_closed(void **state)
{
	union {
		char space[CMSG_SPACE(20 * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	char byte = 'x';
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2], fds[20], got[FD_PASS_MAX];
	unsigned before;
	size_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 20; i++)
		fds[i] = 0;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	assert_int_equal(sendmsg(pair[0], &msg, 0), 1);
	before = open_descriptors();
	assert_int_equal(fd_receive(pair[1], &byte, 1, got, &n), -EMSGSIZE);
	assert_int_equal(open_descriptors(), before);
	close(pair[0]);
	close(pair[1]);
}

static void
whole_through_a_pipe_that_does_not_block(void **state)
{
	static char large[1000 * 1000];
	_cleanup_(buf_free) struct buf b = {0};
	int pair[2], rc;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	memset(large, 'x', sizeof large);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		fd_set_nonblock(pair[1]);
		_exit(fd_write_all(pair[1], large, sizeof large) == 0 ? 0 : 1);
	}
	close(pair[1]);
	rc = fd_read_all(pair[0], &b, sizeof large, NULL);
	close(pair[0]);
	assert_int_equal(rc, 0);
	assert_int_equal(b.len, sizeof large);
	assert_memory_equal(b.data, large, sizeof large);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_is_written_whole),
	    cmocka_unit_test(folders_are_made_on_the_way),
	    cmocka_unit_test(descriptors_pass),
	    cmocka_unit_test(too_many_descriptors_are_closed),
	    cmocka_unit_test(whole_through_a_pipe_that_does_not_block),
	};

	return cmocka_run_group_tests_name("base_fd", tests, NULL, NULL);
}
