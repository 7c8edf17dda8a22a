/*
 * Memory: values under keys and documents, as ops of the host.
 *
 * A target is "SPACE/KEY", with an empty SPACE for the plugin's own.  What cannot be a name or a key is refused here, so
 * that no target means anything else than its two halves.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctx.h"

#define SPACE_MOST 64u
#define KEY_MOST   255u

static bool
space_valid(const char *space)
{
	size_t len = strlen(space);

	return len >= 1 && len <= SPACE_MOST && space[0] >= 'a' && space[0] <= 'z' &&
	       strspn(space, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int
memory_ask(struct hospes_ctx *ctx, const char *function, uint16_t kind, const char *space, const char *key,
    struct memory_ask *ask)
{
	int rc = ctx_check_op(ctx, function);

	if (rc != 0)
		return rc;
	if (space != NULL && !space_valid(space))
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "%s was given the space \"%.80s\"; NULL is the plugin's own, others are named by a small letter "
		    "and up "
		    "to 63 small letters, digits and dashes",
		    function, space);
	if (key != NULL && strlen(key) > KEY_MOST)
		return ctx_fail(ctx, HOSPES_EINPUT, "%s was given a key of %zu bytes; a key has 1 to %u", function,
		    strlen(key), KEY_MOST);
	snprintf(ask->target, sizeof(ask->target), "%s%s%s", space != NULL ? space : "", key != NULL ? "/" : "",
	    key != NULL ? key : "");
	ask->request =
	    (struct op_request){.kind = kind, .target = ask->target, .input = "{}", .input_len = sizeof("{}") - 1};
	return 0;
}

/* For the functions that are about one key. */
static int
ask_of_key(struct hospes_ctx *ctx, const char *function, uint16_t kind, const char *space, const char *key,
    struct memory_ask *ask)
{
	int rc = memory_ask(ctx, function, kind, space, key, ask);

	if (rc == 0 && (key == NULL || key[0] == '\0'))
		rc = ctx_fail(ctx, HOSPES_EINPUT, "%s was given no key; a key has 1 to %u bytes", function, KEY_MOST);
	return rc;
}

int
memory_input(struct hospes_ctx *ctx, const char *function, json_t *json, struct memory_ask *ask)
{
	size_t len = json == NULL ? 0 : json_dumpb(json, NULL, 0, JSON_COMPACT);
	char *text = len == 0 ? NULL : ctx_scratch(ctx, len);

	if (text != NULL)
		json_dumpb(json, text, len, JSON_COMPACT);
	json_decref(json);
	if (text == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "%s was given a text that is not UTF-8, or no memory is left to write the request", function);
	ask->request.input = text;
	ask->request.input_len = len;
	return 0;
}

