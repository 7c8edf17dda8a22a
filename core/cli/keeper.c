/* See keeper.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/util.h"
#include "cli/keeper.h"

#define TOLD_MAX 64

/* How long the program may take, after each of the signals that ask it to end. */
static const struct {
	int signal, patience_ms;
} asked[] = {{SIGTERM, 2000}, {SIGTERM, 5000}, {SIGKILL, -1}};

/* Those of a terminal, and of pipes whose other end is gone: not the keeper's business. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};

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
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
become_program(const struct keeper_program *program, pid_t keeper)
{
	int log = open(program->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	/* Nobody is left to be patient with it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != keeper || log < 0)
		_exit(127);
	if (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 || fcntl(program->ready_fd, F_SETFD, 0) != 0)
		_exit(127);
	signals_as_usual();
	execv(program->argv[0], (char *const *)program->argv);
	_exit(127);
}

/* ---- The keeper -------------------------------------------------------------------------------------------------- */

/* What the keeper knows of its program. */
struct kept {
	const struct keeper_program *program;
	pid_t pid; /* 0: it has ended */
	int pidfd;
};

static void
tell(const struct kept *kept, char what)
{
	fd_write_all(kept->program->ready_fd, &what, 1);
}

static void
begin_program(struct kept *kept)
{
	pid_t self = getpid();

	kept->pid = fork();
	if (kept->pid == 0)
		become_program(kept->program, self);
	if (kept->pid > 0) {
		kept->pidfd = pidfd_open(kept->pid, 0);
	} else {
		kept->pid = 0;
		tell(kept, KEEPER_ENDED);
	}
}

static void
program_ended(struct kept *kept)
{
	while (waitpid(kept->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(kept->pidfd);
	*kept = (struct kept){.program = kept->program, .pidfd = -1};
	tell(kept, KEEPER_ENDED);
}

static void
end_program(struct kept *kept)
{
	struct pollfd p = {.fd = kept->pidfd, .events = POLLIN};

	if (kept->pid == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		kill(kept->pid, asked[i].signal);
		if (poll(&p, 1, asked[i].patience_ms) > 0)
			break;
	}
	program_ended(kept);
}

static void
begin_again(struct kept *kept)
{
	const char *fresh = kept->program->fresh;

	end_program(kept);
	if (fresh != NULL) {
		keeper_remove_tree(fresh);
		(void)mkdir(fresh, 0700);
	}
	tell(kept, KEEPER_AGAIN);
	begin_program(kept);
}

/* Nothing of the command's is left to it: whoever reads the command's output waits for the command alone, and the pipe of
 * another keeper ends when the command closes it. */
static void
leave_command(int control, int ready_fd)
{
	unsigned low = (unsigned)(control < ready_fd ? control : ready_fd);
	unsigned high = (unsigned)(control < ready_fd ? ready_fd : control);
	int none;

	if (low > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
	none = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = STDIN_FILENO; none >= 0 && fd <= STDERR_FILENO; fd++)
		(void)dup2(none, fd);
	setpgid(0, 0);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], SIG_IGN);
}

static _Noreturn void
keep(const struct keeper_program *program, int control)
{
	struct kept kept = {.program = program, .pidfd = -1};
	ssize_t got = 1;

	leave_command(control, program->ready_fd);
	begin_program(&kept);
	while (got > 0) {
		struct pollfd p[2] = {{.fd = control, .events = POLLIN}, {.fd = kept.pidfd, .events = POLLIN}};
		char byte;

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents != 0)
			program_ended(&kept);
		if (p[0].revents == 0)
			continue;
		got = read(control, &byte, 1);
		if (got > 0)
			begin_again(&kept);
	}
	end_program(&kept);
	keeper_remove_tree(program->folder);
	_exit(0);
}

/* A child of the command's, which gets the end of a pipe that ends with the command. */
static int
start(struct keeper *k, const char *whom, int *ret_control, struct fault *fault)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return fault_errno(fault, errno, "no pipe for %s", whom);
	k->pid = fork();
	if (k->pid == 0) {
		close(fds[1]);
		*ret_control = fds[0];
		return 0;
	}
	close(fds[0]);
	if (k->pid < 0) {
		k->pid = 0;
		close(fds[1]);
		return fault_errno(fault, errno, "%s could not be started", whom);
	}
	k->control = fds[1];
	return 0;
}

int
keeper_start(struct keeper *k, const struct keeper_program *program, struct fault *fault)
{
	int control = -1, rc = start(k, program->argv[0], &control, fault);

	if (rc == 0 && k->pid == 0)
		keep(program, control);
	return rc;
}

int
keeper_stand_by(struct keeper *k, void (*gone)(const char *told, void *arg), void *arg, struct fault *fault)
{
	int control = -1, rc = start(k, "who clears away", &control, fault);
	char told[TOLD_MAX] = "", next[TOLD_MAX];
	ssize_t got;

	if (rc != 0 || k->pid != 0)
		return rc;
	leave_command(control, control);
	while ((got = read(control, next, sizeof next)) != 0) {
		if (got == sizeof next && next[0] == '\0') /* dismissed */
			_exit(0);
		if (got == sizeof next)
			memcpy(told, next, sizeof told);
		else if (got < 0 && errno != EINTR)
			break;
	}
	gone(told, arg);
	_exit(0);
}

/* One write of few bytes to a pipe is one read of as many. */
void
keeper_tell(struct keeper *k, const char *text)
{
	char told[TOLD_MAX] = "";

	if (k->pid == 0)
		return;
	strncpy(told, text, sizeof told - 1);
	fd_write_all(k->control, told, sizeof told);
}

void
keeper_dismiss(struct keeper *k)
{
	keeper_tell(k, "");
	keeper_end(k);
}

void
keeper_restart(struct keeper *k)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* the keeper itself may have been killed */

	fd_write_all(k->control, "r", 1);
	signal(SIGPIPE, before);
}

void
keeper_end(struct keeper *k)
{
	if (k->pid == 0)
		return;
	close(k->control);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*k = (struct keeper){0};
}
