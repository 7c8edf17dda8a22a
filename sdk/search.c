/*
 * Searching memory: the one op of memory that can be started and left, so that several go on at once.
 */

#include <string.h>

#include "ctx.h"

/* Adds digests up to the NULL; 0, or -1 when one is no text. */
static int
add_within(json_t **json, const char *const *within)
{
	json_t *digests = json_array();

	for (; *within != NULL; within++) {
		if (json_array_append_new(digests, json_string(*within)) != 0) {
			json_decref(digests);
			json_decref(*json);
			*json = NULL;
			return -1;
		}
	}
	return memory_add(json, "within", digests);
}

static json_t *
search_json(const char *query, const hospes_search_options *options)
{
	json_t *json = json_object();

	if (memory_add(&json, "query", json_string(query)) != 0)
		return NULL;
	if (options->most > 0)
		memory_add(&json, "most", json_integer((json_int_t)options->most));
	if (options->most_each > 0)
		memory_add(&json, "most_each", json_integer((json_int_t)options->most_each));
	if (options->within != NULL)
		add_within(&json, options->within);
	return json;
}

static int
search_ask(struct hospes_ctx *ctx, const char *function, const char *space, const char *query,
    const hospes_search_options *given, struct memory_ask *ask)
{
	hospes_search_options options = {.size = 0};
	int rc = memory_ask(ctx, function, WIRE_OP_SEARCH, space, NULL, ask);

	if (rc != 0)
		return rc;
	if (query == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT, "%s was given no query; expected some words", function);
	if (given != NULL && given->size < sizeof(given->size))
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "%s: the size of hospes_search_options is not set; make them with HOSPES_SEARCH(...)", function);
	if (given != NULL)
		memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
	if (options.most > INT32_MAX || options.most_each > INT32_MAX)
		return ctx_fail(ctx, HOSPES_EINPUT, "%s was asked for more passages than there can be", function);
	return memory_input(ctx, function, search_json(query, &options), ask);
}

int
hospes_search(
    hospes_ctx *ctx, const char *space, const char *query, const hospes_search_options *options, hospes_value **ret)
{
	struct hospes_op op = {.arrived = false};
	struct memory_ask ask;
	int rc = search_ask(ctx, "hospes_search", space, query, options, &ask);

	if (rc == 0)
		rc = op_run(ctx, &op, &ask.request);
	if (rc == 0 && ret != NULL)
		*ret = op.answer.value;
	return rc;
}

hospes_op *
hospes_search_start(hospes_ctx *ctx, const char *space, const char *query, const hospes_search_options *options)
{
	struct memory_ask ask = {.request = {.waits = false}};
	int rc = search_ask(ctx, "hospes_search_start", space, query, options, &ask);

	if (rc == 0) {
		/* The answer names it for as long as the call lasts. */
		ask.request.target = ctx_copy(ctx, ask.target, strlen(ask.target));
		if (ask.request.target == NULL) {
			(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for another op");
			return NULL;
		}
	}
	return op_start(ctx, rc, &ask.request);
}
