/* Cases: found, read, checked; see test_case.h. */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/test_case.h"
#include "cli/test_ops.h"

#define CASE_MAX     (64 * MIB)
#define FINDINGS_MAX (64u * 1024) /* as JSON: no attempt is given more */

static int
known_members(const json_t *object, const char *const known[], const char *what, struct fault *fault)
{
	const char *stranger = json_stranger(object, known);

	if (stranger == NULL)
		return 0;
	return fault_set(
	    fault, HOSPES_EINPUT, "%s has a member %s that no case has; see `hospes test --help`", what, stranger);
}

static int
check_op(const json_t *op, size_t i, const char *file, struct fault *fault)
{
	static const char *const members[] = {"expect", "answer", "error", "delay_ms", NULL};
	static const char *const expected[] = {"op", "target", "input", NULL};
	const json_t *expect = json_object_get(op, "expect"), *error = json_object_get(op, "error");
	_cleanup_(free_p) char *what = xasprintf("%s: op %zu", file, i);
	int rc;

	if (!json_is_object(op) || !json_is_object(expect))
		return fault_set(fault, HOSPES_EINPUT, "%s has to be an object with the member expect", what);
	if ((rc = known_members(op, members, what, fault)) != 0 ||
	    (rc = known_members(expect, expected, what, fault)) != 0)
		return rc;
	if (!test_op_outside(cli_text(expect, "op")))
		return fault_set(fault, HOSPES_EINPUT,
		    "%s expects no op that a case answers: expect.op is call, http, find, remember, recall, forget, "
		    "list, "
		    "documents, document, search or review",
		    what);
	if ((json_object_get(op, "answer") != NULL) == (error != NULL))
		return fault_set(fault, HOSPES_EINPUT, "%s has to have either answer or error", what);
	if (error != NULL && status_number(cli_text(error, "code")) == 0)
		return fault_set(fault, HOSPES_EINPUT, "%s fails with code \"%s\", which is no status", what,
		    cli_text(error, "code"));
	return 0;
}

/* As the host hands them to an attempt that is asked again. */
static int
check_findings(const json_t *findings, const char *file, struct fault *fault)
{
	_cleanup_(free_p) char *text = findings == NULL ? NULL : json_text(findings);
	const json_t *one;
	size_t i;

	if (findings == NULL)
		return 0;
	if (json_array_size(findings) == 0)
		return fault_set(fault, HOSPES_EINPUT,
		    "%s: findings has to be an array of what was wrong; leave it out where nothing was", file);
	json_array_foreach(findings, i, one)
	{
		if (!json_is_object(one))
			return fault_set(fault, HOSPES_EINPUT,
			    "%s: finding %zu has to be an object, like {\"check\": \"quotes\", \"claim\": 0, \"why\": "
			    "\"...\"}",
			    file, i);
	}
	if (strlen(text) > FINDINGS_MAX)
		return fault_set(fault, HOSPES_EINPUT, "%s: the findings are %zu bytes, and checks give %u at most",
		    file, strlen(text), FINDINGS_MAX);
	return 0;
}

