/* hospes alerts, scores, score: what somebody should know of, and how good agents are. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/table.h"

#define ALERTS_MOST 4096

/* ---- Alerts ------------------------------------------------------------------------------------------------------ */

/* "delivered", "pending", "given up", "" where nobody is sent it; and how often it was tried, where that was more than once. */
static char *
webhook_text(const json_t *alert)
{
	const json_t *webhook = json_object_get(alert, "webhook");
	json_int_t tries = json_integer_value(json_object_get(webhook, "tries"));
	const char *state = cli_text(webhook, "state");

	if (strcmp(state, "given_up") == 0)
		state = "given up";
	return tries > 1 ? xasprintf("%s, %lld tries", state, (long long)tries) : xstrdup(state);
}

/* A run, and the call of it that has a share; whatever else it is about. */
static char *
of_text(const json_t *alert)
{
	const char *run = cli_text(alert, "run"), *path = cli_text(alert, "path");

	return run[0] == '\0' ? xstrdup(cli_text(alert, "of"))
			      : xasprintf("%s%s%s", run, path[0] != '\0' ? " " : "", path);
}

int
command_alerts(struct cli *cli)
{
	static const char *const headings[] = {"TIME", "KIND", "OF", "WEBHOOK", "ALERT", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(free_p) char *path = NULL;
	_cleanup_(json_p) json_t *alerts = NULL;
	const json_t *alert;
	double limit = 100;
	struct fault fault;
	size_t i;
	int rc;

	if (cli_number(cli, "limit", ALERTS_MOST, &limit, &fault) != 0)
		return cli_usage(cli, &fault);
	path = xasprintf("/v1/alerts?limit=%.0f", limit);
	rc = client_fetch(cli, path, &alerts);
	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, alerts);
		return CLI_OK;
	}
	json_array_foreach(alerts, i, alert)
	{
		_cleanup_(free_p) char *webhook = webhook_text(alert);
		_cleanup_(free_p) char *of = of_text(alert);

		table_row(table, cli_text(alert, "at"), cli_text(alert, "kind"), of, webhook, cli_text(alert, "text"));
	}
	if (table_rows(table) > 0)
		table_print(table, cli, stdout);
	else
		fprintf(stderr, "no alert was raised\n");
	return CLI_OK;
}

/* ---- Scores ------------------------------------------------------------------------------------------------------ */

static char *
two_digits(const json_t *object, const char *key)
{
	return xasprintf("%.2f", json_number_value(json_object_get(object, key)));
}

int
command_scores(struct cli *cli)
{
	static const char *const headings[] = {
	    "NAME", "VERSION", "ASKED AS", "BY", "SCORES", "MEAN", "LATELY", "TREND", "DROPS", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(free_p) char *path =
	    cli->n_args > 0 ? client_path("/v1/scores?name=", cli->args[0], "") : xstrdup("/v1/scores");
	_cleanup_(json_p) json_t *scores = NULL;
	const json_t *one;
	size_t i;
	int rc = client_fetch(cli, path, &scores);

	if (rc != 0)
		return rc;
	if (cli->json)
		cli_json(cli, scores);
	json_array_foreach(scores, i, one)
	{
		_cleanup_(free_p) char *n = cli_count(one, "n"), *drops = cli_count(one, "drops");
		_cleanup_(free_p) char *mean = two_digits(one, "mean"), *recent = two_digits(one, "recent");
		const char *capability = cli_text(one, "capability");

		table_row(table, cli_text(one, "plugin"), cli_text(one, "version"),
		    capability[0] != '\0' ? capability : "its name", cli_text(one, "by"), n, mean, recent,
		    cli_text(one, "trend"), drops);
	}
	if (table_rows(table) > 0) {
		if (!cli->json)
			table_print(table, cli, stdout);
		return CLI_OK;
	}
	if (cli->n_args == 0)
		fprintf(stderr, "nothing has a score; checks give them, agents, and `hospes score RUN`\n");
	else
		fprintf(stderr, "%s has no score; `hospes scores` lists all there are\n", cli->args[0]);
	return cli->n_args == 0 ? CLI_OK : CLI_PARTIAL;
}

/* ---- Scoring ----------------------------------------------------------------------------------------------------- */

static int
read_score(const char *text, double *ret, struct fault *fault)
{
	char *end;

	*ret = strtod(text, &end);
	if (end == text || *end != '\0' || !(*ret >= 0) || !(*ret <= 1))
		return fault_set(
		    fault, HOSPES_EINPUT, "a score is a number from 0, useless, to 1, and this is %.60s", text);
	return 0;
}

int
command_score(struct cli *cli)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli->args[0], "/score");
	_cleanup_(json_p) json_t *request = NULL, *answer = NULL;
	_cleanup_(client_close) struct client *client = NULL;
	struct fault fault;
	double score;

	if (read_score(cli->args[cli->n_args - 1], &score, &fault) != 0)
		return cli_usage(cli, &fault);
	request = json_pack("{s:f s:s* s:s*}", "score", score, "call", cli->n_args > 2 ? cli->args[1] : NULL, "why",
	    cli_value(cli, "why"));
	if (request == NULL) {
		fault_set(&fault, HOSPES_EINPUT, "the call or the reason is not UTF-8");
		return cli_usage(cli, &fault);
	}
	if (client_open(&client, cli->socket, &fault) != 0 || client_post(client, path, request, &answer, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, answer);
	else
		printf("%s %s has the score %.2f for the call %s of run %s\n", cli_text(answer, "plugin"),
		    cli_text(answer, "version"), score, cli_text(answer, "call"), cli_text(answer, "run"));
	return CLI_OK;
}
