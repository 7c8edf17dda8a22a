/*
 * Reading the file: libconfig parses it, the table of keys says what may be there.
 *
 * Every setting is looked up; one that no key wants is an error and not passed over, since a misspelt limit is a limit
 * that does not hold.
 */

#include "policy/read.h"

#include <assert.h>
#include <libgen.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/util.h"
#include "policy/keys.h"
#include "policy/numbers.h"
#include "policy/reader.h"
#include "policy/value.h"

#define FILE_MAX MIB

/* ---- Sentences --------------------------------------------------------------------------------------------------- */

char *
reader_place(const struct reader *r, const config_setting_t *s)
{
	const char *file = config_setting_source_file(s);

	return xasprintf("%s:%u", file != NULL ? file : r->file, (unsigned)config_setting_source_line(s));
}

/* With somebody to tell, reading goes on behind a mistake, as if the setting were not there. */
int
reader_mistake(const struct reader *r, const config_setting_t *s, const struct policy_finding *what)
{
	_cleanup_(free_p) char *at = reader_place(r, s);
	struct policy_finding finding = *what;

	finding.at = at;
	finding.mistake = true;
	if (r->each == NULL)
		return fault_set(r->fault, HOSPES_ECONFIG, "%s: %s: %s", at, finding.key, finding.text);
	r->each(&finding, r->arg);
	return 0;
}

static void
describe(const config_setting_t *s, char *out, size_t size)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, size, "the number %lld", config_setting_get_int64(s));
		return;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, size, "the number %g", config_setting_get_float(s));
		return;
	case CONFIG_TYPE_BOOL:
		snprintf(out, size, "%s", config_setting_get_bool(s) ? "true" : "false");
		return;
	case CONFIG_TYPE_STRING:
		snprintf(out, size, "the text \"%.80s\"", config_setting_get_string(s));
		return;
	case CONFIG_TYPE_GROUP:
		snprintf(out, size, "a group { ... }");
		return;
	default:
		snprintf(out, size, "a list");
		return;
	}
}

int
reader_bad_value(const struct reader *r, const config_setting_t *s, const char *path, const char *allowed)
{
	_cleanup_(free_p) char *text = NULL;
	char found[128];

	describe(s, found, sizeof found);
	text = xasprintf("found %s, allowed is %s", found, allowed);
	return reader_mistake(
	    r, s, &(struct policy_finding){.key = path, .text = text, .found = found, .allowed = allowed});
}

/* The last parts of all keys in the group of `path`, for the reader who has to choose. */
static void
list_keys(const struct key *keys, const char *path, struct buf *out)
{
	const char *dot = strrchr(path, '.');
	size_t group = keys == policy_keys && dot != NULL ? (size_t)(dot + 1 - path) : 0;
	const char *before = "";

	for (const struct key *k = keys; k->path != NULL; k++) {
		if (strncmp(k->path, path, group) != 0)
			continue;
		buf_printf(out, "%s%s", before, k->path + group);
		before = ", ";
	}
	for (const char *const *g = policy_plugin_groups; keys == policy_keys && group == 0 && *g != NULL; g++)
		buf_printf(out, ", %s", *g);
	if (keys == policy_keys && group == 0)
		buf_appends(out, ", clients, fallbacks, handoffs, prices, routing");
}