/* Makes the request and gives its answer as it came. */
static int
ask_and_wait(struct hospes_ctx *ctx, int rc, struct memory_ask *ask, hospes_value **ret)
{
	struct hospes_op op = {.arrived = false};

	if (rc == 0)
		rc = op_run(ctx, &op, &ask->request);
	if (rc == 0 && ret != NULL)
		*ret = op.answer.value;
	return rc;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* The bytes of the value travel as they are, between the two halves of the object that the host expects. */
static int
remember(struct hospes_ctx *ctx, const char *function, const char *space, const char *key, const uint64_t *version,
    const hospes_value *value)
{
	struct memory_ask ask;
	char behind[48] = "}";
	int rc = ask_of_key(ctx, function, WIRE_OP_REMEMBER, space, key, &ask);

	if (rc != 0)
		return rc;
	if (value == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT, "%s was given no value; is there a member of that name?", function);
	if (version != NULL && *version > INT64_MAX)
		return ctx_fail(ctx, HOSPES_EINPUT, "%s was given the version %" PRIu64 ", which no value can have",
		    function, *version);
	if (version != NULL)
		snprintf(behind, sizeof(behind), ",\"version\":%" PRIu64 "}", *version);
	ask.request.before = "{\"value\":";
	ask.request.input = hospes_bytes(value, &ask.request.input_len);
	ask.request.behind = behind;
	if (ask.request.input == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write the value of %s", key);
	return ask_and_wait(ctx, 0, &ask, NULL);
}

int
hospes_remember(hospes_ctx *ctx, const char *space, const char *key, const hospes_value *value)
{
	return remember(ctx, "hospes_remember", space, key, NULL, value);
}

int
hospes_remember_if(hospes_ctx *ctx, const char *space, const char *key, uint64_t version, const hospes_value *value)
{
	return remember(ctx, "hospes_remember_if", space, key, &version, value);
}

int
hospes_recall(hospes_ctx *ctx, const char *space, const char *key, hospes_value **ret, uint64_t *version)
{
	hospes_value *answer, *value;
	struct memory_ask ask;
	int rc = ask_of_key(ctx, "hospes_recall", WIRE_OP_RECALL, space, key, &ask);

	rc = ask_and_wait(ctx, rc, &ask, &answer);
	if (rc != 0)
		return rc;
	value = hospes_get(answer, "value");
	if (value == NULL)
		return ctx_fail(ctx, HOSPES_EPROTOCOL, "the host recalled no value for %s, or no memory is left", key);
	if (ret != NULL)
		*ret = value;
	if (version != NULL)
		*version = (uint64_t)hospes_int(answer, "version");
	/* What was around it goes, so that hospes_release of the value gives all of it back. */
	answer->members = NULL;
	hospes_release(answer);
	return 0;
}

int
hospes_forget(hospes_ctx *ctx, const char *space, const char *key)
{
	struct memory_ask ask;
	int rc = ask_of_key(ctx, "hospes_forget", WIRE_OP_FORGET, space, key, &ask);

	return ask_and_wait(ctx, rc, &ask, NULL);
}

/* ---- Lists and documents ----------------------------------------------------------------------------------------- */

int
memory_add(json_t **json, const char *key, json_t *member)
{
	if (json_object_set_new(*json, key, member) == 0)
		return 0;
	json_decref(*json);
	*json = NULL;
	return -1;
}

/* {"after", "most"}, what is not said left out; NULL when `after` is no text. */
static json_t *
part_of_list(const char *after, size_t most)
{
	json_t *json = json_object();

	if (after != NULL && memory_add(&json, "after", json_string(after)) != 0)
		return NULL;
	if (most > 0)
		memory_add(&json, "most", json_integer(most > INT32_MAX ? INT32_MAX : (json_int_t)most));
	return json;
}

int
hospes_list(hospes_ctx *ctx, const char *space, const char *prefix, const char *after, size_t most, hospes_value **ret)
{
	struct memory_ask ask;
	int rc = memory_ask(ctx, "hospes_list", WIRE_OP_LIST, space, prefix != NULL ? prefix : "", &ask);

	if (rc == 0)
		rc = memory_input(ctx, "hospes_list", part_of_list(after, most), &ask);
	return ask_and_wait(ctx, rc, &ask, ret);
}

int
hospes_documents(hospes_ctx *ctx, const char *space, const char *after, size_t most, hospes_value **ret)
{
	struct memory_ask ask;
	int rc = memory_ask(ctx, "hospes_documents", WIRE_OP_DOCUMENTS, space, NULL, &ask);

	if (rc == 0)
		rc = memory_input(ctx, "hospes_documents", part_of_list(after, most), &ask);
	return ask_and_wait(ctx, rc, &ask, ret);
}

int
hospes_document(hospes_ctx *ctx, const char *space, const char *digest, size_t from, size_t to, hospes_value **ret)
{
	struct memory_ask ask;
	char input[80];
	int rc = ask_of_key(ctx, "hospes_document", WIRE_OP_DOCUMENT, space, digest, &ask);

	if (rc == 0) {
		ask.request.input = input;
		ask.request.input_len =
		    (size_t)snprintf(input, sizeof(input), "{\"from\":%" PRId64 ",\"to\":%" PRId64 "}",
			from > INT64_MAX ? INT64_MAX : (int64_t)from, to > INT64_MAX ? INT64_MAX : (int64_t)to);
	}
	return ask_and_wait(ctx, rc, &ask, ret);
}
