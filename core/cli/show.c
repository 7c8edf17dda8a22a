/* hospes show: a run and its tree of calls, with times, versions and outcomes. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"

#define DEPTH_MAX 64

/* One node: what it was, how it ended, how long it took. */
static void
print_node(const struct cli *cli, const json_t *node)
{
	const char *plugin = cli_text(node, "plugin"), *status = cli_text(node, "status"), *op = cli_text(node, "op");
	const char *target = cli_text(node, "target");
	const json_t *took = json_object_get(node, "duration_ms"), *replays = json_object_get(node, "replays");
	_cleanup_(free_p) char *what = plugin[0] != '\0'
					   ? xasprintf("%s %s", plugin, cli_text(node, "version"))
					   : xasprintf("%s%s%s", op, target[0] != '\0' ? " " : "", target);
	_cleanup_(free_p) char *safe = text_safe(what, false);
	_cleanup_(free_p) char *outcome = text_safe(status, false), *path = text_safe(cli_text(node, "path"), false);

	printf("%s  %s%s%s", safe,
	    cli_paint(cli, strcmp(status, "ok") == 0     ? "green"
			   : strcmp(status, "open") == 0 ? "yellow"
							 : "red"),
	    outcome, cli_paint(cli, ""));
	if (json_is_number(took))
		printf("  %.1f ms", json_number_value(took));
	if (json_integer_value(replays) > 0)
		printf("  replayed %lld times", (long long)json_integer_value(replays));
	printf("  %s%s%s\n", cli_paint(cli, "dim"), path, cli_paint(cli, ""));
}

static void
print_message(const json_t *node, const char *indent)
{
	const char *message = cli_text(node, "message"), *guard = cli_text(node, "guard");
	_cleanup_(free_p) char *safe = text_safe(message, false);

	if (message[0] != '\0')
		printf("%s%s%s%s\n", indent, guard[0] != '\0' ? guard : "", guard[0] != '\0' ? ": " : "", safe);
}

/* Waiting for the first of several ops is how groups work, not what they did; --json has it. */
static bool
is_shown(const json_t *op)
{
	return strcmp(cli_text(op, "op"), "first") != 0;
}

static size_t
count_shown(const json_t *ops)
{
	const json_t *op;
	size_t i, n = 0;

	json_array_foreach(ops, i, op)
	{
		n += is_shown(op);
	}
	return n;
}

static void
print_tree(const struct cli *cli, const json_t *node, const char *indent, unsigned depth)
{
	const json_t *ops = json_object_get(node, "ops"), *op;
	size_t i, left = count_shown(ops);
	_cleanup_(free_p) char *below = xasprintf("%s%s", indent, left > 0 ? "│  " : "   ");

	print_node(cli, node);
	print_message(node, below);
	if (depth >= DEPTH_MAX)
		return;
	json_array_foreach(ops, i, op)
	{
		bool last = is_shown(op) && --left == 0;
		_cleanup_(free_p) char *inner = xasprintf("%s%s", indent, last ? "   " : "│  ");

		if (!is_shown(op))
			continue;
		printf("%s%s ", indent, last ? "└─" : "├─");
		print_tree(cli, op, inner, depth + 1);
	}
}

int
command_show(struct cli *cli)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli->args[0], "/tree");
	_cleanup_(json_p) json_t *run = NULL;
	const json_t *took;
	int rc = client_fetch(cli, path, &run);

	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, run);
		return CLI_OK;
	}
	took = json_object_get(run, "duration_ms");
	printf("%srun %s%s  %s  started %s", cli_paint(cli, "bold"), cli_text(run, "id"), cli_paint(cli, ""),
	    cli_text(run, "status"), cli_text(run, "started"));
	if (json_is_number(took))
		printf("  took %.1f ms", json_number_value(took));
	if (json_object_get(run, "calls") != NULL)
		printf("  %lld calls", (long long)json_integer_value(json_object_get(run, "calls")));
	if (cli_text(run, "client")[0] != '\0') {
		_cleanup_(free_p) char *client = text_safe(cli_text(run, "client"), false);

		printf("  for %s", client);
	}
	putchar('\n');
	if (json_is_object(json_object_get(run, "tree")))
		print_tree(cli, json_object_get(run, "tree"), "", 0);
	return CLI_OK;
}
