/* See request.h. */

#include "config.h"

#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/money.h"
#include "base/util.h"
#include "cli/expand.h"
#include "cli/request.h"

#define INPUT_MAX (64 * MIB)

static int
read_input(const struct cli *cli, json_t **ret, struct fault *fault)
{
	_cleanup_(buf_free) struct buf bytes = {0};
	const char *file = cli_value(cli, "in"), *text = cli_value(cli, "input");
	int rc = 0;

	if (text != NULL) {
		*ret = json_read(text, strlen(text), "--input", fault);
		return *ret == NULL ? fault->status : 0;
	}
	if (file == NULL) {
		*ret = json_object();
		return 0;
	}
	if (strcmp(file, "-") == 0)
		rc = fd_read_all(STDIN_FILENO, &bytes, INPUT_MAX, fault);
	else
		rc = fd_read_file(file, &bytes, INPUT_MAX, fault);
	if (rc != 0)
		return rc;
	*ret = json_read(buf_text(&bytes), bytes.len, strcmp(file, "-") == 0 ? "standard input" : file, fault);
	if (*ret == NULL)
		return fault->status;
	rc = expand_files(ret, fault);
	if (rc != 0) {
		json_decref(*ret);
		*ret = NULL;
	}
	return rc;
}

int
request_setting(json_t *config, const char *setting, struct fault *fault)
{
	const char *dot = strchr(setting, '.'), *equals = strchr(setting, '=');
	_cleanup_(free_p) char *plugin = NULL, *key = NULL;
	json_t *of_plugin, *value;

	if (dot == NULL || equals == NULL || dot == setting || dot > equals || equals == dot + 1)
		return fault_set(
		    fault, HOSPES_EINPUT, "--set takes PLUGIN.KEY=VALUE, such as survey.at_once=2; found %s", setting);
	plugin = xstrndup(setting, (size_t)(dot - setting));
	key = xstrndup(dot + 1, (size_t)(equals - dot - 1));
	value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
	if (value == NULL)
		value = json_string(equals + 1);
	if (value == NULL || !utf8_valid(plugin, strlen(plugin)) || !utf8_valid(key, strlen(key))) {
		json_decref(value);
		return fault_set(fault, HOSPES_EINPUT, "--set has bytes that are not UTF-8");
	}
	of_plugin = json_object_get(config, plugin);
	if (of_plugin == NULL) {
		of_plugin = json_object();
		json_object_set_new(config, plugin, of_plugin);
	}
	json_object_set_new(of_plugin, key, value);
	return 0;
}

int
request_limits(const struct cli *cli, json_t *request, struct fault *fault)
{
	json_t *config = json_object(), *budget = json_object();
	double calls = 0, wall_s = 0, cpu_s = 0;
	int64_t micros = 0;
	const char *setting;
	unsigned at = 0;
	int rc = 0;

	while (rc == 0 && (setting = cli_each(cli, "set", &at)) != NULL)
		rc = request_setting(config, setting, fault);
	if (rc == 0)
		rc = cli_number(cli, "calls", 1e12, &calls, fault);
	if (rc == 0 && calls != (double)(int64_t)calls)
		rc = fault_set(fault, HOSPES_EINPUT, "--calls has to be a whole number; found %g", calls);
	if (rc == 0)
		rc = cli_number(cli, "wall", 1e9, &wall_s, fault);
	if (rc == 0)
		rc = cli_number(cli, "cpu", 1e9, &cpu_s, fault);
	if (rc == 0 && cli_value(cli, "money") != NULL && !money_read(cli_value(cli, "money"), &micros))
		rc = fault_set(fault, HOSPES_EINPUT,
		    "--money takes dollars with at most six digits behind the point, like 0.50; found %s",
		    cli_value(cli, "money"));
	if (calls > 0)
		json_object_set_new(budget, "calls", json_integer((json_int_t)calls));
	if (micros > 0)
		json_object_set_new(budget, "money_micros", json_integer(micros));
	if (cpu_s > 0)
		json_object_set_new(budget, "cpu_ms", json_integer((json_int_t)(cpu_s * 1000 + 0.999)));
	if (wall_s > 0)
		json_object_set_new(budget, "wall_ms", json_integer((json_int_t)(wall_s * 1000 + 0.999)));
	if (json_object_size(config) > 0)
		json_object_set(request, "config", config);
	if (json_object_size(budget) > 0)
		json_object_set(request, "budget", budget);
	json_decref(config);
	json_decref(budget);
	return rc;
}

static int
add_sources(const struct cli *cli, json_t *request, struct fault *fault)
{
	_cleanup_(json_p) json_t *sources = json_array();
	const char *space;
	unsigned at = 0;

	while ((space = cli_each(cli, "sources", &at)) != NULL) {
		if (json_array_append_new(sources, json_string(space)) != 0)
			return fault_set(fault, HOSPES_EINPUT, "--sources is not UTF-8");
	}
	if (json_array_size(sources) > 0)
		json_object_set(request, "sources", sources);
	return 0;
}

int
request_options(const struct cli *cli, json_t **ret, struct fault *fault)
{
	_cleanup_(json_p) json_t *request = json_object();
	const char *version = cli_value(cli, "version");
	int rc = 0;

	if (cli_value(cli, "in") != NULL && cli_value(cli, "input") != NULL)
		return fault_set(fault, HOSPES_EINPUT, "--in and --input both give the input; use one of them");
	if (json_object_set_new(request, "plugin", json_string(cli->args[0])) != 0)
		return fault_set(fault, HOSPES_EINPUT, "the plugin's name is not UTF-8");
	if (version != NULL && json_object_set_new(request, "version", json_string(version)) != 0)
		return fault_set(fault, HOSPES_EINPUT, "--version is not UTF-8");
	rc = request_limits(cli, request, fault);
	if (rc == 0)
		rc = add_sources(cli, request, fault);
	if (rc == 0)
		*ret = json_incref(request);
	return rc;
}

int
request_input(const struct cli *cli, json_t *request, struct fault *fault)
{
	json_t *input = NULL;
	int rc = read_input(cli, &input, fault);

	if (rc == 0)
		json_object_set_new(request, "input", input);
	return rc;
}
