#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"

#define US_PER_S        1000000
#define WATCHDOG_MAX_US ((int64_t)86400 * US_PER_S)

/* A whole number above 0 and of at most `max`, or 0. */
static int64_t
read_number(const char *text, int64_t max)
{
	int64_t n = 0;

	if (text == NULL || text[0] == '\0')
		return 0;
	for (; *text >= '0' && *text <= '9' && n <= max; text++)
		n = n * 10 + (*text - '0');
	return *text == '\0' && n <= max ? n : 0;
}

/* A path, or behind an `@` a name that is in no folder. */
static bool
read_address(const char *name, struct notify *n)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof n->to.sun_path)
		return false;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, name, len + 1);
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	if (name[0] == '@') {
		n->to.sun_path[0] = '\0';
		n->to_len--; /* such a name has no zero at its end */
	}
	return true;
}

static int
open_socket(void)
{
	/* One message waits at most this long for a manager that does not read: the host has others to serve. */
	struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	return fd;
}

void
notify_open(struct notify *n)
{
	const char *socket_name = getenv("NOTIFY_SOCKET"), *pid = getenv("WATCHDOG_PID");

	*n = (struct notify){.fd = -1};
	if (socket_name == NULL || socket_name[0] == '\0')
		return;
	if (!read_address(socket_name, n))
		log_warn("the service manager is told nothing: $NOTIFY_SOCKET is neither a path nor @NAME",
		    LOG_S("found", socket_name));
	else
		n->fd = open_socket();
	/* The watchdog may be meant for whoever started us. */
	if (n->fd >= 0 && (pid == NULL || read_number(pid, INT32_MAX) == getpid()))
		n->watchdog_us = read_number(getenv("WATCHDOG_USEC"), WATCHDOG_MAX_US);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_close(struct notify *n)
{
	if (n->beat != NULL)
		event_free(n->beat);
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct notify){.fd = -1};
}

static void
tell(struct notify *n, const char *text, int flags)
{
	if (n->fd < 0)
		return;
	while (sendto(n->fd, text, strlen(text), MSG_NOSIGNAL | flags, (struct sockaddr *)&n->to, n->to_len) < 0) {
		if (errno == EINTR)
			continue;
		/* A beat that finds no room is not missed: the manager has enough to read. */
		if (errno != EAGAIN || (flags & MSG_DONTWAIT) == 0)
			log_warn("the service manager could not be told", LOG_S("reason", strerror(errno)));
		return;
	}
}

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	tell(arg, "WATCHDOG=1", MSG_DONTWAIT);
}

void
notify_watch(struct notify *n, struct event_base *loop)
{
	int64_t half = n->watchdog_us / 2;
	struct timeval pace = {.tv_sec = half / US_PER_S, .tv_usec = half % US_PER_S};

	if (half == 0 || n->fd < 0)
		return;
	n->beat = event_new(loop, -1, EV_PERSIST, on_beat, n);
	event_add(n->beat, &pace);
	on_beat(-1, 0, n);
}

static void
tell_state(struct notify *n, const char *state, const char *status)
{
	_cleanup_(free_p) char *text = xasprintf("%s\nSTATUS=%s", state, status);

	tell(n, text, 0);
}

void
notify_ready(struct notify *n, const char *status)
{
	tell_state(n, "READY=1", status);
}

void
notify_reloading(struct notify *n, const char *status)
{
	/* The stamp tells the manager of Type=notify-reload that this is the answer to its signal. */
	_cleanup_(free_p) char *state = xasprintf("RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_ns() / NS_PER_US);

	tell_state(n, state, status);
}

void
notify_stopping(struct notify *n, const char *status)
{
	tell_state(n, "STOPPING=1", status);
}
