/*
 * HTTP on the loop: curl's sockets and timers are libevent's, transfers wait their turn, and whoever asked is told once.
 *
 * Owners are called from the loop only, never from within http_start or a function of curl, and curl is never entered
 * from one of its own callbacks; so owners may start and cancel whatever they like from theirs.
 */

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "tool/request.h"
#include "tool/transfer.h"

enum { LANE_PUBLIC, LANE_PRIVATE, LANES };

struct http {
	struct http_options options;
	struct lane lanes[LANES];
	struct transfers running;
	struct transfers failed; /* before they began: they are told of it from the loop */
	struct turns waiting;
	unsigned n_running;
	struct event *kick; /* looks for transfers that can go on */
};

/* ---- Curl's sockets and timers ----------------------------------------------------------------------------------- */

static void lane_reap(struct lane *lane);

static void
on_socket_ready(evutil_socket_t fd, short what, void *arg)
{
	struct lane *lane = arg;
	int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0), running;

	curl_multi_socket_action(lane->multi, fd, flags, &running);
	lane_reap(lane);
}

static void
on_lane_timer(evutil_socket_t fd, short what, void *arg)
{
	struct lane *lane = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(lane->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	lane_reap(lane);
}

/* Curl wants to know when this socket is ready; `socket_arg` is its struct event, kept by curl. */
static int
on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct lane *lane = arg;
	struct event *ev = socket_arg;
	short wanted = EV_PERSIST;

	(void)easy;
	if (ev != NULL)
		event_free(ev);
	ev = NULL;
	if (what != CURL_POLL_REMOVE) {
		wanted |= (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
		ev = event_new(lane->http->options.loop, fd, wanted, on_socket_ready, lane);
		if (ev == NULL || event_add(ev, NULL) != 0)
			abort();
	}
	curl_multi_assign(lane->multi, fd, ev);
	return 0;
}

static int
on_curl_timer(CURLM *multi, long ms, void *arg)
{
	struct lane *lane = arg;
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)multi;
	if (ms < 0)
		evtimer_del(lane->timer);
	else
		evtimer_add(lane->timer, &tv);
	return 0;
}

/* ---- Life of a transfer ------------------------------------------------------------------------------------------ */

static void
transfer_free(struct http_transfer *t)
{
	assert(t->magic == TRANSFER_MAGIC);
	t->magic = 0;
	if (t->deadline != NULL)
		event_free(t->deadline);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	answer_clear(&t->answer);
	http_request_clear(&t->request);
	free(t->key);
	free(t);
}

/* Off curl's hands and off the lists; whoever waits may have its place. */
static void
transfer_unlink(struct http_transfer *t)
{
	struct http *h = t->http;

	if (t->running) {
		curl_multi_remove_handle(t->lane->multi, t->easy);
		TAILQ_REMOVE(&h->running, t, link);
		h->n_running--;
	} else if (t->early.status != 0) {
		TAILQ_REMOVE(&h->failed, t, link);
	} else {
		turns_remove(&t->turn);
	}
	if (h->waiting.n > 0 || !TAILQ_EMPTY(&h->failed))
		event_active(h->kick, EV_TIMEOUT, 0);
}

static void
transfer_end(struct http_transfer *t, int status, struct payload *answer, const struct fault *fault)
{
	struct fault unknown;

	transfer_unlink(t);
	if (status != 0 && t->once && t->sent) {
		status = fault_set(&unknown, HOSPES_EUNKNOWN,
		    "%s; it was sent and may have taken place: find out before doing it again", fault->text);
		fault = &unknown;
	}
	if (!t->gone) {
		t->busy = true;
		t->done(status, answer, fault, t->arg);
	}
	transfer_free(t);
}

static void
note_sent(struct http_transfer *t)
{
	long bytes = 0;

	if (t->running && curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0)
		t->sent = true;
}

static void
transfer_hop(struct http_transfer *t)
{
	transfer_prepare(t);
	if (curl_multi_add_handle(t->lane->multi, t->easy) != CURLM_OK)
		abort();
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct http_transfer *t = arg;
	_cleanup_(buf_free) struct buf asked = {0};
	struct fault fault;

	(void)fd;
	(void)what;
	note_sent(t);
	request_describe(&t->request, &asked);
	fault_set(&fault, HOSPES_EHTTP, "%s: no answer within %lld ms%s", buf_text(&asked),
	    (long long)(t->timeout_ns / NS_PER_MS), t->running ? "" : "; it was still waiting for its turn");
	transfer_end(t, fault.status, NULL, &fault);
}

/* Curl is through with this hop. */
static void
transfer_answered(struct http_transfer *t, CURLcode result)
{
	struct payload *answer;
	struct fault fault;
	long status = 0;
	int rc;

	note_sent(t);
	curl_multi_remove_handle(t->lane->multi, t->easy);
	rc = result == CURLE_OK ? transfer_redirect(t, t->http->options.redirects, &fault)
				: transfer_failed(t, result, &fault);
	if (rc == 1 && !t->gone) {
		transfer_hop(t);
		return;
	}
	if (rc < 0 || t->gone) {
		transfer_end(t, rc, NULL, &fault);
		return;
	}
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	answer = answer_payload(&t->answer, status, t->request.url);
	transfer_end(t, 0, answer, NULL);
	payload_unref(&answer);
}

