/* GET /v1/breakers, POST /v1/breakers/reset. */

#include "config.h"

#include "api/serve.h"
#include "base/json.h"

#define NAME_MAX_BYTES 320 /* of "https://HOST:PORT" */
#define WHY_MAX        1024

void
handle_breakers(struct exchange *x)
{
	reply_durable(x, 200, dispatch_breakers(x->api->dispatch));
}

/* A text of the request; NULL where there is none. */
static int
read_text(const struct exchange *x, const char *key, size_t max, const char **ret, struct fault *fault)
{
	const json_t *value = json_object_get(x->body, key);

	*ret = json_string_value(value);
	if (value == NULL || json_is_null(value) || (*ret != NULL && json_string_length(value) <= max))
		return 0;
	return fault_set(fault, HOSPES_EINPUT, "%s has to be a text of at most %zu bytes", key, max);
}

void
handle_breakers_reset(struct exchange *x)
{
	static const char *const known[] = {"name", "version", "why", NULL};
	const char *stranger = json_stranger(x->body, known), *name, *version, *why;
	struct fault fault;
	json_t *answer;

	if (stranger != NULL) {
		reply_error(
		    x, 400, HOSPES_EINPUT, "the request has a member %.60s; it takes name, version and why", stranger);
		return;
	}
	if (read_text(x, "name", NAME_MAX_BYTES, &name, &fault) != 0 ||
	    read_text(x, "version", PLUGIN_SEMVER_MAX, &version, &fault) != 0 ||
	    read_text(x, "why", WHY_MAX, &why, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	if (name == NULL) {
		reply_error(
		    x, 400, HOSPES_EINPUT, "name is missing: a plugin, or a host as `hospes breakers` tells it");
		return;
	}
	if (dispatch_reset_breakers(
		x->api->dispatch, name, version, x->client, why != NULL ? why : "", &answer, &fault) != 0)
		reply_fault(x, &fault);
	else
		reply_durable(x, 200, answer);
}
