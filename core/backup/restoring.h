/* What the files of this room share about STATE/format.  Private to it. */

#ifndef BACKUP_RESTORING_H
#define BACKUP_RESTORING_H

#include "backup/backup.h"

#define FORMAT_NAME      "format"
#define FORMAT_RESTORING "restoring\n" /* in it until all files are there */

#endif
