/*
 * What the files of this room share: the server, and an exchange, which is one request on its way to an answer.
 *
 *   api.c      the socket and the server      reply.c    JSON answers, faults, HTTP statuses
 *   route.c    method and path to handler     stream.c   server-sent events
 *   exchange.c the life of a request          logs.c     the newest log lines and who follows them
 *   requests.c  the body of POST /v1/runs             start.c    what becomes of it
 *   host.c agents.c breakers.c runs.c reviews.c many.c memory.c backup.c policy.c quality.c  handlers  refusal.c  JSON in place of evhttp's own error pages
 *   finish.c   the last answers
 *
 * An exchange ends when it was answered or when its client went away; what it holds is given back then.  Its memory
 * stays while somebody still owes it a callback.  All [loop].
 */

#ifndef API_SERVE_H
#define API_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>

#include "api/api.h"
#include "base/buf.h"

struct logs;
struct many;
struct exchange;
TAILQ_HEAD(exchange_list, exchange);

#define API_MAGIC 0x68615049u
struct api {
	unsigned magic;
	struct event_base *loop;
	struct policy *policy;
	struct registry *registry;
	struct cells *cells;
	struct dispatch *dispatch;
	struct runs *runs;
	struct memory *memory;
	struct journal *journal;
	struct backups *backups;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct event *accept_again;
	char *socket_path;
	dev_t socket_dev; /* whose file it is: another host's is not removed */
	ino_t socket_ino;
	int64_t started_mono_ns;
	struct logs *logs;
	struct exchange_list exchanges;
	unsigned n_exchanges, exchanges_most; /* EXCHANGES_MAX, which tests replace */
	unsigned leaving;     /* answers that lie in buffers */
	struct event *finish; /* finish.c: looks whether all have left */
	int64_t quiet_ns, quiet_since_ns, finish_by_ns;
	void (*finished)(void *arg);
	void *finished_arg;
};

/* ---- route.c ---- */

#define ROUTE_NAME_MAX 128 /* what stands for {} in a pattern, decoded */

#define BODY_WRAPPING  (1 * MIB) /* what may surround a run's input */
#define BODY_BATCH_MAX (66 * MIB) /* documents: the largest one and its head */

/* The callback of evhttp: checks the request and calls its handler.  `arg` is the struct api. */
void route_request(struct evhttp_request *req, void *arg);

/* ---- exchange.c ---- */

/* Requests that are being answered, those that wait for a run or follow one included; one more is told to come back. */
#define EXCHANGES_MAX     4096
#define EXCHANGES_RETRY_S 1

#define EXCHANGE_MAGIC  0x68784368u
#define EXCHANGE_CLIENT 24
struct exchange {
	unsigned magic;
	struct api *api;
	struct evhttp_request *req; /* NULL once answered, or when the client has gone */
	struct event *hangup;       /* the client closed its end */
	char client[EXCHANGE_CLIENT]; /* "uid:1000" */
	char name[ROUTE_NAME_MAX];
	struct evkeyvalq query;
	json_t *body;
	struct payload **inputs; /* of the runs asked for, where they were not parsed: then null in the body */
	size_t n_inputs;
	unsigned owed; /* callbacks that will come with this exchange as their argument */

	bool asks_memory; /* memory owes it an answer */

	struct buf held; /* an answer that waits until what it tells is durable */
	bool holds;
	int held_code;

	struct many *many; /* runs that are waited for together */
	struct run_watch *watch;
	bool watch_ended; /* the end came before run_watch returned */
	bool streaming;   /* headers are out */
	bool choked;      /* parts wait until the client has read what is queued */
	uint32_t parts;   /* of the run's reply that were sent */
	json_t *past;     /* the reply of a run that is not in memory (run_reply) */
	struct event *beat;
	struct log_follower *follower;
	TAILQ_ENTRY(exchange) entry;
};

/* NULL, and the request answered, when the client cannot be told. */
struct exchange *exchange_new(struct api *a, struct evhttp_request *req);

/* Gives back what it holds, forgets the request; frees it unless callbacks are owed. */
void exchange_end(struct exchange *x);

/* Before and in a callback that is owed.  exchange_paid is false when the client has gone meanwhile: then `x` is freed. */
void exchange_owe(struct exchange *x);
bool exchange_paid(struct exchange *x);

/* Drops the connection: a watcher that is too slow. */
void exchange_cut(struct exchange *x);

struct bufferevent *exchange_bufferevent(const struct exchange *x);
/* Is the client root, or the user as whom the host runs? */
bool exchange_of_owner(const struct exchange *x);
/* A number of the query, or `usual`; false, and answered, when it is none or out of bounds.  (runs.c) */
bool exchange_number(struct exchange *x, const char *key, unsigned long least, unsigned long most, unsigned long usual,
    unsigned long *ret);
