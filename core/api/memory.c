/*
 * Memory: values and documents of the client's spaces, and searching.
 *
 * The client is whoever the socket says; it names its own spaces and reaches no other's.  Whatever the room answers tells
 * of what has been applied, so all of it waits until that is durable.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/serve.h"
#include "base/json.h"
#include "base/util.h"
#include "memory/memory.h"

#define LIST_MAX 10000u

static void
answered(json_t *answer, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;

	x->asks_memory = false;
	if (answer == NULL)
		reply_fault(x, fault);
	else
		reply_durable(x, 200, answer);
}

/* From here on the answer may have come, and the exchange gone, when a function of the room returns. */
static struct memory *
ask(struct exchange *x)
{
	x->asks_memory = true;
	return x->api->memory;
}

static void
change(struct exchange *x, struct memory_command *command)
{
	memory_append(ask(x), command, x->client, answered, x);
}

/* ---- What a request says ---- */

/* The client's space that the path names; false: answered already. */
static bool
space_of(struct exchange *x, struct memory_space *ret)
{
	*ret = (struct memory_space){.client = x->client, .name = x->name};
	if (memory_name_valid(x->name))
		return true;
	reply_error(x, 400, HOSPES_EINPUT,
	    "%s cannot be the name of a space: a letter and at most 63 letters, digits and hyphens, all lower case, "
	    "and "
	    "not \"" MEMORY_SOURCES "\"",
	    x->name);
	return false;
}

#define MEMBERS(...)                                                                                                   \
	(const char *const[])                                                                                          \
	{                                                                                                              \
		__VA_ARGS__, NULL                                                                                      \
	}
#define NO_MEMBERS                                                                                                     \
	(const char *const[])                                                                                          \
	{                                                                                                              \
		NULL                                                                                                   \
	}

/* Has the body no other members than these? */
static bool
only_members(struct exchange *x, const char *const *allowed)
{
	const char *stranger = json_stranger(x->body, allowed);

	if (stranger != NULL) {
		reply_error(x, 400, HOSPES_EINPUT, "the request has a member %.60s, which it does not take", stranger);
		return false;
	}
	return true;
}

/* A member that has to be a text; NULL: answered already. */
static const char *
text_of(struct exchange *x, const char *member, const char *what)
{
	const char *text = json_string_value(json_object_get(x->body, member));

	if (text == NULL)
		reply_error(x, 400, HOSPES_EINPUT, "%s is missing: %s", member, what);
	return text;
}

static const char *
key_of(struct exchange *x)
{
	const char *key = text_of(x, "key", "name the value by a text");

	if (key == NULL || memory_key_valid(key))
		return key;
	reply_error(
	    x, 400, HOSPES_EINPUT, "a key has 1 to %d bytes of text without control characters", MEMORY_KEY_MAX);
	return NULL;
}

/* A whole number that may be missing; `none` then.  False: answered already. */
static bool
number_of(struct exchange *x, const char *member, uint64_t none, uint64_t *ret)
{
	const json_t *value = json_object_get(x->body, member);

	*ret = none;
	if (value == NULL || json_is_null(value))
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0) {
		reply_error(x, 400, HOSPES_EINPUT, "%s has to be a whole number from 0 on", member);
		return false;
	}
	*ret = (uint64_t)json_integer_value(value);
	return true;
}

static bool
limit_of(struct exchange *x, size_t *ret)
{
	const char *limit = exchange_query(x, "limit");
	unsigned long n;
	char *end;

	*ret = 0;
	if (limit == NULL)
		return true;
	errno = 0;
	n = strtoul(limit, &end, 10);
	if (limit[0] < '0' || limit[0] > '9' || *end != '\0' || errno != 0 || n < 1 || n > LIST_MAX) {
		reply_error(x, 400, HOSPES_EINPUT, "limit has to be a number from 1 to %u", LIST_MAX);
		return false;
	}
	*ret = n;
	return true;
}

static const char *
query_text(const struct exchange *x, const char *key)
{
	const char *text = exchange_query(x, key);

	return text != NULL ? text : "";
}

/* ---- Values ---- */

void
handle_memory_spaces(struct exchange *x)
{
	memory_spaces(ask(x), x->client, answered, x);
}

void
handle_memory_put(struct exchange *x)
{
	const json_t *value = json_object_get(x->body, "value");
	_cleanup_(free_p) char *text = NULL;
	struct memory_command *command;
	struct memory_space space;
	struct fault fault;
	const char *key;
	uint64_t version;

	if (!space_of(x, &space) || !only_members(x, MEMBERS("key", "value", "version")) || (key = key_of(x)) == NULL ||
	    !number_of(x, "version", MEMORY_ANY, &version))
		return;
	if (value == NULL) {
		reply_error(x, 400, HOSPES_EINPUT, "value is missing: it may be any JSON, also null");
		return;
	}
	text = json_text(value);
	if (memory_put(x->api->memory, &space, key, text, strlen(text), version, &command, &fault) != 0)
		reply_fault(x, &fault);
	else
		change(x, command);
}

