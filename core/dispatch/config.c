/*
 * The configuration of a plugin in a run: the notes' defaults, the operator's values over them, `--set` of the run over
 * both; where a file is named, its text.  Fixed at the first use and recorded, so that a reload in mid-run changes nothing and a replay sees the same.
 */

#include <string.h>

#include "base/json.h"
#include "dispatch/state.h"

/* What is kept of it in run->configs, by the version: another one may have other settings. */
struct plugin_config {
	struct version *version; /* a reference: no other one has its address meanwhile */
	bool recorded;
	struct payload *text;
};

/* Puts `over` on top of `config`; each key has to be in the notes and of their type. */
static int
overlay(json_t *config, const struct version *v, json_t *over, struct fault *fault)
{
	const char *key;
	json_t *value;

	json_object_foreach(over, key, value)
	{
		int rc = version_check_setting(v, key, value, fault);

		if (rc != 0)
			return rc;
		json_object_set(config, key, value);
	}
	return 0;
}

/* Puts the text of a file in the place of its name, for each setting of the type "file". */
static int
read_files(json_t *config, const struct run *run, const struct version *v, struct fault *fault)
{
	const char *key;
	json_t *note, *text;

	json_object_foreach(v->config, key, note)
	{
		if (strcmp(json_string_value(json_object_get(note, "type")), "file") != 0)
			continue;
		if (policy_text(run->policy, json_string_value(json_object_get(config, key)), &text, fault) != 0) {
			fault_prefix(fault, "the setting \"%s\" of %s", key, v->name);
			return fault->status;
		}
		json_object_set_new(config, key, text);
	}
	return 0;
}

static struct plugin_config *
config_put(struct run *run, struct version *v, struct payload *text)
{
	struct plugin_config *made = xcalloc(1, sizeof(*made));

	made->version = version_ref(v);
	made->text = text;
	map_put_u64(&run->configs, (uintptr_t)v, made);
	return made;
}

/* Of a plugin without settings, to which nobody gives any. */
static struct payload *
nothing(void)
{
	static struct payload *text; /* [loop] */

	if (text == NULL)
		text = payload_text("{}");
	return payload_ref(text);
}

static int
config_make(struct run *run, struct version *v, struct plugin_config **ret, struct fault *fault)
{
	json_t *by_policy = policy_plugin(run->policy, v->name)->config;
	_cleanup_(json_p) json_t *config = NULL;
	const char *key;
	json_t *note;
	int rc;

	if (json_object_size(v->config) + json_object_size(by_policy) == 0 && run->set == NULL) {
		*ret = config_put(run, v, nothing());
		return 0;
	}
	config = json_object();
	json_object_foreach(v->config, key, note)
	{
		json_object_set(config, key, json_object_get(note, "default"));
	}
	rc = overlay(config, v, by_policy, fault);
	if (rc == 0)
		rc = overlay(config, v, json_object_get(run->set, v->name), fault);
	if (rc == 0)
		rc = read_files(config, run, v, fault);
	if (rc != 0)
		return rc;
	*ret = config_put(run, v, json_payload(config));
	return 0;
}

void
config_restore(struct run *run, struct version *v, const void *text, size_t len)
{
	if (map_get_u64(&run->configs, (uintptr_t)v) == NULL)
		config_put(run, v, payload_new(text, len))->recorded = true;
}

int
config_of(struct run *run, struct version *v, struct payload **ret, bool *to_record, struct fault *fault)
{
	struct plugin_config *config = map_get_u64(&run->configs, (uintptr_t)v);

	if (config == NULL && config_make(run, v, &config, fault) != 0)
		return fault->status;
	if (to_record != NULL) {
		*to_record = !config->recorded;
		config->recorded = true;
	}
	*ret = config->text;
	return 0;
}

void
config_drop(struct run *run)
{
	struct plugin_config *config;
	size_t at = 0;

	while ((config = map_next(&run->configs, &at)) != NULL) {
		payload_unref(&config->text);
		version_unref(&config->version);
		free(config);
	}
	map_free(&run->configs);
}
