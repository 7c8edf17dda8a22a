/*
 * counting_server: the world outside the host, as a process of its own that remembers each request.
 *
 *   counting_server LOG     serves on 127.0.0.1, prints "port N" on stdout, ends when its stdin does
 *
 * What is done with a request its query says; without one it is answered with 200 at once:
 *
 *   hold=N    the first N requests of this method, path and query are never answered; their client gives up
 *   drop=N    the first N (or those after the held ones) are read, and their connection is closed without an answer
 *   ms=N      answered after so many milliseconds
 *   code=N    answered with this status
 *
 * The answer is {"path": PATH, "body": HASH}: the same for the same request, whatever its key and whenever it comes.
 *
 * The log has a line for each request that came in whole, appended before anything is answered, so that what the host knows of
 * is in it.  Six columns with a space between them:
 *
 *   TIME     seconds since 1970 with nine decimals, when it had come in whole; lines are in this order
 *   METHOD   POST
 *   PATH     with its query; as it came, %-encoded
 *   KEY      the Idempotency-Key, "-" where there is none; a byte that is not visible ASCII is a "?"
 *   HASH     XXH3, 64 bits in hexadecimal, of the body; "-" where that is empty
 *   FATE     held, dropped, or the status of the answer
 */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <xxhash.h>

/* Requests whose client goes away while they wait are left behind by libevent; a server of tests may leak them. */
const char *__asan_default_options(void) __attribute__((visibility("default")));
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

#define HASH_TEXT 17

/* How often a request came; kept for ever, there are not that many. */
struct seen {
	LIST_ENTRY(seen) entry;
	unsigned n;
	char request[];
};

#define BUCKETS 4096

struct server {
	struct event_base *loop;
	FILE *log;
	LIST_HEAD(, seen) buckets[BUCKETS];
};

static void *
checked(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static unsigned
count(struct server *s, const char *method, const char *uri)
{
	size_t size = strlen(method) + strlen(uri) + 2;
	char *request = checked(malloc(size));
	struct seen *seen;
	size_t bucket;

	snprintf(request, size, "%s %s", method, uri);
	bucket = (size_t)(XXH3_64bits(request, size) % BUCKETS);
	LIST_FOREACH(seen, &s->buckets[bucket], entry)
	{
		if (strcmp(seen->request, request) == 0)
			break;
	}
	if (seen == NULL) {
		seen = checked(calloc(1, sizeof(*seen) + size));
		memcpy(seen->request, request, size);
		LIST_INSERT_HEAD(&s->buckets[bucket], seen, entry);
	}
	free(request);
	return ++seen->n;
}

/* ---- What came ----------------------------------------------------------------------------------------------------- */

static const char *
method_of(struct evhttp_request *req)
{
	switch (evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_HEAD:
		return "HEAD";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	default:
		return "PATCH";
	}
}

static void
hash_of(struct evhttp_request *req, char text[HASH_TEXT])
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t len = evbuffer_get_length(in);

	strcpy(text, "-");
	if (len > 0)
		snprintf(text, HASH_TEXT, "%016" PRIx64, (uint64_t)XXH3_64bits(evbuffer_pullup(in, -1), len));
}

/* Whole lines in one write: who reads the log at any time reads no half of one. */
static void
note(struct server *s, struct evhttp_request *req, const char *hash, const char *fate)
{
	const char *given = evhttp_find_header(evhttp_request_get_input_headers(req), "Idempotency-Key");
	char *key = checked(strdup(given != NULL && given[0] != '\0' ? given : "-"));
	struct timespec now;

	for (char *at = key; *at != '\0'; at++) {
		if (*at <= ' ' || *at > '~')
			*at = '?';
	}
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(s->log, "%lld.%09ld %s %s %s %s %s\n", (long long)now.tv_sec, now.tv_nsec, method_of(req),
	    evhttp_request_get_uri(req), key, hash, fate);
	if (fflush(s->log) != 0)
		abort();
	free(key);
}

/* ---- What becomes of it -------------------------------------------------------------------------------------------- */

