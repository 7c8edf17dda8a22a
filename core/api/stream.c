/*
 * Server-sent events (HTML Living Standard, "Server-sent events"): headers at once, a comment every 10 s so that both
 * ends learn of a dead connection, and no endless queue: who reads too slowly is cut off.
 */

#include "config.h"

#include <assert.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"

size_t
stream_queued(const struct exchange *x)
{
	return evbuffer_get_length(bufferevent_get_output(exchange_bufferevent(x)));
}

/* [evhttp's callback; `arg` is the exchange: nothing of it is called any more once the exchange has ended] */
static void
drained(struct evhttp_connection *connection, void *arg)
{
	(void)connection;
	stream_drained(arg);
}

/* Queues text; false when the watcher had to be cut off. */
static bool
queue(struct exchange *x, struct evbuffer *text)
{
	if (stream_queued(x) > STREAM_QUEUE_MAX) {
		exchange_cut(x);
		return false;
	}
	evhttp_send_reply_chunk_with_cb(x->req, text, drained, x);
	return true;
}

static void
beat(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;
	struct evbuffer *text = evbuffer_new();

	(void)fd;
	(void)what;
	evbuffer_add(text, ":\n\n", 3);
	queue(x, text);
	evbuffer_free(text);
}

void
stream_start(struct exchange *x)
{
	static const struct timeval every = {.tv_sec = STREAM_BEAT_S};
	struct evkeyvalq *headers = evhttp_request_get_output_headers(x->req);
	struct evbuffer *first;

	if (x->streaming)
		return;
	evhttp_add_header(headers, "Content-Type", "text/event-stream");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_send_reply_start(x->req, 200, "OK");
	x->streaming = true;
	first = evbuffer_new();
	evbuffer_add(first, ":\n\n", 3);
	evhttp_send_reply_chunk_with_cb(x->req, first, drained, x);
	evbuffer_free(first);
	x->beat = event_new(x->api->loop, -1, EV_PERSIST, beat, x);
	if (x->beat == NULL || event_add(x->beat, &every) != 0)
		abort();
}

bool
stream_send(struct exchange *x, const char *event, const char *id, const json_t *data)
{
	_cleanup_(free_p) char *line = json_text(data);
	struct evbuffer *text = evbuffer_new();
	bool there;

	/* JSON text has no line breaks outside of escapes, so one data line is enough. */
	if (id != NULL)
		evbuffer_add_printf(text, "id: %s\n", id);
	if (event != NULL)
		evbuffer_add_printf(text, "event: %s\n", event);
	evbuffer_add_printf(text, "data: ");
	evbuffer_add(text, line, strlen(line));
	evbuffer_add(text, "\n\n", 2);
	there = queue(x, text);
	evbuffer_free(text);
	return there;
}

const char *
stream_last_id(const struct exchange *x)
{
	return evhttp_find_header(evhttp_request_get_input_headers(x->req), "Last-Event-ID");
}

void
stream_end(struct exchange *x)
{
	struct evhttp_request *req = x->req;
	struct api *a = x->api;

	exchange_end(x);
	answer_leaves(a, req);
	evhttp_send_reply_end(req);
}
