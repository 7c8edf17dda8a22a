/*
 * A host for one command: the running one, when one answers, else a private one (private_host.h).
 */

#ifndef CLI_ANY_HOST_H
#define CLI_ANY_HOST_H

#include <stdbool.h>

#include "base/fault.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/private_host.h"

struct any_host {
	struct private_host_options options;
	struct private_host *host; /* NULL: one that was running */
	struct client *client;     /* interruptible */
	char *socket;              /* of either */
};

/*
 * With a state of its own, or the user's (`own_state`); then it waits a while for another command's private host to leave
 * that, and tells so through `say`, which may be NULL.  A host that was asked for by --socket has to answer.  What was
 * opened has to be closed also after a fault.
 */
int any_host_open(struct any_host *h, const struct cli *cli, bool own_state, void (*say)(const char *line, void *arg),
    void *arg, struct fault *fault);

/* For looking at what is on record: the running host, else the user's state where there is one and no host was asked for by
 * --socket or $HOSPES_SOCKET. */
int any_host_look(struct any_host *h, const struct cli *cli, struct fault *fault);

void any_host_close(struct any_host *h); /* also for _cleanup_ */

#endif
