/* Commands composed: how a change is written down. */

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "memory/command.h"

static const char *const names[] = {
    [COMMAND_PUT] = "memory.put",
    [COMMAND_FORGET] = "memory.forget",
    [COMMAND_FORGET_DOCUMENT] = "memory.forget_document",
    [COMMAND_DOCUMENTS] = "memory.documents",
    [COMMAND_DROP] = "memory.drop",
};

static struct memory_command *
command_new(enum command_kind kind, const struct memory_space *space)
{
	struct memory_command *c = xcalloc(1, sizeof *c);

	c->kind = kind;
	c->client = xstrdup(space->client);
	c->space = xstrdup(space->name);
	record_init(&c->record, RECORD_COMMAND);
	record_add_text(&c->record, TAG_COMMAND, names[kind]);
	return c;
}

void
command_free(struct memory_command **cp)
{
	struct memory_command *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	free(c->client);
	free(c->space);
	free(c->key);
	buf_free(&c->body);
	free(c);
}

/* The members that are given beside client and space, as one object's text. */
static void
set_body(struct memory_command *c, json_t *members)
{
	_cleanup_(json_p) json_t *body = json_pack("{s:s, s:s}", "client", c->client, "space", c->space);
	_cleanup_(free_p) char *text = NULL;

	assert(body != NULL);
	if (members != NULL)
		json_object_update(body, members);
	text = json_text(body);
	buf_appends(&c->body, text);
}

static void
finish_body(struct memory_command *c)
{
	record_add(&c->record, TAG_BODY, c->body.data, c->body.len);
}

int
command_check_space(const struct memory_space *space, struct fault *fault)
{
	if (!client_valid(space->client))
		return fault_set(fault, HOSPES_EINPUT,
		    "a client's name must have 1 to %d bytes without control characters", CLIENT_MAX);
	if (!memory_name_valid(space->name))
		return fault_set(fault, HOSPES_EINPUT,
		    "a space must be named by 1 to 64 small letters, digits and -, a letter first, and not %s; this "
		    "one is "
		    "\"%.80s\"",
		    MEMORY_SOURCES, space->name);
	return 0;
}

static int
check_key(const char *key, struct fault *fault)
{
	if (memory_key_valid(key))
		return 0;
	return fault_set(fault, HOSPES_EINPUT,
	    "a key must have 1 to %d bytes of UTF-8 without control characters, and this one has %zu", MEMORY_KEY_MAX,
	    strlen(key));
}

struct memory_command *
command_documents(const struct memory_space *space, const json_t *documents)
{
	struct memory_command *c = command_new(COMMAND_DOCUMENTS, space);
	_cleanup_(json_p) json_t *members = json_pack("{s:O}", "documents", documents);

	set_body(c, members);
	finish_body(c);
	return c;
}

/* The checks of a value's text are those of every payload, and that it is JSON. */
static int
check_value(const void *json, size_t len, size_t max, struct fault *fault)
{
	_cleanup_(json_p) json_t *value = NULL;
	int rc = payload_scan(json, len, max, "the value", fault);

	if (rc != 0)
		return rc;
	value = json_read(json, len, "the value", fault);
	return value == NULL ? fault->status : 0;
}

int
command_put(const struct memory_space *space, const char *key, const void *json, size_t len, size_t max,
    uint64_t version, struct memory_command **ret, struct fault *fault)
{
	_cleanup_(json_p) json_t *members = NULL;
	struct memory_command *c;
	int rc = command_check_space(space, fault);

	if (rc == 0)
		rc = check_key(key, fault);
	if (rc == 0)
		rc = check_value(json, len, max, fault);
	if (rc != 0)
		return rc;
	c = command_new(COMMAND_PUT, space);
	c->key = xstrdup(key);
	members = json_pack("{s:s}", "key", key);
	if (version != MEMORY_ANY)
		json_object_set_new(members, "version", json_integer((json_int_t)version));
	set_body(c, members);
	c->body.len--; /* the closing bracket */
	buf_appends(&c->body, VALUE_MEMBER);
	c->value = c->body.len;
	c->value_len = len;
	buf_append(&c->body, json, len);
	buf_appends(&c->body, "}");
	finish_body(c);
	*ret = c;
	return 0;
}

int
memory_forget(struct memory *m, const struct memory_space *space, const char *key, struct memory_command **ret,
    struct fault *fault)
{
	_cleanup_(json_p) json_t *members = NULL;
	struct memory_command *c;
	int rc = command_check_space(space, fault);

	(void)m;
	if (rc == 0)
		rc = check_key(key, fault);
	if (rc != 0)
		return rc;
	c = command_new(COMMAND_FORGET, space);
	c->key = xstrdup(key);
	members = json_pack("{s:s}", "key", key);
	set_body(c, members);
	finish_body(c);
	*ret = c;
	return 0;
}

int
memory_forget_document(struct memory *m, const struct memory_space *space, const char *digest,
    struct memory_command **ret, struct fault *fault)
{
	_cleanup_(json_p) json_t *members = NULL;
	struct memory_command *c;
	uint8_t bytes[DIGEST];
	int rc = command_check_space(space, fault);

	(void)m;
	if (rc != 0)
		return rc;
	if (!digest_read(digest, bytes))
		return fault_set(fault, HOSPES_EINPUT, "a digest must be 64 hexadecimal digits (0-9, a-f)");
	c = command_new(COMMAND_FORGET_DOCUMENT, space);
	memcpy(c->digest, bytes, sizeof bytes);
	members = json_pack("{s:s}", "digest", digest);
	set_body(c, members);
	finish_body(c);
	*ret = c;
	return 0;
}

int
memory_drop(struct memory *m, const struct memory_space *space, struct memory_command **ret, struct fault *fault)
{
	struct memory_command *c;
	int rc = command_check_space(space, fault);

	(void)m;
	if (rc != 0)
		return rc;
	c = command_new(COMMAND_DROP, space);
	set_body(c, NULL);
	finish_body(c);
	*ret = c;
	return 0;
}

struct record *
memory_record(struct memory_command *c)
{
	return &c->record;
}
