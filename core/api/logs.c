/*
 * GET /v1/logs: the newest 1,000 lines of the host's log, then each new one.
 *
 * Lines come from any thread into a ring under a lock; an eventfd wakes the loop, which feeds the followers from the
 * ring, each as fast as it reads.  A follower that the ring has overtaken is cut off: it may come back with the number
 * of the last line that it had (Last-Event-ID).  Nothing here may write to the log while it holds the lock.
 */

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "api/serve.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/util.h"

#define RING_LINES     1000u
#define RING_LINE_MAX  8192u
#define FOLLOWER_QUEUE (64 * KIB) /* no more is handed to a connection before it has read */
#define RETRY_MS       50         /* until a slow follower is looked at again */
#define LINE_ID        40         /* "EPOCH-NUMBER" */

struct line {
	char *text;
	enum log_level level;
};

struct log_follower {
	struct logs *logs;
	struct exchange *x;
	uint64_t next;
	bool caught_up; /* and was told so */
	struct event *retry;
	TAILQ_ENTRY(log_follower) entry;
};
TAILQ_HEAD(follower_list, log_follower);

struct logs {
	pthread_mutex_t lock;
	struct line ring[RING_LINES]; /* line n is at n % RING_LINES; numbers begin with 1 */
	uint64_t newest;
	uint64_t epoch; /* of this host: the line numbers of another one are others */
	bool followed; /* somebody is to be woken */

	int wake_fd;
	struct event *woken;
	struct event_base *loop;
	struct follower_list followers; /* [loop] */
};

static void
tap(enum log_level level, const char *line, void *arg)
{
	struct logs *l = arg;
	char *copy = xstrndup(line, strnlen(line, RING_LINE_MAX)), *old;
	size_t len = strlen(copy);
	bool wake;

	while (len > 0 && copy[len - 1] == '\n')
		copy[--len] = '\0';
	pthread_mutex_lock(&l->lock);
	l->newest++;
	old = l->ring[l->newest % RING_LINES].text;
	l->ring[l->newest % RING_LINES] = (struct line){.text = copy, .level = level};
	wake = l->followed;
	pthread_mutex_unlock(&l->lock);
	free(old);
	if (wake) {
		uint64_t one = 1;

		/* Full means that the loop has been told already. */
		if (write(l->wake_fd, &one, sizeof(one)) < 0)
			return;
	}
}

static const char *
level_name(enum log_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};

	return level >= LOG_LEVEL_DEBUG && level <= LOG_LEVEL_ERROR ? names[level] : "info";
}

/* A line as JSON.  It may hold foreign bytes, or be cut within a character. */
static json_t *
line_json(const char *text, enum log_level level)
{
	_cleanup_(free_p) char *clean = xstrdup(text);

	if (!utf8_valid(clean, strlen(clean)))
		for (char *c = clean; *c != '\0'; c++)
			if ((unsigned char)*c >= 0x80)
				*c = '?';
	return json_pack("{s:s, s:s}", "level", level_name(level), "line", clean);
}

/* The line with this number, copied out; false when it has gone or is not there yet. */
static bool
line_get(struct logs *l, uint64_t n, json_t **ret, bool *overtaken)
{
	_cleanup_(free_p) char *text = NULL;
	enum log_level level = LOG_LEVEL_INFO;

	pthread_mutex_lock(&l->lock);
	*overtaken = n + RING_LINES <= l->newest;
	if (!*overtaken && n <= l->newest) {
		text = xstrdup(l->ring[n % RING_LINES].text);
		level = l->ring[n % RING_LINES].level;
	}
	pthread_mutex_unlock(&l->lock);
	if (text == NULL)
		return false;
	*ret = line_json(text, level);
	return true;
}

/* All that there was has been handed over: who wants no more than that may leave now. */
static void
tell_caught_up(struct log_follower *f)
{
	_cleanup_(json_p) json_t *nothing = NULL;

	if (f->caught_up)
		return;
	f->caught_up = true;
	nothing = json_object();
	stream_send(f->x, "caught_up", NULL, nothing);
}

