/* hospes show: a run and its tree of calls, with times, versions and outcomes. */

#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/money.h"
#include "base/util.h"
#include "cli/any_host.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"

#define DEPTH_MAX  64
#define QUERY_MOST 60 /* characters of what was searched for */
#define WHAT_LEAST 16 /* characters of what a node was, and of a line of its message, are shown in any case */

/* What follows the status: "  41.5 ms  replayed 2 times". */
static char *
outcome_of(const json_t *node)
{
	const json_t *took = json_object_get(node, "duration_ms"), *replays = json_object_get(node, "replays");
	json_int_t again = json_integer_value(json_object_get(node, "begun_again"));
	json_int_t billed = json_integer_value(json_object_get(node, "maybe_billed"));
	const char *decided = cli_text(json_object_get(node, "decision"), "outcome");
	struct buf out = {0};
	const json_t *score;
	size_t i;

	if (json_is_number(took))
		buf_printf(&out, "  %.1f ms", json_number_value(took));
	if (json_is_true(json_object_get(node, "cached")))
		buf_appends(&out, "  known already");
	if (json_integer_value(replays) > 0)
		buf_printf(&out, "  replayed %lld times", (long long)json_integer_value(replays));
	if (again > 0)
		buf_printf(&out, "  begun again %lld times", (long long)again);
	if (billed > 0)
		buf_printf(&out, "  maybe billed %lld times", (long long)billed);
	if (decided[0] != '\0')
		buf_printf(&out, "  decided: %s", decided);
	json_array_foreach(json_object_get(node, "scores"), i, score)
	{
		_cleanup_(free_p) char *who = text_safe(cli_text(score, "who"), false);

		buf_printf(&out, "  scored %.2f by %s", json_number_value(json_object_get(score, "score")), who);
	}
	if (json_object_get(node, "waits") != NULL) {
		_cleanup_(free_p) char *waits = waits_text(json_object_get(node, "waits"));
		_cleanup_(free_p) char *safe = text_safe(waits, false);

		buf_printf(&out, "  %swaits for %s",
		    strcmp(cli_text(node, "state"), "evicted") == 0 ? "evicted, " : "", safe);
	}
	buf_text(&out);
	return (char *)out.data;
}

/* What a human has to do about a node, over as many lines as it takes: the command is there to be copied. */
static void
print_undecided(const json_t *node, const char *indent)
{
	const json_t *undecided = json_object_get(node, "undecided");
	_cleanup_(free_p) char *command = text_safe(cli_text(undecided, "command"), false);
	_cleanup_(free_p) char *since = text_safe(cli_text(undecided, "since"), false);

	if (undecided != NULL)
		printf("%sbegun %s, and nobody knows whether it took place; say so:\n%s  %s\n", indent, since, indent,
		    command);
}

/* What a human was asked about it, and what became of that. */
static void
print_reviews(const json_t *node, const char *indent)
{
	const json_t *review;
	size_t i;

	json_array_foreach(json_object_get(node, "reviews"), i, review)
	{
		const char *why = cli_text(review, "why");
		_cleanup_(free_p) char *question = text_in_a_line(cli_text(review, "question"));
		_cleanup_(free_p) char *line =
		    cli_text(review, "decision")[0] != '\0'
			? xasprintf("review (%s): %s: %s by %s%s%s", cli_text(review, "cause"), question,
			      cli_text(review, "decision"), cli_text(review, "by"), why[0] != '\0' ? ": " : "", why)
			: xasprintf("review (%s): %s: waits for you:  hospes review %s", cli_text(review, "cause"),
			      question, cli_text(review, "id"));
		_cleanup_(free_p) char *safe = text_safe(line, false);

		printf("%s%s\n", indent, safe);
	}
}

/*
 * One node: what it was, how it ended, how long it took, in a line.  On a terminal that is too narrow what it was is cut
 * first, a URL may be as long as it likes; then its path is left out.
 */
