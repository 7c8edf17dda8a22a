/* hospes budget: limit, reserved, spent and left of each call of a run, or of the accounts of the day. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/money.h"
#include "base/util.h"
#include "cli/any_host.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/table.h"

#define DEPTH_MAX 64
#define CELL_TEXT 48

static const char *const quantities[][2] = {
    {"calls", "calls"}, {"money_micros", "money"}, {"cpu_ns", "cpu"}, {"wall_ns", "wall"}};

/* "-" for none. */
static const char *
amount(char out[CELL_TEXT], const char *key, const json_t *value)
{
	int64_t n = json_integer_value(value);

	if (!json_is_integer(value))
		return "-";
	if (strcmp(key, "money_micros") == 0)
		money_write(n, out);
	else if (strcmp(key, "cpu_ns") == 0 || strcmp(key, "wall_ns") == 0)
		snprintf(
		    out, CELL_TEXT, "%lld.%03lld s", (long long)(n / NS_PER_S), (long long)(n % NS_PER_S / NS_PER_MS));
	else
		snprintf(out, CELL_TEXT, "%lld", (long long)n);
	return out;
}

/* Calls always; what else there is where there is any of it, and wall time where it has a limit. */
static bool
is_shown(const char *key, const json_t *quantity)
{
	if (strcmp(key, "wall_ns") == 0)
		return json_is_integer(json_object_get(quantity, "limit"));
	return strcmp(key, "calls") == 0 || json_is_integer(json_object_get(quantity, "limit")) ||
	       json_integer_value(json_object_get(quantity, "spent")) > 0 ||
	       json_integer_value(json_object_get(quantity, "reserved")) > 0;
}

static void
add_account(struct table *table, const char *what, const char *status, const json_t *account)
{
	for (size_t i = 0; i < ARRAY_LEN(quantities); i++) {
		const char *key = quantities[i][0];
		const json_t *quantity = json_object_get(account, key);
		char limit[CELL_TEXT], reserved[CELL_TEXT], spent[CELL_TEXT], left[CELL_TEXT], told[CELL_TEXT] = "";

		if (!is_shown(key, quantity))
			continue;
		if (json_object_get(quantity, "told") != NULL)
			snprintf(told, sizeof(told), "%d %%",
			    (int)json_integer_value(json_object_get(quantity, "told")) % 1000);
		table_row(table, i == 0 ? what : "", quantities[i][1],
		    amount(limit, key, json_object_get(quantity, "limit")),
		    amount(reserved, key, json_object_get(quantity, "reserved")),
		    amount(spent, key, json_object_get(quantity, "spent")),
		    amount(left, key, json_object_get(quantity, "left")), told, i == 0 ? status : "");
	}
}

static void
add_node(struct table *table, const json_t *node, unsigned depth)
{
	_cleanup_(free_p) char *what = xasprintf("%*s%s  %s %s", 2 * (int)depth, "", cli_text(node, "path"),
	    cli_text(node, "plugin"), cli_text(node, "version"));
	const json_t *op;
	size_t i;

	add_account(table, what, cli_text(node, "status"), node);
	if (depth >= DEPTH_MAX)
		return;
	json_array_foreach(json_object_get(node, "ops"), i, op)
	{
		add_node(table, op, depth + 1);
	}
	json_array_foreach(json_object_get(node, "attempts"), i, op)
	{
		add_node(table, op, depth);
	}
}

static void
print_run(const struct cli *cli, const json_t *run)
{
	static const char *const headings[] = {
	    "CALL", "QUANTITY", "LIMIT", "RESERVED", "SPENT", "LEFT", "ALERT", "STATUS", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(free_p) char *what = xasprintf("run %s", cli_text(run, "id"));

	add_account(table, what, cli_text(run, "status"), json_object_get(run, "run"));
	if (json_is_object(json_object_get(run, "tree")))
		add_node(table, json_object_get(run, "tree"), 0);
	table_print(table, cli, stdout);
	if (json_object_get(run, "missing") != NULL)
		fprintf(stderr, "%s\n", cli_text(json_object_get(run, "missing"), "message"));
}

static void
print_day(const struct cli *cli, const json_t *day)
{
	static const char *const headings[] = {
	    "ACCOUNT", "QUANTITY", "LIMIT", "RESERVED", "SPENT", "LEFT", "ALERT", "DAY", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	const json_t *account;
	size_t i;

	json_array_foreach(json_object_get(day, "accounts"), i, account)
	{
		const char *name = cli_text(account, "name");
		_cleanup_(free_p) char *what =
		    xasprintf("%s%s%s", cli_text(account, "what"), name[0] != '\0' ? " " : "", name);

		add_account(table, what, cli_text(day, "day"), account);
	}
	table_print(table, cli, stdout);
}

int
command_budget(struct cli *cli)
{
	_cleanup_(free_p) char *path =
	    cli->n_args == 0 ? xstrdup("/v1/budget") : client_path("/v1/runs/", cli->args[0], "/budget");
	_cleanup_(any_host_close) struct any_host host = {0};
	_cleanup_(json_p) json_t *budget = NULL;
	struct fault fault;

	if (any_host_look(&host, cli, &fault) != 0 || client_get(host.client, path, &budget, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, budget);
	else if (cli->n_args == 0)
		print_day(cli, budget);
	else
		print_run(cli, budget);
	return CLI_OK;
}
