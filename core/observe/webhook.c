/* The webhook: pending alerts out of the store, in their order, a few at a time, until each was taken or given up. */

#include <assert.h>
#include <endian.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "dispatch/dispatch.h"
#include "observe/observe.h"
#include "observe/sign.h"
#include "tool/http.h"

#define WINDOW        64u /* alerts in memory */
#define AT_ONCE       4u  /* requests */
#define ANSWER_MAX    (64 * KIB)
#define FIRST_WAIT_NS NS_PER_S
#define TIMEOUT_NS    (10 * NS_PER_S)
#define WHY_MAX       200

/* One alert on its way. */
struct sending {
	struct observe *o;
	uint64_t number;
	char id[ULID_TEXT];
	char *body;
	unsigned tries;      /* that failed */
	int64_t due_mono_ns; /* of the next */
	struct http_transfer *transfer;
	TAILQ_ENTRY(sending) entry;
};
TAILQ_HEAD(sendings, sending);

/* Pending alerts as the store has them, for as many as there is room; of those that are durable. */
struct reading {
	struct observe *o;
	uint64_t from, durable;
	unsigned room, n;
	struct {
		uint64_t number;
		json_t *alert;
	} found[WINDOW];
	bool more;
};

struct observe {
	struct observe_options options;
	struct policy *policy;
	struct secret secret;
	struct http *http;
	struct sendings queue; /* by number */
	unsigned n, in_flight;
	struct event *due; /* the next is to be tried */

	uint64_t next;           /* number from which on the store was not looked at */
	bool more;               /* there may be some that are pending */
	struct reading *reading; /* in the store thread, or NULL */
	bool awaiting;           /* the journal tells when `newest` is durable */
	uint64_t newest;         /* LSN of the newest alert */
};

static void read_pending(struct observe *o);
static void try_next(struct observe *o);

/* ---- What becomes of one ----------------------------------------------------------------------------------------- */

static void
sending_free(struct sending *s)
{
	struct observe *o = s->o;

	if (s->transfer != NULL) {
		http_cancel(&s->transfer);
		o->in_flight--;
	}
	TAILQ_REMOVE(&o->queue, s, entry);
	o->n--;
	free(s->body);
	free(s);
}

static void
record_sent(struct observe *o, const struct sending *s, const char *state, const char *why)
{
	_cleanup_(json_p) json_t *json = json_pack("{s:I s:s s:s s:i s:s*}", "number", (json_int_t)s->number, "id",
	    s->id, "state", state, "tries", (int)s->tries + (why == NULL), "why", why);
	_cleanup_(free_p) char *body = json_text(json);
	struct record r;

	record_init(&r, RECORD_COMMAND);
	record_add_text(&r, TAG_COMMAND, ALERT_SENT);
	record_add_text(&r, TAG_ACTOR, "host");
	record_add_text(&r, TAG_BODY, body);
	store_append(o->options.store, &r);
}

static int64_t
wait_after(const struct observe *o, unsigned tries)
{
	int64_t first = o->options.first_wait_ns > 0 ? o->options.first_wait_ns : FIRST_WAIT_NS;

	return first << (tries - 1);
}

static void
failed(struct sending *s, const char *why)
{
	struct observe *o = s->o;

	s->tries++;
	if (s->tries == 1 || s->tries == OBSERVE_TRIES)
		log_warn(s->tries == 1 ? "the webhook did not take an alert; it is tried again"
				       : "the webhook did not take an alert; it is given up",
		    LOG_S("id", s->id), LOG_U("tries", s->tries), LOG_S("reason", why));
	if (s->tries < OBSERVE_TRIES) {
		s->due_mono_ns = clock_mono_ns() + wait_after(o, s->tries);
		return;
	}
	record_sent(o, s, "given_up", why);
	sending_free(s);
}

static bool
is_success(const struct payload *answer, char why[WHY_MAX])
{
	_cleanup_(json_p) json_t *json = json_read(answer->data, answer->len, "the answer", NULL);
	json_int_t status = json_integer_value(json_object_get(json, "status"));

	snprintf(why, WHY_MAX, "it answered with the HTTP status %lld, and 200 to 299 is what takes an alert",
	    (long long)status);
	return status >= 200 && status < 300;
}

