/* hospes agents, versions, rollback, withdraw, install: what is there and which version is meant. */

#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/table.h"

#define PLUGIN_FILE_MAX (64 * MIB)

/* Texts of an array, with commas; allocated. */
static char *
joined(const json_t *array)
{
	struct buf out = {0};
	const json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
	    buf_printf(&out, "%s%s", i > 0 ? ", " : "", json_is_string(one) ? json_string_value(one) : "?");
	buf_text(&out);
	return (char *)out.data;
}

int
command_agents(struct cli *cli)
{
	static const char *const headings[] = {
	    "NAME", "VERSION", "KIND", "CAPABILITIES", "STATE", "CELLS", "SANDBOX", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(json_p) json_t *agents = NULL;
	const json_t *agent;
	size_t i;
	int rc = client_fetch(cli, "/v1/agents", &agents);

	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, agents);
		return CLI_OK;
	}
	json_array_foreach(agents, i, agent)
	{
		const json_t *sandbox = json_object_get(agent, "sandbox");
		bool degraded = json_is_true(json_object_get(sandbox, "degraded"));
		_cleanup_(free_p) char *capabilities = joined(json_object_get(agent, "capabilities"));
		_cleanup_(free_p) char *cells = cli_count(agent, "cells");
		_cleanup_(free_p) char *layers = xasprintf(
		    "%s%zu layers", degraded ? "DEGRADED, " : "", json_array_size(json_object_get(sandbox, "layers")));

		table_row(table, cli_text(agent, "name"), cli_text(agent, "version"), cli_text(agent, "kind"),
		    capabilities, cli_text(agent, "state"), cells, layers);
	}
	if (table_rows(table) > 0)
		table_print(table, cli, stdout);
	else
		fprintf(stderr, "no plugin is active; copy a .so file into a plugin folder, or `hospes install` it\n");
	return CLI_OK;
}

int
command_versions(struct cli *cli)
{
	static const char *const headings[] = {
	    "NAME", "VERSION", "STATE", "SINCE", "BY", "CELLS", "OBJECT", "WHY", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(free_p) char *path =
	    cli->n_args > 0 ? client_path("/v1/versions?name=", cli->args[0], "") : xstrdup("/v1/versions");
	_cleanup_(json_p) json_t *versions = NULL;
	const json_t *version;
	size_t i;
	int rc = client_fetch(cli, path, &versions);

	if (rc != 0)
		return rc;
	if (cli->json)
		cli_json(cli, versions);
	json_array_foreach(versions, i, version)
	{
		_cleanup_(free_p) char *cells = cli_count(version, "cells");
		_cleanup_(free_p) char *object = xstrndup(cli_text(version, "object"), 12);

		table_row(table, cli_text(version, "name"), cli_text(version, "version"), cli_text(version, "state"),
		    cli_text(version, "since"), cli_text(version, "by"), cells, object, cli_text(version, "why"));
	}
	if (table_rows(table) > 0 && !cli->json)
		table_print(table, cli, stdout);
	if (table_rows(table) > 0 || cli->n_args == 0)
		return CLI_OK;
	fprintf(stderr, "no version of %s is known; `hospes versions` lists all\n", cli->args[0]);
	return CLI_PARTIAL;
}

/* Sends a command about one plugin; tells what the version now is. */
static int
change(struct cli *cli, const char *suffix, const char *version, const char *done)
{
	_cleanup_(free_p) char *path = client_path("/v1/agents/", cli->args[0], suffix);
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *request = json_pack("{s:s*, s:s*}", "version", version, "why", cli_value(cli, "why"));
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault fault;

	if (request == NULL) {
		fault_set(&fault, HOSPES_EINPUT, "the version or the reason is not UTF-8");
		return cli_usage(cli, &fault);
	}
	if (client_open(&client, cli->socket, &fault) != 0 || client_post(client, path, request, &answer, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, answer);
	else
		printf("%s %s %s\n", cli_text(answer, "name"), cli_text(answer, "version"), done);
	return CLI_OK;
}

int
command_rollback(struct cli *cli)
{
	return change(cli, "/rollback", cli_value(cli, "to"), "is active");
}

int
command_withdraw(struct cli *cli)
{
	return change(cli, "/withdraw", cli->args[1], "is withdrawn");
}

int
command_install(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(buf_free) struct buf bytes = {0};
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault fault;

	if (fd_read_file(cli->args[0], &bytes, PLUGIN_FILE_MAX, &fault) != 0 ||
	    client_open(&client, cli->socket, &fault) != 0 ||
	    client_post_bytes(client, "/v1/plugins", bytes.data != NULL ? bytes.data : (const void *)"", bytes.len,
		&answer, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, answer);
	else
		printf(
		    "%s %s is %s\n", cli_text(answer, "name"), cli_text(answer, "version"), cli_text(answer, "state"));
	return CLI_OK;
}
