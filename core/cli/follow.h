/*
 * Following a run from its start to its end.
 *
 * The run belongs to the host: it goes on when who follows is killed.  The first SIGINT or SIGTERM, which have to be blocked
 * (client_block_signals), asks the host to cancel the run and the end is waited for; the second leaves at once.
 *
 * The run also goes on when the host is killed and started again, and so does who follows.
 */

#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include <jansson.h>

#include "base/fault.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/patience.h"

#define FOLLOW_LEFT 1 /* the user left */

struct follow {
	const struct cli *cli;
	struct client *client;
	struct patience *patience; /* NULL: none */
	const char *id;
	void (*event)(const json_t *event, void *arg); /* each as it comes; NULL where it was no JSON */
	void (*part)(const json_t *part, void *arg); /* of the reply, none twice and none left out; NULL: not wanted */
	void (*say)(const char *line, void *arg);    /* to the user; NULL: on stderr */
	void *arg;                                   /* of all; the follower's own */
};

/* Returns 0 with the ended run in *end (a new reference), FOLLOW_LEFT, or a status.  A stream that breaks off is taken up
 * again, behind what came of it; when the host went away, as long as there is patience. */
int follow_run(const struct follow *follow, json_t **end, struct fault *fault);

/* An event in a line, harmless for a terminal; allocated. */
char *follow_line(const json_t *event);

#endif
