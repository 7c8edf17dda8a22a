/*
 * Every change of state: a record in the journal, the same in memory, a line in the log.
 *
 * Nothing else in the room writes to the journal or moves an alias.
 */

#include "registry/state.h"

#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

/* Journals a command; takes the body over.  Returns its real time, which memory and store both keep. */
static int64_t
append(struct registry *r, const char *command, json_t *body, const char *actor, const char *why)
{
	_cleanup_(free_p) char *text = NULL;
	struct record record;

	assert(body != NULL);
	text = json_text(body);
	json_decref(body);
	record_init(&record, RECORD_COMMAND);
	record_add_text(&record, TAG_COMMAND, command);
	record_add_text(&record, TAG_ACTOR, actor);
	record_add_text(&record, TAG_REASON, why);
	record_add_text(&record, TAG_BODY, text);
	store_append(r->options.store, &record);
	return record.head.real_ns;
}

/* The alias moves, and with it the states of all that it touches. */
static void
move_alias(struct registry *r, struct plugin *plugin, const char *command, const struct version *v, const char *former,
    int64_t real_ns, const char *actor, const char *why)
{
	capable_forget(r);
	alias_change(&plugin->alias, command, v->object_hex, former);
	for (size_t i = 0; i < plugin->n; i++) {
		struct version *each = plugin->versions[i];
		enum version_state state = alias_state(&plugin->alias, each->object_hex, each->state);

		if (state != each->state)
			version_set_state(each, state, real_ns, actor, why);
	}
}

void
command_stage(struct registry *r, struct version *v, const char *actor, const char *why)
{
	json_t *body = json_pack(
	    "{s:s, s:s, s:s, s:O}", "name", v->name, "object", v->object_hex, "version", v->semver, "notes", v->notes);
	int64_t real_ns = append(r, COMMAND_STAGED, body, actor, why);

	version_set_state(v, VERSION_STAGED, real_ns, actor, why);
	registry_add(r, v);
	log_debug(
	    "version staged", LOG_S("plugin", v->name), LOG_S("version", v->semver), LOG_S("object", v->object_hex));
}

void
command_keep(struct registry *r, struct version *v, const char *actor, const char *why)
{
	append(r, COMMAND_KEPT, json_pack("{s:s, s:s}", "name", v->name, "object", v->object_hex), actor, why);
}

/* Neither chosen nor warm any more: its cells may end, and when no call ever began on it nobody will ask for it. */
static void
let_go(struct registry *r, struct version *v)
{
	if (r->options.retired != NULL)
		r->options.retired(v, false, r->options.arg);
	if (v->state == VERSION_STAGED && !v->used && !seen_object(r, v->object_hex))
		command_remove(r, v, "host", "no call ever used it and newer versions took its place");
}

void
command_activate(struct registry *r, struct version *v, const char *actor, const char *why)
{
	struct plugin *plugin = v->plugin;
	struct version *outgoing = registry_object(r, plugin->alias.active);
	struct version *dropped = registry_object(r, plugin->alias.former);
	const char *former = outgoing != NULL ? outgoing->object_hex : dropped != v ? plugin->alias.former : "";
	bool used = outgoing != NULL && outgoing->used;
	char former_hex[OBJECT_HEX];
	int64_t real_ns;

	assert(outgoing != v);
	memcpy(former_hex, former, strlen(former) + 1);
	real_ns = append(r, COMMAND_ACTIVE,
	    json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", v->name, "object", v->object_hex, "version", v->semver,
		"former", former_hex, "used", used),
	    actor, why);
	move_alias(r, plugin, COMMAND_ACTIVE, v, former_hex, real_ns, actor, why);
	log_info("version active", LOG_S("plugin", v->name), LOG_S("version", v->semver),
	    LOG_S("former", outgoing != NULL ? outgoing->semver : ""), LOG_S("object", v->object_hex),
	    LOG_S("by", actor), LOG_S("why", why));
	if (!r->settling)
		configured_check(r, v);
	if (outgoing != NULL && r->options.retired != NULL)
		r->options.retired(outgoing, true, r->options.arg);
	if (dropped != NULL && dropped->state == VERSION_STAGED)
		let_go(r, dropped);
}

void
command_withdraw(struct registry *r, struct version *v, const char *actor, const char *why)
{
	json_t *body = json_pack("{s:s, s:s, s:s}", "name", v->name, "object", v->object_hex, "version", v->semver);
	int64_t real_ns = append(r, COMMAND_WITHDRAWN, body, actor, why);

	version_set_state(v, VERSION_WITHDRAWN, real_ns, actor, why);
	move_alias(r, v->plugin, COMMAND_WITHDRAWN, v, "", real_ns, actor, why);
	log_warn("version withdrawn", LOG_S("plugin", v->name), LOG_S("version", v->semver), LOG_S("by", actor),
	    LOG_S("why", why));
	if (r->options.retired != NULL)
		r->options.retired(v, false, r->options.arg);
}

void
command_forget(struct registry *r, const char *name, const char *object, const char *why)
{
	append(r, COMMAND_REMOVED, json_pack("{s:s, s:s}", "name", name, "object", object), "host", why);
	object_remove(r, object);
}

void
command_remove(struct registry *r, struct version *v, const char *actor, const char *why)
{
	json_t *body = json_pack("{s:s, s:s, s:s}", "name", v->name, "object", v->object_hex, "version", v->semver);
	int64_t real_ns = append(r, COMMAND_REMOVED, body, actor, why);

	move_alias(r, v->plugin, COMMAND_REMOVED, v, "", real_ns, actor, why);
	log_debug("version removed", LOG_S("plugin", v->name), LOG_S("version", v->semver), LOG_S("why", why));
	object_remove(r, v->object_hex);
	registry_drop(r, v);
}

/* Whether no record that is left can name it. */
static bool
is_past(struct version *v, uint64_t below, uint64_t end)
{
	bool held = v->held || v->refs > 1 || v->held_until == 0;

	v->held = v->refs > 1;
	if (held)
		v->held_until = end;
	return !held && v->held_until <= below;
}

void
registry_dropped(struct registry *r, uint64_t below, uint64_t end)
{
	for (size_t i = r->n_plugins; i-- > 0;) {
		struct plugin *plugin = r->plugins[i];

		for (size_t k = plugin->n; k-- > 0;) {
			struct version *v = plugin->versions[k];

			if (is_past(v, below, end) && v->state == VERSION_STAGED && !take_is_trying(r, v) &&
			    !seen_object(r, v->object_hex))
				command_remove(r, v, "host", "no record that is kept names it");
		}
	}
}
