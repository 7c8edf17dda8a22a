/*
 * A client that keeps so many runs in flight over one connection to the API, started by arrays:
 *
 *   runs SOCKET PLUGIN TOTAL AT_ONCE ARRAY [INPUT]      prints one line of JSON
 *
 * Without INPUT, all runs have one of 256 bytes.  With AT_ONCE 0 they are started and not waited for.
 *
 * It waits for the array that it started first, then starts the next.  p50 and p99 are of an array, from its start until
 * all of it has ended.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD_BYTES 256
#define ARRAYS_MOST   64
#define ID_TEXT       26

/* What is sent, what came. */
static struct text {
	char *data;
	size_t len, cap;
} out, in;

static int sock;
static unsigned per_array;
static char (*ids)[ID_TEXT]; /* of the arrays in flight, a ring */
static char request[512];    /* one element of an array */

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "runs: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
room(struct text *t, size_t len)
{
	if (t->len + len < t->cap)
		return;
	t->cap = (t->len + len) * 2;
	t->data = realloc(t->data, t->cap);
	if (t->data == NULL)
		fail("memory");
}

static void
add(struct text *t, const char *data, size_t len)
{
	room(t, len);
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

static void
send_all(const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(sock, data, len, MSG_NOSIGNAL);

		if (n < 0)
			fail("send");
		data += n;
		len -= (size_t)n;
	}
}

/* POSTs what is in `out`; the whole answer is in `in` then, and its body returned. */
static const char *
post(const char *path, const char *expected)
{
	char head[200], *body = NULL;
	size_t want = 0;

	send_all(head, (size_t)snprintf(head, sizeof(head),
			   "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", path, out.len));
	send_all(out.data, out.len);
	in.len = 0;
	while (body == NULL || in.len < want) {
		ssize_t n;

		room(&in, 256 * 1024);
		n = recv(sock, in.data + in.len, in.cap - in.len - 1, 0);
		if (n <= 0)
			fail("the host went away");
		in.len += (size_t)n;
		in.data[in.len] = '\0';
		if (body == NULL && (body = strstr(in.data, "\r\n\r\n")) != NULL) {
			const char *length = strcasestr(in.data, "content-length:");

			if (length == NULL)
				fail("an answer without its length");
			want = (size_t)(body + 4 - in.data) + strtoul(length + 15, NULL, 10);
		}
		if (body != NULL)
			body = strstr(in.data, "\r\n\r\n"); /* it may have moved */
	}
	if (strncmp(in.data + 9, expected, 3) != 0 || strstr(body, "\"error\"") != NULL) {
		fprintf(stderr, "runs: %.2000s\n", in.data);
		exit(1);
	}
	return body;
}

static double began[ARRAYS_MOST]; /* of the arrays in flight, a ring */

static void
start_array(unsigned nth)
{
	const char *at;

	began[nth % ARRAYS_MOST] = seconds();
	out.len = 0;
	for (unsigned i = 0; i < per_array; i++) {
		add(&out, i == 0 ? "[" : ",", 1);
		add(&out, request, strlen(request));
	}
	add(&out, "]", 1);
	at = post("/v1/runs", "202");
	for (unsigned i = 0; i < per_array; i++) {
		at = strstr(at, "\"id\":\"");
		if (at == NULL)
			fail("a run without an id");
		at += 6;
		memcpy(ids[nth % ARRAYS_MOST * per_array + i], at, ID_TEXT);
	}
}

/* How long it took. */
static double
wait_array(unsigned nth)
{
	out.len = 0;
	for (unsigned i = 0; i < per_array; i++) {
		add(&out, i == 0 ? "{\"runs\":[\"" : ",\"", i == 0 ? 10 : 2);
		add(&out, ids[nth % ARRAYS_MOST * per_array + i], ID_TEXT);
		add(&out, "\"", 1);
	}
	add(&out, "]}", 2);
	(void)post("/v1/runs/wait", "200");
	return seconds() - began[nth % ARRAYS_MOST];
}

static int
order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
dial(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail(path);
}

int
main(int argc, char **argv)
{
	unsigned arrays, at_once, started = 0, waited = 0;
	struct rusage used;
	double took, *times;

	if ((argc != 6 && argc != 7) || atoi(argv[3]) < 1 || atoi(argv[4]) < 0 || atoi(argv[5]) < 1) {
		fputs("usage: runs SOCKET PLUGIN TOTAL AT_ONCE ARRAY [INPUT]\n", stderr);
		return 2;
	}
	per_array = (unsigned)atoi(argv[5]);
	arrays = ((unsigned)atoi(argv[3]) + per_array - 1) / per_array;
	at_once = ((unsigned)atoi(argv[4]) + per_array - 1) / per_array;
	if (at_once > ARRAYS_MOST)
		return 2;
	ids = calloc((size_t)ARRAYS_MOST * per_array, sizeof(*ids));
	times = calloc(arrays, sizeof(*times));
	if (ids == NULL || times == NULL)
		fail("memory");
	if (argc == 7)
		snprintf(request, sizeof(request), "{\"plugin\":\"%s\",\"input\":%s}", argv[2], argv[6]);
	else
		snprintf(request, sizeof(request), "{\"plugin\":\"%s\",\"input\":{\"text\":\"%0*d\"}}", argv[2],
		    PAYLOAD_BYTES - 11, 7);
	dial(argv[1]);
	took = seconds();
	while (waited < arrays && (at_once > 0 || started < arrays)) {
		if (started < arrays && (at_once == 0 || started - waited < at_once))
			start_array(started++);
		else {
			times[waited] = wait_array(waited);
			waited++;
		}
	}
	took = seconds() - took;
	getrusage(RUSAGE_SELF, &used);
	qsort(times, arrays, sizeof(*times), order);
	printf("{\"runs\": %u, \"runs_a_second\": %.0f, \"us_a_run\": %.2f, \"p50_us\": %.2f, \"p99_us\": %.2f, "
	       "\"cpu_us\": %.0f}\n",
	    arrays * per_array, arrays * per_array / took, took * 1e6 / (arrays * per_array), times[arrays / 2] * 1e6,
	    times[arrays * 99 / 100] * 1e6,
	    (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec));
	return 0;
}
