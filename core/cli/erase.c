/* hospes erase: what a run or a document was about goes for good. */

#include "config.h"

#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "cli/client.h"
#include "cli/command.h"

int
command_erase(struct cli *cli)
{
	const char *what = cli->args[0], *why = cli_value(cli, "why");
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *request = NULL, *answer = NULL;
	struct fault fault;
	struct ulid id;

	request = json_pack("{s:s, s:s*}", ulid_parse(what, &id) ? "run" : "document", what, "why", why);
	if (request == NULL) {
		fault_set(&fault, HOSPES_EINPUT, "what is given is not UTF-8");
		return cli_usage(cli, &fault);
	}
	if (client_open(&client, cli->socket, &fault) != 0 ||
	    client_post(client, "/v1/erase", request, &answer, &fault) != 0)
		return cli_fail(cli, &fault);
	if (cli->json)
		cli_json(cli, answer);
	else if (json_object_get(answer, "run") != NULL)
		printf("run %s is erased: %lld records\n", cli_text(answer, "run"),
		    (long long)json_integer_value(json_object_get(answer, "records")));
	else
		printf("document %s is erased: it was in %lld spaces, and %zu runs that read it are erased too\n",
		    cli_text(answer, "document"), (long long)json_integer_value(json_object_get(answer, "spaces")),
		    json_array_size(json_object_get(answer, "runs")));
	return CLI_OK;
}
