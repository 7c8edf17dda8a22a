/*
 * Commands applied to the store.
 *
 *   v/NAME/HEX   {"version", "state", "trying", "used", "since", "by", "why", "notes"}
 *   a/NAME       {"active": HEX, "former": HEX}
 *
 * Runs in the store thread and looks at nothing but the record and the store.  What an alias becomes is decided by
 * alias_change and alias_state, which memory goes through as well, so that the two cannot disagree.
 */

#include "registry/state.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

void
alias_change(struct alias *alias, const char *command, const char *object, const char *former)
{
	if (strcmp(command, COMMAND_ACTIVE) == 0) {
		snprintf(alias->active, sizeof alias->active, "%s", object);
		snprintf(alias->former, sizeof alias->former, "%s", former);
	} else if (strcmp(command, COMMAND_WITHDRAWN) == 0 || strcmp(command, COMMAND_REMOVED) == 0) {
		if (strcmp(alias->active, object) == 0)
			alias->active[0] = '\0';
		if (strcmp(alias->former, object) == 0)
			alias->former[0] = '\0';
	}
}

enum version_state
alias_state(const struct alias *alias, const char *object, enum version_state before)
{
	if (before == VERSION_WITHDRAWN)
		return VERSION_WITHDRAWN;
	if (strcmp(alias->active, object) == 0)
		return VERSION_ACTIVE;
	return strcmp(alias->former, object) == 0 ? VERSION_FORMER : VERSION_STAGED;
}

/* ---- What a record says ------------------------------------------------------------------------------------------ */

struct command {
	const struct record *record;
	json_t *body;
	const char *name, *object, *former; /* borrowed from the body */
	char *actor, *why;
};

static void
command_clear(struct command *c)
{
	json_decref(c->body);
	free(c->actor);
	free(c->why);
}

static int
damaged(struct fault *fault, const char *what, const char *which)
{
	fault_set(fault, HOSPES_EDAMAGED, "the journal's records of the registry cannot be right: %s%s", what, which);
	return HOSPES_EDAMAGED;
}

static int
command_read(const struct record *r, struct command *c, struct fault *fault)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	uint8_t unused[32];

	c->record = r;
	if (body == NULL)
		return damaged(fault, "a command has no body", "");
	c->body = json_read(body->data, body->len, "the body of a command of the registry", fault);
	if (c->body == NULL)
		return HOSPES_EDAMAGED;
	c->name = json_string_value(json_object_get(c->body, "name"));
	c->object = json_string_value(json_object_get(c->body, "object"));
	c->former = json_string_value(json_object_get(c->body, "former"));
	if (c->former == NULL)
		c->former = "";
	if (c->name == NULL || !plugin_name_valid(c->name) || c->object == NULL ||
	    !hex_parse(c->object, unused, sizeof unused) ||
	    (c->former[0] != '\0' && !hex_parse(c->former, unused, sizeof unused)))
		return damaged(fault, "a command names no plugin and object", "");
	c->actor = record_text(r, TAG_ACTOR);
	c->why = record_text(r, TAG_REASON);
	return 0;
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

static json_t *
entry_get(struct store_txn *txn, const char *key)
{
	const void *data;
	size_t len;

	if (!store_get(txn, STORE_REGISTRY, key, strlen(key), &data, &len))
		return NULL;
	return json_read(data, len, "an entry of the registry", NULL);
}

static int
entry_put(struct store_txn *txn, const char *key, const json_t *entry, struct fault *fault)
{
	_cleanup_(free_p) char *text = json_text(entry);

	return store_put(txn, STORE_REGISTRY, key, strlen(key), text, strlen(text), fault);
}

static void
version_key(const struct command *c, const char *object, char out[STORE_KEY_MAX])
{
	snprintf(out, STORE_KEY_MAX, "v/%s/%s", c->name, object);
}

static void
alias_key(const struct command *c, char out[STORE_KEY_MAX])
{
	snprintf(out, STORE_KEY_MAX, "a/%s", c->name);
}

static void
set_text(json_t *entry, const char *key, const char *text)
{
	int rc = json_object_set_new(entry, key, json_string(text != NULL ? text : ""));

	assert(rc == 0);
}

static void
entry_set_state(json_t *entry, enum version_state state, const struct command *c)
{
	set_text(entry, "state", version_state_name(state));
	json_object_set_new(entry, "since", json_integer(c->record->head.real_ns));
	set_text(entry, "by", c->actor);
	set_text(entry, "why", c->why);
}

static struct alias
alias_get(struct store_txn *txn, const struct command *c)
{
	_cleanup_(json_p) json_t *entry = NULL;
	struct alias alias = {0};
	char key[STORE_KEY_MAX];
	const char *text;

	alias_key(c, key);
	entry = entry_get(txn, key);
	text = json_string_value(json_object_get(entry, "active"));
	snprintf(alias.active, sizeof alias.active, "%s", text != NULL ? text : "");
	text = json_string_value(json_object_get(entry, "former"));
	snprintf(alias.former, sizeof alias.former, "%s", text != NULL ? text : "");
	return alias;
}

static int
alias_put(struct store_txn *txn, const struct command *c, const struct alias *alias, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = json_pack("{s:s, s:s}", "active", alias->active, "former", alias->former);
	char key[STORE_KEY_MAX];

	alias_key(c, key);
	return entry_put(txn, key, entry, fault);
}