static void
print_node(const struct cli *cli, const json_t *node, size_t column)
{
	const char *plugin = cli_text(node, "plugin"), *op = cli_text(node, "op"), *target = cli_text(node, "target");
	_cleanup_(free_p) char *query = text_shortened(cli_text(node, "query"), QUERY_MOST);
	_cleanup_(free_p) char *what = plugin[0] != '\0' ? xasprintf("%s %s", plugin, cli_text(node, "version"))
							 : xasprintf("%s%s%s%s%s", op, target[0] != '\0' ? " " : "",
							       target, query[0] != '\0' ? ": " : "", query);
	_cleanup_(free_p) char *safe = text_safe(what, false), *shown = NULL, *outcome = outcome_of(node);
	_cleanup_(free_p) char *status = text_safe(cli_text(node, "status"), false);
	_cleanup_(free_p) char *path = text_safe(cli_text(node, "path"), false);
	size_t used = column + 2 + text_width(status) + text_width(outcome), behind = 2 + text_width(path);
	size_t room = 0;

	if (cli->columns > 0) {
		bool fits = used + behind + WHAT_LEAST <= cli->columns;

		if (!fits)
			path[0] = '\0';
		else
			used += behind;
		room = used + WHAT_LEAST <= cli->columns ? cli->columns - used : WHAT_LEAST;
	}
	shown = text_shortened(safe, room);
	printf("%s  %s%s%s%s", shown,
	    cli_paint(cli, strcmp(status, "ok") == 0     ? "green"
			   : strcmp(status, "open") == 0 ? "yellow"
							 : "red"),
	    status, cli_paint(cli, ""), outcome);
	if (path[0] != '\0')
		printf("  %s%s%s", cli_paint(cli, "dim"), path, cli_paint(cli, ""));
	putchar('\n');
}

/* Waiting for the first of several ops, or for the next part, is how things work, not what they did; --json has it. */
static bool
is_shown(const json_t *op)
{
	return strcmp(cli_text(op, "op"), "first") != 0 && strcmp(cli_text(op, "op"), "part") != 0;
}

/* A failure passes through all that waited for it, which hand it on as it is or say whom they had it from: it is told
 * where it began. */
static bool
is_told_below(const json_t *node, const char *message)
{
	const json_t *ops = json_object_get(node, "ops"), *op;
	size_t i, len = strlen(message);

	json_array_foreach(ops, i, op)
	{
		const json_t *attempts = json_object_get(op, "attempts");
		size_t n = json_array_size(attempts);
		const char *of_op = cli_text(n > 0 ? json_array_get(attempts, n - 1) : op, "message");
		size_t op_len = strlen(of_op);

		if (is_shown(op) && op_len > 0 && op_len <= len && strcmp(message + len - op_len, of_op) == 0)
			return true;
	}
	return false;
}

static void
print_message(const struct cli *cli, const json_t *node, const char *indent)
{
	const char *message = cli_text(node, "message"), *guard = cli_text(node, "guard");
	_cleanup_(free_p) char *whole = xasprintf("%s%s%s", guard, guard[0] != '\0' ? ": " : "", message);
	_cleanup_(free_p) char *safe = text_safe(whole, false);
	size_t column = text_width(indent);
	size_t room = cli->columns == 0 ? 0 : column + WHAT_LEAST < cli->columns ? cli->columns - column : WHAT_LEAST;

	if (message[0] == '\0')
		return;
	for (const char *at = safe; *at != '\0';) {
		size_t len = text_line(at, room);

		printf("%s%.*s\n", indent, (int)len, at);
		at += len;
		while (*at == ' ')
			at++;
	}
}

/* Who was asked for, and why this one was chosen. */
static void
print_route(const json_t *node, const char *indent)
{
	const json_t *route = json_object_get(node, "route");
	_cleanup_(free_p) char *target = text_safe(cli_text(node, "target"), false);
	_cleanup_(free_p) char *policy = text_safe(cli_text(route, "policy"), false);
	_cleanup_(free_p) char *reason = text_safe(cli_text(route, "reason"), false);

	if (route != NULL)
		printf("%schosen for %s (%s): %s\n", indent, target, policy, reason);
}

