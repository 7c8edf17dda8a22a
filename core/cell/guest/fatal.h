/*
 * Fatal signals of a cell: a sentence into the page that it shares with the host, then the death that the signal means.
 *
 * The sentence is for people.  The host believes the wait status and nothing else, since a hostile cell may write what it
 * likes into the page.
 */

#ifndef CELL_FATAL_H
#define CELL_FATAL_H

#include <signal.h>
#include <stdbool.h>

#include "cell/guest/seal.h"
#include "cell/guest/symbols.h"
#include "wire.h"

/* Handlers on a stack of their own.  Done again after the init hook, which may have set its own.  0 or -errno. */
int fatal_install(struct wire_page *page);

/* SIGSYS for a system call that is refused and told of, and not a reason to die: notes it for the log and puts the answer
 * where the filter would have put it.  While a plugin loads a file may be opened after all: then that is the answer, and nothing
 * is noted.  False: it was for something else.  For handlers of SIGSYS. */
bool fatal_refuse(const siginfo_t *info, void *context);

/* The filter for serving comes next: what is refused is told in the log of the call, and no longer on the page. */
void fatal_close(void);

/* From now on reports name the plugin's variables and functions.  Both are borrowed for good. */
void fatal_know(const struct seal *seal, const struct symbols *symbols);

#endif
