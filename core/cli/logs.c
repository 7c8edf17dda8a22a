/*
 * hospes logs: the host's log, or what the calls of one run logged.
 *
 * Without -f the host's stream is read until what was there has come: the host sends the newest lines at once, and a
 * pause afterwards.
 */

#include "config.h"

#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/text.h"

#define STOP_ENOUGH      1
#define STOP_INTERRUPTED 2

static void
print_line(const struct cli *cli, const char *line)
{
	_cleanup_(free_p) char *safe = text_safe(line, false);

	(void)cli;
	printf("%s\n", safe);
	fflush(stdout);
}

static int
on_line(const char *name, const char *data, size_t len, void *arg)
{
	const struct cli *cli = arg;
	_cleanup_(json_p) json_t *line = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	if (strcmp(name, "caught_up") == 0)
		return cli_flag(cli, "follow") ? 0 : STOP_ENOUGH;
	if (strcmp(name, "log") != 0 || line == NULL)
		return 0;
	if (cli->json) {
		json_dumpf(line, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	} else {
		print_line(cli, cli_text(line, "line"));
	}
	return 0;
}

static int
on_interrupt(int signo, void *arg)
{
	(void)signo;
	(void)arg;
	return STOP_INTERRUPTED;
}

static int
host_logs(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	struct fault fault;
	int rc;

	client_block_signals();
	rc = client_open(&client, cli->socket, &fault);
	if (rc == 0)
		rc = client_stream(client, "/v1/logs", on_line, on_interrupt, cli, &fault);
	return rc >= 0 ? CLI_OK : cli_fail(cli, &fault);
}

/* ---- Of one run ---- */

static void
print_run_line(const struct cli *cli, const json_t *record)
{
	_cleanup_(free_p) char *line = NULL;

	if (cli->json) {
		json_dumpf(record, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	line = xasprintf("%s %s %s", cli_text(record, "time"), cli_text(record, "path"), cli_text(record, "message"));
	print_line(cli, line);
}

static int
on_run_event(const char *name, const char *data, size_t len, void *arg)
{
	const struct cli *cli = arg;
	_cleanup_(json_p) json_t *event = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	if (strcmp(name, "end") == 0)
		return STOP_ENOUGH;
	if (strcmp(cli_text(event, "type"), "log") == 0)
		print_run_line(cli, event);
	return 0;
}

static int
run_logs(struct cli *cli)
{
	_cleanup_(free_p) char *journal = client_path("/v1/runs/", cli->args[0], "/journal");
	_cleanup_(free_p) char *events = client_path("/v1/runs/", cli->args[0], "/events");
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *records = NULL;
	const json_t *record;
	struct fault fault;
	size_t i;
	int rc = client_fetch(cli, journal, &records);

	if (rc != 0)
		return rc;
	json_array_foreach(records, i, record) if (strcmp(cli_text(record, "kind"), "log") == 0)
	    print_run_line(cli, record);
	if (!cli_flag(cli, "follow"))
		return CLI_OK;
	client_block_signals();
	rc = client_open(&client, cli->socket, &fault);
	if (rc == 0)
		rc = client_stream(client, events, on_run_event, on_interrupt, cli, &fault);
	return rc >= 0 ? CLI_OK : cli_fail(cli, &fault);
}

int
command_logs(struct cli *cli)
{
	return cli->n_args > 0 ? run_logs(cli) : host_logs(cli);
}
