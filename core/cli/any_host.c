/* See any_host.h. */

#include "config.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/any_host.h"
#include "cli/socket.h"
#include "cli/user_dirs.h"

#define STATE_PATIENCE_NS (60 * NS_PER_S) /* for another command to leave the user's state directory */
#define STATE_PAUSE_NS    (200 * NS_PER_MS)

static int
join(struct any_host *h, const char *socket, struct fault *fault)
{
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(json_p) json_t *host = NULL;
	int rc = client_open(&client, socket, fault);

	if (rc != 0)
		return rc;
	client_interruptible(client);
	rc = client_get(client, "/v1/host", &host, fault);
	if (rc != 0)
		return rc;
	h->client = client;
	h->socket = xstrdup(client_socket(client));
	client = NULL;
	return 0;
}

/* Starts a private host; one that works on the user's state has to wait until that is free. */
static int
start(struct any_host *h, void (*say)(const char *line, void *arg), void *arg, struct fault *fault)
{
	const struct timespec pause = {.tv_nsec = STATE_PAUSE_NS};
	int64_t end = clock_mono_ns() + STATE_PATIENCE_NS;
	bool told = say == NULL;
	int rc;

	while ((rc = private_host_start(&h->host, &h->options, fault)) == HOSPES_EINUSE && clock_mono_ns() < end) {
		private_host_stop(&h->host);
		if (!told)
			say("waiting for another command that uses the same state directory", arg);
		told = true;
		(void)nanosleep(&pause, NULL);
	}
	return rc != 0 ? rc : join(h, private_host_socket(h->host), fault);
}

int
any_host_open(struct any_host *h, const struct cli *cli, bool own_state, void (*say)(const char *line, void *arg),
    void *arg, struct fault *fault)
{
	int rc = join(h, cli->socket, fault);

	if (rc == 0 || rc == HOSPES_ECANCELLED || cli->socket != NULL)
		return rc;
	h->options = (struct private_host_options){.command = cli->command->name, .own_state = own_state, .goes_on = true};
	return start(h, say, arg, fault);
}

int
any_host_look(struct any_host *h, const struct cli *cli, struct fault *fault)
{
	_cleanup_(free_p) char *state = NULL;
	int rc = join(h, cli->socket, fault);

	if (rc != HOSPES_ENOHOST || socket_given(cli->socket))
		return rc;
	state = user_state_dir();
	if (state == NULL || access(state, X_OK) != 0)
		return rc;
	h->options = (struct private_host_options){.command = cli->command->name, .own_state = true};
	return start(h, NULL, NULL, fault);
}

void
any_host_close(struct any_host *h)
{
	client_close(&h->client);
	private_host_stop(&h->host);
	free(h->socket);
	h->socket = NULL;
}
