/*
 * hospes backup and hospes restore.
 *
 * A host that runs makes the backup itself; of a state directory that no host uses, and for every restore, hospesd is
 * started for that alone: it knows the configuration, the lock and whose the files are.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/process.h"
#include "cli/socket.h"

#define ANSWER_MAX (1 * MIB)
#define ARGS_MAX   8

static int
take_answer(const struct buf *out, int wait_status, json_t **ret, struct fault *fault)
{
	json_t *answer = json_loadb(out->len > 0 ? (const char *)out->data : "", out->len, 0, NULL);
	const json_t *error = json_object_get(answer, "error");
	int status;

	if (!json_is_object(answer)) {
		json_decref(answer);
		return fault_set(fault, HOSPES_EBUG, "hospesd ended with status %d and did not say why",
		    WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status));
	}
	if (error == NULL) {
		*ret = answer;
		return 0;
	}
	status = status_number(cli_text(error, "code"));
	fault_set(fault, status != 0 ? status : HOSPES_EBUG, "%s", cli_text(error, "message"));
	json_decref(answer);
	return fault->status;
}

/* hospesd OPTION DIR, on the state directory that is given, else the one of the configuration. */
static int
offline(struct cli *cli, const char *option, const char *state, json_t **ret, struct fault *fault)
{
	const char *config = cli_value(cli, "config");
	const char *args[ARGS_MAX] = {option, cli->args[0]};
	_cleanup_(buf_free) struct buf out = {0};
	int n = 2, wait_status = 0;

	if (config != NULL)
		args[n++] = "--config", args[n++] = config;
	else if (geteuid() != 0)
		args[n++] = "--dev"; /* the user's own */
	if (state != NULL)
		args[n++] = "--state", args[n++] = state;
	if (process_read(INSTALL_SBIN, "hospesd", args, &out, ANSWER_MAX, &wait_status, fault) != 0)
		return fault->status;
	return take_answer(&out, wait_status, ret, fault);
}

/* no_host: none answers, and none was named. */
static int
online(struct cli *cli, json_t **ret, struct fault *fault)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(free_p) char *cwd = cli->args[0][0] == '/' ? NULL : getcwd(NULL, 0);
	_cleanup_(free_p) char *dir = cwd == NULL ? xstrdup(cli->args[0]) : xasprintf("%s/%s", cwd, cli->args[0]);
	_cleanup_(json_p) json_t *host = NULL, *body = json_pack("{s:s}", "dir", dir);
	int rc = client_open(&client, cli->socket, fault);

	if (rc == 0)
		rc = client_get(client, "/v1/host", &host, fault);
	if (rc != 0)
		return rc;
	rc = client_post(client, "/v1/backup", body, ret, fault);
	if (rc == HOSPES_ENOHOST)
		return fault_set(fault, HOSPES_EIO, "the host ended before the backup was made");
	return rc;
}

static int
tell(struct cli *cli, const json_t *answer, const char *what, const char *where)
{
	if (cli->json)
		cli_json(cli, answer);
	else
		printf("%s %s: %lld files, %.1f MiB, up to LSN %lld\n", what, where,
		    (long long)json_integer_value(json_object_get(answer, "files")),
		    (double)json_integer_value(json_object_get(answer, "bytes")) / (double)MIB,
		    (long long)json_integer_value(json_object_get(answer, "lsn")));
	return CLI_OK;
}

int
command_backup(struct cli *cli)
{
	bool named = cli_value(cli, "state") != NULL || cli_value(cli, "config") != NULL;
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault fault = {0};
	int rc = named ? HOSPES_ENOHOST : online(cli, &answer, &fault);

	if (rc == HOSPES_ENOHOST && (named || !socket_given(cli->socket)))
		rc = offline(cli, "--backup", cli_value(cli, "state"), &answer, &fault);
	return rc != 0 ? cli_fail(cli, &fault) : tell(cli, answer, "backup in", cli_text(answer, "dir"));
}

int
command_restore(struct cli *cli)
{
	_cleanup_(json_p) json_t *answer = NULL;
	struct fault fault = {0};
	int rc = offline(cli, "--restore", cli->n_args > 1 ? cli->args[1] : NULL, &answer, &fault);

	return rc != 0 ? cli_fail(cli, &fault) : tell(cli, answer, "restored into", cli_text(answer, "state"));
}