static int
unknown_key(
    const struct reader *r, const config_setting_t *s, const char *shown, const struct key *keys, const char *path)
{
	_cleanup_(buf_free) struct buf text = {0}, allowed = {0};
	const char *nearest = key_nearest(keys, path);

	list_keys(keys, path, &allowed);
	buf_appends(&text, "there is no such key; ");
	if (nearest[0] != '\0')
		buf_printf(&text, "did you mean %s?  ", nearest);
	buf_printf(&text, "Allowed here: %s", buf_text(&allowed));
	return reader_mistake(r, s,
	    &(struct policy_finding){
		.key = shown, .text = buf_text(&text), .allowed = buf_text(&allowed), .nearest = nearest});
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* The texts of a list or array; NULL when something else is in it. */
static char **
read_texts(const config_setting_t *s)
{
	int n = config_setting_length(s);
	char **texts;

	assert(n >= 0);
	texts = xcalloc((size_t)n + 1, sizeof *texts);
	for (int i = 0; i < n; i++) {
		const char *text = config_setting_get_string_elem(s, i);

		if (text == NULL) {
			texts_free(&texts);
			return NULL;
		}
		texts[i] = xstrdup(text);
	}
	return texts;
}

static bool
put_list(const struct key *key, const config_setting_t *s, void *base)
{
	char **texts = read_texts(s);
	bool fits = texts != NULL && value_put_list(key, base, &texts);

	texts_free(&texts);
	return fits;
}

static bool
put_percents(const struct key *key, const config_setting_t *s, void *base)
{
	int64_t numbers[POLICY_PERCENTS_MAX];
	int n = config_setting_length(s);

	if (n > POLICY_PERCENTS_MAX)
		return false;
	for (int i = 0; i < n; i++) {
		const config_setting_t *one = config_setting_get_elem(s, (unsigned)i);

		if (!config_setting_is_number(one) || config_setting_type(one) == CONFIG_TYPE_FLOAT)
			return false;
		numbers[i] = config_setting_get_int64(one);
	}
	return value_put_percents(key, base, numbers, (size_t)n);
}

static bool
put_value(const struct key *key, const config_setting_t *s, void *base)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return value_put_number(key, base, config_setting_get_int64(s));
	case CONFIG_TYPE_FLOAT:
		return value_put_real(key, base, config_setting_get_float(s));
	case CONFIG_TYPE_BOOL:
		return value_put_bool(key, base, config_setting_get_bool(s));
	case CONFIG_TYPE_STRING:
		return value_put_text(key, base, config_setting_get_string(s));
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		return key->type == KEY_PERCENTS ? put_percents(key, s, base) : put_list(key, s, base);
	default:
		return false;
	}
}

int
reader_key(const struct reader *r, const config_setting_t *s, const struct key *keys, const char *path,
    const char *shown, void *base)
{
	const struct key *key = key_find(keys, path);
	char allowed[KEY_ALLOWED_TEXT];

	if (key == NULL)
		return unknown_key(r, s, shown, keys, path);
	if (put_value(key, s, base)) {
		_cleanup_(free_p) char *at = reader_place(r, s);

		json_object_set_new(r->policy->places, shown, json_string(at)); /* not there when it is not UTF-8 */
		return 0;
	}
	key_allowed(key, allowed);
	return reader_bad_value(r, s, shown, allowed);
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

static int
read_group(const struct reader *r, const config_setting_t *group)
{
	const char *name = config_setting_name(group);
	int rc = 0;

	if (!config_setting_is_group(group))
		return reader_bad_value(r, group, name, "a group { ... }");
	for (int i = 0; rc == 0 && i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		char path[PATH_TEXT];

		snprintf(path, sizeof path, "%s.%s", name, config_setting_name(s));
		rc = reader_key(r, s, policy_keys, path, path, r->policy);
	}
	return rc;
}

/* A value that is handed on to the plugin; whether it fits the plugin's notes, which are not known here, is found out
 * when there is one of that name, and told with the place kept here. */
static int
read_config_value(const struct reader *r, const config_setting_t *s, const char *shown, struct policy_plugin *plugin)
{
	_cleanup_(free_p) char *at = reader_place(r, s);
	json_t *value = NULL, *text;
	int rc;

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		value = json_integer(config_setting_get_int64(s));
		break;
	case CONFIG_TYPE_FLOAT:
		value = json_real(config_setting_get_float(s)); /* NULL when it is not finite */
		break;
	case CONFIG_TYPE_BOOL:
		value = json_boolean(config_setting_get_bool(s));
		break;
	case CONFIG_TYPE_STRING:
		value = json_string(config_setting_get_string(s)); /* NULL when it is not UTF-8 */
		break;
	default:
		break;
	}
	if (value == NULL)
		return reader_bad_value(r, s, shown, "a whole or a finite real number, true, false or a text in UTF-8");
	rc = json_object_set_new(plugin->config, config_setting_name(s), value);
	assert(rc == 0);
	text = json_string(at); /* NULL when the path is not UTF-8 */
	if (text != NULL)
		json_object_set_new(plugin->config_at, config_setting_name(s), text);
	return rc;
}

