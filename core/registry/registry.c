/* What is in memory: names, sorted, each with its versions, newest first. */

#include "registry/state.h"

#include <assert.h>
#include <string.h>

#include "base/id.h"

static size_t
position(const struct registry *r, const char *name, bool *found)
{
	size_t low = 0, high = r->n_plugins;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(r->plugins[middle]->name, name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct plugin *
registry_plugin(const struct registry *r, const char *name)
{
	bool found;
	size_t at = position(r, name, &found);

	return found ? r->plugins[at] : NULL;
}

static struct plugin *
plugin_make(struct registry *r, const char *name)
{
	struct plugin *plugin;
	bool found;
	size_t at = position(r, name, &found);

	if (found)
		return r->plugins[at];
	assert(strlen(name) <= PLUGIN_NAME_MAX);
	plugin = xcalloc(1, sizeof *plugin);
	memcpy(plugin->name, name, strlen(name) + 1);
	r->plugins = xrealloc(r->plugins, (r->n_plugins + 1) * sizeof *r->plugins);
	memmove(r->plugins + at + 1, r->plugins + at, (r->n_plugins - at) * sizeof *r->plugins);
	r->plugins[at] = plugin;
	r->n_plugins++;
	return plugin;
}

struct version *
registry_object(const struct registry *r, const char *hex)
{
	return map_get(&r->by_object, hex);
}

void
registry_add(struct registry *r, struct version *v)
{
	struct plugin *plugin = plugin_make(r, v->name);
	size_t at = 0;

	while (at < plugin->n && semver_compare(plugin->versions[at]->semver, v->semver) > 0)
		at++;
	plugin->versions = xrealloc(plugin->versions, (plugin->n + 1) * sizeof *plugin->versions);
	memmove(plugin->versions + at + 1, plugin->versions + at, (plugin->n - at) * sizeof *plugin->versions);
	plugin->versions[at] = v;
	plugin->n++;
	v->plugin = plugin;
	capable_forget(r);
	map_put(&r->by_object, v->object_hex, v);
}

/* The plugin stays, even without versions: whoever holds a version may look at it. */
void
registry_drop(struct registry *r, struct version *v)
{
	struct plugin *plugin = v->plugin;
	size_t at = 0;

	while (plugin->versions[at] != v)
		at++;
	plugin->n--;
	capable_forget(r);
	memmove(plugin->versions + at, plugin->versions + at + 1, (plugin->n - at) * sizeof *plugin->versions);
	map_del(&r->by_object, v->object_hex);
	version_unref(&v);
}

static void
plugins_clear(struct registry *r)
{
	for (size_t i = 0; i < r->n_plugins; i++) {
		struct plugin *plugin = r->plugins[i];

		for (size_t j = 0; j < plugin->n; j++) {
			plugin->versions[j]->plugin = NULL;
			version_unref(&plugin->versions[j]);
		}
		free(plugin->versions);
		free(plugin);
	}
	free(r->plugins);
	capable_forget(r);
	map_free(&r->by_object);
}

int
registry_open(struct registry **ret, const struct registry_options *options, struct fault *fault)
{
	struct registry *r = xcalloc(1, sizeof *r);
	int rc;

	r->options = *options;
	r->policy = policy_ref(options->policy);
	r->objects_dir = xstrdup(options->objects_dir);
	r->inotify_fd = -1;
	r->settling = true;
	TAILQ_INIT(&r->waiting);
	TAILQ_INIT(&r->trying);
	TAILQ_INIT(&r->held);
	rc = object_dirs(r->objects_dir, fault);
	if (rc == 0)
		rc = load_state(r, fault);
	if (rc == 0)
		rc = watch_open(r, fault);
	if (rc != 0) {
		registry_close(&r);
		return rc;
	}
	take_wake(r);
	*ret = r;
	return 0;
}

void
registry_close(struct registry **ref)
{
	struct registry *r = *ref;

	*ref = NULL;
	if (r == NULL)
		return;
	watch_close(r);
	take_close(r);
	seen_clear(r);
	plugins_clear(r);
	policy_unref(&r->policy);
	free(r->objects_dir);
	free(r);
}

bool
registry_settling(const struct registry *r)
{
	return r->settling;
}
