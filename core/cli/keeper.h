/*
 * A process that stands between a command and the program that the command needs for a while.
 *
 * It waits for the end of a pipe whose other end the command holds, and that end comes whatever becomes of the command:
 * done, interrupted, killed.  Then it ends the program, waits for it and removes the folder that both have used.  It has a
 * process group of its own, so that Ctrl-C on the terminal is the command's alone to handle.  When the keeper itself is
 * killed the program is told to end by the kernel.
 */

#ifndef CLI_KEEPER_H
#define CLI_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

struct keeper {
	pid_t pid; /* 0: there is none */
	int control;
};

struct keeper_program {
	const char *const *argv; /* the program's path first, NULL at the end */
	const char *log;         /* where its stdout and stderr go, appended */
	const char *folder;      /* removed at the end, with all that is in it */
	int pass_fd; /* the one descriptor that it inherits, under the same number; the caller closes its own */
};

/* Starts the program under a new keeper.  That it could not be executed shows as the end of `pass_fd`. */
int keeper_start(struct keeper *k, const struct keeper_program *program, struct fault *fault);

/* Ends the program and waits until all is cleaned up; `leave_folder`: the folder stays.  Nothing to do is fine. */
void keeper_end(struct keeper *k, bool leave_folder);

void keeper_remove_tree(const char *path); /* on one file system, following no link */

#endif
