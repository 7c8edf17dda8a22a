/* Other programs of the installation, run for their answer. */

#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/install.h"

/* Runs a program and collects its standard output, at most `max` bytes; stderr is ours.  *wait_status as waitpid gives
 * it.  not_found: it is not installed. */
int process_read(enum install_dir dir, const char *program, const char *const args[], struct buf *out, size_t max,
    int *wait_status, struct fault *fault);

/* DIR/PROGRAM, allocated; not_found when there is no such program. */
int process_path(enum install_dir dir, const char *program, char **ret, struct fault *fault);

#endif
