/* hospes resolve: a human says whether an effect took place. */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"

#define ANSWER_MAX (64 * MIB)

static int
read_answer(const char *file, json_t **ret, struct fault *fault)
{
	bool standard = strcmp(file, "-") == 0;
	_cleanup_(buf_free) struct buf bytes = {0};
	int rc = standard ? fd_read_all(STDIN_FILENO, &bytes, ANSWER_MAX, fault)
			  : fd_read_file(file, &bytes, ANSWER_MAX, fault);

	if (rc != 0)
		return rc;
	*ret = json_read(buf_text(&bytes), bytes.len, standard ? "standard input" : file, fault);
	return *ret == NULL ? fault->status : 0;
}

static int
compose(const struct cli *cli, const char *outcome, json_t **ret, struct fault *fault)
{
	bool word = strcmp(outcome, "done") == 0 || strcmp(outcome, "not-done") == 0;
	_cleanup_(json_p) json_t *answer = NULL;

	if (!word && read_answer(outcome, &answer, fault) != 0)
		return fault->status;
	*ret = json_pack("{s:s s:s s:O* s:s*}", "call", cli->args[1], "outcome", word ? outcome : "answer", "answer",
	    answer, "why", cli_value(cli, "why"));
	if (*ret == NULL)
		return fault_set(fault, HOSPES_EINPUT, "the call or the reason is not UTF-8");
	return 0;
}

int
command_resolve(struct cli *cli)
{
	_cleanup_(free_p) char *path = client_path("/v1/runs/", cli->args[0], "/resolve");
	_cleanup_(json_p) json_t *request = NULL, *run = NULL;
	_cleanup_(client_close) struct client *client = NULL;
	const char *outcome = cli_value(cli, "outcome");
	struct fault fault;

	if (outcome == NULL) {
		fault_set(&fault, HOSPES_EINPUT,
		    "--outcome says what became of it: done, not-done, or a file with its answer");
		return cli_usage(cli, &fault);
	}
	if (compose(cli, outcome, &request, &fault) != 0 || client_open(&client, cli->socket, &fault) != 0 ||
	    client_post(client, path, request, &run, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, run);
	else
		printf("%s of run %s is decided\n", cli->args[1], cli_text(run, "id"));
	return CLI_OK;
}
