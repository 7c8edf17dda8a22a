/*
 * The manifest of a backup: what is in it, with a checksum of each file.
 *
 *   hospes-backup 1
 *   version 0.3.0
 *   format 1
 *   lsn 81072
 *   made 2026-11-20T16:41:22.817Z
 *   file SIZE SHA256 PATH        for each file, in the order in which they were copied
 *   end SHA256                   of all bytes before this line
 *
 * It is written last: a folder without one, or with one that has no end, is no backup.  A path is relative and has up to
 * four names of letters, digits, ".", "_" and "-", none of which begins with ".".
 */

#ifndef BACKUP_MANIFEST_H
#define BACKUP_MANIFEST_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"

#define MANIFEST_NAME   "MANIFEST"
#define MANIFEST_MAX    (256 * MIB)
#define MANIFEST_PATH   200
#define MANIFEST_DIGEST 32 /* SHA-256 */

struct manifest_head {
	char version[32]; /* of the host that made it */
	unsigned format;  /* of the state directory; 0: from before it had a number */
	uint64_t lsn;     /* the store's last record */
	char made[32];
};

struct manifest_file {
	char path[MANIFEST_PATH];
	uint64_t bytes;
	uint8_t digest[MANIFEST_DIGEST];
};

void manifest_line(struct buf *files, const struct manifest_file *f); /* one more line for manifest_compose */
void manifest_compose(struct buf *ret, const struct manifest_head *head, const struct buf *files);

/* Checks that it is whole, then visits the files in order; a visit that returns nonzero ends it.  Fault: damaged. */
typedef int manifest_visit(const struct manifest_file *f, void *arg, struct fault *fault);
int manifest_read(
    const void *text, size_t len, struct manifest_head *ret, manifest_visit *visit, void *arg, struct fault *fault);

#endif
