/*
 * The table of requests, and what is checked of every one before its handler sees it: path, method, size and form of
 * the body.
 */

#include "config.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include <event2/buffer.h>

#include "api/serve.h"
#include "base/id.h"
#include "base/json.h"
#include "base/util.h"

enum route_body {
	BODY_NONE,
	BODY_JSON,
	BODY_INPUT,   /* JSON as large as a run's input */
	BODY_RUNS,    /* the same, or an array */
	BODY_DIGESTS, /* JSON that may name 100,000 documents */
	BODY_BYTES,
	BODY_BATCH, /* bytes, documents */
};
#define BODY_JSON_MAX    (64 * KIB)
#define BODY_DIGESTS_MAX (8 * MIB)

struct route {
	enum evhttp_cmd_type method;
	const char *pattern; /* "/v1/runs/{}/wait" */
	enum route_body body;
	void (*handle)(struct exchange *x);
};

static const struct route routes[] = {
    {EVHTTP_REQ_GET, "/v1/host", BODY_NONE, handle_host},
    {EVHTTP_REQ_GET, "/v1/agents", BODY_NONE, handle_agents},
    {EVHTTP_REQ_GET, "/v1/versions", BODY_NONE, handle_versions},
    {EVHTTP_REQ_POST, "/v1/agents/{}/rollback", BODY_JSON, handle_rollback},
    {EVHTTP_REQ_POST, "/v1/agents/{}/withdraw", BODY_JSON, handle_withdraw},
    {EVHTTP_REQ_POST, "/v1/plugins", BODY_BYTES, handle_install},
    {EVHTTP_REQ_POST, "/v1/runs", BODY_RUNS, handle_run_start},
    {EVHTTP_REQ_POST, "/v1/runs/wait", BODY_JSON, handle_runs_wait},
    {EVHTTP_REQ_GET, "/v1/runs", BODY_NONE, handle_runs},
    {EVHTTP_REQ_GET, "/v1/runs/{}", BODY_NONE, handle_run},
    {EVHTTP_REQ_GET, "/v1/runs/{}/wait", BODY_NONE, handle_run_wait},
    {EVHTTP_REQ_GET, "/v1/runs/{}/tree", BODY_NONE, handle_run_tree},
    {EVHTTP_REQ_GET, "/v1/budget", BODY_NONE, handle_budget},
    {EVHTTP_REQ_GET, "/v1/runs/{}/budget", BODY_NONE, handle_run_budget},
    {EVHTTP_REQ_GET, "/v1/runs/{}/journal", BODY_NONE, handle_run_journal},
    {EVHTTP_REQ_GET, "/v1/runs/{}/events", BODY_NONE, handle_run_events},
    {EVHTTP_REQ_POST, "/v1/runs/{}/cancel", BODY_JSON, handle_run_cancel},
    {EVHTTP_REQ_POST, "/v1/runs/{}/resolve", BODY_INPUT, handle_run_resolve},
    {EVHTTP_REQ_GET, "/v1/reviews", BODY_NONE, handle_reviews},
    {EVHTTP_REQ_GET, "/v1/reviews/{}", BODY_NONE, handle_review},
    {EVHTTP_REQ_POST, "/v1/reviews/{}/decide", BODY_INPUT, handle_review_decide},
    {EVHTTP_REQ_POST, "/v1/erase", BODY_JSON, handle_erase},
    {EVHTTP_REQ_GET, "/v1/logs", BODY_NONE, handle_logs},
    {EVHTTP_REQ_GET, "/v1/memory", BODY_NONE, handle_memory_spaces},
    {EVHTTP_REQ_POST, "/v1/memory/reindex", BODY_JSON, handle_memory_reindex},
    {EVHTTP_REQ_POST, "/v1/memory/{}/put", BODY_INPUT, handle_memory_put},
    {EVHTTP_REQ_POST, "/v1/memory/{}/get", BODY_JSON, handle_memory_get},
    {EVHTTP_REQ_POST, "/v1/memory/{}/forget", BODY_JSON, handle_memory_forget},
    {EVHTTP_REQ_POST, "/v1/memory/{}/drop", BODY_JSON, handle_memory_drop},
    {EVHTTP_REQ_GET, "/v1/memory/{}/keys", BODY_NONE, handle_memory_keys},
    {EVHTTP_REQ_GET, "/v1/memory/{}/documents", BODY_NONE, handle_memory_documents},
    {EVHTTP_REQ_POST, "/v1/memory/{}/documents", BODY_BATCH, handle_memory_load},
    {EVHTTP_REQ_POST, "/v1/memory/{}/missing", BODY_DIGESTS, handle_memory_missing},
    {EVHTTP_REQ_POST, "/v1/memory/{}/document", BODY_JSON, handle_memory_document},
    {EVHTTP_REQ_POST, "/v1/memory/{}/search", BODY_DIGESTS, handle_memory_search},
    {EVHTTP_REQ_POST, "/v1/backup", BODY_JSON, handle_backup},
    {EVHTTP_REQ_GET, "/v1/policy", BODY_NONE, handle_policy},
    {EVHTTP_REQ_GET, "/v1/alerts", BODY_NONE, handle_alerts},
    {EVHTTP_REQ_GET, "/v1/scores", BODY_NONE, handle_scores},
    {EVHTTP_REQ_POST, "/v1/runs/{}/score", BODY_JSON, handle_run_score},
    {EVHTTP_REQ_GET, "/v1/breakers", BODY_NONE, handle_breakers},
    {EVHTTP_REQ_POST, "/v1/breakers/reset", BODY_JSON, handle_breakers_reset},
};

