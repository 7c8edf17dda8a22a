/*
 * Copying files between two folders, with their checksums.  Private to the room.
 *
 * Everything goes through descriptors of folders, follows no link, and makes only what is not there yet: who restores as
 * root writes into a folder that belongs to somebody else.
 */

#ifndef BACKUP_TREE_H
#define BACKUP_TREE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backup/manifest.h"

struct folders {
	const char *from, *to; /* for sentences */
	int from_fd, to_fd;
	uid_t uid; /* whom the copies belong to; -1: whoever copies */
	gid_t gid;
	bool sparse;              /* zeros need not be written */
	const _Atomic bool *stop; /* NULL: nobody will */
};

#define WHOLE UINT64_MAX

/* Copies one file, PATH in both folders, the folders above it made: the first `take` bytes, then zeros up to `size` (WHOLE:
 * all there are).  `ret` gets path, size and digest of the copy.  not_found: it is not there. */
int tree_copy(const struct folders *f, const char *path, uint64_t take, uint64_t size, struct manifest_file *ret,
    struct fault *fault);

/* Copies all below the folder PATH but what begins with "." or is temporary; a line for each. */
int tree_copy_all(
    const struct folders *f, const char *path, struct buf *files, uint64_t *n, uint64_t *bytes, struct fault *fault);

/* Makes a file for writing, the folders above it too. */
int tree_create(const struct folders *f, const char *path, mode_t mode, int *ret, struct fault *fault);

/* Size and digest of a file of the folder copied from. */
int tree_digest(const struct folders *f, int fd, const char *path, struct manifest_file *ret, struct fault *fault);

/* The folder and all in it. */
void tree_remove(const char *path);

/* All that is in a folder, whatever its name leads to by now. */
void tree_remove_below(int fd);

/* Opens a folder that is empty, or makes it.  One that is there has to be ours, root's or that of `owner`, whose the data is,
 * and nobody else's to write.  Faults: conflict (it is not empty), wrong_owner. */
int tree_open_empty(const char *path, uid_t owner, int *ret, struct fault *fault);

/* Is there nothing in it?  `path` is for sentences. */
int tree_check_empty(int fd, const char *path, struct fault *fault);

#endif
