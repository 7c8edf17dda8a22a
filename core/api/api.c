/*
 * The server: a unix socket with the right owner and mode, and evhttp behind it.
 */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <event2/listener.h>

#include "api/serve.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/util.h"

#define BACKLOG       128
#define HEADERS_MAX   (16 * KIB)
#define IDLE_S        120 /* without a byte, while a request or an answer is under way, or between two requests */
#define DESCRIPTORS_MAX 16384 /* whatever the limit is: each connection costs memory */
#define ACCEPT_REST_S 1   /* after accept failed for want of descriptors */

/* A timer that is always pending, so that accept_failed can find it. */
static const struct timeval accept_never = {.tv_sec = 1000000000};
static const struct timeval accept_rest = {.tv_sec = ACCEPT_REST_S};

static int
make_folder(const char *socket_path, struct fault *fault)
{
	_cleanup_(free_p) char *dir = xstrdup(socket_path);
	char *slash = strrchr(dir, '/');

	if (slash == NULL || slash == dir)
		return 0;
	*slash = '\0';
	return fd_make_dirs(dir, geteuid() == 0 ? 0755 : 0700, fault);
}

/* Makes way for our socket: removes one that nobody listens on. */
static int
clear_stale(const struct sockaddr_un *at, struct fault *fault)
{
	_cleanup_(close_p) int fd = -1;
	struct stat st;

	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : fault_errno(fault, errno, "cannot look at the socket %s", at->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return fault_set(fault, HOSPES_EINUSE,
		    "%s is there and is no socket; move it away or set `socket` to another path", at->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 || errno == EAGAIN)
		return fault_set(fault, HOSPES_EINUSE,
		    "another host answers on %s; stop it, or give this one another `socket`", at->sun_path);
	if (errno != ECONNREFUSED)
		return fault_errno(fault, errno, "cannot tell whether a host answers on %s", at->sun_path);
	if (unlink(at->sun_path) != 0 && errno != ENOENT)
		return fault_errno(fault, errno, "cannot remove the socket %s that an earlier host left", at->sun_path);
	return 0;
}

/* 0660 and the group where it exists and may be given, else 0600 as it was made. */
static void
admit_group(const char *path, const char *group)
{
	struct group entry, *found = NULL;
	char names[16 * KIB];

	if (group == NULL || getgrnam_r(group, &entry, names, sizeof(names), &found) != 0 || found == NULL)
		return;
	if (lchown(path, (uid_t)-1, found->gr_gid) != 0) {
		log_info("socket is for its owner only: its group may not be set", LOG_S("group", group));
		return;
	}
	if (chmod(path, 0660) != 0)
		log_warn("socket stays for its owner only", LOG_S("error", strerror(errno)));
}

static int
listen_at(const struct policy *policy, int *ret, struct stat *st, struct fault *fault)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	_cleanup_(close_p) int fd = -1;
	const char *path = policy->socket_path;
	int rc;

	if (strlen(path) >= sizeof(at.sun_path))
		return fault_set(fault, HOSPES_ECONFIG,
		    "the path of the socket has %zu bytes and may have %zu: %s; set `socket` to a shorter one",
		    strlen(path), sizeof(at.sun_path) - 1, path);
	strcpy(at.sun_path, path);
	if ((rc = make_folder(path, fault)) != 0 || (rc = clear_stale(&at, fault)) != 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_errno(fault, errno, "cannot make a socket");
	/* The mode before bind is the mode with which the file appears: no moment in which others could connect. */
	if (fchmod(fd, 0600) != 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return fault_errno(fault, errno, "cannot make the socket %s", path);
	admit_group(path, policy->socket_group);
	if (listen(fd, BACKLOG) != 0 || lstat(path, st) != 0)
		return fault_errno(fault, errno, "cannot listen on %s", path);
	*ret = fd;
	fd = -1;
	return 0;
}

/* Connections may have three quarters of the descriptors: without one the journal could not go on, nor a cell begin.  Those
 * that come then wait in the queue of the socket, which the kernel bounds (BACKLOG). */
static bool
descriptors_are_short(const struct api *a)
{
	struct rlimit limit;
	int next = fcntl(evconnlistener_get_fd(a->listener), F_DUPFD_CLOEXEC, 0);

	if (next < 0)
		return true;
	close(next);
	return next >= DESCRIPTORS_MAX ||
	       (getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)next >= limit.rlim_cur - limit.rlim_cur / 4);
}

static void
accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct api *a = arg;

	(void)fd;
	(void)what;
	if (descriptors_are_short(a)) {
		event_add(a->accept_again, &accept_rest);
		return;
	}
	event_add(a->accept_again, &accept_never);
	evconnlistener_enable(a->listener);
}

struct search {
	struct evconnlistener *listener;
	struct api *found;
};

