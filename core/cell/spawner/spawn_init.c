/*
 * The init of a guest: parent of the cell, pid 1 where there is a pid namespace.
 *
 * A cell that were pid 1 itself would survive its own abort, so this process stands above it, starts it, waits, and
 * writes what became of it to the status pipe.  It ends with its parent, and by SIGUSR1 it ends the cell (and still
 * reports).  It never touches what the cell sends.
 */

#include "cell/spawner/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "config.h"

#include "cell/guest/guest.h"
#include "wire.h"

struct start_error {
	int error;
	char what[64];
};

/* TZ and LC_ALL as DESIGN says: two executions of a handler see one environment, and nothing of the host's leaks. */
static char *const environment[] = {
    "TZ=UTC",
    "LC_ALL=C",
#ifdef HOSPES_SANITIZERS
    "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:"
    "handle_abort=0:use_sigaltstack=0:symbolize=0:detect_odr_violation=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS=print_stacktrace=0:symbolize=0",
#endif
    NULL,
};

static void
tell(int status_fd, const struct spawn_status *status)
{
	/* Smaller than PIPE_BUF, so it comes whole; when nobody reads any more, nobody wants to know. */
	ssize_t n = write(status_fd, status, sizeof(*status));

	(void)n;
}

_Noreturn static void
start_failed(int error_fd, int error, const char *what)
{
	struct start_error failed = {.error = error};
	ssize_t n;

	snprintf(failed.what, sizeof(failed.what), "%s", what);
	n = write(error_fd, &failed, sizeof(failed));
	(void)n;
	_exit(127);
}

/* In a user namespace where our uid is not 0, exec would take away the capabilities that the mounts need. */
static int
keep_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	if (syscall(SYS_capset, &header, data) != 0)
		return -errno;
	for (unsigned cap = 0; cap < 64; cap++)
		if (data[cap / 32].permitted & (1u << cap % 32))
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return 0;
}

/* Puts what is at fds[1...] where the program expects it; everything else closes at exec. */
static const char *
place_fds(const struct spawner *s, const struct spawn_job *job)
{
	static const int cell[] = {-1, WIRE_FD_LOG, WIRE_FD_CONTROL, WIRE_FD_PAGE, WIRE_FD_PLUGIN};
	static const int inspect[] = {-1, 1, 4};
	const int *places = spawn_inspects(job->request->what) ? inspect : cell;
	size_t n = spawn_fds(job->request->what);
	int null;

	for (int fd = 3; fd < SPAWN_FD_ASIDE; fd++)
		close(fd);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(spawn_inspects(job->request->what) ? null : job->fds[1], 2) < 0)
		return "dup2";
	close(null);
	for (size_t i = 1; i < n; i++)
		if (dup2(job->fds[i], places[i]) < 0)
			return "dup2";
	if (!spawn_inspects(job->request->what) && s->filters >= 0 && dup2(s->filters, WIRE_FD_FILTERS) < 0)
		return "dup2";
	return NULL;
}

static int
set_aside(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_FD_ASIDE);

	if (moved >= 0)
		close(fd);
	return moved;
}

_Noreturn static void
become_program(const struct spawner *s, const struct spawn_job *job, int error_fd, pid_t init)
{
	const struct spawn_request *request = job->request;
	char path[sizeof(s->libexec) + 32], layers[32], last[32];
	const char *mode = request->what == SPAWN_INSPECT            ? "--jailed"
			   : request->what == SPAWN_INSPECT_DEGRADED ? "--degraded"
			   : request->what == SPAWN_PROBE            ? "probe"
								     : "cell";
	const char *name = spawn_inspects(request->what) ? "hospes-inspect" : "hospes-cell";
	char *argv[] = {(char *)name, (char *)mode, layers, last, NULL};
	const char *failed;
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != init)
		_exit(127);
	setsid();
	umask(077);
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(path, sizeof(path), "%s/%s", s->libexec, name);
	snprintf(layers, sizeof(layers), "%x", job->layers);
	if (spawn_inspects(request->what))
		snprintf(last, sizeof(last), "%d", geteuid() == request->uid ? -1 : (int)request->uid);
	else
		snprintf(last, sizeof(last), "%llu", (unsigned long long)s->ipc);
	failed = place_fds(s, job);
	if (failed != NULL)
		start_failed(error_fd, errno, failed);
	if (job->ambient && keep_capabilities() != 0)
		start_failed(error_fd, errno, "capset");
	(void)syscall(SYS_close_range, SPAWN_FD_ASIDE, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
	execve(path, argv, environment);
	start_failed(error_fd, errno, path);
}

/* Waits for the program; SIGUSR1 ends it. */
static void
wait_for(pid_t pid, const sigset_t *signals, struct spawn_status *status)
{
	for (;;) {
		int got = sigwaitinfo(signals, NULL);
		pid_t ended;

		if (got == SIGUSR1)
			kill(pid, SIGKILL);
		/* As pid 1 we inherit orphans: take all that have ended. */
		while ((ended = wait4(-1, &status->wait_status, WNOHANG, &status->usage)) > 0)
			if (ended == pid)
				return;
	}
}

static int
wait_for_go(struct spawn_job *job)
{
	ssize_t n;

	while ((n = read(job->go, &job->layers, sizeof(job->layers))) < 0 && errno == EINTR)
		;
	return n == sizeof(job->layers) ? 0 : -1;
}

_Noreturn void
spawn_init(const struct spawner *s, struct spawn_job *job)
{
	struct spawn_status status = {.error = 0};
	struct start_error failed = {.error = 0};
	sigset_t signals;
	int error_pipe[2];
	pid_t init = getpid(), pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "hospes-init");
	for (size_t i = 0; i < spawn_fds(job->request->what); i++)
		job->fds[i] = set_aside(job->fds[i]);
	/* The spawner blocks these before it clones, so none is lost before we look. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (wait_for_go(job) != 0 || pipe2(error_pipe, O_CLOEXEC) != 0)
		_exit(1);
	error_pipe[1] = set_aside(error_pipe[1]);
	pid = fork();
	if (pid == 0)
		become_program(s, job, error_pipe[1], init);
	close(error_pipe[1]);
	if (pid < 0)
		failed = (struct start_error){.error = errno, .what = "fork"};
	else if (read(error_pipe[0], &failed, sizeof(failed)) != sizeof(failed))
		failed.error = 0;
	status.error = failed.error;
	status.layers = job->layers & ~(uint32_t)LAYER_MOUNT_NS;
	memcpy(status.what, failed.what, sizeof(status.what));
	status.ended = failed.error != 0;
	/* Nothing but the status pipe stays open here: the host has to see the ends of the others. */
	if (job->fds[0] > 3) {
		(void)syscall(SYS_close_range, 0, (unsigned)job->fds[0] - 1, 0);
		(void)syscall(SYS_close_range, (unsigned)job->fds[0] + 1, ~0u, 0);
	}
	tell(job->fds[0], &status);
	if (failed.error != 0)
		_exit(1);
	wait_for(pid, &signals, &status);
	status.ended = 1;
	tell(job->fds[0], &status);
	_exit(0);
}
