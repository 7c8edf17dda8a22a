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
#include "cli/patience.h"
#include "cli/text.h"

#define STOP_ENOUGH      1
#define STOP_INTERRUPTED 2

struct logging {
	const struct cli *cli;
	struct client *client;
	struct patience patience;
	size_t printed; /* lines of a run, so far */
	char last_id[SSE_ID_MAX];
};

static void
print_line(const char *line)
{
	_cleanup_(free_p) char *safe = text_safe(line, false);

	printf("%s\n", safe);
	fflush(stdout);
}

static int
on_line(const char *name, const char *data, size_t len, void *arg)
{
	struct logging *l = arg;
	_cleanup_(json_p) json_t *line = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	patience_heard(&l->patience);
	if (strcmp(name, "caught_up") == 0)
		return cli_flag(l->cli, "follow") ? 0 : STOP_ENOUGH;
	if (strcmp(name, "log") != 0 || line == NULL)
		return 0;
	if (l->cli->json) {
		text_json(stdout, line, JSON_COMPACT);
		fflush(stdout);
	} else {
		print_line(cli_text(line, "line"));
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

/* A stream that follows does not end by itself: then the host did. */
static int
again(struct logging *l, int rc, struct fault *fault)
{
	if (rc == 0)
		fault_set(fault, HOSPES_ENOHOST, "the host on %s ended", client_socket(l->client));
	rc = patience_again(&l->patience, fault);
	return rc == HOSPES_ECANCELLED ? STOP_INTERRUPTED : rc;
}

static int
host_logs(struct logging *l, struct fault *fault)
{
	int rc;

	do {
		rc = client_stream(l->client, "/v1/logs", l->last_id, on_line, on_interrupt, l, fault);
	} while (rc <= 0 && (rc = again(l, rc, fault)) == 0);
	return rc;
}

/* ---- Of one run ---- */

static void
print_run_line(struct logging *l, const json_t *record)
{
	_cleanup_(free_p) char *line = NULL;

	l->printed++;
	if (l->cli->json) {
		text_json(stdout, record, JSON_COMPACT);
		fflush(stdout);
		return;
	}
	line = xasprintf("%s %s %s", cli_text(record, "time"), cli_text(record, "path"), cli_text(record, "message"));
	print_line(line);
}

static int
on_run_event(const char *name, const char *data, size_t len, void *arg)
{
	struct logging *l = arg;
	_cleanup_(json_p) json_t *event = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	patience_heard(&l->patience);
	if (strcmp(name, "end") == 0)
		return STOP_ENOUGH;
	if (strcmp(cli_text(event, "type"), "log") == 0)
		print_run_line(l, event);
	return 0;
}

/* What is on record beyond the lines that were printed as they came. */
static int
print_recorded(struct logging *l, const char *id, struct fault *fault)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", id, "/journal");
	_cleanup_(json_p) json_t *records = NULL;
	size_t i, nth = 0;
	const json_t *record;
	int rc = patience_get(&l->patience, path, &records, fault);

	json_array_foreach(records, i, record)
	{
		if (strcmp(cli_text(record, "kind"), "log") == 0 && nth++ >= l->printed)
			print_run_line(l, record);
	}
	return rc;
}

static int
run_logs(struct logging *l, const char *id, struct fault *fault)
{
	_cleanup_(free_p) char *events = client_path("/v1/runs/", id, "/events?parts=4294967295");
	int rc;

	do {
		rc = print_recorded(l, id, fault);
		if (rc != 0 || !cli_flag(l->cli, "follow"))
			return rc;
		rc = client_stream(l->client, events, NULL, on_run_event, on_interrupt, l, fault);
	} while (rc <= 0 && (rc = again(l, rc, fault)) == 0);
	return rc;
}

int
command_logs(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	struct logging l = {.cli = cli};
	struct fault fault;
	int rc;

	if (patience_read(&l.patience, cli, &fault) != 0)
		return cli_usage(cli, &fault);
	if (!cli_flag(cli, "follow"))
		l.patience.most_ns = 0;
	if (client_open(&client, cli->socket, &fault) != 0)
		return cli_fail(cli, &fault);
	l.client = l.patience.client = client;
	client_block_signals();
	rc = cli->n_args > 0 ? run_logs(&l, cli->args[0], &fault) : host_logs(&l, &fault);
	return rc >= 0 ? CLI_OK : cli_fail(cli, &fault);
}
