/* The snapshot: made, shared, freed, and asked about one plugin. */

#include "policy/policy.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "policy/check.h"
#include "policy/clients.h"
#include "policy/fallbacks.h"
#include "policy/handoffs.h"
#include "policy/keys.h"
#include "policy/places.h"
#include "policy/read.h"
#include "policy/prices.h"
#include "policy/routing.h"
#include "policy/units.h"
#include "policy/value.h"

#define NO_FILE "(defaults)"

static struct policy_plugin *
plugin_new(const char *name)
{
	struct policy_plugin *plugin = xcalloc(1, sizeof *plugin);

	value_preset(policy_grant_keys, plugin);
	value_preset(policy_limit_keys, plugin);
	value_preset(policy_grounding_keys, &plugin->grounding);
	plugin->name = xstrdup(name);
	plugin->http = xcalloc(1, sizeof *plugin->http);
	plugin->config = json_object();
	plugin->config_at = json_object();
	assert(plugin->config != NULL && plugin->config_at != NULL);
	return plugin;
}

static void
plugin_free(struct policy_plugin *plugin)
{
	value_clear(policy_grant_keys, plugin);
	value_clear(policy_limit_keys, plugin);
	value_clear(policy_grounding_keys, &plugin->grounding);
	handoffs_forget(plugin);
	json_decref(plugin->config);
	json_decref(plugin->config_at);
	free(plugin->at);
	free(plugin->name);
	free(plugin);
}

struct policy_plugin *
policy_plugin_of(struct policy *p, const char *name)
{
	struct policy_plugin *plugin = map_get(&p->plugins, name);

	if (plugin == NULL) {
		plugin = plugin_new(name);
		map_put(&p->plugins, plugin->name, plugin);
	}
	return plugin;
}

const struct policy_plugin *
policy_plugin(const struct policy *p, const char *name)
{
	const struct policy_plugin *plugin = map_get(&p->plugins, name);

	return plugin != NULL ? plugin : p->unnamed;
}

void
policy_rate_text(const struct policy_rate *rate, char out[POLICY_RATE_TEXT])
{
	static_assert(POLICY_RATE_TEXT == UNIT_TEXT, "the same");
	unit_write_rate(rate->each_ns, out);
}

const char *
policy_place(const struct policy *p, const char *key)
{
	const char *at = json_string_value(json_object_get(p->places, key));

	return at != NULL ? at : "";
}

const char *
policy_plugin_at(const struct policy_plugin *plugin, const char *key)
{
	const char *at = key == NULL ? plugin->at : json_string_value(json_object_get(plugin->config_at, key));

	return at != NULL ? at : "";
}

/* What is said of plugins where the file does not: the answer of the strategy that comes with the host has to quote what
 * is there. */
static void
plugins_preset(struct policy *p)
{
	struct policy_plugin *supervisor = policy_plugin_of(p, "supervisor");

	supervisor->grounding.named = true;
	supervisor->grounding.checks = xcalloc(2, sizeof *supervisor->grounding.checks);
	supervisor->grounding.checks[0] = xstrdup("quotes");
}

/* All but the folder of installed plugins, which comes last and so after the file was read. */
static struct policy *
policy_new(bool dev, bool root)
{
	struct policy *p = xcalloc(1, sizeof *p);

	p->refs = 1;
	p->generation = 1;
	p->dev = dev;
	p->for_root = root;
	p->file = xstrdup(NO_FILE);
	p->unnamed = plugin_new("");
	p->texts = json_object();
	p->places = json_object();
	assert(p->texts != NULL && p->places != NULL);
	value_preset(policy_keys, p);
	places_preset(p, root);
	plugins_preset(p);
	return p;
}

static bool
runs_as_root(bool dev)
{
	return !dev && geteuid() == 0;
}

struct policy *
policy_defaults_as(bool dev, bool root)
{
	struct policy *p = policy_new(dev, root);

	places_add_installed(p);
	handoffs_compile(p);
	return p;
}

struct policy *
policy_defaults(bool dev)
{
	return policy_defaults_as(dev, runs_as_root(dev));
}