static void
answered(int status, struct payload *answer, const struct fault *fault, void *arg)
{
	struct sending *s = arg;
	struct observe *o = s->o;
	char why[WHY_MAX];

	s->transfer = NULL;
	o->in_flight--;
	if (status != 0) {
		snprintf(why, sizeof(why), "%.*s", WHY_MAX - 1, fault->text);
		failed(s, utf8_valid(why, strlen(why)) ? why : "it cannot be reached");
	} else if (!is_success(answer, why)) {
		failed(s, why);
	} else {
		record_sent(o, s, "delivered", NULL);
		sending_free(s);
	}
	try_next(o);
}

/* ---- Sending ----------------------------------------------------------------------------------------------------- */

static struct payload *
input_of(const struct observe *o, const struct sending *s)
{
	int64_t seconds = clock_real_ns() / NS_PER_S;
	_cleanup_(json_p) json_t *input = NULL, *headers = json_pack("[s]", "Content-Type: application/json");
	char signature[SIGNATURE_TEXT];

	if (o->secret.len > 0) {
		_cleanup_(free_p) char *line = NULL;

		signature_of(&o->secret, seconds, s->body, strlen(s->body), signature);
		line = xasprintf("Hospes-Signature: %s", signature);
		json_array_append_new(headers, json_string(line));
	}
	input = json_pack("{s:s s:O s:s}", "method", "POST", "headers", headers, "body", s->body);
	return json_payload(input);
}

static void
send_one(struct sending *s)
{
	struct observe *o = s->o;
	_cleanup_(payload_unref) struct payload *input = input_of(o, s);
	struct http_request request;
	struct http_call call = {.request = &request,
	    .key = s->id,
	    .timeout_ns = o->options.timeout_ns > 0 ? o->options.timeout_ns : TIMEOUT_NS,
	    .done = answered,
	    .arg = s};
	struct fault fault;

	if (http_request_read(o->policy->alerts_webhook, input, &request, &fault) != 0) {
		failed(s, fault.text);
		return;
	}
	call.allow_private = http_host_special(request.host) != NULL;
	s->transfer = http_start(o->http, &call);
	o->in_flight++;
	http_request_clear(&request);
}

/* The one that is due first and not under way. */
static struct sending *
first_due(const struct observe *o)
{
	struct sending *s, *first = NULL;

	TAILQ_FOREACH(s, &o->queue, entry)
	{
		if (s->transfer == NULL && (first == NULL || s->due_mono_ns < first->due_mono_ns))
			first = s;
	}
	return first;
}

static void
try_next(struct observe *o)
{
	struct sending *s;
	int64_t wait;

	evtimer_del(o->due);
	while (o->policy->alerts_webhook != NULL && o->in_flight < AT_ONCE && (s = first_due(o)) != NULL) {
		wait = s->due_mono_ns - clock_mono_ns();
		if (wait > 0) {
			struct timeval tv = {.tv_sec = wait / NS_PER_S, .tv_usec = wait % NS_PER_S / NS_PER_US + 1};

			evtimer_add(o->due, &tv);
			break;
		}
		send_one(s);
	}
	read_pending(o);
}

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	try_next(arg);
}

/* ---- Out of the store -------------------------------------------------------------------------------------------- */

static void
reading_free(struct reading *r)
{
	for (unsigned i = 0; r != NULL && i < r->n; i++)
		json_decref(r->found[i].alert);
	free(r);
}

static int
see_alert(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct reading *r = arg;
	json_t *alert = NULL;
	const char *state;
	uint64_t number;

	if (key_len != sizeof(number))
		return 0;
	if (r->n == r->room) {
		r->more = true;
		return 1;
	}
	memcpy(&number, key, sizeof(number));
	alert = json_read(data, len, "an alert", NULL);
	if ((uint64_t)json_integer_value(json_object_get(alert, "lsn")) >= r->durable) {
		json_decref(alert); /* whoever raised it tells when it is */
		return 1;
	}
	r->from = be64toh(number) + 1;
	state = json_string_value(json_object_get(json_object_get(alert, "webhook"), "state"));
	if (state == NULL || strcmp(state, "pending") != 0) {
		json_decref(alert);
		return 0;
	}
	r->found[r->n].number = be64toh(number);
	r->found[r->n++].alert = alert;
	return 0;
}

static void
read_store(struct store_txn *txn, struct journal *j, void *arg)
{
	struct reading *r = arg;
	uint64_t from = htobe64(r->from);

	(void)j;
	store_walk_from(txn, STORE_ALERTS, "", 0, &from, sizeof(from), see_alert, r);
}

