/* A backup being made: what the two ways of making one share.  Private to the room. */

#ifndef BACKUP_MAKE_H
#define BACKUP_MAKE_H

#include "backup/backup.h"
#include "backup/tree.h"

struct making {
	struct folders f;
	char *from, *to;
	struct buf files; /* lines of the manifest */
	uint64_t n, bytes;
	struct manifest_head head;
};

/* Is `to` given from the root, and not in the state directory?  A backup in there would be part of the next one. */
int making_check_place(const char *state_dir, const char *to, struct fault *fault);

/* The whole of one of a state directory that nobody uses, wherever it goes. */
int making_offline(const char *state_dir, const char *to, json_t **ret, struct fault *fault);

/* Opens both folders; `to` is made, or is empty. */
int making_open(struct making *m, const char *state_dir, const char *to, struct fault *fault);

/* One file of the state directory, as tree_copy. */
int making_file(struct making *m, const char *path, uint64_t take, uint64_t size, struct fault *fault);

/* A file that is there by now, in the manifest. */
void making_add(struct making *m, const struct manifest_file *file);

/* What is copied as it is: the number of the format, objects and documents. */
int making_rest(struct making *m, struct fault *fault);

/* Everything is there: checks the copy of the store, syncs, writes the manifest. */
int making_seal(struct making *m, struct fault *fault);

/* What a backup has in it, for who asked. */
json_t *backup_told(const char *dir, const struct manifest_head *head, uint64_t files, uint64_t bytes);

/* Closes; what is not sealed is removed. */
void making_close(struct making *m, bool sealed);

#endif
