/*
 * The life of a request: from evhttp's callback to its answer, or to the client's going away.
 *
 * evhttp does not read while a request is being answered, so it would not notice that a client has left before it
 * writes.  A run can be waited for during hours; an event of our own on the descriptor tells of the end at once.
 */

#include "config.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>

#include "api/serve.h"
#include "base/util.h"
#include "journal/journal.h"
#include "memory/memory.h"

struct bufferevent *
exchange_bufferevent(const struct exchange *x)
{
	return evhttp_connection_get_bufferevent(evhttp_request_get_connection(x->req));
}

bool
exchange_of_owner(const struct exchange *x)
{
	_cleanup_(free_p) char *own = xasprintf("uid:%u", (unsigned)geteuid());

	return strcmp(x->client, own) == 0 || strcmp(x->client, "uid:0") == 0;
}

static void
client_gone(struct evhttp_connection *connection, void *arg)
{
	struct exchange *x = arg;
	struct evhttp_request *req = x->req;

	(void)connection;
	exchange_end(x);
	/* When a write failed, evhttp has taken the unanswered request off the connection and left it to us. */
	if (evhttp_request_get_connection(req) == NULL)
		evhttp_request_free(req);
}

static void
hung_up(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;
	struct pollfd p = {.fd = fd};

	(void)what;
	/* Only its sending half may be closed: such a client still wants the answer. */
	if (poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)))
		exchange_cut(x);
	else
		event_del(x->hangup);
}

static int
peer_name(struct evhttp_request *req, char out[EXCHANGE_CLIENT], int *ret_fd)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(req);
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;
	int fd;

	if (connection == NULL)
		return -1;
	fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return -1;
	snprintf(out, EXCHANGE_CLIENT, "uid:%u", (unsigned)peer.uid);
	*ret_fd = fd;
	return 0;
}

struct exchange *
exchange_new(struct api *a, struct evhttp_request *req)
{
	struct exchange *x;
	char client[EXCHANGE_CLIENT];
	int fd;

	if (peer_name(req, client, &fd) != 0) {
		evhttp_send_error(req, 500, NULL);
		return NULL;
	}
	x = xcalloc(1, sizeof(*x));
	x->magic = EXCHANGE_MAGIC;
	x->api = a;
	x->req = req;
	memcpy(x->client, client, sizeof(client));
	TAILQ_INIT(&x->query);
	TAILQ_INSERT_TAIL(&a->exchanges, x, entry);
	a->n_exchanges++;
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), client_gone, x);
	x->hangup = event_new(a->loop, fd, EV_CLOSED | EV_PERSIST, hung_up, x);
	if (x->hangup == NULL || event_add(x->hangup, NULL) != 0)
		abort();
	return x;
}

static void
release(struct exchange *x)
{
	if (x->watch != NULL)
		run_unwatch(&x->watch);
	many_forget(x);
	if (x->follower != NULL)
		logs_unfollow(&x->follower);
	if (x->asks_memory) {
		memory_unwait(x->api->memory, x);
		x->asks_memory = false;
	}
	if (x->holds) {
		journal_forget(x->api->journal, x);
		x->holds = false;
	}
	buf_free(&x->held);
	requests_drop(x);
	if (x->hangup != NULL) {
		event_free(x->hangup);
		x->hangup = NULL;
	}
	if (x->beat != NULL) {
		event_free(x->beat);
		x->beat = NULL;
	}
	json_decref(x->body);
	x->body = NULL;
	json_decref(x->past);
	x->past = NULL;
}

void
exchange_end(struct exchange *x)
{
	struct evhttp_request *req = x->req;

	assert(x->magic == EXCHANGE_MAGIC);
	release(x);
	if (req != NULL) {
		x->req = NULL;
		TAILQ_REMOVE(&x->api->exchanges, x, entry);
		x->api->n_exchanges--;
		x->api = NULL;
		if (evhttp_request_get_connection(req) != NULL)
			evhttp_connection_set_closecb(evhttp_request_get_connection(req), NULL, NULL);
	}
	if (x->owed > 0)
		return;
	evhttp_clear_headers(&x->query);
	x->magic = 0;
	free(x);
}

void
exchange_owe(struct exchange *x)
{
	x->owed++;
}

bool
exchange_paid(struct exchange *x)
{
	assert(x->magic == EXCHANGE_MAGIC && x->owed > 0);
	x->owed--;
	if (x->req != NULL)
		return true;
	exchange_end(x);
	return false;
}

void
exchange_cut(struct exchange *x)
{
	/* Comes back through client_gone. */
	evhttp_connection_free(evhttp_request_get_connection(x->req));
}

const char *
exchange_query(const struct exchange *x, const char *key)
{
	return evhttp_find_header(&x->query, key);
}