const char *exchange_query(const struct exchange *x, const char *key); /* NULL: not given */

/* ---- reply.c: each ends the exchange ---- */

json_t *api_error(int status, const char *message); /* {"error": {"code", "message", "hint"}} */
void reply_json(struct exchange *x, int code, json_t *json);    /* takes `json` over */
void reply_durable(struct exchange *x, int code, json_t *json); /* the same, once all that was written is durable */
void reply_text(struct exchange *x, int code, struct buf *text); /* JSON as text, taken over */
void reply_text_durable(struct exchange *x, int code, struct buf *text);
void reply_nothing(struct exchange *x);                          /* 204 */
void reply_retry_after(struct exchange *x, unsigned seconds);    /* a header, before one of the others */
void reply_fault(struct exchange *x, const struct fault *fault); /* once durable: it may tell of the host's state */

/* An answer that was owed came, or its fault: true when it is there and somebody waits for it; else all is done. */
bool reply_came(json_t *answer, const struct fault *fault, struct exchange *x);
void reply_error(struct exchange *x, int code, int status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- stream.c ---- */

#define MANY_MAX 1000 /* runs of one request */

#define STREAM_QUEUE_MAX (256 * KIB)
#define STREAM_BEAT_S    10

void stream_start(struct exchange *x);

/* One event; `event` and `id` may be NULL for none.  False when the watcher was too slow: `x` has ended then. */
bool stream_send(struct exchange *x, const char *event, const char *id, const json_t *data);
/* The id of the last event that a client had of this stream, as it says; NULL: it begins. */
const char *stream_last_id(const struct exchange *x);
/* Called when a client that was given as much as fits has read all of it. */
void stream_drained(struct exchange *x);
void stream_end(struct exchange *x); /* the last chunk; ends the exchange */
size_t stream_queued(const struct exchange *x);

/* ---- finish.c ---- */

/* Counts an answer until it has left or its client has gone; for an exchange that has ended, before its last bytes. */
void answer_leaves(struct api *a, struct evhttp_request *req);

/* ---- logs.c ---- */

int logs_open(struct logs **ret, struct event_base *loop, struct fault *fault);
void logs_close(struct logs **l);
void logs_unfollow(struct log_follower **f);

/* ---- requests.c ---- */

/* Reads the body of POST /v1/runs into `body` and `inputs`. */
int requests_read(struct exchange *x, const char *text, size_t len, struct fault *fault);
void requests_drop(struct exchange *x);
struct payload *requests_input(const struct exchange *x, size_t nth); /* borrowed; NULL: see the body */

/* ---- many.c ---- */

void many_forget(struct exchange *x); /* no longer waits */
bool many_open(const struct many *many); /* one of its runs has not ended */

/* ---- refusal.c ---- */

/* For evhttp_set_bevcb. */
struct bufferevent *refusal_bufferevent(struct event_base *loop, void *arg);

/* ---- handlers ---- */

json_t *host_layers(uint32_t layers); /* {"layers": [names], "degraded": bool, "missing": [names]?} */

void handle_host(struct exchange *x);
void handle_agents(struct exchange *x);
void handle_versions(struct exchange *x);
void handle_rollback(struct exchange *x);
void handle_withdraw(struct exchange *x);
void handle_install(struct exchange *x);
void handle_run_start(struct exchange *x);
void handle_runs_wait(struct exchange *x);
void handle_runs(struct exchange *x);
void handle_run(struct exchange *x);
void handle_run_wait(struct exchange *x);
void handle_run_tree(struct exchange *x);
void handle_run_journal(struct exchange *x);
void handle_run_events(struct exchange *x);
void handle_run_cancel(struct exchange *x);
void handle_run_budget(struct exchange *x);
void handle_budget(struct exchange *x);
void handle_run_resolve(struct exchange *x);
void handle_reviews(struct exchange *x);
void handle_review(struct exchange *x);
void handle_review_decide(struct exchange *x);
void handle_logs(struct exchange *x);
void handle_memory_spaces(struct exchange *x);
void handle_memory_put(struct exchange *x);
void handle_memory_get(struct exchange *x);
void handle_erase(struct exchange *x);
void handle_memory_forget(struct exchange *x);
void handle_memory_drop(struct exchange *x);
void handle_memory_keys(struct exchange *x);
void handle_memory_load(struct exchange *x);
void handle_memory_missing(struct exchange *x);
void handle_memory_documents(struct exchange *x);
void handle_memory_document(struct exchange *x);
void handle_memory_search(struct exchange *x);
void handle_memory_reindex(struct exchange *x);
void handle_backup(struct exchange *x);
void handle_policy(struct exchange *x);
void handle_alerts(struct exchange *x);
void handle_scores(struct exchange *x);
void handle_run_score(struct exchange *x);
void handle_breakers(struct exchange *x);
void handle_breakers_reset(struct exchange *x);

#endif