struct late {
	struct evhttp_request *req;
	struct event *timer;
	int code;
	char hash[HASH_TEXT];
};

static void
answer(struct evhttp_request *req, int code, const char *hash)
{
	struct evbuffer *body = checked(evbuffer_new());

	evbuffer_add_printf(body, "{\"path\": \"%s\", \"body\": \"%s\"}",
	    evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req)), hash);
	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	evhttp_send_reply(req, code, code < 400 ? "OK" : "Not OK", body);
	evbuffer_free(body);
}

static void
late_free(struct evhttp_connection *conn, void *arg)
{
	struct late *late = arg;

	(void)conn;
	event_free(late->timer);
	free(late);
}

static void
late_due(evutil_socket_t fd, short what, void *arg)
{
	struct late *late = arg;

	(void)fd, (void)what;
	evhttp_connection_set_closecb(evhttp_request_get_connection(late->req), NULL, NULL);
	answer(late->req, late->code, late->hash);
	late_free(NULL, late);
}

static void
answer_late(struct server *s, struct evhttp_request *req, unsigned long ms, int code, const char *hash)
{
	struct timeval tv = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
	struct late *late = checked(calloc(1, sizeof(*late)));

	*late = (struct late){.req = req, .code = code};
	strcpy(late->hash, hash);
	late->timer = checked(evtimer_new(s->loop, late_due, late));
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), late_free, late);
	evtimer_add(late->timer, &tv);
}

static unsigned long
number(const struct evkeyvalq *query, const char *name, unsigned long usual)
{
	const char *text = evhttp_find_header(query, name);

	return text == NULL ? usual : strtoul(text, NULL, 10);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct server *s = arg;
	const char *text = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
	unsigned nth = count(s, method_of(req), evhttp_request_get_uri(req));
	unsigned long held, dropped, ms;
	char hash[HASH_TEXT], fate[16];
	struct evkeyvalq query;
	int code;

	evhttp_parse_query_str(text == NULL ? "" : text, &query);
	held = number(&query, "hold", 0);
	dropped = held + number(&query, "drop", 0);
	ms = number(&query, "ms", 0);
	code = (int)number(&query, "code", 200);
	evhttp_clear_headers(&query);
	hash_of(req, hash);
	snprintf(fate, sizeof(fate), "%d", code);
	note(s, req, hash, nth <= held ? "held" : nth <= dropped ? "dropped" : fate);
	if (nth <= held)
		return;
	if (nth <= dropped)
		evhttp_connection_free(evhttp_request_get_connection(req));
	else if (ms > 0)
		answer_late(s, req, ms, code, hash);
	else
		answer(req, code, hash);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static void
on_stdin(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	char byte[64];

	(void)what;
	if (read(fd, byte, sizeof(byte)) <= 0)
		event_base_loopexit(s->loop, NULL);
}

static unsigned
port_of(struct evhttp_bound_socket *bound)
{
	struct sockaddr_in address = {0};
	socklen_t len = sizeof(address);

	if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &len) != 0)
		abort();
	return ntohs(address.sin_port);
}

int
main(int argc, char **argv)
{
	static struct server s;
	struct evhttp_bound_socket *bound;
	struct evhttp *http;
	struct event *in;

	if (argc != 2 || (s.log = fopen(argv[1], "a")) == NULL) {
		fprintf(stderr, "usage: counting_server LOG, a file that can be written to\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	s.loop = checked(event_base_new());
	http = checked(evhttp_new(s.loop));
	bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	if (bound == NULL) {
		fprintf(stderr, "counting_server: cannot listen on 127.0.0.1\n");
		return 1;
	}
	evhttp_set_gencb(http, on_request, &s);
	evhttp_set_allowed_methods(http,
	    EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_PATCH);
	in = checked(event_new(s.loop, STDIN_FILENO, EV_READ | EV_PERSIST, on_stdin, &s));
	printf("port %u\n", port_of(bound));
	fflush(stdout);
	if (event_add(in, NULL) == 0)
		event_base_dispatch(s.loop);

	event_free(in);
	evhttp_free(http);
	event_base_free(s.loop);
	fclose(s.log);
	return 0;
}