/* NAME = { ... } in one of the groups that have one for each plugin. */
static int
read_plugin(const struct reader *r, const config_setting_t *s, const char *group)
{
	const char *name = config_setting_name(s);
	struct policy_plugin *plugin;
	char shown[PATH_TEXT];
	int rc = 0;

	snprintf(shown, sizeof shown, "%s.%s", group, name);
	if (!config_setting_is_group(s))
		return reader_bad_value(r, s, shown, "a group { ... }");
	if (!policy_is_plugin_name(name))
		return reader_mistake(r, s,
		    &(struct policy_finding){.key = shown,
			.text = "no plugin can have this name; names are [a-z][a-z0-9-]*, at most 64 characters",
			.found = name,
			.allowed = "[a-z][a-z0-9-]*, at most 64 characters"});
	plugin = policy_plugin_of(r->policy, name);
	if (plugin->at == NULL)
		plugin->at = reader_place(r, s);
	for (int i = 0; rc == 0 && i < config_setting_length(s); i++) {
		const config_setting_t *value = config_setting_get_elem(s, (unsigned)i);
		const char *key = config_setting_name(value);

		snprintf(shown, sizeof shown, "%s.%s.%s", group, name, key);
		if (strcmp(group, "plugins") == 0)
			rc = read_config_value(r, value, shown, plugin);
		else
			rc = reader_key(r, value, key_table(group), key, shown, key_base(group, plugin));
	}
	if (strcmp(group, "grounding") == 0)
		plugin->grounding.named = true;
	return rc;
}

static bool
is_plugin_group(const char *name)
{
	for (const char *const *g = policy_plugin_groups; *g != NULL; g++) {
		if (strcmp(*g, name) == 0)
			return true;
	}
	return false;
}

static int
read_plugin_group(const struct reader *r, const config_setting_t *group)
{
	const char *name = config_setting_name(group);
	int rc = 0;

	if (!config_setting_is_group(group))
		return reader_bad_value(r, group, name, "a group with a group for each plugin, { NAME: { ... }; }");
	for (int i = 0; rc == 0 && i < config_setting_length(group); i++)
		rc = read_plugin(r, config_setting_get_elem(group, (unsigned)i), name);
	return rc;
}

static int
read_root(const struct reader *r, const config_setting_t *root)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(s);

		if (is_plugin_group(name))
			rc = read_plugin_group(r, s);
		else if (strcmp(name, "clients") == 0)
			rc = read_clients(r, s);
		else if (strcmp(name, "fallbacks") == 0)
			rc = read_fallbacks(r, s);
		else if (strcmp(name, "handoffs") == 0)
			rc = read_handoffs(r, s);
		else if (strcmp(name, "prices") == 0)
			rc = read_prices(r, s);
		else if (strcmp(name, "routing") == 0)
			rc = read_routes(r, s);
		else if (key_is_group(name))
			rc = read_group(r, s);
		else
			rc = reader_key(r, s, policy_keys, name, name, r->policy);
	}
	return rc;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

/* The file as a whole is no configuration. */
static int
bad_file(const struct reader *r, const char *at, const char *text)
{
	if (r->each == NULL)
		return fault_set(r->fault, HOSPES_ECONFIG, "%s%s%s", at, at[0] != '\0' ? ": " : "", text);
	r->each(&(struct policy_finding){.mistake = true, .at = at, .key = "", .text = text}, r->arg);
	return 0;
}

static int
read_text(const struct reader *r, config_t *config, const char *text)
{
	_cleanup_(free_p) char *path = xstrdup(r->file);

	config_set_include_dir(config, dirname(path));
	if (config_read_string(config, text) != CONFIG_TRUE) {
		const char *file = config_error_file(config);
		_cleanup_(free_p) char *at =
		    xasprintf("%s:%d", file != NULL ? file : r->file, config_error_line(config));

		_cleanup_(free_p) char *wrong =
		    xasprintf("%s; a line is `key = value;`, a group is `name: { ... };`, comments begin with #",
			config_error_text(config));

		return bad_file(r, at, wrong);
	}
	return read_root(r, config_root_setting(config));
}

static int
read_file(const struct reader *r)
{
	_cleanup_(buf_free) struct buf text = {0};
	struct fault unread;
	config_t config;
	int rc;

	if (fd_read_file(r->file, &text, FILE_MAX, &unread) != 0) {
		fault_prefix(&unread, "the configuration cannot be read");
		return bad_file(r, "", unread.text);
	}
	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		return bad_file(r, r->file, "there is a zero byte in it; a configuration is plain text");
	config_init(&config);
	rc = read_text(r, &config, buf_text(&text));
	config_destroy(&config);
	return rc;
}

int
policy_read(const char *path, struct policy *p, struct fault *fault)
{
	return read_file(&(struct reader){.file = path, .policy = p, .fault = fault});
}

void
policy_read_all(const char *path, struct policy *p, policy_found *each, void *arg)
{
	int rc = read_file(&(struct reader){.file = path, .policy = p, .each = each, .arg = arg});

	assert(rc == 0);
}
