/*
 * The part of JSON Schema that is checked.
 *
 * One table has each keyword with what its value must look like and how it checks a value.  The two walks, over a schema
 * and over a value with its schema, are as deep as the documents, which json_read bounded.
 */

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"

/* Where a walk is, for the sentence: a list from the leaf up to the root. */
struct place {
	const struct place *up;
	const char *key; /* NULL: `index` of an array */
	size_t index;
};

static void
add_place(struct buf *out, const struct place *at)
{
	if (at == NULL)
		return;
	add_place(out, at->up);
	if (at->key != NULL)
		buf_printf(out, "/%s", at->key);
	else
		buf_printf(out, "/%zu", at->index);
}

struct check {
	const char *what;
	struct fault *fault;
};

static int refuse(const struct check *c, const struct place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int
refuse(const struct check *c, const struct place *at, const char *format, ...)
{
	_cleanup_(buf_free) struct buf where = {0};
	va_list args;

	add_place(&where, at);
	va_start(args, format);
	fault_setv(c->fault, HOSPES_EINPUT, format, args);
	va_end(args);
	if (c->fault == NULL)
		return HOSPES_EINPUT;
	if (where.len == 0)
		return fault_prefix(c->fault, "%s", c->what);
	return fault_prefix(c->fault, "%s: %s", c->what, buf_text(&where));
}

static const char *
type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
		return "integer";
	case JSON_REAL:
		return "number";
	case JSON_NULL:
		return "null";
	case JSON_TRUE:
	case JSON_FALSE:
		break;
	}
	return "boolean";
}

static bool
type_fits(const char *type, const json_t *value)
{
	if (strcmp(type, "number") == 0)
		return json_is_number(value);
	if (strcmp(type, "integer") == 0 && json_is_real(value)) { /* 1.0 is an integer */
		double real = json_real_value(value);

		return real == __builtin_trunc(real);
	}
	return strcmp(type, type_of(value)) == 0;
}

static int
compare_numbers(const json_t *a, const json_t *b)
{
	double x = json_number_value(a), y = json_number_value(b);

	if (json_is_integer(a) && json_is_integer(b))
		return (json_integer_value(a) > json_integer_value(b)) -
		       (json_integer_value(a) < json_integer_value(b));
	return (x > y) - (x < y);
}

/* As json_equal, but 1 and 1.0 are the same number, as JSON Schema wants it. */
static bool
same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return compare_numbers(a, b) == 0;
	if (json_is_array(a) && json_is_array(b)) {
		if (json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!same(json_array_get(a, i), json_array_get(b, i)))
				return false;
		return true;
	}
	if (json_is_object(a) && json_is_object(b)) {
		const char *key;
		json_t *item;

		if (json_object_size(a) != json_object_size(b))
			return false;
		json_object_foreach((json_t *)a, key, item)
		{
			const json_t *other = json_object_get(b, key);

			if (other == NULL || !same(item, other))
				return false;
		}
		return true;
	}
	return json_equal(a, b);
}

