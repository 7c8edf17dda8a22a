/*
 * Values: JSON that travels as bytes and is parsed where somebody looks.
 *
 * A handed-out value is const to the author; the lazily made half of it is not a change that could be seen.
 */

#include <stdlib.h>
#include <string.h>

#include "ctx.h"

#define VALUE_FLAGS_IN  (JSON_DECODE_ANY | JSON_ALLOW_NUL)
#define VALUE_FLAGS_OUT (JSON_COMPACT | JSON_ENCODE_ANY)
#define VALUE_NESTING   128 /* as deep as the host takes; writing costs 300 bytes of stack a level */
#define VALUE_MEMBERS   16  /* how many of the members made last are looked through for one made before */
#define VALUE_BLOCK     256 /* from here on copied bytes have a block of their own, which can be given back */

static struct hospes_value *
value_new(struct hospes_ctx *ctx)
{
	struct hospes_value *value = ctx_alloc(ctx, sizeof(*value));

	if (value == NULL)
		return NULL;
	memset(value, 0, sizeof(*value));
	value->ctx = ctx;
	value->next = ctx->values;
	ctx->values = value;
	return value;
}

struct hospes_value *
value_of_bytes(struct hospes_ctx *ctx, const void *bytes, size_t len, void *block)
{
	struct hospes_value *value;

	if (block == NULL && len >= VALUE_BLOCK) {
		block = malloc(len + 1);
		if (block == NULL)
			return NULL;
		memcpy(block, bytes, len);
		((char *)block)[len] = '\0';
		bytes = block;
	} else if (block == NULL)
		bytes = ctx_copy(ctx, bytes, len);
	value = bytes == NULL ? NULL : value_new(ctx);
	if (value == NULL) {
		free(block);
		return NULL;
	}
	value->bytes = bytes;
	value->len = len;
	value->block = block;
	return value;
}

/* Takes `json` over. */
static struct hospes_value *
value_of_json(struct hospes_ctx *ctx, json_t *json)
{
	struct hospes_value *value = value_new(ctx);

	if (value == NULL) {
		json_decref(json);
		return NULL;
	}
	value->json = json;
	return value;
}

void
value_drop(struct hospes_value *value)
{
	json_decref(value->json);
	free(value->block);
}

/* What is left is a value that is no JSON and has no bytes, so that whoever looks at it all the same gets NULL.  The reply is
 * spared: it is looked at after the handler. */
static void
value_release(struct hospes_value *value)
{
	for (struct hospes_value *member = value->members; member != NULL; member = member->next_member)
		value_release(member);
	value->members = NULL;
	if (value == value->ctx->reply)
		return;
	value_drop(value);
	value->json = NULL;
	value->parsed = true;
	value->block = NULL;
	value->bytes = NULL;
	value->len = 0;
}

void
hospes_release(hospes_value *value)
{
	if (value != NULL && ctx_check(value->ctx, "hospes_release") == 0)
		value_release(value);
}

/* ---- From one form to the other ---------------------------------------------------------------------------------- */

struct dump {
	char *bytes;
	size_t len, room;
};

/* [jansson's callback; `arg` is a struct dump] */
static int
dump_append(const char *bytes, size_t len, void *arg)
{
	struct dump *dump = arg;

	if (len >= dump->room - dump->len) {
		size_t room = dump->room == 0 ? 256 : dump->room * 2;
		char *grown;

		while (len >= room - dump->len)
			room *= 2;
		grown = realloc(dump->bytes, room);
		if (grown == NULL)
			return -1;
		dump->bytes = grown;
		dump->room = room;
	}
	memcpy(dump->bytes + dump->len, bytes, len);
	dump->len += len;
	dump->bytes[dump->len] = '\0';
	return 0;
}

/* Ends at the first place that is too deep, so what contains itself does not keep it busy. */
static bool
value_nests_within(json_t *json, unsigned levels)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (!json_is_object(json) && !json_is_array(json))
		return true;
	if (levels == 0)
		return false;
	json_object_foreach(json, key, inner)
	{
		if (!value_nests_within(inner, levels - 1))
			return false;
	}
	json_array_foreach(json, i, inner)
	{
		if (!value_nests_within(inner, levels - 1))
			return false;
	}
	return true;
}

