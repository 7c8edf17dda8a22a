/* Questions: what a name means, who offers what, and what the operator wants changed. */

#include "registry/state.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

struct version *
registry_active(const struct registry *r, const char *name)
{
	const struct plugin *plugin = registry_plugin(r, name);

	return plugin != NULL ? registry_object(r, plugin->alias.active) : NULL;
}

/* One that a cell is just trying is not there yet. */
struct version *
registry_version(const struct registry *r, const char *name, const char *semver)
{
	const struct plugin *plugin = registry_plugin(r, name);

	for (size_t i = 0; plugin != NULL && i < plugin->n; i++) {
		if (strcmp(plugin->versions[i]->semver, semver) == 0 && !take_is_trying(r, plugin->versions[i]))
			return plugin->versions[i];
	}
	return NULL;
}

json_t *
registry_find(struct registry *r, const char *capability)
{
	struct version *const *found;
	size_t n = registry_capables(r, capability, &found);
	json_t *names = json_array();

	assert(names != NULL);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(names, json_string(found[i]->name));
	return names;
}

static int
walk_plugin(const struct plugin *plugin, int (*visit)(const struct version *v, void *arg), void *arg)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < plugin->n; i++)
		rc = visit(plugin->versions[i], arg);
	return rc;
}

int
registry_walk(const struct registry *r, const char *name, int (*visit)(const struct version *v, void *arg), void *arg)
{
	int rc = 0;

	if (name != NULL) {
		const struct plugin *plugin = registry_plugin(r, name);

		return plugin != NULL ? walk_plugin(plugin, visit, arg) : 0;
	}
	for (size_t i = 0; rc == 0 && i < r->n_plugins; i++)
		rc = walk_plugin(r->plugins[i], visit, arg);
	return rc;
}

/* ---- What the operator wants ------------------------------------------------------------------------------------- */

/* A plugin that has versions, or NULL and the fault. */
static struct plugin *
find_plugin(const struct registry *r, const char *name, struct fault *fault)
{
	struct plugin *plugin = registry_plugin(r, name);

	if (plugin != NULL && plugin->n > 0)
		return plugin;
	fault_set(fault, HOSPES_ENOAGENT, "there is no plugin %.64s; `hospes agents` lists those there are", name);
	return NULL;
}

/* NULL and the fault, which lists the versions there are. */
static struct version *
find_version(const struct registry *r, const struct plugin *plugin, const char *semver, struct fault *fault)
{
	_cleanup_(buf_free) struct buf known = {0};
	struct version *v = registry_version(r, plugin->name, semver);

	if (v != NULL)
		return v;
	for (size_t i = 0; i < plugin->n && i < 20; i++)
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", plugin->versions[i]->semver);
	fault_set(fault, HOSPES_ENOVERSION, "%s has no version %.64s; it has %s%s", plugin->name, semver,
	    buf_text(&known), plugin->n > 20 ? ", ..." : "");
	return NULL;
}

static struct version *
find_former(const struct registry *r, const struct plugin *plugin, struct fault *fault)
{
	struct version *v = registry_object(r, plugin->alias.former);

	if (v == NULL)
		fault_set(fault, HOSPES_ECONFLICT,
		    "%s has no former version to go back to; `hospes versions %s` lists its versions, and --to chooses "
		    "one",
		    plugin->name, plugin->name);
	return v;
}

static int
check_choosable(const struct version *v, struct fault *fault)
{
	if (v->state == VERSION_WITHDRAWN)
		return fault_set(fault, HOSPES_EWITHDRAWN,
		    "%s %s was withdrawn by %s (%s) and is never chosen again; install a "
		    "new version",
		    v->name, v->semver, v->by, v->why[0] != '\0' ? v->why : "no reason given");
	if (v->state == VERSION_ACTIVE)
		return fault_set(fault, HOSPES_ECONFLICT, "%s %s is active already", v->name, v->semver);
	if (!object_exists(v))
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the object of %s %s is missing: %s; choose another version, and restart "
		    "the host to install this one again",
		    v->name, v->semver, v->object_path);
	return 0;
}

int
registry_rollback(struct registry *r, const char *name, const char *semver, const char *actor, const char *why,
    const struct version **ret, struct fault *fault)
{
	struct plugin *plugin = find_plugin(r, name, fault);
	struct version *v;
	int rc;

	if (plugin == NULL)
		return HOSPES_ENOAGENT;
	v = semver != NULL ? find_version(r, plugin, semver, fault) : find_former(r, plugin, fault);
	if (v == NULL)
		return semver != NULL ? HOSPES_ENOVERSION : HOSPES_ECONFLICT;
	rc = check_choosable(v, fault);
	if (rc != 0)
		return rc;
	command_activate(r, v, actor, why != NULL ? why : "rollback");
	if (ret != NULL)
		*ret = v;
	return 0;
}

int
registry_withdraw(
    struct registry *r, const char *name, const char *semver, const char *actor, const char *why, struct fault *fault)
{
	struct plugin *plugin = find_plugin(r, name, fault);
	struct version *v, *former;

	if (plugin == NULL)
		return HOSPES_ENOAGENT;
	v = find_version(r, plugin, semver, fault);
	if (v == NULL)
		return HOSPES_ENOVERSION;
	if (v->state == VERSION_WITHDRAWN)
		return fault_set(
		    fault, HOSPES_ECONFLICT, "%s %s was withdrawn already, by %s", v->name, v->semver, v->by);
	former = registry_object(r, plugin->alias.former);
	if (v->state == VERSION_ACTIVE && former != NULL && object_exists(former))
		command_activate(r, former, actor, "the active version is withdrawn");
	command_withdraw(r, v, actor, why != NULL ? why : "");
	return 0;
}