/* Hands over what the connection takes; the follower may be gone after this. */
static void
feed(struct log_follower *f)
{
	static const struct timeval later = {.tv_usec = RETRY_MS * 1000};

	while (stream_queued(f->x) < FOLLOWER_QUEUE) {
		bool overtaken, there;
		char id[LINE_ID];
		json_t *line;

		if (!line_get(f->logs, f->next, &line, &overtaken)) {
			if (overtaken)
				exchange_cut(f->x);
			else
				tell_caught_up(f);
			return;
		}
		snprintf(id, sizeof(id), "%" PRIx64 "-%" PRIu64, f->logs->epoch, f->next);
		there = stream_send(f->x, "log", id, line);
		json_decref(line);
		if (!there)
			return;
		f->next++;
	}
	event_add(f->retry, &later);
}

static void
feed_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	feed(arg);
}

static void
woken(evutil_socket_t fd, short what, void *arg)
{
	struct logs *l = arg;
	struct log_follower *f, *next;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	for (f = TAILQ_FIRST(&l->followers); f != NULL; f = next) {
		next = TAILQ_NEXT(f, entry);
		if (!event_pending(f->retry, EV_TIMEOUT, NULL))
			feed(f);
	}
}

/* Tells the client lines with a number above `after`. */
static void
follow(struct logs *l, struct exchange *x, uint64_t after)
{
	struct log_follower *f = xcalloc(1, sizeof(*f));
	uint64_t oldest;

	pthread_mutex_lock(&l->lock);
	l->followed = true;
	oldest = l->newest >= RING_LINES ? l->newest - RING_LINES + 1 : 1;
	f->next = after >= oldest && after <= l->newest ? after + 1 : oldest;
	pthread_mutex_unlock(&l->lock);
	f->logs = l;
	f->x = x;
	f->retry = event_new(l->loop, -1, 0, feed_again, f);
	if (f->retry == NULL)
		abort();
	TAILQ_INSERT_TAIL(&l->followers, f, entry);
	x->follower = f;
	feed(f);
}

void
logs_unfollow(struct log_follower **f)
{
	struct logs *l = (*f)->logs;

	TAILQ_REMOVE(&l->followers, *f, entry);
	event_free((*f)->retry);
	free(*f);
	*f = NULL;
	if (TAILQ_EMPTY(&l->followers)) {
		pthread_mutex_lock(&l->lock);
		l->followed = false;
		pthread_mutex_unlock(&l->lock);
	}
}

/* The line after which a client wants to go on.  0: from the first that there is, as for one who followed the host that was
 * here before: all lines are new to him. */
static uint64_t
line_of(const struct logs *l, const char *id)
{
	uint64_t epoch, line;
	int end = 0;

	if (id == NULL || sscanf(id, "%16" SCNx64 "-%19" SCNu64 "%n", &epoch, &line, &end) != 2 || id[end] != '\0')
		return 0;
	return epoch == l->epoch ? line : 0;
}

void
handle_logs(struct exchange *x)
{
	uint64_t after = line_of(x->api->logs, stream_last_id(x));

	stream_start(x);
	follow(x->api->logs, x, after);
}

int
logs_open(struct logs **ret, struct event_base *loop, struct fault *fault)
{
	struct logs *l;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return fault_errno(fault, errno, "no eventfd for the log's followers");
	l = xcalloc(1, sizeof(*l));
	pthread_mutex_init(&l->lock, NULL);
	TAILQ_INIT(&l->followers);
	l->loop = loop;
	l->epoch = (uint64_t)clock_real_ns();
	l->wake_fd = fd;
	l->woken = event_new(loop, fd, EV_READ | EV_PERSIST, woken, l);
	if (l->woken == NULL || event_add(l->woken, NULL) != 0)
		abort();
	log_set_tap(tap, l);
	*ret = l;
	return 0;
}

void
logs_close(struct logs **l)
{
	if (*l == NULL)
		return;
	log_set_tap(NULL, NULL);
	event_free((*l)->woken);
	close((*l)->wake_fd);
	for (size_t i = 0; i < RING_LINES; i++)
		free((*l)->ring[i].text);
	pthread_mutex_destroy(&(*l)->lock);
	free(*l);
	*l = NULL;
}
