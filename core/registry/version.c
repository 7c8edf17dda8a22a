/*
 * One version: made from its notes.
 *
 * The inspector has read the notes in a jail, but it read a foreign file and may have been taken over by it: every
 * member is checked here as if the file itself had sent it.
 */

#include "registry/state.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/json.h"

#define NOTE_TEXT_MAX  4096
#define NOTE_LIST_MAX  256
#define MEMORY_MIB_MAX (64 * 1024)

static const char *const kind_names[] = {
    [PLUGIN_AGENT] = "agent", [PLUGIN_STRATEGY] = "strategy", [PLUGIN_CHECK] = "check", [PLUGIN_TOOL] = "tool"};

static const char *const state_names[] = {[VERSION_STAGED] = "staged",
    [VERSION_ACTIVE] = "active",
    [VERSION_FORMER] = "former",
    [VERSION_WITHDRAWN] = "withdrawn"};

const char *
plugin_kind_name(enum plugin_kind kind)
{
	return kind_names[kind];
}

const char *
version_state_name(enum version_state state)
{
	return state_names[state];
}

int
version_state_number(const char *name)
{
	for (unsigned i = 0; name != NULL && i < ARRAY_LEN(state_names); i++) {
		if (strcmp(name, state_names[i]) == 0)
			return (int)i;
	}
	return -1;
}

struct version *
version_ref(struct version *v)
{
	assert(v->refs > 0 && v->refs < UINT32_MAX);
	v->refs++;
	v->used = v->held = true;
	return v;
}

static void
texts_clear(char ***texts)
{
	for (char **text = *texts; text != NULL && *text != NULL; text++)
		free(*text);
	free(*texts);
	*texts = NULL;
}

void
version_unref(struct version **ref)
{
	struct version *v = *ref;

	*ref = NULL;
	if (v == NULL)
		return;
	assert(v->refs > 0);
	if (--v->refs > 0)
		return;
	free(v->object_path);
	free(v->by);
	free(v->why);
	free(v->summary);
	free(v->license);
	texts_clear(&v->capabilities);
	texts_clear(&v->needs);
	json_decref(v->config);
	json_decref(v->input_schema);
	json_decref(v->output_schema);
	json_decref(v->notes);
	free(v);
}

static int
bad_note(struct fault *fault, const char *key, const char *allowed)
{
	return fault_set(
	    fault, HOSPES_EBADPLUGIN, "its note %s is missing or malformed; it has to be %s", key, allowed);
}

/* A text without control characters; NULL when it is missing or anything else. */
static const char *
note_text(const json_t *notes, const char *key)
{
	const json_t *value = json_object_get(notes, key);
	const char *text = json_string_value(value);

	if (text == NULL || json_string_length(value) != strlen(text) || json_string_length(value) > NOTE_TEXT_MAX)
		return NULL;
	for (const char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return NULL;
	}
	return text;
}

static int
note_texts(const json_t *notes, const char *key, char ***ret, struct fault *fault)
{
	const json_t *list = json_object_get(notes, key);
	size_t n = json_array_size(list);

	if ((list != NULL && !json_is_array(list)) || n > NOTE_LIST_MAX)
		return bad_note(fault, key, "a list of at most 256 texts");
	*ret = xcalloc(n + 1, sizeof **ret);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(list, i);
		const char *text = json_string_value(item);

		if (text == NULL || text[0] == '\0' || json_string_length(item) != strlen(text) ||
		    strlen(text) > NOTE_TEXT_MAX)
			return bad_note(fault, key, "a list of texts");
		(*ret)[i] = xstrdup(text);
	}
	return 0;
}

static int
note_number(const json_t *notes, const char *key, int64_t preset, int64_t max, int64_t *ret, struct fault *fault)
{
	const json_t *value = json_object_get(notes, key);

	*ret = preset;
	if (value == NULL)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > max)
		return fault_set(fault, HOSPES_EBADPLUGIN, "its note %s has to be a whole number from 0 to %lld", key,
		    (long long)max);
	*ret = json_integer_value(value);
	return 0;
}

static int
note_schema(const json_t *notes, const char *key, json_t **ret, struct fault *fault)
{
	json_t *schema = json_object_get(notes, key);
	int rc;

	if (schema == NULL || json_is_null(schema))
		return 0;
	rc = schema_valid(schema, fault);
	if (rc != 0)
		return fault_set(fault, HOSPES_EBADPLUGIN, "its note %s is not a schema: %s", key, fault->text);
	*ret = json_incref(schema);
	return 0;
}

