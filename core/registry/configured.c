/*
 * What the configuration says of plugins, compared with the plugins that are there.
 *
 * The file is read before any plugin is known, so a setting that no plugin has would come to light in the first run
 * only.  It is told, with its line, when the version becomes active; a name that no plugin has, when the first look at
 * the folders is over.  Told and not refused: the plugin may be dropped later, or rolled back to what the file fits.
 */

#include "registry/state.h"

#include "base/log.h"

void
configured_check(const struct registry *r, const struct version *v)
{
	const struct policy_plugin *configured = policy_plugin(r->policy, v->name);
	struct fault fault;
	const char *key;
	json_t *value;

	json_object_foreach(configured->config, key, value)
	{
		if (version_check_setting(v, key, value, &fault) != 0)
			log_warn("a setting in the configuration does not fit the plugin; its runs will be refused",
			    LOG_S("plugin", v->name), LOG_S("version", v->semver),
			    LOG_S("code", status_name(fault.status)), LOG_S("at", policy_plugin_at(configured, key)),
			    LOG_S("error", fault.text));
	}
}

/* Replies are refused until there are all of their checks, and nobody is asked instead who is not there. */
static void
look_for(const struct registry *r, const struct policy_handoff *rule, const char *plugin, const char *at)
{
	for (char **check = rule->checks; check != NULL && *check != NULL; check++) {
		if (registry_active(r, *check) == NULL)
			log_warn(
			    "a check of the replies of a plugin is not there; they will be refused as not_grounded",
			    LOG_S("plugin", plugin), LOG_S("check", *check), LOG_S("at", at));
	}
	if (rule->escalate != NULL && registry_active(r, rule->escalate) == NULL)
		log_warn("whom the replies of a plugin are escalated to is not there; that step will fail",
		    LOG_S("plugin", plugin), LOG_S("escalate", rule->escalate), LOG_S("at", at));
}

void
configured_check_all(const struct registry *r)
{
	struct policy_plugin *configured;
	size_t at = 0;

	for (unsigned i = 0; i < r->policy->n_handoffs; i++) {
		const struct policy_handoff *entry = &r->policy->handoffs[i];

		look_for(r, entry, entry->from != NULL ? entry->from : "*", entry->at);
	}
	while ((configured = map_next(&r->policy->plugins, &at)) != NULL) {
		const struct version *v = registry_active(r, configured->name);
		const struct plugin *plugin = registry_plugin(r, configured->name);

		if (v != NULL) {
			configured_check(r, v);
			look_for(r, &configured->grounding, configured->name, policy_plugin_at(configured, NULL));
		} else if (configured->at != NULL && (plugin == NULL || plugin->n == 0))
			log_warn("the configuration names a plugin that is not there; is the name right?",
			    LOG_S("plugin", configured->name), LOG_S("at", policy_plugin_at(configured, NULL)));
	}
}

void
registry_set_policy(struct registry *r, struct policy *policy)
{
	policy_ref(policy);
	policy_unref(&r->policy);
	r->policy = policy;
	if (!r->settling)
		configured_check_all(r);
}
