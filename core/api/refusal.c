/*
 * JSON in place of evhttp's own error pages.
 *
 * What evhttp refuses before a handler sees it (a body over the limit, a malformed request line, an unknown method) it
 * answers with an HTML page, and libevent 2.1 has no hook for that.  So the page is replaced where it enters the
 * connection's output: evhttp writes head and page in one go, and the callback of the buffer sees the whole answer
 * before a byte of it has left.  Answers of ours are JSON and never look like it.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"

#define PAGE_MAX 4096 /* evhttp's pages are a few hundred bytes */

static int
page_status(int code, const char **message)
{
	switch (code) {
	case 413:
		*message = "the body of the request is larger than this host takes; see `run.input` in its "
			   "configuration, and send "
			   "documents in smaller batches";
		return HOSPES_ETOOLARGE;
	case 501:
	case 405:
		*message = "the request has a method that this host does not know; it takes GET and POST";
		return HOSPES_EINPUT;
	case 503:
		*message = "the host is too busy to look at the request";
		return HOSPES_EBUSY;
	default:
		if (code < 500) {
			*message = "the request is not well-formed HTTP/1.1";
			return HOSPES_EINPUT;
		}
		*message = "the host could not answer the request";
		return HOSPES_EBUG;
	}
}

/* The head up to its empty line, when the whole of `text` is an error page of evhttp. */
static const char *
error_page(const char *text, int *code)
{
	const char *body = strstr(text, "\r\n\r\n");
	size_t len = strlen(text);

	if (body == NULL || sscanf(text, "HTTP/1.%*1[01] %3d ", code) != 1 || *code < 400 || *code > 599)
		return NULL;
	if (strncmp(body + 4, "<HTML>", 6) != 0 || len < 8 || strcmp(text + len - 8, "</HTML>\n") != 0)
		return NULL;
	return body;
}

static void
output_changed(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	char text[PAGE_MAX + 1], peek[16];
	_cleanup_(free_p) char *json = NULL;
	const char *message;
	ev_ssize_t n;
	json_t *error;
	int code, status;

	(void)arg;
	if (info->n_added == 0 || evbuffer_get_length(out) > PAGE_MAX)
		return;
	if (evbuffer_copyout(out, peek, 10) != 10 || (peek[9] != '4' && peek[9] != '5'))
		return;
	n = evbuffer_copyout(out, text, PAGE_MAX);
	if (n <= 0)
		return;
	text[n] = '\0';
	if (error_page(text, &code) == NULL)
		return;
	status = page_status(code, &message);
	error = api_error(status, message);
	json = json_text(error);
	json_decref(error);
	evbuffer_drain(out, (size_t)n);
	evbuffer_add_printf(out,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s\n",
	    code, status_name(status), strlen(json) + 1, json);
}

struct bufferevent *
refusal_bufferevent(struct event_base *loop, void *arg)
{
	struct bufferevent *bev = bufferevent_socket_new(loop, -1, 0);

	(void)arg;
	if (bev != NULL)
		evbuffer_add_cb(bufferevent_get_output(bev), output_changed, NULL);
	return bev;
}
