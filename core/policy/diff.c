/*
 * What a reload changed, key by key.
 *
 * Values are compared as one would write them, so every type that a key may have is compared in one way, and what is told
 * is what was compared.  Keys that hold until the host starts again are compared with the file that the host started
 * with; what the command line said in place of the file is not in that (policy_overridden).
 */

#include "policy/policy.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"
#include "policy/keys.h"
#include "policy/value.h"

#define PATH_TEXT 256

struct diff {
	const struct policy *was, *now;
	policy_changed *each;
	void *arg;
	unsigned n;
};

static void
found(struct diff *d, const char *key, const char *from, const char *to, bool reloadable)
{
	const struct policy_change change = {.key = key, .from = from, .to = to, .reloadable = reloadable};

	d->n++;
	d->each(&change, d->arg);
}

/* One key of a table in two structs of the kind that the table is about. */
static void
compare(struct diff *d, const struct key *key, const char *path, const void *was, const void *now)
{
	_cleanup_(buf_free) struct buf from = {0}, to = {0};

	value_write(key, was, &from);
	value_write(key, now, &to);
	if (strcmp(buf_text(&from), buf_text(&to)) != 0)
		found(d, path, buf_text(&from), buf_text(&to), true);
}

static void
compare_keys(struct diff *d)
{
	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		const char *held = json_string_value(json_object_get(d->now->held, k->path));
		const char *asked = json_string_value(json_object_get(d->now->asked, k->path));

		if (k->reloadable)
			compare(d, k, k->path, d->was, d->now);
		else if (held != NULL && asked != NULL && strcmp(held, asked) != 0)
			found(d, k->path, held, asked, false);
	}
}

/* ---- Plugins ----------------------------------------------------------------------------------------------------- */

static char *
setting_text(const json_t *value)
{
	return value != NULL ? json_text(value) : xstrdup("(not set)");
}

static void
compare_setting(struct diff *d, const char *plugin, const char *name, const json_t *was, const json_t *now)
{
	_cleanup_(free_p) char *from = setting_text(was), *to = setting_text(now);
	char path[PATH_TEXT];

	snprintf(path, sizeof path, "plugins.%s.%s", plugin, name);
	if (strcmp(from, to) != 0)
		found(d, path, from, to, true);
}

static void
compare_settings(struct diff *d, const char *plugin, json_t *was, json_t *now)
{
	const char *name;
	json_t *value;

	json_object_foreach(was, name, value) compare_setting(d, plugin, name, value, json_object_get(now, name));
	json_object_foreach(now, name, value)
	{
		if (json_object_get(was, name) == NULL)
			compare_setting(d, plugin, name, NULL, value);
	}
}

static void
compare_plugin(struct diff *d, const char *name)
{
	const struct policy_plugin *was = policy_plugin(d->was, name), *now = policy_plugin(d->now, name);

	compare_settings(d, name, was->config, now->config);
	for (const char *const *group = policy_plugin_groups; *group != NULL; group++) {
		for (const struct key *k = key_table(*group); k != NULL && k->path != NULL; k++) {
			char path[PATH_TEXT];

			snprintf(path, sizeof path, "%s.%s.%s", *group, name, k->path);
			compare(d, k, path, was, now);
		}
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t
add_names(const struct policy *p, const char **names, size_t n)
{
	const struct policy_plugin *plugin;
	size_t at = 0;

	while ((plugin = map_next(&p->plugins, &at)) != NULL)
		names[n++] = plugin->name;
	return n;
}

static void
compare_plugins(struct diff *d)
{
	_cleanup_(free_p) const char **names = xcalloc(d->was->plugins.used + d->now->plugins.used + 1, sizeof *names);
	size_t n = add_names(d->now, names, add_names(d->was, names, 0));

	qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			compare_plugin(d, names[i]);
	}
}

unsigned
policy_diff(const struct policy *was, const struct policy *now, policy_changed *each, void *arg)
{
	struct diff d = {.was = was, .now = now, .each = each, .arg = arg};

	compare_keys(&d);
	compare_plugins(&d);
	return d.n;
}
