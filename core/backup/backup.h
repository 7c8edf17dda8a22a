/*
 * Backups: a state directory as it was at one moment, in a folder of its own, and back.
 *
 * A backup is laid out like a state directory (format, journal/, store/data.mdb, objects/, memory/documents/) and has a
 * MANIFEST with a checksum of every file, written last; without that it is no backup.  The index of the memory is not in
 * it: the host makes it anew from store and documents.
 *
 * Of a running host: the store is copied as it was committed, then the journal up to what is durable after that, so the
 * journal has everything that the store reflects, and what it has beyond is applied when the copy is opened.  Every run
 * that was accepted before the backup was asked for is in it.  Meanwhile no segment, no object and no document that it may
 * name goes.  A thread of its own does the copying; one backup at a time.
 *
 * Of a state directory that no host uses, the files are copied as they are.
 *
 * Also here: the number of the state directory's format (STATE/format), since an older one is migrated only after a backup.
 */

#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include <stdint.h>
#include <sys/types.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/fault.h"
#include "journal/journal.h"
#include "memory/memory.h"
#include "store/store.h"

/* ---- A state directory that nobody uses: the caller has its lock ------------------------------------------------------ */

/* {"dir", "version", "format", "lsn", "made", "files", "bytes"}: what a backup has in it, a new reference. */

/* Copies it into the folder `to`, which is made, or is empty and nobody else's.  Faults: bad_input (in the state directory),
 * conflict (not empty), wrong_owner, disk_full, io_error. */
int backup_make(const char *state_dir, const char *to, json_t **ret, struct fault *fault);

/* Reads every file and compares it with the manifest.  Faults: damaged (which file), not_found (no backup). */
int backup_verify(const char *from, json_t **ret, struct fault *fault);

/* Verifies, then copies all into a state directory that is empty but for its lock; the files get the owner given (-1: whoever
 * calls).  What does not come to its end is no state directory: a host refuses it.  Faults: as above. */
int backup_restore(const char *from, const char *state_dir, uid_t uid, gid_t gid, json_t **ret, struct fault *fault);

/* ---- A running host --------------------------------------------------------------------------------------------------- */

struct backups;
struct backups_options {
	struct event_base *loop;
	const char *state_dir;
	struct journal *journal;
	struct store *store;
	struct memory *memory;
};

int backups_open(struct backups **ret, const struct backups_options *options, struct fault *fault);
void backups_close(struct backups **b); /* one under way ends, unfinished; accepts NULL, clears */

/* Begins one into the folder `to`, an absolute path.  `done` comes on the loop, with the answer or with a fault: overloaded
 * (another one is under way), conflict, disk_full, io_error, bad_input.  [loop] */
typedef void backups_done(json_t *answer, const struct fault *fault, void *arg);
void backups_start(struct backups *b, const char *to, backups_done *done, void *arg);

/* ---- The format of the state directory -------------------------------------------------------------------------------- */

#define STATE_FORMAT 1u

/* Before anything in it is opened: gives a new directory its number, refuses a newer one and one that a restore has not
 * finished, brings an older one to this format after a backup into STATE/backups/format-N.  Faults: conflict, damaged, those
 * of a backup. */
int state_format_check(const char *state_dir, struct fault *fault);

#endif
