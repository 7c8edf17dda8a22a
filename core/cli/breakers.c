/* hospes breakers: who is left alone for a while, and why. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/breakers.h"
#include "cli/client.h"
#include "cli/table.h"

static const struct cli_option reset_options[] = {
    {"version", 0, "V", "of this version alone"},
    {"why", 0, "TEXT", "the reason, for the record"},
    {0},
};

/* "12 of 20", with how many of them were only slow. */
static char *
errors_of(const json_t *breaker)
{
	json_int_t slow = json_integer_value(json_object_get(breaker, "slow"));
	char told[48] = "";

	if (slow > 0)
		snprintf(told, sizeof(told), " (%lld slow)", (long long)slow);
	return xasprintf("%lld of %lld%s", (long long)json_integer_value(json_object_get(breaker, "errors")),
	    (long long)json_integer_value(json_object_get(breaker, "samples")), told);
}

static void
add_row(struct table *table, const json_t *breaker)
{
	_cleanup_(free_p) char *errors = errors_of(breaker);

	table_row(table, cli_text(breaker, "name"), cli_text(breaker, "version"), cli_text(breaker, "state"),
	    cli_text(breaker, "since"), errors, cli_text(breaker, "tried_again"), cli_text(breaker, "why"));
}

int
command_breakers(struct cli *cli)
{
	static const char *const headings[] = {
	    "NAME", "VERSION", "STATE", "SINCE", "ERRORS", "TRIED AGAIN", "WHY", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(json_p) json_t *breakers = NULL;
	const json_t *breaker;
	size_t i;
	int rc = client_fetch(cli, "/v1/breakers", &breakers);

	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, breakers);
		return CLI_OK;
	}
	json_array_foreach(breakers, i, breaker)
	{
		add_row(table, breaker);
	}
	if (table_rows(table) > 0)
		table_print(table, cli, stdout);
	else
		fprintf(stderr, "nobody was called since the host was started, and no breaker is open\n");
	return CLI_OK;
}

static int
command_reset(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *request = NULL, *answer = NULL;
	const json_t *breaker;
	struct fault fault;
	size_t i;

	request = json_pack("{s:s, s:s*, s:s*}", "name", cli->args[0], "version", cli_value(cli, "version"), "why",
	    cli_value(cli, "why"));
	if (request == NULL) {
		fault_set(&fault, HOSPES_EINPUT, "the name, the version or the reason is not UTF-8");
		return cli_usage(cli, &fault);
	}
	if (client_open(&client, cli->socket, &fault) != 0 ||
	    client_post(client, "/v1/breakers/reset", request, &answer, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json) {
		cli_json(cli, answer);
		return CLI_OK;
	}
	json_array_foreach(answer, i, breaker)
	{
		const char *version = cli_text(breaker, "version");

		printf("%s%s%s is %s\n", cli_text(breaker, "name"), version[0] != '\0' ? " " : "", version,
		    cli_text(breaker, "state"));
	}
	return CLI_OK;
}

const struct command breakers_commands[] = {
    {.name = "breakers reset",
	.usage = "NAME [--version V] [--why TEXT]",
	.summary = "Close a breaker, and forget what it counted.",
	.detail = "NAME is a plugin, or a host as `hospes breakers` tells it.",
	.options = reset_options,
	.min_args = 1,
	.max_args = 1,
	.run = command_reset},
    {0},
};