static void
sending_new(struct observe *o, uint64_t number, json_t *alert)
{
	const char *id = json_string_value(json_object_get(alert, "id"));
	struct sending *s;

	if (id == NULL || strlen(id) != ULID_TEXT - 1)
		return;
	s = xcalloc(1, sizeof(*s));
	s->o = o;
	s->number = number;
	memcpy(s->id, id, ULID_TEXT);
	json_object_del(alert, "webhook");
	json_object_del(alert, "lsn");
	s->body = json_text(alert);
	TAILQ_INSERT_TAIL(&o->queue, s, entry);
	o->n++;
}

static void
was_read(void *arg)
{
	struct reading *r = arg;
	struct observe *o = r->o;

	o->reading = NULL;
	if (o->policy->alerts_webhook != NULL) { /* else it went in the meantime, and they stay where they are */
		for (unsigned i = 0; i < r->n; i++)
			sending_new(o, r->found[i].number, r->found[i].alert);
		o->next = r->from;
		o->more |= r->more;
	}
	reading_free(r);
	try_next(o);
}

/* When there is room, and something may be there. */
static void
read_pending(struct observe *o)
{
	if (!o->more || o->reading != NULL || o->n > WINDOW / 2 || o->policy->alerts_webhook == NULL)
		return;
	o->more = false;
	o->reading = xcalloc(1, sizeof(*o->reading));
	*o->reading = (struct reading){
	    .o = o, .from = o->next, .durable = journal_durable(o->options.journal), .room = WINDOW - o->n};
	store_read(o->options.store, read_store, was_read, o->reading);
}

static void
is_durable(void *arg)
{
	struct observe *o = arg;

	o->awaiting = false;
	o->more = true;
	read_pending(o);
	if (journal_durable(o->options.journal) <= o->newest) /* there was one more in the meantime */
		observe_alerted(o, o->newest);
}

void
observe_alerted(struct observe *o, uint64_t lsn)
{
	if (lsn > o->newest)
		o->newest = lsn;
	if (o->awaiting)
		return;
	o->awaiting = true;
	journal_await(o->options.journal, o->newest, is_durable, o);
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

static int
read_secret(const struct policy *policy, struct secret *ret, struct fault *fault)
{
	if (policy->alerts_webhook == NULL || policy->alerts_secret_file == NULL)
		return 0;
	return secret_read(policy->alerts_secret_file, ret, fault);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Those that wait are tried at once where something has changed: it may be what was wrong. */
static void
policy_changed_to(struct observe *o, struct policy *policy)
{
	bool same = same_text(policy->alerts_webhook, o->policy->alerts_webhook);
	struct sending *s;

	policy_ref(policy);
	policy_unref(&o->policy);
	o->policy = policy;
	while (policy->alerts_webhook == NULL && (s = TAILQ_FIRST(&o->queue)) != NULL)
		sending_free(s);
	TAILQ_FOREACH(s, &o->queue, entry)
	{
		if (!same)
			s->due_mono_ns = 0;
	}
	if (policy->alerts_webhook == NULL)
		o->next = 0; /* they stay pending, for when there is one again */
	o->more = true;
}

int
observe_set_policy(struct observe *o, struct policy *policy, struct fault *fault)
{
	struct secret secret = {0};

	if (read_secret(policy, &secret, fault) != 0)
		return fault->status;
	secret_clear(&o->secret);
	o->secret = secret;
	policy_changed_to(o, policy);
	try_next(o);
	return 0;
}

int
observe_open(struct observe **ret, const struct observe_options *options, struct fault *fault)
{
	struct http_options http = {.loop = options->loop, .max_bytes = ANSWER_MAX, .at_once = AT_ONCE};
	struct observe *o = xcalloc(1, sizeof(*o));

	o->options = *options;
	TAILQ_INIT(&o->queue);
	if (read_secret(options->policy, &o->secret, fault) != 0 || http_open(&o->http, &http, fault) != 0) {
		secret_clear(&o->secret);
		free(o);
		return fault->status;
	}
	o->policy = policy_ref(options->policy);
	o->due = evtimer_new(options->loop, on_due, o);
	observe_alerted(o, journal_end(options->journal) - 1);
	*ret = o;
	return 0;
}

void
observe_close(struct observe **ref)
{
	struct observe *o = *ref;
	struct sending *s;

	*ref = NULL;
	if (o == NULL)
		return;
	while ((s = TAILQ_FIRST(&o->queue)) != NULL)
		sending_free(s);
	if (o->awaiting)
		journal_forget(o->options.journal, o);
	reading_free(o->reading); /* the store's thread has ended, so nobody reads any more */
	http_close(&o->http);
	event_free(o->due);
	secret_clear(&o->secret);
	policy_unref(&o->policy);
	free(o);
}
