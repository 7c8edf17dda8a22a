/*
 * A private host: hospesd --dev for one command, with its socket, its log and, unless it works on the user's own, its state
 * in a temporary folder.
 *
 * It serves nobody else, ends with the command however that ends, and leaves no folder behind (keeper.h).  Where a required
 * layer of the sandbox is not to be had it goes on all the same, and one line that begins with `degraded:` says so on
 * stderr.
 */

#ifndef CLI_PRIVATE_HOST_H
#define CLI_PRIVATE_HOST_H

#include <stdbool.h>

#include "base/fault.h"

struct private_host;

struct private_host_options {
	const char *command;        /* whose: its folder is $TMPDIR/hospes-COMMAND-XXXXXX */
	const char *config;         /* a configuration file; NULL: none, also when one is installed */
	const char *config_text;    /* or what would stand in it */
	const char *const *folders; /* plugin folders, NULL at the end; NULL: none but that of `files` */
	const char *const
	    *files;     /* plugins that are put into a folder of its own, the first of all, NULL at the end; NULL:
	                             * there is no such folder.  Neither folders nor files: the user's, where there is one, and the installed ones */
	bool own_state; /* the user's own state directory, which stays */
	bool goes_on;   /* a restart leaves the state as it is */
	bool scripted;  /* requests may carry the answers to their ops */
};

/*
 * Starts it; returns when it serves and has taken in what lies in its plugin folders.  `options` and what it points to have
 * to outlive it.  *ret is set also with a fault, and to be stopped, so that its log can be looked at.  Faults: those with
 * which hospesd did not start; cancelled, when SIGINT or SIGTERM, blocked, came meanwhile (it stays pending).
 */
int private_host_start(struct private_host **ret, const struct private_host_options *options, struct fault *fault);

/* Ends it, when it has not ended by itself, and starts it again: with `goes_on`, and on the user's own state, where it was, else
 * with nothing left of before but the log.  Every cell is fresh. */
int private_host_restart(struct private_host *h, struct fault *fault);

void private_host_stop(struct private_host **h); /* and removes its folder; accepts NULL; also for _cleanup_ */

const char *private_host_socket(const struct private_host *h);
const char *private_host_folder(const struct private_host *h); /* of `files`: what is dropped there is taken in */
const char *private_host_log(const struct private_host *h);    /* path of what it wrote to its log */
const char *private_host_object(const struct private_host *h, unsigned i); /* SHA-256 of files[i], in hex */

#endif
