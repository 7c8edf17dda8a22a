/* The request for a run: JSON of a client, taken apart and checked. */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "memory/memory.h"
#include "run/state.h"

#define WALL_MS_MAX (INT64_MAX / 4 / NS_PER_MS)

static int
check_members(const json_t *json, struct fault *fault)
{
	static const char *const known[] = {
	    "plugin", "version", "input", "config", "budget", "sources", "script", "key", NULL};
	const char *stranger = json_stranger(json, known);

	if (stranger == NULL)
		return 0;
	return fault_set(fault, HOSPES_EINPUT,
	    "a request for a run has no \"%s\"; it may have plugin, version, input, config, budget, "
	    "sources, key and script",
	    stranger);
}

static int
check_sources(const json_t *sources, struct fault *fault)
{
	const json_t *one;
	size_t i;

	if (sources == NULL)
		return 0;
	if (!json_is_array(sources) || json_array_size(sources) > RUN_SOURCES_MAX)
		return fault_set(
		    fault, HOSPES_EINPUT, "\"sources\" of a request is a list of at most %d spaces", RUN_SOURCES_MAX);
	json_array_foreach(sources, i, one)
	{
		if (!json_is_string(one) || !memory_name_valid(json_string_value(one)))
			return fault_set(fault, HOSPES_EINPUT,
			    "source %zu of a request is no name of a space: a small letter and up to 63 small letters, "
			    "digits "
			    "and dashes, and not \"" MEMORY_SOURCES "\"",
			    i);
		for (size_t k = 0; k < i; k++) {
			if (json_equal(one, json_array_get(sources, k)))
				return fault_set(fault, HOSPES_EINPUT,
				    "\"sources\" of a request names the space %s twice", json_string_value(one));
		}
	}
	return 0;
}

static bool
check_script(const json_t *script)
{
	const json_t *findings = json_object_get(script, "findings");

	return json_is_array(json_object_get(script, "ops")) && (findings == NULL || json_is_array(findings));
}

static int
check_values(const struct run_request *q, bool scripted, struct fault *fault)
{
	if (q->config != NULL && !json_is_object(q->config))
		return fault_set(fault, HOSPES_EINPUT, "\"config\" of a request is {\"plugin\": {\"key\": value}}");
	if (q->script != NULL && !scripted)
		return fault_set(
		    fault, HOSPES_EPERM, "answers to ops may be given to the private host of `hospes test` only");
	if (q->script != NULL && !check_script(q->script))
		return fault_set(
		    fault, HOSPES_EINPUT, "\"script\" of a request is {\"ops\": [...], \"findings\": [...]?}");
	if (q->calls < 0 || q->wall_ms < 0 || q->wall_ms > WALL_MS_MAX || q->money_micros < 0 ||
	    q->money_micros > WALL_MS_MAX || q->cpu_ms < 0 || q->cpu_ms > WALL_MS_MAX)
		return fault_set(fault, HOSPES_EINPUT,
		    "a budget is a number from 0 to %lld; leave it out for the host's own limit",
		    (long long)WALL_MS_MAX);
	if (!plugin_name_valid(q->plugin))
		return fault_set(fault, HOSPES_EINPUT,
		    "a plugin's name is a small letter and up to 63 small letters, digits and dashes, and this is "
		    "none");
	if (q->version != NULL && !semver_valid(q->version))
		return fault_set(fault, HOSPES_EINPUT, "\"version\" of a request is a semantic version, like 1.2.0");
	return check_sources(q->sources, fault);
}

static int
wrong(struct fault *fault, const char *member, const char *what)
{
	return fault_set(fault, HOSPES_EINPUT,
	    "a request for a run is {\"plugin\": name, \"input\": any}: \"%s\" has to be %s", member, what);
}

#define BUDGET_FORM "{\"calls\": n, \"wall_ms\": n, \"money_micros\": n, \"cpu_ms\": n}"

static int
read_budget(struct run_request *q, json_t *budget, struct fault *fault)
{
	const char *key;
	json_t *value;

	if (budget == NULL)
		return 0;
	if (!json_is_object(budget))
		return wrong(fault, "budget", BUDGET_FORM);
	json_object_foreach(budget, key, value)
	{
		json_int_t *ret = strcmp(key, "calls") == 0          ? &q->calls
				  : strcmp(key, "wall_ms") == 0      ? &q->wall_ms
				  : strcmp(key, "money_micros") == 0 ? &q->money_micros
				  : strcmp(key, "cpu_ms") == 0       ? &q->cpu_ms
								     : NULL;

		if (ret == NULL || !json_is_integer(value))
			return wrong(fault, "budget", BUDGET_FORM);
		*ret = json_integer_value(value);
	}
	return 0;
}

int
run_request_read(struct run_request *ret, const json_t *json, bool scripted, struct fault *fault)
{
	struct run_request q = {0};
	const json_t *version;

	if (!json_is_object(json))
		return wrong(fault, "plugin", "there");
	if (check_members(json, fault) != 0)
		return fault->status;
	q.plugin = json_string_value(json_object_get(json, "plugin"));
	if (q.plugin == NULL)
		return wrong(fault, "plugin", "a text");
	version = json_object_get(json, "version");
	q.version = json_string_value(version);
	if (version != NULL && q.version == NULL)
		return wrong(fault, "version", "a text");
	q.input = json_object_get(json, "input");
	q.config = json_object_get(json, "config");
	q.sources = json_object_get(json, "sources");
	q.script = json_object_get(json, "script");
	if (read_budget(&q, json_object_get(json, "budget"), fault) != 0)
		return fault->status;
	if (check_values(&q, scripted, fault) != 0)
		return fault->status;
	*ret = q;
	return 0;
}