/* The bytes of a value that has only `json`. */
static bool
value_dump(struct hospes_value *value)
{
	struct dump dump = {NULL, 0, 0};

	if (!value_nests_within(value->json, VALUE_NESTING))
		return false;
	if (json_dump_callback(value->json, dump_append, &dump, VALUE_FLAGS_OUT) != 0 || dump.bytes == NULL) {
		free(dump.bytes);
		return false;
	}
	value->block = dump.bytes;
	value->bytes = dump.bytes;
	value->len = dump.len;
	return true;
}

json_t *
hospes_json(const hospes_value *value)
{
	struct hospes_value *mine = (struct hospes_value *)value;

	if (mine == NULL)
		return NULL;
	if (mine->json == NULL && !mine->parsed) {
		mine->parsed = true;
		mine->json = json_loadb(mine->bytes, mine->len, VALUE_FLAGS_IN, NULL);
	}
	return mine->json;
}

const char *
hospes_bytes(const hospes_value *value, size_t *len)
{
	struct hospes_value *mine = (struct hospes_value *)value;

	if (mine == NULL || (mine->bytes == NULL && !value_dump(mine))) {
		if (len != NULL)
			*len = 0;
		return NULL;
	}
	if (len != NULL)
		*len = mine->len;
	return mine->bytes;
}

/* ---- Members ----------------------------------------------------------------------------------------------------- */

static json_t *
value_member(const hospes_value *value, const char *key)
{
	return key == NULL ? NULL : json_object_get(hospes_json(value), key);
}

hospes_value *
hospes_get(const hospes_value *value, const char *key)
{
	struct hospes_value *mine = (struct hospes_value *)value;
	json_t *json = value_member(value, key);
	struct hospes_value *member;
	int looked = 0;

	if (json == NULL)
		return NULL;
	for (member = mine->members; member != NULL && looked < VALUE_MEMBERS; member = member->next_member, looked++) {
		if (member->json == json)
			return member;
	}
	member = value_of_json(mine->ctx, json_incref(json));
	if (member == NULL)
		return NULL;
	member->next_member = mine->members;
	mine->members = member;
	return member;
}

const char *
hospes_text(const hospes_value *value, const char *key)
{
	return json_string_value(value_member(value, key));
}

int64_t
hospes_int(const hospes_value *value, const char *key)
{
	return json_integer_value(value_member(value, key));
}

double
hospes_real(const hospes_value *value, const char *key)
{
	return json_number_value(value_member(value, key));
}

bool
hospes_flag(const hospes_value *value, const char *key)
{
	return json_is_true(value_member(value, key));
}

/* ---- Making and comparing ---------------------------------------------------------------------------------------- */

hospes_value *
hospes_value_json(hospes_ctx *ctx, json_t *json)
{
	struct hospes_value *value;

	if (ctx_check(ctx, "hospes_value_json") != 0) {
		json_decref(json);
		return NULL;
	}
	if (json == NULL) {
		(void)ctx_fail(
		    ctx, HOSPES_EINPUT, "hospes_value_json was given NULL; did json_pack refuse its format?");
		return NULL;
	}
	value = value_of_json(ctx, json);
	if (value == NULL) {
		(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left for a value");
		return NULL;
	}
	/* At once: whoever still holds `json` may change it later. */
	if (!value_dump(value)) {
		(void)ctx_fail(ctx, HOSPES_EINPUT,
		    "the JSON cannot be written: it nests deeper than %d or contains itself, or no memory is left",
		    VALUE_NESTING);
		return NULL;
	}
	return value;
}

hospes_value *
hospes_value_bytes(hospes_ctx *ctx, const void *bytes, size_t len)
{
	struct hospes_value *value;

	if (ctx_check(ctx, "hospes_value_bytes") != 0)
		return NULL;
	if (bytes == NULL || len == 0) {
		(void)ctx_fail(ctx, HOSPES_EINPUT, "hospes_value_bytes was given no bytes; JSON has at least one");
		return NULL;
	}
	value = value_of_bytes(ctx, bytes, len, NULL);
	if (value == NULL)
		(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left for a value of %zu bytes", len);
	return value;
}

bool
hospes_equal(const hospes_value *a, const hospes_value *b)
{
	json_t *left, *right;

	if (a == NULL || b == NULL)
		return a == b;
	if (a == b ||
	    (a->bytes != NULL && b->bytes != NULL && a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0))
		return true;
	left = hospes_json(a);
	right = hospes_json(b);
	return left != NULL && right != NULL && json_equal(left, right) == 1;
}
