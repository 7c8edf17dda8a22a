/* See client.h. */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/socket.h"

#define ANSWER_MAX (1024 * MIB)
#define POLL_MS    60000

struct client {
	char *socket;
	bool interruptible, reached;
	client_tick *tick; /* or NULL */
	void *tick_arg;
	int tick_ms;
};

struct transfer {
	struct buf body;
	struct sse *sse; /* NULL: the body is collected */
	CURL *easy;
	struct curl_slist *headers;
	int stopped;
	bool too_large;
};

int
client_open(struct client **ret, const char *socket, struct fault *fault)
{
	char *path;
	int rc = socket_find(socket, &path, fault);

	if (rc != 0)
		return rc;
	if (curl_global_init(CURL_GLOBAL_NOTHING) != 0)
		abort();
	*ret = xcalloc(1, sizeof(**ret));
	(*ret)->socket = path;
	return 0;
}

void
client_close(struct client **c)
{
	if (*c == NULL)
		return;
	curl_global_cleanup();
	free((*c)->socket);
	free(*c);
	*c = NULL;
}

bool
client_reached(const struct client *c)
{
	return c->reached;
}

const char *
client_socket(const struct client *c)
{
	return c->socket;
}

void
client_interruptible(struct client *c)
{
	c->interruptible = true;
}

void
client_on_tick(struct client *c, int ms, client_tick *tick, void *arg)
{
	c->tick = tick;
	c->tick_ms = ms;
	c->tick_arg = arg;
}

static size_t
received(char *bytes, size_t one, size_t len, void *arg)
{
	struct transfer *t = arg;
	long code = 0;

	len *= one;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	if (t->sse != NULL && code == 200) {
		t->stopped = sse_feed(t->sse, bytes, len);
		return t->stopped == 0 ? len : 0;
	}
	if (t->body.len + len > ANSWER_MAX) {
		t->too_large = true;
		return 0;
	}
	buf_append(&t->body, bytes, len);
	return len;
}

static CURL *
prepare(struct client *c, const char *path, struct transfer *t)
{
	_cleanup_(free_p) char *url = xasprintf("http://host%s", path);
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		abort();
	t->easy = easy;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, received);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	return easy;
}

/* What the host refused with: its own form, or a bare HTTP status where an answer could not be given whole. */
static int
refused(const struct transfer *t, long code, struct fault *fault)
{
	json_t *answer = json_loadb((const char *)t->body.data, t->body.len, 0, NULL);
	const json_t *error = json_object_get(answer, "error");
	const char *name = cli_text(error, "code");
	int status = status_number(name);

	if (name[0] == '\0')
		status = fault_set(fault, code == 413 ? HOSPES_ETOOLARGE : HOSPES_EBUG,
		    "the host answered with HTTP status %ld and no reason", code);
	else if (status == 0)
		status = fault_set(fault, HOSPES_EBUG, "%s: %s", name, cli_text(error, "message"));
	else
		fault_set(fault, status, "%s", cli_text(error, "message"));
	json_decref(answer);
	return status;
}

