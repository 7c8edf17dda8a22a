/* What the files of this room share about STATE/format.  Private to it. */

#ifndef BACKUP_RESTORING_H
#define BACKUP_RESTORING_H

#include <stdbool.h>

#include "backup/backup.h"

#define FORMAT_NAME      "format"
#define FORMAT_RESTORING "restoring\n" /* in it until all files are there */

/* The number of a state directory; 0: from before there was one.  `fresh`: nothing was ever written there. */
int format_of(const char *state_dir, unsigned *ret, bool *fresh, struct fault *fault);

#endif
