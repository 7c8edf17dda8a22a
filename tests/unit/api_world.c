/* The world of the tests of the API: a server over fakes on a real unix socket, and a client. */

#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "api_fakes.h"
#include "api_world.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

struct api_options
options_of(struct world *w)
{
	return (struct api_options){
	    .loop = w->loop, .policy = &fakes.policy, .journal = (struct journal *)(uintptr_t)&fakes};
}

int
world_set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct api_options options;
	struct fault fault;

	strcpy(w->dir, "/tmp/hospes-api-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/s", w->dir);
	fakes_reset(w->path);
	w->loop = event_base_new();
	options = options_of(w);
	assert_int_equal(api_open(&w->api, &options, &fault), 0);
	*state = w;
	return 0;
}

int
world_tear_down(void **state)
{
	struct world *w = *state;

	api_close(&w->api);
	assert_int_equal(fakes.watches, 0);
	assert_int_equal(fakes.policy.refs, 0);
	assert_int_equal(access(w->path, F_OK), -1);
	event_base_free(w->loop);
	rmdir(w->dir);
	free(w);
	fakes_reset("");
	return 0;
}

/* ---- A client ---- */

int
dial(const struct world *w)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, w->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	fd_set_nonblock(fd);
	return fd;
}

void
turn(struct world *w)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(w->loop, EVLOOP_NONBLOCK);
}

void
send_all(struct world *w, int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		} else if (errno != EAGAIN) {
			return; /* the host has closed: its answer says why */
		}
		turn(w);
	}
}

/* Reads until `until` is in what came, or the connection ends; asserts that one of them happens. */
void
receive(struct world *w, int fd, struct buf *in, const char *until)
{
	int64_t give_up = clock_mono_ns() + 100 * NS_PER_S;
	size_t looked = 0, overlap = until == NULL ? 0 : strlen(until) - 1; /* of what was looked through before */
	char bytes[16384];

	while (clock_mono_ns() < give_up) {
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

		if (n > 0)
			buf_append(in, bytes, (size_t)n);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return;
		if (until != NULL && in->len > looked && strstr(buf_text(in) + looked, until) != NULL)
			return;
		if (in->len > overlap)
			looked = in->len - overlap;
		turn(w);
	}
	fail_msg("no \"%s\" in: %.300s", until != NULL ? until : "(end)", in->len > 0 ? buf_text(in) : "");
}

/* One request with Connection: close; the whole answer, allocated. */
char *
ask(struct world *w, const char *method, const char *path, const void *body, size_t len)
{
	_cleanup_(close_p) int fd = dial(w);
	_cleanup_(free_p) char *head = xasprintf(
	    "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", method, path, len);
	struct buf in = {0};

	send_all(w, fd, head, strlen(head));
	send_all(w, fd, body, len);
	receive(w, fd, &in, NULL);
	buf_text(&in);
	return (char *)in.data;
}

void
expect(struct world *w, const char *method, const char *path, const char *body, int code, const char *part)
{
	_cleanup_(free_p) char *answer = ask(w, method, path, body, strlen(body));
	int got = 0;

	if (sscanf(answer, "HTTP/1.1 %d", &got) != 1 || got != code || strstr(answer, part) == NULL)
		fail_msg("%s %s: expected %d with %s, found %s", method, path, code, part, answer);
	assert_non_null(strstr(answer, "application/json"));
}

int
request_open(struct world *w, const char *path)
{
	_cleanup_(free_p) char *head = xasprintf("GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
	int fd = dial(w);

	send_all(w, fd, head, strlen(head));
	turn(w);
	return fd;
}

void
expect_once_durable(struct world *w, const char *request, const char *part)
{
	_cleanup_(buf_free) struct buf in = {0};
	_cleanup_(close_p) int fd = dial(w);
	char byte;

	fakes.holds = true;
	send_all(w, fd, request, strlen(request));
	turn(w);
	assert_non_null(fakes.done);
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	fake_durable();
	receive(w, fd, &in, part);
}

void
start_run(struct world *w)
{
	expect(w, "POST", "/v1/runs", "{\"plugin\":\"wordcount\",\"input\":{\"text\":\"a b\"},\"sources\":[\"wood\"]}",
	    202, RUN_ID);
	assert_int_equal(json_array_size(json_object_get(fakes.request, "sources")), 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(fakes.request, "input"), "text")), "a b");
}
