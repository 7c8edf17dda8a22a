/* Which host is asked: see ask.h. */

#include "config.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "cli/ask.h"

#define STATE_PATIENCE_NS (60 * NS_PER_S) /* for another command to leave the user's state directory */
#define STATE_PAUSE_NS    (200 * NS_PER_MS)

static int
join(struct ask_host *h, const char *socket, struct fault *fault)
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
start(struct ask_host *h, struct ask_progress *progress, struct fault *fault)
{
	const struct timespec pause = {.tv_nsec = STATE_PAUSE_NS};
	int64_t end = clock_mono_ns() + STATE_PATIENCE_NS;
	bool told = false;
	int rc;

	while ((rc = private_host_start(&h->host, &h->options, fault)) == HOSPES_EINUSE && clock_mono_ns() < end) {
		private_host_stop(&h->host);
		if (!told)
			ask_progress_say(progress, "waiting for another command that uses the same state directory");
		told = true;
		(void)nanosleep(&pause, NULL);
	}
	return rc;
}

int
ask_host_open(
    struct ask_host *h, const struct cli *cli, bool own_state, struct ask_progress *progress, struct fault *fault)
{
	int rc = join(h, cli->socket, fault);

	if (rc == 0 || rc == HOSPES_ECANCELLED || cli->socket != NULL)
		return rc;
	h->options = (struct private_host_options){.command = "ask", .own_state = own_state};
	rc = start(h, progress, fault);
	return rc != 0 ? rc : join(h, private_host_socket(h->host), fault);
}

void
ask_host_close(struct ask_host *h)
{
	client_close(&h->client);
	private_host_stop(&h->host);
	free(h->socket);
	h->socket = NULL;
}
