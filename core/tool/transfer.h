/* Private to the room: one transfer, from http_start to done. */

#ifndef TOOL_TRANSFER_H
#define TOOL_TRANSFER_H

#include <sys/queue.h>

#include <curl/curl.h>

#include "base/turns.h"
#include "tool/address.h"
#include "tool/answer.h"
#include "tool/http.h"

#define TRANSFER_MAGIC 0x48545458u

/* Transfers that may reach private addresses have a connection pool of their own: a connection that one of them opened
 * must never carry a request of one that may not. */
struct lane {
	struct http *http;
	CURLM *multi;
	struct event *timer;
};

TAILQ_HEAD(transfers, http_transfer);

struct http_transfer {
	unsigned magic;
	TAILQ_ENTRY(http_transfer) link; /* in http->running or http->failed */
	struct turn_item turn;           /* in http->waiting */
	struct http *http;
	struct lane *lane;
	bool running;
	bool busy; /* a function of its owner is being called: cancelling only marks it */
	bool gone; /* cancelled while busy */
	bool sent; /* some of a request has left, of this hop or one before */

	struct http_request request; /* of this hop */
	char *key;
	int64_t timeout_ns;
	bool allow_private, once;
	size_t max_bytes;
	unsigned redirects;
	int (*admit)(const struct http_request *request, void *arg, struct fault *fault);
	void (*done)(int status, struct payload *answer, const struct fault *fault, void *arg);
	void *arg;

	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	struct answer answer;
	struct event *deadline;
	struct fault early; /* found wrong in http_start, told from the loop */

	/* of this hop */
	unsigned opened;     /* sockets */
	const char *special; /* what the address was that was refused, NULL: none was */
	char special_address[ADDRESS_TEXT];
};

/* Makes the curl handle ready for the request at hand. */
void transfer_prepare(struct http_transfer *t);

/* Why curl ended with `result`, told as a fault; returns its status. */
int transfer_failed(const struct http_transfer *t, CURLcode result, struct fault *fault);

/* The hop's answer is in: 1: there is another hop, and t->request is what to ask; 0: this is the last; else the fault.
 * Asks admit, so `t` may be `gone` afterwards. */
int transfer_redirect(struct http_transfer *t, unsigned redirects_max, struct fault *fault);

#endif
