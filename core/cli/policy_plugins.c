/*
 * What a configuration says of plugins, held against the plugins that there are: in its plugin folders, read by the
 * inspector as the host has it done, and in the registry of the host that answers.
 *
 * Of one name there may be several versions; what fits one of them is right.
 */

#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/policy.h"
#include "cli/process.h"
#include "registry/registry.h"

#define NOTES_MAX (4 * MIB)

struct plugins {
	struct policy_look *look;
	json_t *notes; /* name -> array of the notes of its versions */
	json_t *kinds; /* name -> kind, of all that are known */
};

/* ---- What there is ----------------------------------------------------------------------------------------------- */

static void
add_notes(struct plugins *ps, const char *path)
{
	const char *const args[] = {"--file", path, NULL};
	_cleanup_(buf_free) struct buf out = {0};
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault unused;
	int wait_status;
	const char *name;
	json_t *notes;

	if (process_read(INSTALL_LIBEXEC, "hospes-inspect", args, &out, NOTES_MAX, &wait_status, &unused) != 0)
		return;
	answer = json_read(out.data, out.len, "the inspector's answer", &unused);
	notes = json_object_get(answer, "notes");
	name = cli_text(notes, "name");
	if (name[0] == '\0')
		return; /* no plugin */
	if (json_object_get(ps->notes, name) == NULL)
		json_object_set_new(ps->notes, name, json_array());
	json_array_append(json_object_get(ps->notes, name), notes);
	json_object_set_new(ps->kinds, name, json_string(cli_text(notes, "kind")));
}

static void
add_folder(struct plugins *ps, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	if (dir == NULL)
		return; /* waited for */
	while ((entry = readdir(dir)) != NULL) {
		_cleanup_(free_p) char *file = xasprintf("%s/%s", path, entry->d_name);
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] != '.' && len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0)
			add_notes(ps, file);
	}
	closedir(dir);
}

static void
add_registry(struct plugins *ps)
{
	const json_t *version;
	size_t i;

	json_array_foreach(ps->look->versions, i, version)
	    json_object_set_new(ps->kinds, cli_text(version, "name"), json_string(cli_text(version, "kind")));
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* One letter off, one too many or too few, or two that changed places. */
static bool
is_near(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b), same = 0, tail = 0;
	size_t least = a_len < b_len ? a_len : b_len, most = a_len < b_len ? b_len : a_len;

	while (same < least && a[same] == b[same])
		same++;
	while (tail < least - same && a[a_len - 1 - tail] == b[b_len - 1 - tail])
		tail++;
	if (most - same - tail <= 1)
		return true;
	return a_len == b_len && a_len - same - tail == 2 && a[same] == b[same + 1] && a[same + 1] == b[same];
}

static const char *
nearest(const struct plugins *ps, const char *name)
{
	const char *known;
	json_t *unused;

	json_object_foreach(ps->kinds, known, unused) if (is_near(known, name)) return known;
	return NULL;
}

/* The first key that names it: "plugins.NAME" or "grants.NAME". */
static char *
key_of(const struct policy *policy, const struct policy_plugin *plugin)
{
	_cleanup_(free_p) char *within = xasprintf(".%s.", plugin->name);
	const char *key;
	json_t *unused;

	json_object_foreach(policy->places, key, unused)
	{
		const char *dot = strchr(key, '.');

		if (dot != NULL && strncmp(dot, within, strlen(within)) == 0)
			return xasprintf("%.*s.%s", (int)(dot - key), key, plugin->name);
	}
	return xasprintf("plugins.%s", plugin->name);
}

static void
check_name(const struct plugins *ps, const struct policy_plugin *plugin)
{
	const char *near = nearest(ps, plugin->name);
	_cleanup_(free_p) char *key = key_of(ps->look->policy, plugin);
	_cleanup_(free_p) char *text = xasprintf("there is no plugin %s in the plugin folders%s%s%s%s", plugin->name,
	    ps->look->versions != NULL ? ", and the host has none" : "", near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "; what is said of it waits for one");

	policy_look_say(ps->look, false, policy_plugin_at(plugin, NULL), key, text, plugin->name, near);
}

