/* hospes run: starts a run, shows how it goes (follow.c), prints what came of it. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/patience.h"
#include "cli/request.h"
#include "cli/text.h"

static void
show_event(const json_t *event, void *arg)
{
	const struct cli *cli = arg;
	_cleanup_(free_p) char *line = NULL;

	if (!cli->err_terminal || cli->json)
		return;
	line = follow_line(event);
	fprintf(stderr, "%s\n", line);
}

/* A part is there to be worked on by others: one line, at once. */
static void
print_part(const json_t *part, void *arg)
{
	(void)arg;
	text_json(stdout, part, JSON_ENCODE_ANY | JSON_COMPACT);
	fflush(stdout);
}

int
command_run(struct cli *cli)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *request = NULL, *started = NULL, *end = NULL;
	struct patience patience = {0};
	struct fault fault;
	const char *id;
	int rc;

	if (request_options(cli, &request, &fault) != 0 || patience_read(&patience, cli, &fault) != 0)
		return cli_usage(cli, &fault);
	rc = request_input(cli, request, &fault);
	if (rc == 0)
		rc = client_open(&client, cli->socket, &fault);
	/* From here on an interrupt has to find a run that it can cancel. */
	client_block_signals();
	patience.client = client;
	if (rc == 0)
		rc = patience_start(&patience, request, cli_value(cli, "key"), &started, &fault);
	if (rc != 0)
		return cli_fail(cli, &fault);
	id = cli_text(started, "id");
	if (cli_value(cli, "key") != NULL && json_is_true(json_object_get(started, "repeated")))
		fprintf(stderr, "run %s was started under this key before\n", id);
	if (cli_flag(cli, "detach")) {
		if (cli->json)
			cli_json(cli, started);
		else
			printf("%s\n", id);
		return CLI_OK;
	}
	if (cli->err_terminal && !cli->json)
		fprintf(stderr, "run %s\n", id);
	rc = follow_run(&(struct follow){.cli = cli,
			    .client = client,
			    .patience = &patience,
			    .id = id,
			    .event = show_event,
			    .part = cli_flag(cli, "parts") ? print_part : NULL,
			    .arg = cli},
	    &end, &fault);
	if (rc == FOLLOW_LEFT) {
		fprintf(stderr, "left; `hospes show %s` tells what became of it\n", id);
		return CLI_REFUSED;
	}
	if (rc != 0)
		return cli_fail(cli, &fault);
	return run_told(cli, end, false);
}
