/* One setting of a plugin against its notes: who gives it, file, --set or a request, is refused in the same words. */

#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/util.h"
#include "registry/registry.h"

static bool
fits(const char *type, const json_t *value)
{
	if (strcmp(type, "int") == 0)
		return json_is_integer(value);
	if (strcmp(type, "real") == 0)
		return json_is_number(value);
	if (strcmp(type, "bool") == 0)
		return json_is_boolean(value);
	if (strcmp(type, "file") == 0)
		return json_is_string(value) &&
		       (json_string_length(value) == 0 || fd_name_valid(json_string_value(value)));
	return json_is_string(value);
}

static char *
names_of(const json_t *config)
{
	_cleanup_(buf_free) struct buf out = {0};
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)config, key, value) buf_printf(
	    &out, "%s%s (%s)", out.len == 0 ? "" : ", ", key, json_string_value(json_object_get(value, "type")));
	if (out.len == 0)
		buf_appends(&out, "none");
	return xstrdup(buf_text(&out));
}

int
version_check_setting(const struct version *v, const char *key, const json_t *value, struct fault *fault)
{
	const char *type = json_string_value(json_object_get(json_object_get(v->config, key), "type"));
	_cleanup_(free_p) char *names = NULL;

	if (type != NULL && fits(type, value))
		return 0;
	if (type != NULL && strcmp(type, "file") == 0)
		return fault_set(fault, HOSPES_ECONFIG,
		    "the setting \"%s\" of %s takes the name of a file in the folder `files`: letters, digits, \".\", "
		    "\"_\" and \"-\"",
		    key, v->name);
	if (type != NULL)
		return fault_set(
		    fault, HOSPES_ECONFIG, "the setting \"%s\" of %s takes a value of type %s", key, v->name, type);
	names = names_of(v->config);
	return fault_set(fault, HOSPES_ECONFIG, "%s has no setting \"%s\"; it has %s", v->name, key, names);
}
