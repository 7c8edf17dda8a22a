/* hospes ps, wait, cancel, journal: runs by the list and one by one. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/patience.h"
#include "cli/table.h"
#include "cli/text.h"

/* Who failed of a run that is whole but for them. */
static void
tell_partial(const json_t *partial)
{
	const json_t *one;
	size_t i;

	json_array_foreach(partial, i, one)
	{
		_cleanup_(free_p) char *line = xasprintf(
		    "%s failed: %s: %s", cli_text(one, "who"), cli_text(one, "code"), cli_text(one, "message"));
		_cleanup_(free_p) char *safe = text_safe(line, false);

		fprintf(stderr, "partial: %s\n", safe);
	}
}

int
run_failed(const struct cli *cli, const json_t *error)
{
	int status = status_number(cli_text(error, "code"));
	struct cli plain = *cli;
	struct fault fault;

	plain.json = false;
	fault_set(&fault, status != 0 ? status : HOSPES_EBUG, "%s", cli_text(error, "message"));
	status = cli_fail(&plain, &fault);
	cli_findings(stderr, "", json_object_get(error, "findings"));
	return status;
}

int
run_told(const struct cli *cli, const json_t *run, bool quiet)
{
	const json_t *error = json_object_get(run, "error"), *result = json_object_get(run, "result");
	const json_t *partial = json_object_get(run, "partial"), *missing = json_object_get(run, "missing");

	if (cli->json)
		cli_json(cli, run);
	if (error != NULL)
		return run_failed(cli, error);
	if (missing != NULL)
		return run_failed(cli, missing);
	if (!cli->json && !quiet && result != NULL)
		cli_json(cli, result);
	if (json_array_size(partial) > 0 || strcmp(cli_text(run, "status"), "partial") == 0) {
		tell_partial(partial);
		return CLI_PARTIAL;
	}
	return CLI_OK;
}

static int
wait_for(const struct cli *cli, struct patience *patience, const char *id)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", id, "/wait");
	_cleanup_(json_p) json_t *run = NULL;
	struct fault fault;
	int rc;

	if (patience_get(patience, path, &run, &fault) != 0)
		return cli_fail(cli, &fault);
	rc = run_told(cli, run, false);
	fflush(stdout);
	return rc;
}

/* One after the other, in the order in which they were given: so each result has its place. */
int
command_wait(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	struct patience patience = {0};
	struct fault fault;
	int status = CLI_OK;

	if (patience_read(&patience, cli, &fault) != 0)
		return cli_usage(cli, &fault);
	if (client_open(&client, cli->socket, &fault) != 0)
		return cli_fail(cli, &fault);
	patience.client = client;
	for (unsigned i = 0; i < cli->n_args; i++) {
		int rc = wait_for(cli, &patience, cli->args[i]);

		if (rc == CLI_NO_HOST)
			return rc;
		status = status == CLI_OK ? rc : status;
	}
	return status;
}

static const char *
status_of(const json_t *run)
{
	if (json_array_size(json_object_get(run, "undecided")) > 0)
		return "undecided";
	return json_array_size(json_object_get(run, "reviews")) > 0 ? "review" : cli_text(run, "status");
}

/* What waits for a human: since when, and the command that ends it. */
static void
tell_undecided(const json_t *runs)
{
	const json_t *run, *one;
	size_t i, n;

	json_array_foreach(runs, i, run)
	{
		json_array_foreach(json_object_get(run, "undecided"), n, one)
		{
			_cleanup_(free_p) char *line =
			    xasprintf("%s %s, begun %s: did it take place?  %s", cli_text(one, "op"),
				cli_text(one, "target"), cli_text(one, "since"), cli_text(one, "command"));
			_cleanup_(free_p) char *safe = text_safe(line, false);

			fprintf(stderr, "undecided: %s\n", safe);
		}
	}
}

