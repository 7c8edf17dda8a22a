/* Memory from the store, at start. */

#include "registry/state.h"

#include <assert.h>
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"

/* What was found: {"v/NAME/HEX" or "a/NAME": entry}. */
struct loading {
	json_t *entries;
	bool damaged;
};

static int
load_entry(const void *key, size_t key_len, const void *data, size_t len, void *arg)
{
	struct loading *loading = arg;
	_cleanup_(free_p) char *text = xstrndup(key, key_len);
	json_t *entry = json_read(data, len, "an entry of the registry", NULL);

	if (entry == NULL)
		loading->damaged = true;
	else
		json_object_set_new(loading->entries, text, entry);
	return 0;
}

/* [store thread] */
static void
load_entries(struct store_txn *txn, struct journal *j, void *arg)
{
	(void)j;
	store_walk(txn, STORE_REGISTRY, "", 0, false, load_entry, arg);
}

static const char *
text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text != NULL ? text : "";
}

/* A version whose file is gone is as if it were not there: a name may not mean what cannot run.  The same bytes dropped
 * again bring it back. */
static void
tell_missing(const struct version *v)
{
	log_error("the object of a version is missing; install the plugin again, or roll back to another version",
	    LOG_S("plugin", v->name), LOG_S("version", v->semver), LOG_S("state", version_state_name(v->state)),
	    LOG_S("object", v->object_path));
}

/* `key` is v/NAME/HEX. */
static int
load_version(struct registry *r, const char *key, const json_t *entry, struct fault *fault)
{
	int state = version_state_number(text_of(entry, "state"));
	const char *hex = strrchr(key, '/') + 1;
	_cleanup_(version_unref) struct version *v = NULL;
	uint8_t object[32];
	int rc;

	if (state < 0 || !hex_parse(hex, object, sizeof object))
		return fault_set(fault, HOSPES_EDAMAGED, "the store's entry %s is not one of a version", key);
	rc = version_from_notes(json_object_get(entry, "notes"), &v, fault);
	if (rc != 0) {
		/* an older host read these notes otherwise: this version is lost, the others need not be */
		log_error("the store has a version with notes that this host does not take; install the plugin again",
		    LOG_S("entry", key), LOG_S("error", fault->text));
		return 0;
	}
	if (!semver_valid(text_of(entry, "version")))
		return fault_set(fault, HOSPES_EDAMAGED, "the store's entry %s has no version", key);
	if (json_is_true(json_object_get(entry, "trying"))) {
		command_forget(r, v->name, hex, "the host ended while a cell tried it");
		return 0;
	}
	memcpy(v->semver, text_of(entry, "version"), strlen(text_of(entry, "version")) + 1);
	version_set_object(v, object, r->objects_dir);
	version_set_state(v, (enum version_state)state, json_integer_value(json_object_get(entry, "since")),
	    text_of(entry, "by"), text_of(entry, "why"));
	/* Whether calls began on an active or former one is on record only once it is succeeded: say that they did. */
	v->used = state != VERSION_STAGED || json_is_true(json_object_get(entry, "used"));
	if (object_exists(v)) {
		registry_add(r, v);
		v = NULL;
	} else {
		tell_missing(v);
	}
	return 0;
}

static void
load_name(const struct registry *r, const json_t *entry, const char *which, char out[OBJECT_HEX])
{
	const struct version *v = registry_object(r, text_of(entry, which));

	if (v != NULL)
		memcpy(out, v->object_hex, OBJECT_HEX);
}

/* `key` is a/NAME.  Where the object is missing the name means nothing, until somebody says what it shall mean: then the
 * store has that too. */
static void
load_alias(struct registry *r, const char *key, const json_t *entry)
{
	struct plugin *plugin = registry_plugin(r, key + 2);

	if (plugin == NULL)
		return;
	load_name(r, entry, "active", plugin->alias.active);
	load_name(r, entry, "former", plugin->alias.former);
}

int
load_state(struct registry *r, struct fault *fault)
{
	_cleanup_(json_p) json_t *entries = json_object();
	struct loading loading = {.entries = entries};
	const char *key;
	json_t *entry;
	int rc = 0;

	store_read_now(r->options.store, load_entries, &loading);
	if (loading.damaged)
		return fault_set(fault, HOSPES_EDAMAGED,
		    "the store holds an entry of the registry that is not JSON; put a backup of the state directory "
		    "back");
	json_object_foreach(entries, key, entry)
	{
		if (rc == 0 && strncmp(key, "v/", 2) == 0)
			rc = load_version(r, key, entry, fault);
	}
	json_object_foreach(entries, key, entry)
	{
		if (rc == 0 && strncmp(key, "a/", 2) == 0)
			load_alias(r, key, entry);
	}
	return rc;
}