/* One segment of a path, decoded.  Names and ids are printable ASCII without slashes; nothing else gets further. */
static int
decode(const char *from, size_t len, char out[ROUTE_NAME_MAX], struct fault *fault)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];

		if (c == '%') {
			int high = i + 1 < len ? hex_digit(from[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(from[i + 2]) : -1;

			if (high < 0 || low < 0)
				return fault_set(fault, HOSPES_EINPUT,
				    "the path has a %% without two hexadecimal digits after it; write %%25 for a %%");
			c = (unsigned char)(high * 16 + low);
			i += 2;
		}
		if (c <= ' ' || c >= 0x7f || c == '/')
			return fault_set(fault, HOSPES_EINPUT,
			    "the name in the path has the byte 0x%02x; names and ids have letters, digits and hyphens",
			    c);
		if (n + 1 >= ROUTE_NAME_MAX)
			return fault_set(fault, HOSPES_EINPUT,
			    "the name in the path is longer than %d bytes, which no name or id is", ROUTE_NAME_MAX - 1);
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return 0;
}

/* Where the pattern's {} begins in the path and how long it is; false: the path is not of this pattern. */
static bool
matches(const char *pattern, const char *path, const char **at, size_t *len)
{
	const char *hole = strstr(pattern, "{}");
	size_t head, tail, have = strlen(path);

	*at = NULL;
	if (hole == NULL)
		return strcmp(pattern, path) == 0;
	head = (size_t)(hole - pattern);
	tail = strlen(hole + 2);
	if (have <= head + tail || memcmp(pattern, path, head) != 0 || strcmp(path + have - tail, hole + 2) != 0)
		return false;
	*at = path + head;
	*len = have - head - tail;
	return memchr(*at, '/', *len) == NULL;
}

enum route_answer { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD, ROUTE_BAD_NAME };

/* Looks a request up in the table.  `name` gets what stands for {}; with ROUTE_NO_METHOD `allow` gets the methods that
 * the path has; with ROUTE_BAD_NAME the fault is filled in. */
static enum route_answer
route_find(enum evhttp_cmd_type method, const char *path, const struct route **ret, char name[ROUTE_NAME_MAX],
    char allow[32], struct fault *fault)
{
	bool known = false;

	allow[0] = '\0';
	name[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		const char *at = NULL;
		size_t len = 0;

		if (!matches(routes[i].pattern, path, &at, &len))
			continue;
		if (routes[i].method != method) {
			strcat(allow, known ? ", " : "");
			strcat(allow, routes[i].method == EVHTTP_REQ_GET ? "GET" : "POST");
			known = true;
			continue;
		}
		if (at != NULL && decode(at, len, name, fault) != 0)
			return ROUTE_BAD_NAME;
		*ret = &routes[i];
		return ROUTE_FOUND;
	}
	return known ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}

static size_t
body_max(const struct exchange *x, enum route_body body)
{
	switch (body) {
	case BODY_NONE:
		return 0;
	case BODY_JSON:
		return BODY_JSON_MAX;
	case BODY_DIGESTS:
		return BODY_DIGESTS_MAX;
	case BODY_INPUT:
	case BODY_RUNS:
	case BODY_BYTES:
		return x->api->policy->input_max + BODY_WRAPPING;
	case BODY_BATCH:
		return BODY_BATCH_MAX;
	}
	abort();
}

static int
read_body(struct exchange *x, const struct route *route, struct fault *fault)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(x->req);
	size_t len = evbuffer_get_length(in), max = body_max(x, route->body);

	if (len > max)
		return fault_set(
		    fault, HOSPES_ETOOLARGE, "the body has %zu bytes; %s takes at most %zu", len, route->pattern, max);
	if (route->body == BODY_NONE || route->body == BODY_BYTES || route->body == BODY_BATCH)
		return 0;
	if (len == 0 && route->body == BODY_JSON) {
		x->body = json_object();
		return 0;
	}
	if (route->body == BODY_RUNS && len > 0)
		return requests_read(x, (const char *)evbuffer_pullup(in, -1), len, fault);
	x->body =
	    json_read(len > 0 ? evbuffer_pullup(in, -1) : (const void *)"", len, "the body of the request", fault);
	if (x->body == NULL)
		return fault->status;
	if (!json_is_object(x->body))
		return fault_set(fault, HOSPES_EINPUT, "the body of the request has to be a JSON object");
	evbuffer_drain(in, len);
	return 0;
}