/* A header of our own, of one line. */
static void
add_header(struct transfer *t, const char *name, const char *value)
{
	_cleanup_(free_p) char *line = NULL;

	if (value == NULL || value[0] == '\0')
		return;
	assert(strpbrk(value, "\r\n") == NULL);
	line = xasprintf("%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, line);
	if (t->headers == NULL)
		abort();
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static void
finish(struct client *c, CURLcode done, struct transfer *t)
{
	c->reached |= done != CURLE_COULDNT_CONNECT;
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	buf_free(&t->body);
}

static int
unreachable(const struct client *c, CURLcode code, const struct transfer *t, struct fault *fault)
{
	long os = 0;

	if (t->too_large)
		return fault_set(fault, HOSPES_ETOOLARGE, "the host's answer is larger than %zu MiB", ANSWER_MAX / MIB);
	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_COULDNT_CONNECT && (os == EACCES || os == EPERM))
		return fault_set(
		    fault, HOSPES_EPERM, "you may not use the socket %s; ask to be added to its group", c->socket);
	if (code == CURLE_COULDNT_CONNECT)
		return fault_set(fault, HOSPES_ENOHOST, "no host answers on %s", c->socket);
	return fault_set(fault, HOSPES_ENOHOST, "the host on %s broke off: %s", c->socket, curl_easy_strerror(code));
}

static sigset_t
interrupts(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

/* Turns curl and the signals until the transfer is over. */
static CURLcode
drive(const struct client *c, CURLM *multi, int signals, client_interrupted *interrupted, void *arg, int *stopped)
{
	struct curl_waitfd extra = {.fd = signals, .events = CURL_WAIT_POLLIN};
	int running = 1, left;
	CURLMsg *message;

	while (curl_multi_perform(multi, &running) == CURLM_OK && running > 0) {
		struct signalfd_siginfo info;

		extra.revents = 0;
		if (curl_multi_poll(multi, &extra, 1, c->tick != NULL ? c->tick_ms : POLL_MS, NULL) != CURLM_OK)
			break;
		if (c->tick != NULL)
			c->tick(c->tick_arg);
		if (extra.revents == 0 || read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		*stopped = interrupted != NULL ? interrupted((int)info.ssi_signo, arg) : HOSPES_ECANCELLED;
		if (*stopped != 0)
			return CURLE_ABORTED_BY_CALLBACK;
	}
	message = curl_multi_info_read(multi, &left);
	return message != NULL && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
}

/* Returns 0 with *done, or cancelled. */
static int
perform(const struct client *c, CURL *easy, CURLcode *done)
{
	sigset_t set = interrupts();
	_cleanup_(close_p) int signals = -1;
	CURLM *multi;
	int stopped = 0;

	if (!c->interruptible && c->tick == NULL) {
		*done = curl_easy_perform(easy);
		return 0;
	}
	if (!c->interruptible)
		sigemptyset(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	multi = curl_multi_init();
	if (multi == NULL || signals < 0)
		abort();
	curl_multi_add_handle(multi, easy);
	*done = drive(c, multi, signals, NULL, NULL, &stopped);
	curl_multi_remove_handle(multi, easy);
	curl_multi_cleanup(multi);
	return stopped;
}

static int
request(struct client *c, const char *path, bool post, const void *body, size_t len, const char *key, json_t **ret,
    struct fault *fault)
{
	struct transfer t = {0};
	CURL *easy = prepare(c, path, &t);
	json_error_t where;
	json_t *answer = NULL;
	long code = 0;
	CURLcode done;
	int rc;

	add_header(&t, "Idempotency-Key", key);
	if (post) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	}
	rc = perform(c, easy, &done);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
	/* A host that refuses a large body answers before it has read all of it. */
	if (rc != 0)
		fault_set(fault, rc, "interrupted");
	else if (done != CURLE_OK && !(code >= 400 && t.body.len > 0))
		rc = unreachable(c, done, &t, fault);
	else if (code >= 400)
		rc = refused(&t, code, fault);
	else if ((answer = json_loadb(
		      (const char *)t.body.data, t.body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where)) == NULL)
		rc = fault_set(fault, HOSPES_EBUG, "the host's answer is not JSON: %s", where.text);
	else
		*ret = answer;
	finish(c, done, &t);
	return rc;
}

int
client_get(struct client *c, const char *path, json_t **ret, struct fault *fault)
{
	return request(c, path, false, NULL, 0, NULL, ret, fault);
}

int
client_post_bytes(struct client *c, const char *path, const void *body, size_t len, json_t **ret, struct fault *fault)
{
	return request(c, path, true, body, len, NULL, ret, fault);
}

int
client_post(struct client *c, const char *path, const json_t *body, json_t **ret, struct fault *fault)
{
	return client_post_key(c, path, body, NULL, ret, fault);
}

int
client_post_key(
    struct client *c, const char *path, const json_t *body, const char *key, json_t **ret, struct fault *fault)
{
	_cleanup_(free_p) char *text = body != NULL ? json_text(body) : xstrdup("");

	return request(c, path, true, text, strlen(text), key, ret, fault);
}

void
client_block_signals(void)
{
	sigset_t set = interrupts();

	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool
client_pause(unsigned ms)
{
	sigset_t set = interrupts();
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * NS_PER_MS};

	return sigtimedwait(&set, NULL, &pause) > 0;
}

int
client_stream(struct client *c, const char *path, char *last_id, sse_event *event, client_interrupted *interrupted,
    void *arg, struct fault *fault)
{
	struct sse sse = {.event = event, .arg = arg, .last_id = last_id};
	struct transfer t = {.sse = &sse};
	sigset_t set = interrupts();
	_cleanup_(close_p) int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	CURL *easy = prepare(c, path, &t);
	CURLM *multi = curl_multi_init();
	int rc = 0, stopped = 0;
	long code = 0;
	CURLcode done;

	if (multi == NULL || signals < 0)
		abort();
	add_header(&t, "Last-Event-ID", last_id);
	curl_multi_add_handle(multi, easy);
	done = drive(c, multi, signals, interrupted, arg, &stopped);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
	if (t.stopped != 0)
		rc = t.stopped;
	else if (stopped != 0)
		rc = interrupted != NULL ? stopped : fault_set(fault, stopped, "interrupted");
	else if (code >= 400)
		rc = refused(&t, code, fault);
	else if (done != CURLE_OK)
		rc = unreachable(c, done, &t, fault);
	curl_multi_remove_handle(multi, easy);
	curl_multi_cleanup(multi);
	finish(c, done, &t);
	sse_free(&sse);
	return rc;
}

char *
client_path(const char *prefix, const char *name, const char *suffix)
{
	char *escaped = curl_easy_escape(NULL, name, 0), *path;

	if (escaped == NULL)
		abort();
	/* A dot is left as it is by the escape, and curl would take `..` for the folder above. */
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		curl_free(escaped);
		return xasprintf("%s%s%s", prefix, name[1] == '\0' ? "%2e" : "%2e%2e", suffix);
	}
	path = xasprintf("%s%s%s", prefix, escaped, suffix);
	curl_free(escaped);
	return path;
}

int
client_fetch(const struct cli *cli, const char *path, json_t **ret)
{
	_cleanup_(client_close) struct client *c = NULL;
	struct fault fault;

	if (client_open(&c, cli->socket, &fault) != 0 || client_get(c, path, ret, &fault) != 0)
		return cli_fail(cli, &fault);
	return 0;
}

int
client_list(struct cli *cli, const char *path, json_t **ret)
{
	_cleanup_(free_p) char *asked = NULL;
	double limit = 100;
	struct fault fault;

	if (cli_number(cli, "limit", 10000, &limit, &fault) != 0)
		return cli_usage(cli, &fault);
	asked = xasprintf("%s?all=%d&limit=%.0f", path, cli_flag(cli, "all"), limit < 1 ? 1 : limit);
	return client_fetch(cli, asked, ret);
}