/* An object's state under the alias as it is now; one that is not in the store is passed over. */
static int
refresh(
    struct store_txn *txn, const struct command *c, const struct alias *alias, const char *object, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	enum version_state state;
	char key[STORE_KEY_MAX];
	int before;

	if (object[0] == '\0')
		return 0;
	version_key(c, object, key);
	entry = entry_get(txn, key);
	before = version_state_number(json_string_value(json_object_get(entry, "state")));
	if (before < 0)
		return 0;
	state = alias_state(alias, object, (enum version_state)before);
	if (state == (enum version_state)before)
		return 0;
	entry_set_state(entry, state, c);
	return entry_put(txn, key, entry, fault);
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

static int
apply_staged(struct store_txn *txn, const struct command *c, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = json_object();
	char key[STORE_KEY_MAX];

	set_text(entry, "version", json_string_value(json_object_get(c->body, "version")));
	json_object_set_new(entry, "trying", json_true());
	json_object_set_new(entry, "used", json_false());
	json_object_set(entry, "notes", json_object_get(c->body, "notes"));
	entry_set_state(entry, VERSION_STAGED, c);
	version_key(c, c->object, key);
	return entry_put(txn, key, entry, fault);
}

/* The trial is over: the version is one that may be chosen. */
static int
end_trial(struct store_txn *txn, const struct command *c, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	char key[STORE_KEY_MAX];

	version_key(c, c->object, key);
	entry = entry_get(txn, key);
	if (entry == NULL)
		return damaged(fault, "a command names what was never staged: ", key);
	json_object_set_new(entry, "trying", json_false());
	return entry_put(txn, key, entry, fault);
}

static int
mark_used(struct store_txn *txn, const struct command *c, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	char key[STORE_KEY_MAX];

	version_key(c, c->former, key);
	entry = c->former[0] != '\0' ? entry_get(txn, key) : NULL;
	if (entry == NULL || !json_is_true(json_object_get(c->body, "used")))
		return 0;
	json_object_set_new(entry, "used", json_true());
	return entry_put(txn, key, entry, fault);
}

static int
apply_alias(struct store_txn *txn, const struct command *c, const char *command, struct fault *fault)
{
	struct alias before = alias_get(txn, c), after = before;
	const char *touched[] = {before.active, before.former, after.active, after.former};
	int rc;

	alias_change(&after, command, c->object, c->former);
	rc = alias_put(txn, c, &after, fault);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(touched); i++)
		rc = refresh(txn, c, &after, touched[i], fault);
	return rc;
}

static int
apply_active(struct store_txn *txn, const struct command *c, struct fault *fault)
{
	int rc = end_trial(txn, c, fault);

	if (rc == 0)
		rc = mark_used(txn, c, fault);
	return rc == 0 ? apply_alias(txn, c, COMMAND_ACTIVE, fault) : rc;
}

static int
apply_withdrawn(struct store_txn *txn, const struct command *c, struct fault *fault)
{
	_cleanup_(json_p) json_t *entry = NULL;
	char key[STORE_KEY_MAX];
	int rc;

	version_key(c, c->object, key);
	entry = entry_get(txn, key);
	if (entry == NULL)
		return damaged(fault, "a command withdraws what was never staged: ", key);
	entry_set_state(entry, VERSION_WITHDRAWN, c);
	rc = entry_put(txn, key, entry, fault);
	return rc == 0 ? apply_alias(txn, c, COMMAND_WITHDRAWN, fault) : rc;
}

static int
apply_removed(struct store_txn *txn, const struct command *c, struct fault *fault)
{
	char key[STORE_KEY_MAX];
	int rc;

	rc = apply_alias(txn, c, COMMAND_REMOVED, fault);
	if (rc != 0)
		return rc;
	version_key(c, c->object, key);
	return store_del(txn, STORE_REGISTRY, key, strlen(key), fault);
}

typedef int apply_fn(struct store_txn *txn, const struct command *c, struct fault *fault);

static int
apply_with(apply_fn *apply, struct store_txn *txn, const struct record *r, struct fault *fault)
{
	struct command c = {0};
	int rc = command_read(r, &c, fault);

	if (rc == 0)
		rc = apply(txn, &c, fault);
	command_clear(&c);
	return rc;
}

#define APPLY(name, function)                                                                                          \
	static int name(struct store_txn *txn, const struct record *r, struct fault *fault)                            \
	{                                                                                                              \
		return apply_with(function, txn, r, fault);                                                            \
	}

APPLY(staged_row, apply_staged)
APPLY(kept_row, end_trial)
APPLY(active_row, apply_active)
APPLY(withdrawn_row, apply_withdrawn)
APPLY(removed_row, apply_removed)

const struct store_apply registry_apply[] = {
    {RECORD_COMMAND, COMMAND_STAGED, staged_row},
    {RECORD_COMMAND, COMMAND_KEPT, kept_row},
    {RECORD_COMMAND, COMMAND_ACTIVE, active_row},
    {RECORD_COMMAND, COMMAND_WITHDRAWN, withdrawn_row},
    {RECORD_COMMAND, COMMAND_REMOVED, removed_row},
    {0},
};
