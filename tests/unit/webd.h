/*
 * For unit tests: a webd (tests/fixtures/webd.c) as a child, and HTTP transfers that are waited for.
 *
 * Nothing sleeps: the loop runs until what is waited for has come.
 */

#ifndef UNIT_WEBD_H
#define UNIT_WEBD_H

#include <jansson.h>

#include "tool/http.h"

struct webd_child {
	int in, pid;
	unsigned port;
};

/* `address` NULL: 127.0.0.1 */
void webd_start(struct webd_child *w, const char *address);
void webd_stop(struct webd_child *w);

/* What came of a transfer. */
struct outcome {
	struct event_base *loop;
	struct http_transfer *transfer;
	bool over;
	int status;
	json_t *answer;
	struct fault fault;
};

struct asking {
	const char *url;   /* "/path" is asked of the child at 127.0.0.1 */
	const char *input; /* JSON, NULL: {} */
	const char *key;
	int64_t timeout_ms; /* 0: 10 s */
	bool public_only, once;
	int (*admit)(const struct http_request *request, void *arg, struct fault *fault);
};

/* Starts it; `o` must stay until it is over. */
void ask_start(
    struct http *h, const struct webd_child *w, struct event_base *loop, const struct asking *a, struct outcome *o);

/* Runs the loop until it is over. */
void ask_wait(struct outcome *o);
void ask(
    struct http *h, const struct webd_child *w, struct event_base *loop, const struct asking *a, struct outcome *o);
void outcome_clear(struct outcome *o);

long outcome_http_status(const struct outcome *o); /* -1: no answer */
const char *outcome_body(const struct outcome *o);
const char *outcome_header(const struct outcome *o, const char *name);
json_t *outcome_json(const struct outcome *o); /* the body, parsed; the caller's */

#endif