/* Why it went on with another attempt, and with which: "fallback on crash: c 1.2.0". */
static void
print_next(const json_t *node, const char *indent)
{
	const json_t *next = json_object_get(node, "next");
	const char *to = cli_text(next, "to"), *version = cli_text(next, "version");
	_cleanup_(free_p) char *line = xasprintf("%s on %s: %s%s%s", cli_text(next, "by"), cli_text(next, "cause"),
	    to[0] != '\0' ? to : cli_text(next, "kind"), version[0] != '\0' ? " " : "", version);
	_cleanup_(free_p) char *safe = text_safe(line, false);

	if (next != NULL)
		printf("%s%s\n", indent, safe);
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

static void print_tree(const struct cli *cli, const json_t *node, const char *indent, unsigned depth);

/* Those of `nodes` that are shown, `left` of which come before the end of the branch. */
static void
print_below(const struct cli *cli, const json_t *nodes, const char *indent, unsigned depth, size_t *left)
{
	const json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		bool last = is_shown(node) && --*left == 0;
		_cleanup_(free_p) char *inner = xasprintf("%s%s", indent, last ? "   " : "│  ");

		if (!is_shown(node))
			continue;
		printf("%s%s ", indent, last ? "└─" : "├─");
		print_tree(cli, node, inner, depth + 1);
	}
}

/* A node, what it asked for, and the attempts that followed it. */
static void
print_tree(const struct cli *cli, const json_t *node, const char *indent, unsigned depth)
{
	const json_t *ops = json_object_get(node, "ops"), *attempts = json_object_get(node, "attempts");
	size_t left = count_shown(ops) + json_array_size(attempts);
	_cleanup_(free_p) char *below = xasprintf("%s%s", indent, left > 0 ? "│  " : "   ");

	print_node(cli, node, text_width(indent));
	if (depth >= DEPTH_MAX || !is_told_below(node, cli_text(node, "message")))
		print_message(cli, node, below);
	print_route(node, below);
	print_undecided(node, below);
	print_reviews(node, below);
	show_poll(json_object_get(node, "poll"), below);
	cli_findings(stdout, below, json_object_get(node, "findings"));
	print_next(node, below);
	if (depth >= DEPTH_MAX)
		return;
	print_below(cli, ops, indent, depth, &left);
	print_below(cli, attempts, indent, depth, &left);
}

void
show_tree(const struct cli *cli, const json_t *tree)
{
	if (json_is_object(tree))
		print_tree(cli, tree, "", 0);
}

/* What it took beside calls and time. */
static void
print_costs(const json_t *run)
{
	json_int_t cpu_ns = json_integer_value(json_object_get(run, "cpu_ns"));
	json_int_t billed = json_integer_value(json_object_get(run, "maybe_billed"));
	char money[MONEY_TEXT];

	if (cpu_ns > 0)
		printf("  %.1f ms CPU", (double)cpu_ns / NS_PER_MS);
	if (json_object_get(run, "money_micros") != NULL) {
		money_write(json_integer_value(json_object_get(run, "money_micros")), money);
		printf("  $%s", money);
	}
	if (billed > 0)
		printf("  maybe billed %lld times", (long long)billed);
}

static void
print_run(const struct cli *cli, const json_t *run)
{
	const json_t *took = json_object_get(run, "duration_ms");

	printf("%srun %s%s  %s\nstarted %s", cli_paint(cli, "bold"), cli_text(run, "id"), cli_paint(cli, ""),
	    cli_text(run, "status"), cli_text(run, "started"));
	if (json_is_number(took))
		printf("  took %.1f ms", json_number_value(took));
	if (json_object_get(run, "calls") != NULL)
		printf("  %lld calls", (long long)json_integer_value(json_object_get(run, "calls")));
	print_costs(run);
	if (cli_text(run, "client")[0] != '\0') {
		_cleanup_(free_p) char *client = text_safe(cli_text(run, "client"), false);

		printf("  for %s", client);
	}
	putchar('\n');
	if (json_object_get(run, "waits") != NULL) {
		_cleanup_(free_p) char *waits = waits_text(json_object_get(run, "waits"));
		_cleanup_(free_p) char *safe = text_safe(waits, false);

		printf("waits for %s\n", safe);
	}
	show_tree(cli, json_object_get(run, "tree"));
	if (json_object_get(run, "missing") != NULL) {
		_cleanup_(free_p) char *why = text_safe(cli_text(json_object_get(run, "missing"), "message"), false);

		printf("%s\n", why);
	}
}

int
command_show(struct cli *cli)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli->args[0], "/tree");
	_cleanup_(any_host_close) struct any_host host = {0};
	_cleanup_(json_p) json_t *run = NULL;
	struct fault fault;

	if (cli_flag(cli, "source"))
		return show_source(cli);
	if (any_host_look(&host, cli, &fault) != 0 || client_get(host.client, path, &run, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, run);
	else
		print_run(cli, run);
	return CLI_OK;
}