static void
lane_reap(struct lane *lane)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(lane->multi, &left)) != NULL) {
		struct http_transfer *t = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		assert(t != NULL && t->magic == TRANSFER_MAGIC);
		transfer_answered(t, msg->data.result);
	}
}

static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;
	struct http_transfer *t;

	(void)fd;
	(void)what;
	while ((t = TAILQ_FIRST(&h->failed)) != NULL)
		transfer_end(t, t->early.status, NULL, &t->early);
	while (h->n_running < h->options.at_once && h->waiting.n > 0) {
		t = CONTAINER(turns_take(&h->waiting), struct http_transfer, turn);
		TAILQ_INSERT_TAIL(&h->running, t, link);
		t->running = true;
		h->n_running++;
		transfer_hop(t);
	}
}

/* ---- The room's door --------------------------------------------------------------------------------------------- */

static void
lane_open(struct lane *lane, struct http *h)
{
	lane->http = h;
	lane->multi = curl_multi_init();
	lane->timer = evtimer_new(h->options.loop, on_lane_timer, lane);
	if (lane->multi == NULL || lane->timer == NULL)
		abort();
	curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
	curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
	curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
	curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
}

int
http_open(struct http **ret, const struct http_options *options, struct fault *fault)
{
	CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
	struct http *h;

	assert(options->at_once > 0);
	if (rc != CURLE_OK)
		return fault_set(fault, HOSPES_EBUG, "libcurl does not start: %s", curl_easy_strerror(rc));
	h = xcalloc(1, sizeof *h);
	h->options = *options;
	TAILQ_INIT(&h->running);
	TAILQ_INIT(&h->failed);
	h->kick = evtimer_new(options->loop, on_kick, h);
	if (h->kick == NULL)
		abort();
	for (int i = 0; i < LANES; i++)
		lane_open(&h->lanes[i], h);
	*ret = h;
	return 0;
}

/* Any that there is. */
static struct http_transfer *
transfer_any(struct http *h)
{
	if (!TAILQ_EMPTY(&h->running))
		return TAILQ_FIRST(&h->running);
	if (!TAILQ_EMPTY(&h->failed))
		return TAILQ_FIRST(&h->failed);
	return h->waiting.n == 0 ? NULL : CONTAINER(turns_first(&h->waiting), struct http_transfer, turn);
}

void
http_close(struct http **h)
{
	struct http_transfer *t;

	if (*h == NULL)
		return;
	while ((t = transfer_any(*h)) != NULL) {
		assert(!t->busy);
		transfer_unlink(t);
		transfer_free(t);
	}
	for (int i = 0; i < LANES; i++) {
		curl_multi_cleanup((*h)->lanes[i].multi);
		event_free((*h)->lanes[i].timer);
	}
	event_free((*h)->kick);
	free(*h);
	*h = NULL;
	curl_global_cleanup();
}

static int
key_check(const char *key, struct fault *fault)
{
	size_t len = key == NULL ? 0 : strlen(key);

	for (size_t i = 0; i < len; i++) {
		if (len > HTTP_KEY_MAX || key[i] <= 0x20 || key[i] >= 0x7f)
			return fault_set(fault, HOSPES_EINPUT,
			    "expected an idempotency key of at most %d visible ASCII characters", HTTP_KEY_MAX);
	}
	return 0;
}

struct http_transfer *
http_start(struct http *h, const struct http_call *call)
{
	struct http_transfer *t = xcalloc(1, sizeof *t);
	int64_t us = call->timeout_ns <= 0 ? 0 : call->timeout_ns / NS_PER_US;
	struct timeval tv = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};
	size_t max = call->request->max_bytes;

	t->magic = TRANSFER_MAGIC;
	t->http = h;
	t->lane = &h->lanes[call->allow_private ? LANE_PRIVATE : LANE_PUBLIC];
	request_copy(call->request, &t->request);
	t->max_bytes = max == 0 || max > h->options.max_bytes ? h->options.max_bytes : max;
	t->timeout_ns = call->timeout_ns;
	t->allow_private = call->allow_private;
	t->once = call->once;
	t->admit = call->admit;
	t->done = call->done;
	t->arg = call->arg;
	t->easy = curl_easy_init();
	t->deadline = evtimer_new(h->options.loop, on_deadline, t);
	if (t->easy == NULL || t->deadline == NULL || evtimer_add(t->deadline, &tv) != 0)
		abort();
	if (key_check(call->key, &t->early) == 0 && call->key != NULL)
		t->key = xstrdup(call->key);
	if (t->early.status != 0)
		TAILQ_INSERT_TAIL(&h->failed, t, link);
	else
		turns_add(&h->waiting, call->owner != NULL ? call->owner : h, &t->turn, false);
	event_active(h->kick, EV_TIMEOUT, 0);
	return t;
}

bool
http_sent(struct http_transfer *t)
{
	assert(t->magic == TRANSFER_MAGIC);
	note_sent(t);
	return t->sent;
}

unsigned
http_code(struct http_transfer *t)
{
	long code = 0;

	assert(t->magic == TRANSFER_MAGIC);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &code);
	return (unsigned)code;
}

void
http_cancel(struct http_transfer **t)
{
	if (*t == NULL)
		return;
	assert((*t)->magic == TRANSFER_MAGIC);
	if ((*t)->busy) {
		(*t)->gone = true;
	} else {
		transfer_unlink(*t);
		transfer_free(*t);
	}
	*t = NULL;
}