void
handle_memory_get(struct exchange *x)
{
	struct memory_space space;
	const char *key;

	if (space_of(x, &space) && only_members(x, MEMBERS("key")) && (key = key_of(x)) != NULL)
		memory_get(ask(x), &space, key, answered, x);
}

void
handle_memory_forget(struct exchange *x)
{
	const json_t *document = json_object_get(x->body, "document");
	struct memory_command *command;
	struct memory_space space;
	struct fault fault;
	const char *name;
	int rc;

	if (!space_of(x, &space) || !only_members(x, MEMBERS("key", "document")))
		return;
	if (document != NULL && json_object_get(x->body, "key") != NULL) {
		reply_error(x, 400, HOSPES_EINPUT, "name a key or a document, not both");
		return;
	}
	name = document != NULL ? text_of(x, "document", "name it by its digest") : key_of(x);
	if (name == NULL)
		return;
	if (document != NULL)
		rc = memory_forget_document(x->api->memory, &space, name, &command, &fault);
	else
		rc = memory_forget(x->api->memory, &space, name, &command, &fault);
	if (rc != 0)
		reply_fault(x, &fault);
	else
		change(x, command);
}

void
handle_memory_drop(struct exchange *x)
{
	struct memory_command *command;
	struct memory_space space;
	struct fault fault;

	if (!space_of(x, &space) || !only_members(x, NO_MEMBERS))
		return;
	if (memory_drop(x->api->memory, &space, &command, &fault) != 0)
		reply_fault(x, &fault);
	else
		change(x, command);
}

void
handle_memory_keys(struct exchange *x)
{
	struct memory_space space;
	size_t most;

	if (space_of(x, &space) && limit_of(x, &most))
		memory_list(ask(x), &space, query_text(x, "prefix"), query_text(x, "after"), most, answered, x);
}

/* ---- Documents ---- */

void
handle_memory_load(struct exchange *x)
{
	struct memory_space space;

	if (space_of(x, &space))
		memory_load(ask(x), &space, evhttp_request_get_input_buffer(x->req), x->client, answered, x);
}

void
handle_memory_missing(struct exchange *x)
{
	const json_t *digests = json_object_get(x->body, "digests");
	struct memory_space space;

	if (!space_of(x, &space) || !only_members(x, MEMBERS("digests")))
		return;
	if (!json_is_array(digests)) {
		reply_error(
		    x, 400, HOSPES_EINPUT, "digests is missing: an array of SHA-256 digests in hexadecimal digits");
		return;
	}
	memory_missing(ask(x), &space, digests, answered, x);
}

void
handle_memory_documents(struct exchange *x)
{
	struct memory_space space;
	size_t most;

	if (space_of(x, &space) && limit_of(x, &most))
		memory_documents(ask(x), 1, &space, exchange_query(x, "after"), most, answered, x);
}

void
handle_memory_document(struct exchange *x)
{
	struct memory_space space;
	const char *digest;
	uint64_t from, to;

	if (!space_of(x, &space) || !only_members(x, MEMBERS("digest", "from", "to")) ||
	    (digest = text_of(x, "digest", "name the document by its digest")) == NULL ||
	    !number_of(x, "from", 0, &from) || !number_of(x, "to", 0, &to))
		return;
	memory_document(ask(x), 1, &space, digest, from, to, answered, x);
}

/* ---- Looking ---- */

void
handle_memory_search(struct exchange *x)
{
	struct memory_query query = {.within = json_object_get(x->body, "within")};
	struct memory_space space;
	uint64_t most, most_each;

	if (!space_of(x, &space) || !only_members(x, MEMBERS("query", "most", "most_each", "within")) ||
	    (query.text = text_of(x, "query", "say what to look for")) == NULL || !number_of(x, "most", 0, &most) ||
	    !number_of(x, "most_each", 0, &most_each))
		return;
	if (query.within != NULL && !json_is_array(query.within)) {
		reply_error(x, 400, HOSPES_EINPUT, "within has to be an array of digests");
		return;
	}
	query.most = most;
	query.most_each = most_each;
	memory_search(ask(x), 1, &space, &query, answered, x);
}

void
handle_memory_reindex(struct exchange *x)
{
	if (only_members(x, NO_MEMBERS))
		memory_reindex(ask(x), answered, x);
}
