/*
 * HTTP: the executor of the `http` op, libcurl's multi interface on the loop.
 *
 * The request was admitted by the guards; what is checked here is what only the socket shows: the address, for every
 * connection of every redirect, when it is opened.  Private, loopback, link-local, multicast and otherwise special
 * addresses (IANA special-purpose registries) are refused unless `allow_private`.  Redirects are followed here, one by
 * one, and each new URL is asked about with `admit`.
 *
 * Journals nothing: dispatch writes intent and outcome.  All [loop].
 */

#ifndef TOOL_HTTP_H
#define TOOL_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>

#include "base/buf.h"
#include "base/fault.h"

struct http;
struct http_transfer;

struct http_options {
	struct event_base *loop;
	size_t max_bytes;
	unsigned redirects;
	unsigned at_once; /* transfers in flight; more wait, in turns (base/turns.h) */
};

int http_open(struct http **ret, const struct http_options *options, struct fault *fault);
void http_close(struct http **h); /* drops what is in flight; nobody is told; not from within a callback */

/* The op's input, read and checked: method, headers, body.  Headers that would break framing or forge identity (Host,
 * Content-Length, Transfer-Encoding, Connection, ...) are bad_input. */
struct http_request {
	char *method;
	char *url; /* normalised */
	char *scheme, *host, *path;
	unsigned port;
	char **headers; /* "Name: value", NULL-terminated */
	struct payload *body;
	size_t max_bytes;
};
int http_request_read(const char *url, const struct payload *input, struct http_request *ret, struct fault *fault);
void http_request_clear(struct http_request *request);

/* What the host of a URL is by its name alone, when no public address can have it ("a loopback address"); else NULL. */
const char *http_host_special(const char *host);

/* Safe methods of RFC 9110, 9.2.1, that are idempotent by default here: GET and HEAD. */
bool http_idempotent(const char *method);

struct http_call {
	const struct http_request *request; /* read before http_start returns */
	const char *key;                    /* Idempotency-Key header, or NULL */
	int64_t timeout_ns;
	bool allow_private;
	bool once; /* what failed after it was sent is outcome_unknown, not http_failed: it may have taken place */
	/* May a redirect go there?  0 or a status with the fault filled in. */
	int (*admit)(const struct http_request *request, void *arg, struct fault *fault);
	/* Once, later: 0 and {"status", "url", "headers", "body" | "base64"} (the room's; take a reference), or a status and
	 * the sentence.  The transfer is gone when it returns. */
	void (*done)(int status, struct payload *answer, const struct fault *fault, void *arg);
	void *arg;
	const void *owner; /* for whom it is: where more wait than may be in flight, each owner has its turn; NULL: nobody's */
};

struct http_transfer *http_start(struct http *h, const struct http_call *call);

/* Some of its request has left, of this hop or one before.  Also from within `done`. */
bool http_sent(struct http_transfer *t);

/* The status of its answer; from within `done` alone, where there is one. */
unsigned http_code(struct http_transfer *t);

/* Stops it; `done` is not called. */
void http_cancel(struct http_transfer **t);

#endif
