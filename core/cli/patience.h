/*
 * A host that went away while a command was talking to it may come back: it is started again, and what was under way goes on.
 *
 * A command that follows something asks again, after pauses that grow, until the host answers or patience is at its end, and
 * tells so once.  Who never got through to a host does not wait for one.
 */

#ifndef CLI_PATIENCE_H
#define CLI_PATIENCE_H

#include <stdint.h>

#include "base/fault.h"
#include "cli/client.h"
#include "cli/command.h"

#define PATIENCE_OPTION                                                                                                \
	{                                                                                                              \
		"patience", 0, "SECONDS", "wait so long for a host that went away to come back (60)"                   \
	}

struct patience {
	struct client *client;
	int64_t most_ns;                          /* 0: none */
	void (*say)(const char *line, void *arg); /* NULL: on stderr */
	void *arg;                                /* of say and revive */
	int (*revive)(void *arg, struct fault *fault); /* starts it again, by who can, a few times; NULL: somebody else may */
	unsigned revived;
	int64_t gone_ns;                          /* since when the host is; 0: it is there */
	unsigned pause_ms;
};

/* That of the command's line: --patience, or what is usual. */
int patience_read(struct patience *p, const struct cli *cli, struct fault *fault);

/* A request or a stream ended with this fault.  0: a pause was made, ask again; else the status to end with, `cancelled` when
 * the user interrupted the pause (signals have to be blocked for that: client_block_signals). */
int patience_again(struct patience *p, struct fault *fault);

/* The host was heard: it is back. */
void patience_heard(struct patience *p);

/* client_get and client_post_key, as often as it takes. */
int patience_get(struct patience *p, const char *path, json_t **ret, struct fault *fault);
int patience_start(struct patience *p, const json_t *request, const char *key, json_t **ret, struct fault *fault);

#endif