static int
find_api(const struct event_base *loop, const struct event *event, void *arg)
{
	struct search *s = arg;
	struct api *a = event_get_callback_arg(event);

	(void)loop;
	if (event_get_callback(event) != accept_again || a->listener != s->listener)
		return 0;
	s->found = a;
	return 1;
}

/* Connections stay in the queue for a while. */
static void
rest(struct api *a, const char *why)
{
	log_warn("no connection is accepted for a while", LOG_S("error", why));
	evconnlistener_disable(a->listener);
	event_add(a->accept_again, &accept_rest);
}

/*
 * A connection could not be accepted, for want of descriptors: it stays in the queue, and without a rest the loop would
 * spin on it.  evhttp owns the listener and what it hands to this callback, so the server is found by its timer.
 */
static void
accept_failed(struct evconnlistener *listener, void *evhttp)
{
	struct search s = {.listener = listener};
	int error = errno;

	(void)evhttp;
	event_base_foreach_event(evconnlistener_get_base(listener), find_api, &s);
	assert(s.found != NULL);
	rest(s.found, strerror(error));
}

/* One was accepted.  arg: struct api. */
static struct bufferevent *
accepted(struct event_base *loop, void *arg)
{
	struct api *a = arg;

	if (descriptors_are_short(a))
		rest(a, "connections have as many descriptors as they may");
	return refusal_bufferevent(loop, NULL);
}

static void
serve(struct api *a, int fd)
{
	size_t body_max = a->policy->input_max + BODY_WRAPPING;
	struct evhttp_bound_socket *bound;

	a->http = evhttp_new(a->loop);
	a->accept_again = event_new(a->loop, -1, 0, accept_again, a);
	if (a->http == NULL || a->accept_again == NULL)
		abort();
	/* Every method gets to the table, which knows what the path takes. */
	evhttp_set_allowed_methods(a->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
						EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
						EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	evhttp_set_timeout(a->http, IDLE_S);
	evhttp_set_max_headers_size(a->http, HEADERS_MAX);
	if (body_max < BODY_BATCH_MAX)
		body_max = BODY_BATCH_MAX;
	evhttp_set_max_body_size(a->http, (ev_ssize_t)body_max);
	evhttp_set_flags(a->http, EVHTTP_SERVER_LINGERING_CLOSE);
	evhttp_set_bevcb(a->http, accepted, a);
	evhttp_set_gencb(a->http, route_request, a);
	bound = evhttp_accept_socket_with_handle(a->http, fd);
	if (bound == NULL)
		abort();
	a->listener = evhttp_bound_socket_get_listener(bound);
	evconnlistener_set_error_cb(a->listener, accept_failed);
	event_add(a->accept_again, &accept_never);
}

int
api_open(struct api **ret, const struct api_options *options, struct fault *fault)
{
	struct api *a;
	struct stat st = {0};
	int fd = -1, rc;

	signal(SIGPIPE, SIG_IGN);
	rc = listen_at(options->policy, &fd, &st, fault);
	if (rc != 0)
		return rc;
	a = xcalloc(1, sizeof(*a));
	a->magic = API_MAGIC;
	a->loop = options->loop;
	a->policy = policy_ref(options->policy);
	a->registry = options->registry;
	a->cells = options->cells;
	a->dispatch = options->dispatch;
	a->runs = options->runs;
	a->memory = options->memory;
	a->backups = options->backups;
	a->journal = options->journal;
	a->socket_path = xstrdup(options->policy->socket_path);
	a->socket_dev = st.st_dev;
	a->socket_ino = st.st_ino;
	a->started_mono_ns = clock_mono_ns();
	TAILQ_INIT(&a->exchanges);
	a->exchanges_most = EXCHANGES_MAX;
	rc = logs_open(&a->logs, a->loop, fault);
	if (rc != 0) {
		close(fd);
		api_close(&a);
		return rc;
	}
	serve(a, fd);
	*ret = a;
	return 0;
}

static void
remove_socket(const struct api *a)
{
	struct stat st;

	if (lstat(a->socket_path, &st) == 0 && st.st_dev == a->socket_dev && st.st_ino == a->socket_ino)
		unlink(a->socket_path);
}

void
api_close(struct api **ap)
{
	struct api *a = *ap;
	struct exchange *x;

	if (a == NULL)
		return;
	assert(a->magic == API_MAGIC);
	remove_socket(a);
	while ((x = TAILQ_FIRST(&a->exchanges)) != NULL)
		exchange_cut(x);
	if (a->http != NULL)
		evhttp_free(a->http);
	if (a->accept_again != NULL)
		event_free(a->accept_again);
	if (a->finish != NULL)
		event_free(a->finish);
	logs_close(&a->logs);
	policy_unref(&a->policy);
	free(a->socket_path);
	a->magic = 0;
	free(a);
	*ap = NULL;
}
