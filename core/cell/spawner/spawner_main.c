/*
 * hospes-spawner: starts cells and inspectors for the core.  See spawner.h for what is asked and answered.
 *
 * Small and single-threaded, so that cloning it is quick and safe.  As root it alone keeps root.  It leaves when the core
 * does: descriptor 3 then reads as ended, and every process that it started is killed first.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/map.h"
#include "cell/guest/programs.h"
#include "cell/spawner/spawn.h"

#define FD_REQUESTS 3

struct state {
	struct spawner spawner;
	struct map by_id, by_pid; /* struct spawned */
	struct map ended;         /* by id: their cgroups could not be removed yet */
};

static void
kill_init(const struct spawned *guest, int sig)
{
	(void)syscall(SYS_pidfd_send_signal, guest->pidfd, sig, NULL, 0);
}

static void
bury(struct state *st, struct spawned *guest)
{
	if (guest->cgroup[0] != '\0' && cgroup_remove(&st->spawner.groups, guest->cgroup) == -EBUSY) {
		map_put_u64(&st->ended, guest->id, guest);
		return;
	}
	free(guest);
}

/* A group stays busy for a moment after its last process has gone. */
static void
bury_again(struct state *st)
{
	struct spawned *guest;
	size_t at = 0;

	while ((guest = map_next(&st->ended, &at)) != NULL) {
		if (cgroup_remove(&st->spawner.groups, guest->cgroup) == -EBUSY)
			continue;
		map_del_u64(&st->ended, guest->id);
		free(guest);
	}
}

static void
reap(struct state *st)
{
	struct spawned *guest;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		guest = map_del_u64(&st->by_pid, (uint64_t)pid);
		if (guest == NULL)
			continue;
		map_del_u64(&st->by_id, guest->id);
		close(guest->pidfd);
		bury(st, guest);
	}
	bury_again(st);
}

static void
start(struct state *st, const struct spawn_request *request, const int *fds)
{
	struct spawned *guest = xcalloc(1, sizeof(*guest));
	const char *what = "";
	int rc = map_get_u64(&st->by_id, request->id) != NULL ? -EEXIST
							      : spawn_start(&st->spawner, request, fds, guest, &what);

	if (rc == 0) {
		map_put_u64(&st->by_id, guest->id, guest);
		map_put_u64(&st->by_pid, (uint64_t)guest->pid, guest);
		return;
	}
	struct spawn_status status = {.error = -rc, .ended = 1};
	snprintf(status.what, sizeof(status.what), "%s", what);
	(void)fd_write_all(fds[0], &status, sizeof(status));
	free(guest);
}

/* One request; false when the core has gone. */
static int
serve(struct state *st)
{
	struct spawn_request request;
	int fds[FD_PASS_MAX];
	size_t n = 0;
	ssize_t got = fd_receive(FD_REQUESTS, &request, sizeof(request), fds, &n);
	struct spawned *guest;

	if (got == -EINTR || got == -EAGAIN)
		return 1;
	if (got <= 0)
		return 0;
	/* The core is trusted, yet a request that is not whole is dropped: closing the pipe tells it. */
	if (got == sizeof(request) && request.what == SPAWN_KILL) {
		guest = map_get_u64(&st->by_id, request.id);
		if (guest != NULL)
			kill_init(guest, SIGUSR1);
	} else if (got == sizeof(request) && n > 0 && n == spawn_fds(request.what))
		start(st, &request, fds);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return 1;
}

static void
end_all(struct state *st)
{
	struct spawned *guest;
	size_t at = 0;

	while ((guest = map_next(&st->by_id, &at)) != NULL)
		kill_init(guest, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	for (at = 0; (guest = map_next(&st->by_id, &at)) != NULL;)
		if (guest->cgroup[0] != '\0')
			(void)cgroup_remove(&st->spawner.groups, guest->cgroup);
	bury_again(st);
}

/* Root in a user namespace is nobody to the files outside: it goes only where it owns the folder or everybody may go. */
static bool
open_to_all(const char *libexec)
{
	_cleanup_(free_p) char *path = realpath(libexec, NULL);
	struct stat st;

	while (path != NULL) {
		char *slash = strrchr(path, '/');

		if (stat(path, &st) != 0 || (st.st_mode & (st.st_uid == 0 ? S_IXUSR : S_IXOTH)) == 0)
			return false;
		if (slash == NULL || slash == path)
			return true;
		*slash = '\0';
	}
	return false;
}

/* Without them cells say that they lack the layer, and the host decides. */
static int
filters(void)
{
	_cleanup_(close_p) int fd = programs_make();

	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_FD_ASIDE);
}

static int
set_up(struct state *st, int argc, char **argv)
{
	struct spawner *s = &st->spawner;
	struct stat ipc;
	ssize_t n;
	char *slash;

	if (argc > 1)
		snprintf(s->libexec, sizeof(s->libexec), "%s", argv[1]);
	else {
		n = readlink("/proc/self/exe", s->libexec, sizeof(s->libexec) - 1);
		if (n <= 0)
			return -errno;
		s->libexec[n] = '\0';
		slash = strrchr(s->libexec, '/');
		if (slash != NULL)
			*slash = '\0';
	}
	if (stat("/proc/self/ns/ipc", &ipc) == 0)
		s->ipc = ipc.st_ino;
	/* Cells inherit these, and a user namespace would keep them from dropping them. */
	if (geteuid() == 0)
		(void)setgroups(0, NULL);
	s->level = geteuid() == 0 && !open_to_all(s->libexec) ? spawn_level_for_root() : 0;
	cgroups_find(&s->groups);
	s->filters = filters();
	return 0;
}

int
main(int argc, char **argv)
{
	static struct state st;
	struct pollfd polls[2];
	sigset_t signals;
	struct signalfd_siginfo info;

	/* Ctrl-C at a terminal is the core's business: it ends runs in order, and then us. */
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	sigdelset(&signals, SIGUSR1);
	polls[0] = (struct pollfd){.fd = FD_REQUESTS, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN};
	if (fcntl(FD_REQUESTS, F_SETFD, FD_CLOEXEC) != 0 || polls[1].fd < 0 || set_up(&st, argc, argv) != 0) {
		fprintf(stderr, "hospes-spawner: it is started by hospesd with a socket on descriptor 3: %s\n",
		    strerror(errno));
		return 2;
	}
	for (;;) {
		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			break;
		if (polls[1].revents & POLLIN) {
			while (read(polls[1].fd, &info, sizeof(info)) > 0)
				;
			reap(&st);
		}
		if (polls[0].revents != 0 && !serve(&st))
			break;
	}
	end_all(&st);
	return 0;
}