/* `group` is the key of the rule, `whose` replies it is about. */
static void
check_checks(const struct plugins *ps, const struct policy_handoff *rule, const char *group, const char *whose)
{
	_cleanup_(free_p) char *key = xasprintf("%s.checks", group);
	const char *at = policy_place(ps->look->policy, key);

	for (char **check = rule->checks; at[0] != '\0' && check != NULL && *check != NULL; check++) {
		const char *kind = json_string_value(json_object_get(ps->kinds, *check)), *near = nearest(ps, *check);
		_cleanup_(free_p) char *text = NULL;

		if (kind != NULL && strcmp(kind, "check") == 0)
			continue;
		if (kind != NULL)
			text = xasprintf(
			    "%s is a plugin of the kind %s and no check; every reply of %s would be refused as "
			    "not_grounded",
			    *check, kind, whose);
		else
			text =
			    xasprintf("there is no check %s%s%s%s; every reply of %s would be refused as not_grounded",
				*check, near != NULL ? " (did you mean " : "", near != NULL ? near : "",
				near != NULL ? "?)" : "", whose);
		policy_look_say(ps->look, true, at, key, text, *check, kind == NULL ? near : NULL);
	}
}

static bool
has_step(const struct policy_handoff *rule, enum policy_step step)
{
	for (unsigned i = 0; i < rule->n_steps; i++) {
		if (rule->steps[i] == step)
			return true;
	}
	return false;
}

static void
check_escalation(const struct plugins *ps, const struct policy_handoff *rule, const char *group)
{
	_cleanup_(free_p) char *key = xasprintf("%s.escalate", group), *text = NULL;
	const char *at = policy_place(ps->look->policy, key), *kind, *near;

	if (rule->escalate == NULL || at[0] == '\0')
		return;
	if (!has_step(rule, STEP_ESCALATE))
		policy_look_say(ps->look, false, at, key,
		    "it has no effect: `on_fail` has no step \"escalate\"", rule->escalate, NULL);
	kind = json_string_value(json_object_get(ps->kinds, rule->escalate));
	near = nearest(ps, rule->escalate);
	if (kind == NULL)
		text = xasprintf("there is no plugin %s%s%s%s; the step \"escalate\" would fail", rule->escalate,
		    near != NULL ? " (did you mean " : "", near != NULL ? near : "", near != NULL ? "?)" : "");
	else if (strcmp(kind, "check") == 0)
		text = xasprintf("%s is a check, and nobody who could be asked instead", rule->escalate);
	if (text != NULL)
		policy_look_say(ps->look, true, at, key, text, rule->escalate, kind == NULL ? near : NULL);
}

static void
check_rule(const struct plugins *ps, const struct policy_handoff *rule, const char *group, const char *whose)
{
	check_checks(ps, rule, group, whose);
	check_escalation(ps, rule, group);
}

/* A weight of nobody is most likely one of somebody else. */
static void
check_weights(const struct plugins *ps)
{
	const struct policy *policy = ps->look->policy;

	for (unsigned i = 0; i < policy->n_routes; i++) {
		const struct policy_route *route = &policy->routes[i];

		for (unsigned k = 0; k < route->n_weights; k++) {
			const char *name = route->weights[k].name, *near = nearest(ps, name);
			_cleanup_(free_p) char *key = xasprintf("routing[%u].weights.%s", i, name), *text = NULL;

			if (json_object_get(ps->kinds, name) != NULL)
				continue;
			text = xasprintf("there is no plugin %s%s%s%s", name, near != NULL ? "; did you mean " : "",
			    near != NULL ? near : "", near != NULL ? "?" : "");
			policy_look_say(ps->look, false, route->at, key, text, name, near);
		}
	}
}