/* {"at_once": {"type": "int", "default": 4}} */
static bool
config_valid(json_t *config)
{
	const char *name;
	json_t *value;

	if (!json_is_object(config) || json_object_size(config) > NOTE_LIST_MAX)
		return false;
	json_object_foreach(config, name, value)
	{
		const json_t *preset = json_object_get(value, "default");
		const char *type = note_text(value, "type");

		if (type == NULL)
			return false;
		if (!(strcmp(type, "int") == 0 && json_is_integer(preset)) &&
		    !(strcmp(type, "real") == 0 && json_is_number(preset)) &&
		    !(strcmp(type, "bool") == 0 && json_is_boolean(preset)) &&
		    !(strcmp(type, "text") == 0 && json_is_string(preset)) &&
		    !(strcmp(type, "file") == 0 && json_is_string(preset)))
			return false;
	}
	return true;
}

static int
read_identity(const json_t *notes, struct version *v, struct fault *fault)
{
	const char *kind = note_text(notes, "kind"), *name = note_text(notes, "name"),
		   *semver = note_text(notes, "version");
	unsigned i = 0;

	while (kind != NULL && i < ARRAY_LEN(kind_names) && strcmp(kind, kind_names[i]) != 0)
		i++;
	if (kind == NULL || i == ARRAY_LEN(kind_names))
		return bad_note(fault, "kind", "agent, strategy, check or tool");
	if (name == NULL || !plugin_name_valid(name))
		return bad_note(fault, "name", "[a-z][a-z0-9-]*, at most 64 characters");
	if (semver == NULL || !semver_valid(semver))
		return bad_note(fault, "version", "a semantic version like 1.0.0, at most 64 characters");
	v->kind = (enum plugin_kind)i;
	memcpy(v->name, name, strlen(name) + 1);
	memcpy(v->semver, semver, strlen(semver) + 1);
	return 0;
}

static int
read_numbers(const json_t *notes, struct version *v, struct fault *fault)
{
	int64_t memory, recursion;
	int rc;

	rc = note_number(notes, "memory_mib", 0, MEMORY_MIB_MAX, &memory, fault);
	if (rc != 0)
		return rc;
	rc = note_number(notes, "recursion", 0, 100, &recursion, fault);
	if (rc != 0)
		return rc;
	v->memory_bytes = (uint64_t)memory * MIB;
	v->recursion = (unsigned)recursion;
	return note_number(notes, "price_micros", 0, INT64_MAX / 1000000, &v->price_micros, fault);
}

static int
read_rest(const json_t *notes, struct version *v, struct fault *fault)
{
	const char *summary = note_text(notes, "summary"), *license = note_text(notes, "license");
	json_t *config = json_object_get(notes, "config");
	int rc;

	v->summary = xstrdup(summary != NULL ? summary : "");
	v->license = xstrdup(license != NULL ? license : "");
	v->state_cell = json_is_true(json_object_get(notes, "state_cell"));
	if (config != NULL && !config_valid(config))
		return bad_note(fault, "config", "NAME:TYPE:DEFAULT with int, real, bool, text or file as TYPE");
	v->config = config != NULL ? json_incref(config) : json_object();
	rc = note_texts(notes, "capabilities", &v->capabilities, fault);
	if (rc != 0)
		return rc;
	rc = note_texts(notes, "needs", &v->needs, fault);
	if (rc != 0)
		return rc;
	rc = note_schema(notes, "input", &v->input_schema, fault);
	if (rc != 0)
		return rc;
	rc = note_schema(notes, "output", &v->output_schema, fault);
	if (rc != 0)
		return rc;
	return read_numbers(notes, v, fault);
}

int
version_from_notes(const json_t *notes, struct version **ret, struct fault *fault)
{
	struct version *v = xcalloc(1, sizeof *v);
	int rc;

	v->refs = 1;
	v->by = xstrdup("");
	v->why = xstrdup("");
	rc = read_identity(notes, v, fault);
	if (rc == 0)
		rc = read_rest(notes, v, fault);
	if (rc != 0) {
		version_unref(&v);
		return rc;
	}
	v->notes = json_deep_copy(notes);
	assert(v->notes != NULL);
	*ret = v;
	return 0;
}

void
version_set_object(struct version *v, const uint8_t object[32], const char *objects_dir)
{
	memcpy(v->object, object, sizeof v->object);
	hex_format(object, sizeof v->object, v->object_hex);
	free(v->object_path);
	v->object_path = xasprintf("%s/%s", objects_dir, v->object_hex);
}

void
version_set_state(struct version *v, enum version_state state, int64_t real_ns, const char *by, const char *why)
{
	char *old_by = v->by, *old_why = v->why;

	v->state = state;
	v->since_real_ns = real_ns;
	v->by = xstrdup(by);
	v->why = xstrdup(why);
	free(old_by);
	free(old_why);
}
