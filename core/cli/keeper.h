/*
 * A process that stands between a command and the program that the command needs for a while.
 *
 * It waits for the end of a pipe whose other end the command holds, and that end comes whatever becomes of the command:
 * done, interrupted, killed.  Then it ends the program, waits for it and removes the folder that both have used.  It has a
 * process group of its own, so that Ctrl-C on the terminal is the command's alone to handle.  When the keeper itself is
 * killed the kernel ends the program.
 */

#ifndef CLI_KEEPER_H
#define CLI_KEEPER_H

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
	const char *fresh;       /* a folder in it that is emptied before the program is begun again, or NULL */
	int ready_fd; /* inherited under the same number: the program writes a line feed there when it is ready */
};

/* What the keeper adds to that pipe. */
#define KEEPER_ENDED 'x' /* the program has ended, or could not be executed */
#define KEEPER_AGAIN 'r' /* what was said before this is of a program that has ended */

/* Starts the program under a new keeper; the caller closes its `ready_fd`. */
int keeper_start(struct keeper *k, const struct keeper_program *program, struct fault *fault);

/* Ends the program and begins it again; KEEPER_AGAIN tells from when on. */
void keeper_restart(struct keeper *k);

/* Ends the program and waits until all is cleaned up.  Nothing to do is fine. */
void keeper_end(struct keeper *k);

/* Has a process of its own call `gone` once the command has ended, unless that dismissed it before: what a command that is
 * killed cannot take back itself.  `told` is what it was told last, "" if nothing.  Before the command has other threads. */
int keeper_stand_by(struct keeper *k, void (*gone)(const char *told, void *arg), void *arg, struct fault *fault);
void keeper_tell(struct keeper *k, const char *text); /* less than 64 bytes; nothing to do is fine */
void keeper_dismiss(struct keeper *k);                /* nothing to do is fine */

void keeper_remove_tree(const char *path); /* on one file system, following no link */

#endif
