/*
 * POST /v1/runs: a run is started, or many.
 *
 * A request may come with a key, in the header Idempotency-Key or, in an array, as its member "key".  Whoever lost the
 * answer asks again under the same key and is told of the run that there is.  Keys are looked for first, all of a request
 * together; then nothing comes between that and the start.
 */

#include "config.h"

#include <string.h>
#include <strings.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"

#define KEY_HEADER "Idempotency-Key"
#define KEY_IS     "a key has 1 to %d visible ASCII characters, such as a UUID"

/* The client is told by its own words what is wrong with its request. */
static int
check_request(const json_t *request, struct fault *fault)
{
	static const char *const members[] = {
	    "plugin", "input", "version", "config", "budget", "sources", "script", "key", NULL};
	const json_t *plugin = json_object_get(request, "plugin"), *run_key = json_object_get(request, "key");
	const char *stranger = json_stranger(request, members);

	if (stranger != NULL)
		return fault_set(fault, HOSPES_EINPUT,
		    "the request has a member %.60s; it takes plugin, input, version, config, budget, sources "
		    "and key",
		    stranger);
	if (!json_is_string(plugin) || !plugin_name_valid(json_string_value(plugin)))
		return fault_set(fault, HOSPES_EINPUT,
		    "plugin has to name an agent or strategy: a letter and at most 63 letters, digits and hyphens, all "
		    "lower case");
	if (run_key != NULL &&
	    !(json_is_string(run_key) && run_key_valid(json_string_value(run_key), json_string_length(run_key))))
		return fault_set(fault, HOSPES_EINPUT, KEY_IS, RUN_KEY_MAX);
	return 0;
}

static int
start(struct exchange *x, const json_t *request, size_t nth, struct run_keys *keys, struct buf *out, bool *again,
    struct fault *fault)
{
	struct run_key *key = keys != NULL ? run_keys_nth(keys, nth) : NULL;
	struct run *run;

	if (!json_is_object(request))
		return fault_set(fault, HOSPES_EINPUT, "a request for a run has to be a JSON object");
	if ((nth == 0 || request != json_array_get(x->body, nth - 1)) && check_request(request, fault) != 0)
		return fault->status;
	if (run_start(x->api->runs, request, requests_input(x, nth), x->client, key, &run, fault) != 0)
		return fault->status;
	*again = run == NULL;
	if (*again)
		run_key_text(x->api->runs, key, out);
	else
		run_text(run, false, out);
	return 0;
}

static void
start_many(struct exchange *x, struct run_keys *keys)
{
	_cleanup_(buf_free) struct buf out = {0};
	json_t *request;
	size_t i;

	json_array_foreach(x->body, i, request)
	{
		struct fault fault;
		bool again;

		buf_appends(&out, i == 0 ? "[" : ",");
		if (start(x, request, i, keys, &out, &again, &fault) != 0) {
			_cleanup_(json_p) json_t *error = api_error(fault.status, fault.text);
			_cleanup_(free_p) char *text = json_text(error);

			buf_appends(&out, text);
		}
	}
	buf_appends(&out, "]");
	reply_text_durable(x, 202, &out);
}

static void
start_all(struct exchange *x, struct run_keys *keys)
{
	_cleanup_(buf_free) struct buf out = {0};
	struct fault fault;
	bool again = false;

	if (json_is_array(x->body))
		start_many(x, keys);
	else if (start(x, x->body, 0, keys, &out, &again, &fault) != 0)
		reply_fault(x, &fault);
	else
		reply_text_durable(x, again ? 200 : 202, &out);
}

static void
keys_found(struct run_keys *keys, void *arg)
{
	struct exchange *x = arg;

	if (exchange_paid(x))
		start_all(x, keys);
}

/* ---- Keys -------------------------------------------------------------------------------------------------------- */

/* The key in the header; two of them, or another one in the body, would leave open which is meant. */
static int
header_key(struct exchange *x, const char **ret, struct fault *fault)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(x->req);
	const json_t *member = json_object_get(x->body, "key");
	const char *found = NULL;
	struct evkeyval *h;

	TAILQ_FOREACH(h, headers, next)
	{
		if (strcasecmp(h->key, KEY_HEADER) != 0)
			continue;
		if (found != NULL && strcmp(found, h->value) != 0)
			return fault_set(fault, HOSPES_EINPUT, "the request has two different keys in " KEY_HEADER);
		found = h->value;
	}
	*ret = NULL;
	if (found == NULL)
		return 0;
	if (!run_key_valid(found, strlen(found)))
		return fault_set(fault, HOSPES_EINPUT, KEY_HEADER ": " KEY_IS, RUN_KEY_MAX);
	if (json_is_array(x->body))
		return fault_set(fault, HOSPES_EINPUT,
		    KEY_HEADER " is for one request; each request of an array has its own, as its member \"key\"");
	if (member != NULL && (!json_is_string(member) || strcmp(json_string_value(member), found) != 0))
		return fault_set(fault, HOSPES_EINPUT,
		    "the request has one key in " KEY_HEADER " and another as its member \"key\"");
	*ret = found;
	return 0;
}

/* A wrong one is left to check_request. */
static const char *
member_key(const json_t *request)
{
	const json_t *key = json_object_get(request, "key");

	if (!json_is_string(key) || !run_key_valid(json_string_value(key), json_string_length(key)))
		return NULL;
	return json_string_value(key);
}

void
handle_run_start(struct exchange *x)
{
	size_t n = json_is_array(x->body) ? json_array_size(x->body) : 1;
	_cleanup_(free_p) const char **keys = NULL;
	const char *header = NULL;
	struct fault fault;
	bool any = false;

	if (n < 1 || n > MANY_MAX) {
		reply_error(
		    x, 400, HOSPES_EINPUT, "the array has %zu requests; 1 to %d are started at once", n, MANY_MAX);
		return;
	}
	if (header_key(x, &header, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	keys = xcalloc(n, sizeof(*keys));
	for (size_t i = 0; i < n; i++) {
		const json_t *request = json_is_array(x->body) ? json_array_get(x->body, i) : x->body;

		keys[i] = header != NULL ? header : member_key(request);
		any = any || keys[i] != NULL;
	}
	if (!any) {
		start_all(x, NULL);
		return;
	}
	exchange_owe(x);
	run_keys_find(x->api->runs, x->client, keys, n, keys_found, x);
}
