/* POST /v1/erase: {"run": id, "why"?} or {"document": digest, "why"?}; what it was about goes, that it was stays. */

#include "config.h"

#include <string.h>

#include "api/serve.h"
#include "base/id.h"
#include "base/json.h"

#define DIGEST_BYTES 32

static void
run_erased(json_t *answer, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;

	if (reply_came(answer, fault, x))
		reply_json(x, 200, answer);
}

/* The runs that read it; in how many spaces it was is known from before. */
static void
readers_erased(json_t *runs, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;
	json_t *answer = x->past;

	x->past = NULL;
	if (!reply_came(runs, fault, x)) {
		json_decref(answer);
		return;
	}
	if (json_integer_value(json_object_get(answer, "spaces")) == 0 && json_array_size(runs) == 0) {
		json_decref(runs);
		json_decref(answer);
		reply_error(
		    x, 404, HOSPES_ENOENT, "no space of yours has a document with that digest, and no run read it");
		return;
	}
	json_object_set_new(answer, "runs", runs);
	reply_json(x, 200, answer);
}

static void
document_erased(json_t *answer, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;

	if (!reply_came(answer, fault, x))
		return;
	x->past = answer;
	exchange_owe(x);
	run_erase_readers(x->api->runs, json_string_value(json_object_get(answer, "document")), x->client, x->client,
	    json_string_value(json_object_get(x->body, "why")), readers_erased, x);
}

static bool
members_ok(struct exchange *x)
{
	const char *key;
	json_t *value;

	json_object_foreach(x->body, key, value)
	{
		if ((strcmp(key, "run") != 0 && strcmp(key, "document") != 0 && strcmp(key, "why") != 0) ||
		    !json_is_string(value)) {
			reply_error(x, 400, HOSPES_EINPUT,
			    "a request to erase has \"run\" or \"document\", and perhaps \"why\", which are texts");
			return false;
		}
	}
	return true;
}

void
handle_erase(struct exchange *x)
{
	const char *run = json_string_value(json_object_get(x->body, "run"));
	const char *document = json_string_value(json_object_get(x->body, "document"));
	uint8_t digest[DIGEST_BYTES];

	if (!members_ok(x))
		return;
	if ((run == NULL) == (document == NULL)) {
		reply_error(x, 400, HOSPES_EINPUT, "name a run or a document, not both");
		return;
	}
	if (document != NULL && !hex_parse(document, digest, sizeof digest)) {
		reply_error(x, 400, HOSPES_EINPUT, "a document is named by its digest, 64 hexadecimal digits");
		return;
	}
	exchange_owe(x);
	if (run != NULL)
		run_erase(
		    x->api->runs, run, x->client, json_string_value(json_object_get(x->body, "why")), run_erased, x);
	else
		memory_erase(x->api->memory, x->client, document, x->client, document_erased, x);
}