/* What holds until the host starts again, as text: what a reload finds is compared with it. */
static json_t *
lasting_values(const struct policy *p)
{
	json_t *values = json_object();

	assert(values != NULL);
	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		_cleanup_(buf_free) struct buf text = {0};

		if (k->reloadable)
			continue;
		value_write(k, p, &text);
		json_object_set_new(values, k->path, json_string(buf_text(&text))); /* not there when it is not UTF-8 */
	}
	return values;
}

/* The file was read. */
static void
policy_complete(struct policy *p, const char *path)
{
	if (path != NULL) {
		free(p->file);
		p->file = xstrdup(path);
		p->from_file = true;
	}
	places_add_installed(p);
	fallbacks_compile(p);
	handoffs_compile(p);
	p->held = lasting_values(p);
	p->asked = json_incref(p->held);
}

static void
set_fault(const struct policy_finding *finding, void *arg)
{
	if (finding->mistake)
		fault_set(arg, HOSPES_ECONFIG, "%s: %s: %s", finding->at, finding->key, finding->text);
}

static int
load_as(const char *path, bool dev, bool root, struct policy **ret, struct fault *fault)
{
	struct policy *p = policy_new(dev, root);

	if (path != NULL && (policy_read(path, p, fault) != 0 || !check_stacks(p, path, set_fault, fault) ||
				!clients_check(p, set_fault, fault) || !prices_check(p, set_fault, fault))) {
		policy_unref(&p);
		return HOSPES_ECONFIG;
	}
	policy_complete(p, path);
	if (!fallbacks_check(p, set_fault, fault) || !handoffs_check(p, set_fault, fault)) {
		policy_unref(&p);
		return HOSPES_ECONFIG;
	}
	*ret = p;
	return 0;
}

void
policy_check(
    const char *path, const struct policy_check_options *options, policy_found *each, void *arg, struct policy **ret)
{
	struct policy *p = policy_new(options->dev, options->root);

	if (path != NULL) {
		policy_read_all(path, p, each, arg);
		check_stacks(p, path, each, arg);
		clients_check(p, each, arg);
		prices_check(p, each, arg);
	}
	policy_complete(p, path);
	fallbacks_check(p, each, arg);
	handoffs_check(p, each, arg);
	check_values(p, options, each, arg);
	check_grants(p, options, each, arg);
	check_alerts(p, options, each, arg);
	*ret = p;
}

int
policy_load(const char *path, bool dev, struct policy **ret, struct fault *fault)
{
	return load_as(path, dev, runs_as_root(dev), ret, fault);
}

void
policy_overridden(struct policy *p, const char *key)
{
	json_object_del(p->held, key);
}

int
policy_reload(const struct policy *now, struct policy **ret, struct fault *fault)
{
	struct policy *p;
	int rc;

	rc = load_as(now->from_file ? now->file : NULL, now->dev, now->for_root, &p, fault);
	if (rc != 0)
		return rc;
	for (const struct key *k = policy_keys; k->path != NULL; k++) {
		if (!k->reloadable)
			value_copy(k, p, now);
	}
	json_decref(p->held);
	p->held = json_incref(now->held);
	p->generation = now->generation + 1;
	*ret = p;
	return 0;
}

struct policy *
policy_ref(struct policy *p)
{
	assert(p->refs > 0 && p->refs < UINT32_MAX);
	p->refs++;
	return p;
}

void
policy_unref(struct policy **ref)
{
	struct policy *p = *ref;
	struct policy_plugin *plugin;
	size_t at = 0;

	*ref = NULL;
	if (p == NULL)
		return;
	assert(p->refs > 0);
	if (--p->refs > 0)
		return;
	while ((plugin = map_next(&p->plugins, &at)) != NULL)
		plugin_free(plugin);
	map_free(&p->plugins);
	plugin_free(p->unnamed);
	clients_free(p);
	prices_free(p);
	routes_free(p);
	fallbacks_free(p);
	handoffs_free(p);
	value_clear(policy_keys, p);
	json_decref(p->texts);
	json_decref(p->places);
	json_decref(p->held);
	json_decref(p->asked);
	free(p->file);
	free(p);
}
