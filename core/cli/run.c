/*
 * hospes run: starts a run, shows how it goes, prints what came of it.
 *
 * The run belongs to the host: it goes on when this command is killed.  Ctrl-C asks the host to cancel it and waits for
 * its end; a second one leaves at once.
 */

#include "config.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/request.h"
#include "cli/text.h"

#define STREAM_TRIES    3 /* without an event or another answer */
#define STREAM_PAUSE_NS (50 * 1000 * 1000)

#define STOP_LEFT 1 /* the user left */
#define STOP_END  2 /* the end event came */

/* ---- Following ---- */

struct following {
	const struct cli *cli;
	struct client *client;
	const char *id;
	bool cancelled;
	bool any;       /* events came since the stream began */
	unsigned parts; /* of the reply that have come */
	json_t *end;
};

static void
show_event(const struct cli *cli, const json_t *event)
{
	const char *type = cli_text(event, "type"), *who = cli_text(event, "plugin");
	const json_t *done = json_object_get(event, "done"), *took = json_object_get(event, "duration_ms");
	_cleanup_(buf_free) struct buf line = {0};
	_cleanup_(free_p) char *safe = NULL;

	if (!cli->err_terminal || cli->json)
		return;
	buf_printf(&line, "%s %s", cli_text(event, "path"), who[0] != '\0' ? who : cli_text(event, "target"));
	if (strcmp(type, "call_started") == 0)
		buf_printf(&line, " %s started", cli_text(event, "version"));
	else if (strcmp(type, "call_ended") == 0 || strcmp(type, "op_ended") == 0)
		buf_printf(&line, " %s", cli_text(event, "status"));
	else if (strcmp(type, "progress") != 0 && strcmp(type, "log") != 0)
		buf_printf(&line, " %s", type);
	if (json_is_number(done))
		buf_printf(&line, " %.0f%%", json_number_value(done) * 100);
	if (json_is_number(took))
		buf_printf(&line, " in %.1f ms", json_number_value(took));
	if (cli_text(event, "message")[0] != '\0')
		buf_printf(&line, ": %s", cli_text(event, "message"));
	safe = text_safe(buf_text(&line), false);
	fprintf(stderr, "%s\n", safe);
}

/* A part is there to be worked on by others: one line, at once. */
static void
show_part(const struct cli *cli, const json_t *event)
{
	if (!cli_flag(cli, "parts"))
		return;
	json_dumpf(json_object_get(event, "part"), stdout, JSON_ENCODE_ANY | JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
}

static int
on_event(const char *name, const char *data, size_t len, void *arg)
{
	struct following *f = arg;
	json_t *event = json_loadb(data, len, JSON_ALLOW_NUL, NULL);

	f->any = true;
	if (strcmp(name, "end") == 0 && event != NULL) {
		f->end = event;
		return STOP_END;
	}
	if (strcmp(cli_text(event, "type"), "part") == 0) {
		f->parts++;
		show_part(f->cli, event);
	} else
		show_event(f->cli, event);
	json_decref(event);
	return 0;
}

static int
on_interrupt(int signo, void *arg)
{
	struct following *f = arg;
	_cleanup_(free_p) char *path = NULL;
	struct fault fault;
	json_t *answer;

	(void)signo;
	if (f->cancelled)
		return STOP_LEFT;
	f->cancelled = true;
	path = client_path("/v1/runs/", f->id, "/cancel");
	fprintf(stderr, "cancelling run %s; once more to leave it\n", f->id);
	if (client_post(f->client, path, NULL, &answer, &fault) != 0)
		cli_fail(f->cli, &fault);
	else
		json_decref(answer);
	return 0;
}

/* Is the host still there?  Its patience is ours: who was cut off for being slow gives it a moment first. */
static bool
host_answers(struct client *client, const char *id)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", id, "");
	_cleanup_(json_p) json_t *run = NULL;
	const struct timespec moment = {.tv_nsec = STREAM_PAUSE_NS};
	struct fault ignored;

	(void)nanosleep(&moment, NULL);
	return client_get(client, path, &run, &ignored) == 0;
}

/* Follows the run to its end.  Returns 0 with *end, STOP_LEFT, or a status.  A stream that breaks off is taken up again: a
 * watcher that was too slow for the host is cut off, be it before the first event, and the run goes on all the same; of the
 * parts of the reply none is lost and none comes twice. */
static int
follow(const struct cli *cli, struct client *client, const char *id, json_t **end, struct fault *fault)
{
	struct following f = {.cli = cli, .client = client, .id = id};
	int rc = 0;

	for (unsigned in_vain = 0; in_vain < STREAM_TRIES; in_vain++) {
		_cleanup_(free_p) char *from = xasprintf("/events?parts=%u", f.parts);
		_cleanup_(free_p) char *events = client_path("/v1/runs/", id, from);

		f.any = false;
		rc = client_stream(client, events, on_event, on_interrupt, &f, fault);
		if (rc == STOP_END) {
			*end = f.end;
			return 0;
		}
		if (rc != 0 && rc != HOSPES_ENOHOST)
			return rc;
		if (f.any || (rc != 0 && host_answers(client, id)))
			in_vain = 0;
	}
	return rc != 0 ? rc : fault_set(fault, HOSPES_EBUG, "the host told nothing of the end of run %s", id);
}

int
command_run(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *request = NULL, *started = NULL, *end = NULL;
	struct fault fault;
	const char *id;
	int rc;

	if (request_options(cli, &request, &fault) != 0)
		return cli_usage(cli, &fault);
	rc = request_input(cli, request, &fault);
	if (rc == 0)
		rc = client_open(&client, cli->socket, &fault);
	/* From here on an interrupt has to find a run that it can cancel. */
	client_block_signals();
	if (rc == 0)
		rc = client_post(client, "/v1/runs", request, &started, &fault);
	if (rc != 0)
		return cli_fail(cli, &fault);
	id = cli_text(started, "id");
	if (cli_flag(cli, "detach")) {
		if (cli->json)
			cli_json(cli, started);
		else
			printf("%s\n", id);
		return CLI_OK;
	}
	if (cli->err_terminal && !cli->json)
		fprintf(stderr, "run %s\n", id);
	rc = follow(cli, client, id, &end, &fault);
	if (rc == STOP_LEFT) {
		fprintf(stderr, "left; `hospes show %s` tells what became of it\n", id);
		return CLI_REFUSED;
	}
	if (rc != 0)
		return cli_fail(cli, &fault);
	return run_told(cli, end, false);
}
