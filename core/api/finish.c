/*
 * The last answers of a host that stops.
 *
 * Whoever waits for a run that has just ended is still to be told, and what was told lies in buffers: the loop goes on
 * turning until all of it has left, for a client that does not read not too long.
 */

#include "config.h"

#include "api/serve.h"
#include "base/clock.h"
#include "base/util.h"
#include "run/run.h"

#define LOOK_MS     10
#define PATIENCE_MS 5000

static void
answer_left(struct evhttp_request *req, void *arg)
{
	struct api *a = arg;

	a->leaving--;
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), NULL, NULL);
}

static void
answer_lost(struct evhttp_connection *connection, void *arg)
{
	struct api *a = arg;

	(void)connection;
	a->leaving--;
}

void
answer_leaves(struct api *a, struct evhttp_request *req)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(req);

	if (connection == NULL)
		return;
	a->leaving++;
	evhttp_request_set_on_complete_cb(req, answer_left, a);
	evhttp_connection_set_closecb(connection, answer_lost, a);
}

/* Who follows the log would be told for ever; who waits for a run that goes on at the next start learns of it then. */
static bool
owes_answers(const struct api *a)
{
	const struct exchange *x;

	TAILQ_FOREACH(x, &a->exchanges, entry)
	{
		bool open = x->watch != NULL ? run_watch_open(x->watch) : x->many != NULL && many_open(x->many);

		if (x->follower == NULL && !open)
			return true;
	}
	return a->leaving > 0;
}

static void
look(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = {.tv_usec = LOOK_MS * 1000};
	struct api *a = arg;
	int64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	if (owes_answers(a))
		a->quiet_since_ns = now;
	if (now - a->quiet_since_ns >= a->quiet_ns || now >= a->finish_by_ns)
		a->finished(a->finished_arg);
	else
		event_add(a->finish, &soon);
}

void
api_finish(struct api *a, int64_t quiet_ns, void (*finished)(void *arg), void *arg)
{
	a->finished = finished;
	a->finished_arg = arg;
	a->quiet_ns = quiet_ns;
	a->quiet_since_ns = clock_mono_ns();
	a->finish_by_ns = a->quiet_since_ns + PATIENCE_MS * NS_PER_MS;
	a->finish = event_new(a->loop, -1, 0, look, a);
	if (a->finish == NULL)
		abort();
	look(-1, 0, a);
}
