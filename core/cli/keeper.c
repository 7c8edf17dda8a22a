/* See keeper.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/util.h"
#include "cli/keeper.h"

#define LEAVE_FOLDER 'l' /* written before the end of the pipe: the folder stays */

/* How long the program may take, after each of the signals that ask it to end. */
static const struct {
	int signal, patience_ms;
} asked[] = {{SIGTERM, 2000}, {SIGTERM, 5000}, {SIGKILL, -1}};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path), 0;
}

void
keeper_remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- The program ------------------------------------------------------------------------------------------------- */

/* Signals as a program expects to find them, whatever the command has made of its own. */
static void
signals_as_usual(void)
{
	static const int changed[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(changed); i++)
		signal(changed[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
become_program(const struct keeper_program *program, pid_t keeper)
{
	int log = open(program->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != keeper || log < 0)
		_exit(127);
	if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 || fcntl(program->pass_fd, F_SETFD, 0) != 0)
		_exit(127);
	signals_as_usual();
	execv(program->argv[0], (char *const *)program->argv);
	_exit(127);
}

/* ---- The keeper -------------------------------------------------------------------------------------------------- */

static void
end_program(pid_t pid)
{
	int fd = pidfd_open(pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		kill(pid, asked[i].signal);
		if (fd >= 0 && poll(&p, 1, asked[i].patience_ms) > 0)
			break;
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(fd);
}

/* Nothing of the command's is left to it: whoever reads the command's output waits for the command alone, and the pipe of
 * another keeper ends when the command closes it. */
static void
leave_command(int control, int pass_fd)
{
	unsigned low = (unsigned)(control < pass_fd ? control : pass_fd);
	unsigned high = (unsigned)(control < pass_fd ? pass_fd : control);
	int none;

	if (low > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
	none = open("/dev/null", O_RDWR | O_CLOEXEC);
	setpgid(0, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	for (int fd = STDIN_FILENO; none >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(none, fd);
}

static _Noreturn void
keep(const struct keeper_program *program, int control)
{
	char byte = 0;
	ssize_t got;
	pid_t self = getpid(), pid;

	leave_command(control, program->pass_fd);
	pid = fork();
	if (pid == 0)
		become_program(program, self);
	close(program->pass_fd);
	while ((got = read(control, &byte, 1)) < 0 && errno == EINTR)
		;
	if (pid > 0)
		end_program(pid);
	if (got <= 0 || byte != LEAVE_FOLDER)
		keeper_remove_tree(program->folder);
	_exit(0);
}

int
keeper_start(struct keeper *k, const struct keeper_program *program, struct fault *fault)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "no pipe for %s", program->argv[0]);
	k->pid = fork();
	if (k->pid == 0) {
		close(fds[1]);
		keep(program, fds[0]);
	}
	close(fds[0]);
	if (k->pid < 0) {
		k->pid = 0;
		close(fds[1]);
		return fault_errno(fault, errno, "%s could not be started", program->argv[0]);
	}
	k->control = fds[1];
	return 0;
}

void
keeper_end(struct keeper *k, bool leave_folder)
{
	static const char leave = LEAVE_FOLDER;

	if (k->pid == 0)
		return;
	if (leave_folder)
		fd_write_all(k->control, &leave, 1);
	close(k->control);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*k = (struct keeper){0};
}