static int
check_case(struct test_case *c, const char *file, struct fault *fault)
{
	static const char *const members[] = {"input", "findings", "ops", "output", "matcher", "status", "about", NULL};
	const json_t *status = json_object_get(c->file, "status"), *op;
	size_t i;
	int rc;

	if (!json_is_object(c->file))
		return fault_set(fault, HOSPES_EINPUT, "%s has to be a JSON object", file);
	rc = known_members(c->file, members, file, fault);
	if (rc != 0)
		return rc;
	c->input = json_object_get(c->file, "input");
	c->findings = json_object_get(c->file, "findings");
	c->ops = json_object_get(c->file, "ops");
	c->output = json_object_get(c->file, "output");
	c->matcher = json_object_get(c->file, "matcher");
	c->status = status != NULL ? json_string_value(status) : "ok";
	if (c->status == NULL ||
	    (strcmp(c->status, "ok") != 0 && strcmp(c->status, "partial") != 0 && status_number(c->status) == 0))
		return fault_set(
		    fault, HOSPES_EINPUT, "%s: status has to be \"ok\", \"partial\" or the name of a status", file);
	if (c->output != NULL && c->matcher != NULL)
		return fault_set(fault, HOSPES_EINPUT, "%s has both output and matcher; use one of them", file);
	if (c->output == NULL && c->matcher == NULL && status == NULL)
		return fault_set(
		    fault, HOSPES_EINPUT, "%s says nothing of the end; give output, matcher or status", file);
	if (check_findings(c->findings, file, fault) != 0)
		return fault->status;
	if (c->ops != NULL && !json_is_array(c->ops))
		return fault_set(fault, HOSPES_EINPUT, "%s: ops has to be an array", file);
	json_array_foreach(c->ops, i, op)
	{
		rc = check_op(op, i, file, fault);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Without folder and .json. */
static char *
case_name(const char *file)
{
	const char *base = strrchr(file, '/');
	size_t len;

	base = base != NULL ? base + 1 : file;
	len = strlen(base);
	return xstrndup(base, len > 5 && strcmp(base + len - 5, ".json") == 0 ? len - 5 : len);
}

static int
read_case(struct test_cases *cases, const char *file, struct fault *fault)
{
	_cleanup_(buf_free) struct buf bytes = {0};
	struct test_case *c;
	int rc = fd_read_file(file, &bytes, CASE_MAX, fault);

	if (rc != 0)
		return rc;
	cases->list = xrealloc(cases->list, (cases->n + 1) * sizeof(*cases->list));
	c = &cases->list[cases->n++];
	*c = (struct test_case){.name = case_name(file)};
	c->file = json_read(buf_text(&bytes), bytes.len, file, fault);
	return c->file == NULL ? fault->status : check_case(c, file, fault);
}

static int
is_case(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int
read_folder(struct test_cases *ret, const char *dir, struct fault *fault)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_case, alphasort), rc = 0;

	if (n <= 0) {
		if (n == 0)
			free(entries);
		return fault_set(fault, HOSPES_ENOENT, "there are no cases: no .json file in %s", dir);
	}
	for (int i = 0; i < n; i++) {
		_cleanup_(free_p) char *file = xasprintf("%s/%s", dir, entries[i]->d_name);

		if (rc == 0)
			rc = read_case(ret, file, fault);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int
test_cases_read(
    struct test_cases *ret, const char *plugin_file, const char *const names[], size_t n_names, struct fault *fault)
{
	const char *slash = strrchr(plugin_file, '/');
	_cleanup_(free_p) char *beside =
	    slash != NULL ? xstrndup(plugin_file, (size_t)(slash - plugin_file)) : xstrdup(".");
	_cleanup_(free_p) char *dir = xasprintf("%s/cases", beside);
	int rc = 0;

	if (n_names == 0)
		return read_folder(ret, dir, fault);
	for (size_t i = 0; rc == 0 && i < n_names; i++) {
		bool path = strchr(names[i], '/') != NULL || strstr(names[i], ".json") != NULL;
		_cleanup_(free_p) char *file = path ? xstrdup(names[i]) : xasprintf("%s/%s.json", dir, names[i]);

		rc = read_case(ret, file, fault);
	}
	return rc;
}

void
test_cases_free(struct test_cases *cases)
{
	for (size_t i = 0; i < cases->n; i++) {
		free(cases->list[i].name);
		json_decref(cases->list[i].file);
	}
	free(cases->list);
	*cases = (struct test_cases){0};
}

json_t *
test_case_request(const struct test_case *c, const char *plugin, const char *version)
{
	json_t *script = json_object(), *input = c->input != NULL ? json_deep_copy(c->input) : json_null();

	json_object_set_new(script, "ops", c->ops != NULL ? json_deep_copy(c->ops) : json_array());
	if (c->findings != NULL)
		json_object_set_new(script, "findings", json_deep_copy(c->findings));
	return json_pack(
	    "{s:s, s:s, s:o, s:o}", "plugin", plugin, "version", version, "input", input, "script", script);
}