static json_int_t
characters(const json_t *string)
{
	const char *text = json_string_value(string);
	json_int_t n = 0;

	for (size_t i = 0; i < json_string_length(string); i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static int check_value(const struct check *c, const struct place *at, const json_t *schema, const json_t *value);

static int
check_type(const struct check *c, const struct place *at, const json_t *types, const json_t *value)
{
	_cleanup_(free_p) char *text = NULL;

	if (json_is_string(types) && type_fits(json_string_value(types), value))
		return 0;
	for (size_t i = 0; i < json_array_size(types); i++)
		if (type_fits(json_string_value(json_array_get(types, i)), value))
			return 0;
	text = json_text(types);
	return refuse(c, at, "expected the type %s, found %s", text, type_of(value));
}

static int
check_choice(const struct check *c, const struct place *at, const json_t *choices, const json_t *value)
{
	_cleanup_(free_p) char *text = NULL;

	for (size_t i = 0; i < json_array_size(choices); i++)
		if (same(json_array_get(choices, i), value))
			return 0;
	text = json_text(choices);
	return refuse(c, at, "expected one of %.200s", text);
}

static int
check_const(const struct check *c, const struct place *at, const json_t *only, const json_t *value)
{
	_cleanup_(free_p) char *text = NULL;

	if (same(only, value))
		return 0;
	text = json_text(only);
	return refuse(c, at, "expected exactly %.200s", text);
}

static int
check_minimum(const struct check *c, const struct place *at, const json_t *limit, const json_t *value)
{
	if (!json_is_number(value) || compare_numbers(value, limit) >= 0)
		return 0;
	return refuse(c, at, "expected at least %g, found %g", json_number_value(limit), json_number_value(value));
}

static int
check_maximum(const struct check *c, const struct place *at, const json_t *limit, const json_t *value)
{
	if (!json_is_number(value) || compare_numbers(value, limit) <= 0)
		return 0;
	return refuse(c, at, "expected at most %g, found %g", json_number_value(limit), json_number_value(value));
}

static int
check_count(const struct check *c, const struct place *at, const json_t *limit, json_int_t n, bool most, const char *of)
{
	json_int_t bound = json_integer_value(limit);

	if (most ? n <= bound : n >= bound)
		return 0;
	return refuse(c, at, "expected at %s %" JSON_INTEGER_FORMAT " %s, found %" JSON_INTEGER_FORMAT,
	    most ? "most" : "least", bound, of, n);
}

static int
check_min_length(const struct check *c, const struct place *at, const json_t *limit, const json_t *value)
{
	return json_is_string(value) ? check_count(c, at, limit, characters(value), false, "characters") : 0;
}

static int
check_max_length(const struct check *c, const struct place *at, const json_t *limit, const json_t *value)
{
	return json_is_string(value) ? check_count(c, at, limit, characters(value), true, "characters") : 0;
}

static int
check_min_items(const struct check *c, const struct place *at, const json_t *limit, const json_t *value)
{
	return json_is_array(value) ? check_count(c, at, limit, (json_int_t)json_array_size(value), false, "items") : 0;
}

static int
check_max_items(const struct check *c, const struct place *at, const json_t *limit, const json_t *value)
{
	return json_is_array(value) ? check_count(c, at, limit, (json_int_t)json_array_size(value), true, "items") : 0;
}

static int
check_required(const struct check *c, const struct place *at, const json_t *names, const json_t *value)
{
	for (size_t i = 0; json_is_object(value) && i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (json_object_get(value, name) == NULL)
			return refuse(c, at, "the member \"%s\" is required and missing", name);
	}
	return 0;
}

static int
check_properties(const struct check *c, const struct place *at, const json_t *members, const json_t *value)
{
	const char *key;
	json_t *schema;

	if (!json_is_object(value))
		return 0;
	json_object_foreach((json_t *)members, key, schema)
	{
		const json_t *member = json_object_get(value, key);
		int rc = member == NULL ? 0 : check_value(c, &(struct place){.up = at, .key = key}, schema, member);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
check_items(const struct check *c, const struct place *at, const json_t *schema, const json_t *value)
{
	for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
		int rc = check_value(c, &(struct place){.up = at, .index = i}, schema, json_array_get(value, i));

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* The one keyword that depends on another: it is for members that `properties` does not name. */
static int
check_additional(const struct check *c, const struct place *at, const json_t *schema, const json_t *value)
{
	const json_t *named = json_object_get(schema, "properties"),
		     *rest = json_object_get(schema, "additionalProperties");
	const char *key;
	json_t *member;

	if (rest == NULL || !json_is_object(value))
		return 0;
	json_object_foreach((json_t *)value, key, member)
	{
		int rc;

		if (json_object_get(named, key) != NULL)
			continue;
		if (json_is_false(rest))
			return refuse(c, at, "the member \"%s\" is not known here", key);
		rc = check_value(c, &(struct place){.up = at, .key = key}, rest, member);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* What the value of a keyword must be, in a schema. */
enum shape {
	SHAPE_SCHEMA,
	SHAPE_SCHEMAS,
	SHAPE_TYPES,
	SHAPE_NAMES,
	SHAPE_LIST,
	SHAPE_ANY,
	SHAPE_NUMBER,
	SHAPE_COUNT,
	SHAPE_TEXT
};

static const struct keyword {
	const char *name;
	enum shape shape;
	int (*check)(const struct check *c, const struct place *at, const json_t *keyword, const json_t *value);
} keywords[] = {
    {"type", SHAPE_TYPES, check_type},
    {"properties", SHAPE_SCHEMAS, check_properties},
    {"required", SHAPE_NAMES, check_required},
    {"additionalProperties", SHAPE_SCHEMA, NULL}, /* check_additional, which needs the whole schema */
    {"items", SHAPE_SCHEMA, check_items},
    {"enum", SHAPE_LIST, check_choice},
    {"const", SHAPE_ANY, check_const},
    {"minimum", SHAPE_NUMBER, check_minimum},
    {"maximum", SHAPE_NUMBER, check_maximum},
    {"minLength", SHAPE_COUNT, check_min_length},
    {"maxLength", SHAPE_COUNT, check_max_length},
    {"minItems", SHAPE_COUNT, check_min_items},
    {"maxItems", SHAPE_COUNT, check_max_items},
    {"description", SHAPE_TEXT, NULL},
    {"title", SHAPE_TEXT, NULL},
    {"default", SHAPE_ANY, NULL},
};

static const struct keyword *
find_keyword(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}

static int
check_value(const struct check *c, const struct place *at, const json_t *schema, const json_t *value)
{
	const char *name;
	json_t *argument;

	if (json_is_true(schema))
		return 0;
	if (json_is_false(schema))
		return refuse(c, at, "nothing is allowed here");
	json_object_foreach((json_t *)schema, name, argument)
	{
		const struct keyword *k = find_keyword(name);
		int rc;

		assert(k != NULL); /* schema_valid comes before schema_check */
		rc = k->check == NULL ? 0 : k->check(c, at, argument, value);
		if (rc != 0)
			return rc;
	}
	return check_additional(c, at, schema, value);
}

static bool
is_type_name(const json_t *j)
{
	static const char *const names[] = {"object", "array", "string", "integer", "number", "boolean", "null"};

	for (size_t i = 0; json_is_string(j) && i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], json_string_value(j)) == 0)
			return true;
	return false;
}

static bool
all_of(const json_t *array, bool (*test)(const json_t *))
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (!test(json_array_get(array, i)))
			return false;
	return json_is_array(array);
}

static bool
is_text(const json_t *j)
{
	return json_is_string(j);
}

static int valid_at(const struct check *c, const struct place *at, const json_t *schema);

static int
valid_members(const struct check *c, const struct place *at, const json_t *members)
{
	const char *key;
	json_t *schema;

	if (!json_is_object(members))
		return refuse(c, at, "expected an object of schemas, found %s", type_of(members));
	json_object_foreach((json_t *)members, key, schema)
	{
		int rc = valid_at(c, &(struct place){.up = at, .key = key}, schema);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
valid_argument(const struct check *c, const struct place *at, enum shape shape, const json_t *j)
{
	switch (shape) {
	case SHAPE_SCHEMA:
		return valid_at(c, at, j);
	case SHAPE_SCHEMAS:
		return valid_members(c, at, j);
	case SHAPE_TYPES:
		return is_type_name(j) || all_of(j, is_type_name) ? 0
								  : refuse(c, at, "expected a type or a list of types");
	case SHAPE_NAMES:
		return all_of(j, is_text) ? 0 : refuse(c, at, "expected a list of names, found %s", type_of(j));
	case SHAPE_LIST:
		return json_is_array(j) ? 0 : refuse(c, at, "expected a list, found %s", type_of(j));
	case SHAPE_NUMBER:
		return json_is_number(j) ? 0 : refuse(c, at, "expected a number, found %s", type_of(j));
	case SHAPE_COUNT:
		return json_is_integer(j) && json_integer_value(j) >= 0 ? 0
									: refuse(c, at, "expected a count from 0 up");
	case SHAPE_TEXT:
		return json_is_string(j) ? 0 : refuse(c, at, "expected text, found %s", type_of(j));
	case SHAPE_ANY:
		break;
	}
	return 0;
}

static int
valid_at(const struct check *c, const struct place *at, const json_t *schema)
{
	const char *name;
	json_t *argument;

	if (json_is_boolean(schema))
		return 0;
	if (!json_is_object(schema))
		return refuse(c, at, "expected a schema (an object), found %s", type_of(schema));
	json_object_foreach((json_t *)schema, name, argument)
	{
		const struct keyword *k = find_keyword(name);
		int rc;

		if (k == NULL)
			return refuse(c, at, "the keyword \"%s\" is not one that is checked; leave it out", name);
		rc = valid_argument(c, &(struct place){.up = at, .key = k->name}, k->shape, argument);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
schema_valid(const json_t *schema, struct fault *fault)
{
	return valid_at(&(struct check){.what = "schema", .fault = fault}, NULL, schema);
}

int
schema_check(const json_t *schema, const json_t *value, const char *what, struct fault *fault)
{
	return check_value(&(struct check){.what = what, .fault = fault}, NULL, schema, value);
}
