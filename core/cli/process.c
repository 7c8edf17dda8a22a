/* See process.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/util.h"
#include "cli/process.h"

int
process_path(enum install_dir dir, const char *program, char **ret, struct fault *fault)
{
	char *path = xasprintf("%s/%s", install_dir(dir), program);

	if (access(path, X_OK) != 0) {
		fault_set(fault, HOSPES_ENOENT, "%s is not installed: there is no program %s", program, path);
		free(path);
		return HOSPES_ENOENT;
	}
	*ret = path;
	return 0;
}

static pid_t
start(const char *path, const char *const args[], int out)
{
	size_t n = 0;
	_cleanup_(free_p) const char **argv = NULL;
	sigset_t none;
	pid_t pid;

	while (args[n] != NULL)
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = path;
	memcpy(argv + 1, args, n * sizeof(*argv));
	pid = fork();
	if (pid != 0)
		return pid;
	/* A command that keeps signals for itself does not mean its children. */
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(127);
	execv(path, (char *const *)argv);
	_exit(127);
}

int
process_read(enum install_dir dir, const char *program, const char *const args[], struct buf *out, size_t max,
    int *wait_status, struct fault *fault)
{
	_cleanup_(free_p) char *path = NULL;
	_cleanup_(close_p) int from = -1;
	int pipe_fds[2], rc;
	pid_t pid;

	rc = process_path(dir, program, &path, fault);
	if (rc != 0)
		return rc;
	if (pipe2(pipe_fds, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "no pipe for %s", program);
	from = pipe_fds[0];
	pid = start(path, args, pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid < 0)
		return fault_errno(fault, errno, "%s could not be started", program);
	rc = fd_read_all(from, out, max, fault);
	close(from);
	from = -1;
	while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR)
		;
	return rc;
}
