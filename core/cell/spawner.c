/*
 * The spawner, from the host's side: started once, then asked for processes.
 *
 * Requests that the socket has no room for wait here, so that a slow spawner never stops the loop.  The spawner says
 * nothing on its socket; when it can be read, the spawner has gone, and no cell can be started any more.
 */

#include "cell/host.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/prompt.h"

/* The spawner gets the socket at 3 and nothing else but the standard three; a group of its own keeps the terminal's
 * Ctrl-C from ending cells before the host has stopped their runs. */
static int
spawn_at_3(const char *path, const char *libexec_dir, int sock)
{
	char *argv[] = {"hospes-spawner", (char *)libexec_dir, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	rc = posix_spawn_file_actions_adddup2(&actions, sock, 3);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&actions, 4);
	if (rc == 0) {
		posix_spawnattr_setsigmask(&attr, &none);
		posix_spawnattr_setsigdefault(&attr, &all);
		posix_spawnattr_setpgroup(&attr, 0);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
		rc = posix_spawn(&pid, path, &actions, &attr, argv, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return rc;
}

int
spawner_start(const char *libexec_dir, int *ret_fd, struct fault *fault)
{
	_cleanup_(free_p) char *path = xasprintf("%s/hospes-spawner", libexec_dir);
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return fault_errno(fault, errno, "cannot make the spawner's socket");
	rc = spawn_at_3(path, libexec_dir, pair[1]);
	close(pair[1]);
	if (rc != 0) {
		close(pair[0]);
		return fault_errno(fault, rc, "cannot start %s", path);
	}
	*ret_fd = pair[0];
	/* The host's own threads are prompt from here on; cells, which compute, are not. */
	prompt_be();
	return 0;
}

static void
request_free(struct request *r)
{
	for (size_t i = 0; i < r->n_fds; i++)
		close(r->fds[i]);
	free(r);
}

static void
spawner_lost(struct cells *cells)
{
	struct fault fault;
	struct request *r;

	if (cells->spawner_gone)
		return;
	cells->spawner_gone = true;
	event_del(cells->spawner_in);
	event_del(cells->spawner_out);
	if (cells->events.failed != NULL) {
		fault_set(&fault, HOSPES_EIO, "the spawner has ended, and all cells with it: start the host again");
		cells->events.failed(&fault, cells->events.arg);
	}
	while ((r = TAILQ_FIRST(&cells->requests)) != NULL) {
		TAILQ_REMOVE(&cells->requests, r, next);
		request_free(r); /* closes the status pipes: whoever waits for them sees the end */
	}
}

/* arg: struct cells. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	spawner_lost(arg);
}

/* arg: struct cells. */
static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct cells *cells = arg;
	struct request *r;

	(void)what;
	while ((r = TAILQ_FIRST(&cells->requests)) != NULL) {
		ssize_t n = fd_send(fd, &r->message, sizeof(r->message), r->fds, r->n_fds);

		if (n == -EAGAIN || n == -ENOBUFS || n == -ETOOMANYREFS) {
			event_add(cells->spawner_out, NULL);
			return;
		}
		if (n < 0) {
			spawner_lost(cells);
			return;
		}
		TAILQ_REMOVE(&cells->requests, r, next);
		request_free(r);
	}
}

int
spawner_open(struct cells *cells, struct fault *fault)
{
	struct ucred maker;
	socklen_t len = sizeof(maker);
	int rc = fd_set_nonblock(cells->spawner_fd);

	if (rc != 0)
		return fault_errno(fault, -rc, "the spawner's socket");
	/* Who made the pair is who started the spawner: root stays root there even when the host is no longer. */
	if (getsockopt(cells->spawner_fd, SOL_SOCKET, SO_PEERCRED, &maker, &len) == 0)
		cells->own_uids = maker.uid == 0 && cells->policy->cell_uids > 0;
	cells->spawner_in = event_new(cells->loop, cells->spawner_fd, EV_READ | EV_PERSIST, on_readable, cells);
	cells->spawner_out = event_new(cells->loop, cells->spawner_fd, EV_WRITE, on_writable, cells);
	event_add(cells->spawner_in, NULL);
	return 0;
}

void
spawner_close(struct cells *cells)
{
	struct request *r;

	while ((r = TAILQ_FIRST(&cells->requests)) != NULL) {
		TAILQ_REMOVE(&cells->requests, r, next);
		request_free(r);
	}
	if (cells->spawner_in != NULL)
		event_free(cells->spawner_in);
	if (cells->spawner_out != NULL)
		event_free(cells->spawner_out);
	close(cells->spawner_fd);
}

/* The descriptors stay the caller's, who may close them at once. */
int
spawner_ask(struct cells *cells, const struct spawn_request *message, const int *fds, size_t n, struct fault *fault)
{
	struct request *r;

	if (cells->spawner_gone)
		return fault_set(fault, HOSPES_EIO, "the spawner has ended; restart the host");
	r = xcalloc(1, sizeof(*r));
	r->message = *message;
	for (; r->n_fds < n; r->n_fds++) {
		r->fds[r->n_fds] = fcntl(fds[r->n_fds], F_DUPFD_CLOEXEC, 0);
		if (r->fds[r->n_fds] < 0) {
			int error = errno;

			request_free(r);
			return fault_errno(fault, error, "cannot hand descriptors to the spawner");
		}
	}
	TAILQ_INSERT_TAIL(&cells->requests, r, next);
	on_writable(cells->spawner_fd, EV_WRITE, cells);
	return 0;
}

void
spawner_kill(struct cells *cells, uint64_t id)
{
	struct spawn_request message = {.what = SPAWN_KILL, .uid = UINT32_MAX, .id = id};

	(void)spawner_ask(cells, &message, NULL, 0, NULL);
}