static int
read_query(struct exchange *x, const struct evhttp_uri *uri, struct fault *fault)
{
	const char *query = evhttp_uri_get_query(uri);

	if (query == NULL || query[0] == '\0')
		return 0;
	if (evhttp_parse_query_str(query, &x->query) != 0)
		return fault_set(
		    fault, HOSPES_EINPUT, "what follows the ? in the path is not KEY=VALUE[&KEY=VALUE]...");
	return 0;
}

void
route_request(struct evhttp_request *req, void *arg)
{
	struct api *a = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	const struct route *route = NULL;
	struct fault fault;
	struct exchange *x;
	char allow[32];

	assert(a->magic == API_MAGIC);
	x = exchange_new(a, req);
	if (x == NULL)
		return;
	if (a->n_exchanges > a->exchanges_most) {
		reply_retry_after(x, EXCHANGES_RETRY_S);
		reply_error(x, 503, HOSPES_EBUSY,
		    "%u requests are being answered, as many as may be; try again in %d s", a->n_exchanges - 1,
		    EXCHANGES_RETRY_S);
		return;
	}
	switch (route_find(evhttp_request_get_command(req), path != NULL ? path : "", &route, x->name, allow, &fault)) {
	case ROUTE_NO_PATH:
		reply_error(
		    x, 404, HOSPES_ENOENT, "there is nothing at this path; see `hospes --help` for what there is");
		return;
	case ROUTE_NO_METHOD:
		evhttp_add_header(evhttp_request_get_output_headers(req), "Allow", allow);
		reply_error(x, 405, HOSPES_EINPUT, "this path takes %s and no other method", allow);
		return;
	case ROUTE_BAD_NAME:
		reply_fault(x, &fault);
		return;
	case ROUTE_FOUND:
		break;
	}
	if (read_query(x, uri, &fault) != 0 || read_body(x, route, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	route->handle(x);
}
