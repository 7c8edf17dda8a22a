/*
 * What a reload changed, key by key.
 *
 * Values are compared as one would write them, so every type that a key may have is compared in one way, what is told is
 * what was compared, and a host can tell another process what it has.  Keys that hold until the host starts again are
 * compared with the file that the host started with; what the command line said in place of the file is not in that
 * (policy_overridden).
 */

#include "policy/policy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"
#include "policy/clients.h"
#include "policy/fallbacks.h"
#include "policy/handoffs.h"
#include "policy/keys.h"
#include "policy/prices.h"
#include "policy/routing.h"
#include "policy/value.h"

#define PATH_TEXT 256

/* ---- A snapshot as texts ----------------------------------------------------------------------------------------- */

static void
add_text(json_t *to, const char *name, const struct key *key, const void *base)
{
	_cleanup_(buf_free) struct buf text = {0};

	value_write(key, base, &text);
	json_object_set_new(to, name, json_string(buf_text(&text))); /* not there when it is not UTF-8 */
}

/* {"grants.http": "[ ]", ..., "config": {setting: value}} */
static json_t *
plugin_texts(const struct policy_plugin *plugin)
{
	json_t *texts = json_object();

	for (const char *const *group = policy_plugin_groups; *group != NULL; group++) {
		for (const struct key *k = key_table(*group); k != NULL && k->path != NULL; k++) {
			char name[PATH_TEXT];

			snprintf(name, sizeof name, "%s.%s", *group, k->path);
			add_text(texts, name, k, key_base(*group, (struct policy_plugin *)(uintptr_t)plugin));
		}
	}
	json_object_set(texts, "config", plugin->config);
	return texts;
}

json_t *
policy_texts(const struct policy *p)
{
	json_t *values = json_object(), *plugins = json_object(), *texts;
	_cleanup_(buf_free) struct buf routing = {0};
	const struct policy_plugin *plugin;
	size_t at = 0;

	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		if (k->reloadable)
			add_text(values, k->path, k, p);
	}
	clients_write(p, values);
	prices_write(p, values);
	routes_write(p, &routing);
	json_object_set_new(values, "routing", json_string(buf_text(&routing))); /* not there when it is not UTF-8 */
	fallbacks_write(p, values);
	handoffs_write(p, values);
	while ((plugin = map_next(&p->plugins, &at)) != NULL)
		json_object_set_new(plugins, plugin->name, plugin_texts(plugin));
	texts = json_pack("{s:b, s:b, s:b, s:o, s:O*, s:o, s:o}", "from_file", p->from_file, "dev", p->dev, "root",
	    p->for_root, "values", values, "held", p->held, "plugins", plugins, "unnamed", plugin_texts(p->unnamed));
	assert(texts != NULL);
	json_object_set_new(texts, "file", json_string(p->file)); /* not there when it is not UTF-8 */
	return texts;
}

/* ---- Compared ---------------------------------------------------------------------------------------------------- */

struct diff {
	const json_t *was, *now;
	policy_changed *each;
	void *arg;
	unsigned n;
};

/* What is not known on one side is not compared. */
static void
compare(struct diff *d, const char *key, const char *from, const char *to, bool reloadable)
{
	const struct policy_change change = {.key = key, .from = from, .to = to, .reloadable = reloadable};

	if (from == NULL || to == NULL || strcmp(from, to) == 0)
		return;
	d->n++;
	d->each(&change, d->arg);
}

static const char *
text_in(const json_t *object, const char *member, const char *key)
{
	return json_string_value(json_object_get(json_object_get(object, member), key));
}

/* `asked`: what the new file has of the keys that a reload leaves. */
static void
compare_keys(struct diff *d, const json_t *asked)
{
	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		if (k->reloadable)
			compare(
			    d, k->path, text_in(d->was, "values", k->path), text_in(d->now, "values", k->path), true);
		else
			compare(d, k->path, text_in(d->was, "held", k->path),
			    json_string_value(json_object_get(asked, k->path)), false);
	}
	compare(d, "clients", text_in(d->was, "values", "clients"), text_in(d->now, "values", "clients"), true);
	compare(d, "prices", text_in(d->was, "values", "prices"), text_in(d->now, "values", "prices"), true);
	compare(d, "routing", text_in(d->was, "values", "routing"), text_in(d->now, "values", "routing"), true);
	compare(d, "fallbacks", text_in(d->was, "values", "fallbacks"), text_in(d->now, "values", "fallbacks"), true);
	compare(d, "handoffs", text_in(d->was, "values", "handoffs"), text_in(d->now, "values", "handoffs"), true);
}

static char *
setting_text(const json_t *value)
{
	return value != NULL ? json_text(value) : xstrdup("(not set)");
}

static void
compare_setting(struct diff *d, const char *plugin, const char *name, const json_t *was, const json_t *now)
{
	_cleanup_(free_p) char *from = setting_text(was), *to = setting_text(now);
	_cleanup_(free_p) char *path = xasprintf("plugins.%s.%s", plugin, name);

	compare(d, path, from, to, true);
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

/* As policy_plugin: one that is not named has the defaults. */
static const json_t *
plugin_in(const json_t *texts, const char *name)
{
	const json_t *plugin = json_object_get(json_object_get(texts, "plugins"), name);

	return plugin != NULL ? plugin : json_object_get(texts, "unnamed");
}

static void
compare_plugin(struct diff *d, const char *name)
{
	const json_t *was = plugin_in(d->was, name), *now = plugin_in(d->now, name);

	compare_settings(d, name, json_object_get(was, "config"), json_object_get(now, "config"));
	for (const char *const *group = policy_plugin_groups; *group != NULL; group++) {
		for (const struct key *k = key_table(*group); k != NULL && k->path != NULL; k++) {
			_cleanup_(free_p) char *path = xasprintf("%s.%s.%s", *group, name, k->path);
			char member[PATH_TEXT];

			snprintf(member, sizeof member, "%s.%s", *group, k->path);
			compare(d, path, json_string_value(json_object_get(was, member)),
			    json_string_value(json_object_get(now, member)), true);
		}
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t
add_names(json_t *plugins, const char **names, size_t n)
{
	const char *name;
	json_t *unused;

	json_object_foreach(plugins, name, unused) names[n++] = name;
	return n;
}

static void
compare_plugins(struct diff *d)
{
	json_t *was = json_object_get(d->was, "plugins"), *now = json_object_get(d->now, "plugins");
	_cleanup_(free_p) const char **names =
	    xcalloc(json_object_size(was) + json_object_size(now) + 1, sizeof *names);
	size_t n = add_names(now, names, add_names(was, names, 0));

	qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			compare_plugin(d, names[i]);
	}
}

unsigned
policy_diff_texts(const json_t *was, const struct policy *now, policy_changed *each, void *arg)
{
	_cleanup_(json_p) json_t *texts = policy_texts(now);
	struct diff d = {.was = was, .now = texts, .each = each, .arg = arg};

	compare_keys(&d, now->asked);
	compare_plugins(&d);
	return d.n;
}

unsigned
policy_diff(const struct policy *was, const struct policy *now, policy_changed *each, void *arg)
{
	_cleanup_(json_p) json_t *texts = policy_texts(was);

	return policy_diff_texts(texts, now, each, arg);
}