/* What a human is asked, and the command that shows and decides it. */
static void
tell_reviews(const json_t *runs)
{
	const json_t *run, *one;
	size_t i, n;

	json_array_foreach(runs, i, run)
	{
		json_array_foreach(json_object_get(run, "reviews"), n, one)
		{
			_cleanup_(free_p) char *question = text_in_a_line(cli_text(one, "question"));
			_cleanup_(free_p) char *line = xasprintf("%s  %s", question, cli_text(one, "command"));
			_cleanup_(free_p) char *safe = text_safe(line, false);

			fprintf(stderr, "review: %s\n", safe);
		}
	}
}

int
command_ps(struct cli *cli)
{
	static const char *const headings[] = {"RUN", "PLUGIN", "STATUS", "CALLS", "TOOK", "STARTED", "CLIENT",
	    "WAITS FOR", NULL};
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(json_p) json_t *runs = NULL;
	const json_t *run;
	size_t i;
	int rc;

	rc = client_list(cli, "/v1/runs", &runs);
	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, runs);
		return CLI_OK;
	}
	json_array_foreach(runs, i, run)
	{
		const json_t *took_ms = json_object_get(run, "duration_ms");
		_cleanup_(free_p) char *calls =
		    xasprintf("%lld", (long long)json_integer_value(json_object_get(run, "calls")));
		_cleanup_(free_p) char *took =
		    json_is_number(took_ms) ? xasprintf("%.3f s", json_number_value(took_ms) / 1000) : xstrdup("");
		_cleanup_(free_p) char *waits = waits_text(json_object_get(run, "waits"));

		table_row(table, cli_text(run, "id"), cli_text(run, "plugin"), status_of(run), calls, took,
		    cli_text(run, "started"), cli_text(run, "client"), waits);
	}
	if (table_rows(table) > 0) {
		table_print(table, cli, stdout);
		tell_undecided(runs);
		tell_reviews(runs);
	} else
		fprintf(stderr, "no run is open%s\n",
		    cli_flag(cli, "all") ? " and none is on record" : "; --all lists those that ended");
	return CLI_OK;
}

int
command_cancel(struct cli *cli)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli->args[0], "/cancel");
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *run = NULL;
	struct fault fault;

	if (client_open(&client, cli->socket, &fault) != 0 || client_post(client, path, NULL, &run, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, run);
	else
		printf("run %s is told to stop\n", cli_text(run, "id"));
	return CLI_OK;
}

/* What a record has beyond its first columns, as KEY=VALUE. */
static char *
record_rest(const json_t *record)
{
	static const char *const shown[] = {"lsn", "seq", "kind", "time", "path", "status"};
	struct buf out = {0};
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)record, key, value)
	{
		_cleanup_(free_p) char *text = NULL;
		size_t i = 0;

		while (i < ARRAY_LEN(shown) && strcmp(key, shown[i]) != 0)
			i++;
		if (i < ARRAY_LEN(shown))
			continue;
		text = json_is_string(value) ? xstrdup(json_string_value(value)) : json_text(value);
		if (strlen(text) > 80)
			memcpy(text + 77, "...", 4);
		buf_printf(&out, "%s%s=%s", out.len > 0 ? " " : "", key, text);
	}
	buf_text(&out);
	return (char *)out.data;
}

int
command_journal(struct cli *cli)
{
	static const char *const headings[] = {"LSN", "TIME", "KIND", "PATH", "STATUS", "", NULL};
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli->args[0], "/journal");
	_cleanup_(table_free) struct table *table = table_new(headings);
	_cleanup_(json_p) json_t *records = NULL;
	const json_t *record;
	size_t i;
	int rc = client_fetch(cli, path, &records);

	if (rc != 0)
		return rc;
	if (cli->json) {
		cli_json(cli, records);
		return CLI_OK;
	}
	json_array_foreach(records, i, record)
	{
		_cleanup_(free_p) char *rest = record_rest(record);
		_cleanup_(free_p) char *lsn =
		    xasprintf("%lld", (long long)json_integer_value(json_object_get(record, "lsn")));

		table_row(table, lsn, cli_text(record, "time"), cli_text(record, "kind"), cli_text(record, "path"),
		    cli_text(record, "status"), rest);
	}
	table_print(table, cli, stdout);
	return CLI_OK;
}