static void
check_handoffs(const struct plugins *ps)
{
	const struct policy *policy = ps->look->policy;

	for (unsigned i = 0; i < policy->n_handoffs; i++) {
		const struct policy_handoff *entry = &policy->handoffs[i];
		_cleanup_(free_p) char *group = xasprintf("handoffs[%u]", i);

		check_rule(ps, entry, group, entry->from != NULL ? entry->from : "those whom it is about");
	}
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static void
check_file(const struct plugins *ps, const char *at, const char *key, const char *name)
{
	_cleanup_(json_p) json_t *content = NULL;
	_cleanup_(free_p) char *text = NULL;
	struct fault fault;

	if (policy_text(ps->look->policy, name, &content, &fault) != 0) {
		policy_look_say(ps->look, true, at, key, fault.text, name, NULL);
	} else if (name[0] != '\0' && json_object_get(ps->look->policy->texts, name) == NULL) {
		text = xasprintf(
		    "there is no file %s in the folder `files` beside the configuration, nor in the one that was "
		    "installed; the plugin is given an empty text",
		    name);
		policy_look_say(ps->look, false, at, key, text, name, NULL);
	}
}

/* Of the versions that there are, one has to take it. */
static void
check_setting(const struct plugins *ps, const struct policy_plugin *plugin, const char *name, const json_t *value)
{
	const json_t *all = json_object_get(ps->notes, plugin->name), *notes;
	_cleanup_(free_p) char *key = xasprintf("plugins.%s.%s", plugin->name, name), *found = json_text(value);
	struct fault fault = {0};
	bool file = false;
	size_t i;

	json_array_foreach(all, i, notes)
	{
		struct version v = {.config = json_object_get(notes, "config")};

		snprintf(v.name, sizeof v.name, "%s", plugin->name);
		file = file || strcmp(cli_text(json_object_get(v.config, name), "type"), "file") == 0;
		if (version_check_setting(&v, name, value, &fault) == 0)
			break;
	}
	if (i == json_array_size(all))
		policy_look_say(ps->look, true, policy_plugin_at(plugin, name), key, fault.text, found, NULL);
	else if (file && json_is_string(value))
		check_file(ps, policy_plugin_at(plugin, name), key, json_string_value(value));
}

/* ---- Grants ------------------------------------------------------------------------------------------------------ */

/* Does one of the versions need what begins so? */
static bool
needs(const struct plugins *ps, const char *plugin, const char *kind)
{
	const json_t *notes, *need;
	size_t i, j;

	json_array_foreach(json_object_get(ps->notes, plugin), i, notes)
	    json_array_foreach(json_object_get(notes, "needs"), j,
		need) if (strncmp(json_string_value(need), kind, strlen(kind)) == 0) return true;
	return false;
}

/* As a grant is held against the notes: the pattern over the need as it is written. */
static bool
matches_need(const struct plugins *ps, const char *plugin, const char *pattern)
{
	const json_t *notes, *need;
	size_t i, j;

	json_array_foreach(json_object_get(ps->notes, plugin), i, notes) json_array_foreach(
	    json_object_get(notes, "needs"), j, need) if (policy_match(pattern, json_string_value(need))) return true;
	return false;
}

static void
say_without_effect(const struct plugins *ps, const struct policy_plugin *plugin, const char *group, const char *name,
    const char *found, const char *why)
{
	_cleanup_(free_p) char *key = xasprintf("%s.%s.%s", group, plugin->name, name);
	_cleanup_(free_p) char *text = xasprintf("found %s, which has no effect: %s %s", found, plugin->name, why);
	const char *at = policy_place(ps->look->policy, key);

	if (at[0] != '\0')
		policy_look_say(ps->look, false, at, key, text, found, NULL);
}

static void
check_grants(const struct plugins *ps, const struct policy_plugin *plugin)
{
	const json_t *notes;
	bool recursion = false;
	size_t i;

	if (plugin->http[0] != NULL && !needs(ps, plugin->name, "http:"))
		say_without_effect(ps, plugin, "grants", "http", plugin->http[0], "declares no need of http");
	if (plugin->memory != NULL && plugin->memory[0] != NULL && !needs(ps, plugin->name, "memory:"))
		say_without_effect(ps, plugin, "grants", "memory", plugin->memory[0], "declares no need of memory");
	for (char **need = plugin->needs; need != NULL && *need != NULL; need++)
		if (!matches_need(ps, plugin->name, *need))
			say_without_effect(ps, plugin, "grants", "needs", *need, "declares no need that it matches");
	json_array_foreach(json_object_get(ps->notes, plugin->name), i, notes) recursion =
	    recursion || json_integer_value(json_object_get(notes, "recursion")) > 0;
	if (plugin->recursion > 0 && !recursion)
		say_without_effect(
		    ps, plugin, "limits", "recursion", "more than 0", "does not ask for it in its notes");
}

void
policy_look_plugins(struct policy_look *look)
{
	_cleanup_(json_p) json_t *notes = json_object(), *kinds = json_object();
	struct plugins ps = {.look = look, .notes = notes, .kinds = kinds};
	const struct policy_plugin *plugin;
	const char *name;
	json_t *value;
	size_t at = 0;

	for (char **dir = look->policy->plugin_dirs; *dir != NULL; dir++)
		add_folder(&ps, *dir);
	add_registry(&ps);
	check_handoffs(&ps);
	check_weights(&ps);
	while ((plugin = map_next(&look->policy->plugins, &at)) != NULL) {
		_cleanup_(free_p) char *group = xasprintf("grounding.%s", plugin->name);

		check_rule(&ps, &plugin->grounding, group, plugin->name);
		if (json_object_get(notes, plugin->name) != NULL) {
			json_object_foreach(plugin->config, name, value) check_setting(&ps, plugin, name, value);
			check_grants(&ps, plugin);
		} else if (plugin->at != NULL && json_object_get(kinds, plugin->name) == NULL) {
			check_name(&ps, plugin);
		}
	}
}
