/*
 * The text of a PDF, by pdftotext of poppler-utils.
 *
 * The format is a large attack surface, so it is read by another process: with no descriptors but the file, a pipe and
 * /dev/null, bounded in processor time, memory, files and wall time, in a process group of its own that is killed at the
 * end whatever it left behind.  Its default order of text is the order of reading; `-layout` would set the columns of a
 * page side by side and so tear sentences apart.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/util.h"
#include "cli/document.h"

#define MEMORY_MAX (1024 * MIB)
#define FILES_MAX  64

bool
document_is_pdf(const struct buf *content)
{
	return content->len >= 5 && memcmp(content->data, "%PDF-", 5) == 0;
}

/* The program, allocated; folders that are not absolute are passed over, since the current one may be anybody's. */
static char *
find_program(void)
{
	const char *path = getenv("PATH");

	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		_cleanup_(free_p) char *program = xasprintf("%.*s/pdftotext", (int)len, path);
		struct stat st;

		if (program[0] == '/' && stat(program, &st) == 0 && S_ISREG(st.st_mode) && access(program, X_OK) == 0) {
			char *found = program;

			program = NULL;
			return found;
		}
		path += len + (path[len] == ':');
	}
	return NULL;
}

static int
memory_file(const struct buf *content, struct fault *fault)
{
	_cleanup_(close_p) int fd = memfd_create("pdf", MFD_CLOEXEC);
	int rc, ret;

	if (fd < 0)
		return fault_errno(fault, errno, "memory for it could not be had");
	rc = fd_write_all(fd, content->data, content->len);
	if (rc != 0)
		return fault_errno(fault, -rc, "it could not be kept in memory");
	if (lseek(fd, 0, SEEK_SET) != 0)
		return fault_errno(fault, errno, "it could not be rewound in memory");
	ret = fd;
	fd = -1;
	return ret;
}

static void
bound(int what, rlim_t most)
{
	struct rlimit limit = {.rlim_cur = most, .rlim_max = most};

	if (setrlimit(what, &limit) != 0)
		_exit(126);
}

/* Between fork and exec, maybe beside other threads: only calls that are safe there. */
static void __attribute__((noreturn)) become(const char *program, int in, int out, unsigned wall_s)
{
	const char *environment[] = {"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL};
	const char *args[] = {program, "-q", "-enc", "UTF-8", "/dev/stdin", "-", NULL};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(126);
	closefrom(STDERR_FILENO + 1);
	bound(RLIMIT_CPU, wall_s);
	bound(RLIMIT_AS, MEMORY_MAX);
	bound(RLIMIT_NOFILE, FILES_MAX);
	bound(RLIMIT_FSIZE, 0);
	bound(RLIMIT_CORE, 0);
	execve(program, (char *const *)args, (char *const *)environment);
	_exit(127);
}

static int
await_input(int fd, int64_t until, struct fault *fault)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left;

	do {
		left = until - clock_mono_ns();
		if (left <= 0)
			return fault_set(fault, HOSPES_EDEADLINE, "pdftotext takes too long for it");
	} while (poll(&p, 1, (int)(left / NS_PER_MS) + 1) <= 0);
	return 0;
}

/* Reads to the end, to the bound or to the deadline. */
static int
collect(int from, struct buf *out, int64_t until, struct fault *fault)
{
	for (;;) {
		int rc = await_input(from, until, fault);
		ssize_t n;

		if (rc != 0)
			return rc;
		n = read(from, buf_extend(out, 64 * KIB), 64 * KIB);
		out->len -= 64 * KIB - (n > 0 ? (size_t)n : 0);
		if (n < 0 && errno != EINTR)
			return fault_errno(fault, errno, "what pdftotext wrote cannot be read");
		if (n == 0)
			return 0;
		if (out->len > DOCUMENT_MAX)
			return fault_set(
			    fault, HOSPES_ETOOLARGE, "its text is larger than %zu MiB", DOCUMENT_MAX / MIB);
	}
}

/* It has closed its output; it may live on nevertheless. */
static int
await_end(pid_t pid, int64_t until, struct fault *fault)
{
	_cleanup_(close_p) int fd = pidfd_open(pid, 0);

	return fd < 0 ? fault_errno(fault, errno, "pdftotext cannot be waited for") : await_input(fd, until, fault);
}

static int
ended(int status, struct fault *fault)
{
	if (WIFSIGNALED(status))
		return fault_set(fault, HOSPES_EFAILED, "pdftotext was ended by signal %d (%s) with it",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	switch (WEXITSTATUS(status)) {
	case 0:
		return 0;
	case 1:
		return fault_set(fault, HOSPES_EINPUT, "pdftotext cannot read it: it is damaged, or needs a password");
	case 3:
		return fault_set(fault, HOSPES_EINPUT, "its author does not permit to take its text out");
	default:
		return fault_set(fault, HOSPES_EFAILED, "pdftotext failed with it (status %d)", WEXITSTATUS(status));
	}
}

static int
run(const char *program, int file, struct buf *out, unsigned wall_s, struct fault *fault)
{
	int64_t until = clock_mono_ns() + wall_s * NS_PER_S;
	int pipe_fds[2], status = 0, rc;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "no pipe for pdftotext");
	pid = fork();
	if (pid == 0)
		become(program, file, pipe_fds[1], wall_s);
	close(pipe_fds[1]);
	if (pid < 0) {
		close(pipe_fds[0]);
		return fault_errno(fault, errno, "pdftotext could not be started");
	}
	setpgid(pid, pid);
	rc = collect(pipe_fds[0], out, until, fault);
	close(pipe_fds[0]);
	if (rc == 0)
		rc = await_end(pid, until, fault);
	kill(-pid, SIGKILL); /* not reaped yet, so the group is still its own */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc != 0 ? rc : ended(status, fault);
}

int
document_pdf(struct buf *content, unsigned wall_s, struct fault *fault)
{
	_cleanup_(free_p) char *program = find_program();
	_cleanup_(buf_free) struct buf out = {0};
	_cleanup_(close_p) int file = -1;
	struct buf swap;
	int rc;

	if (program == NULL)
		return fault_set(fault, HOSPES_ENOENT,
		    "it is a PDF and there is no pdftotext to read it; install the package poppler-utils");
	file = memory_file(content, fault);
	if (file < 0)
		return file;
	rc = run(program, file, &out, wall_s, fault);
	if (rc == 0)
		rc = document_plain(&out, false, fault);
	if (rc != 0)
		return rc;
	swap = *content;
	*content = out;
	out = swap;
	return 0;
}
