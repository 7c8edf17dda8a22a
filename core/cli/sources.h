/*
 * Sources: files and folders that become documents of a space.
 *
 * A set is what lies under the paths given, read with the user's rights: folders are walked, hidden files are left out
 * unless they are named, symbolic links are followed, and what is reached twice (a loop, a second link, the same text) is
 * there once.  Files that are no text are left out and told.  Names are paths relative to the source given.
 *
 * Texts are read, converted, hashed, sent and freed, a few files at a time; of each document the set keeps the name, the
 * digest and the size.  Several threads work at it; what comes out does not depend on which was first.
 *
 *   sources_walk.c   paths to files and their names        sources.c        reading them, in order, by several threads
 *   sources_send.c   batches to the host                   source_cache.c   digests of files that were read before
 *   source_set.h     what these share
 */

#ifndef CLI_SOURCES_H
#define CLI_SOURCES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "cli/client.h"

struct source_set;

struct source_counts {
	size_t files, of_files;   /* dealt with, of all that were found */
	uint64_t bytes, of_bytes; /* of the files as they lie on the disk */
};

/* Told after each file, one call at a time, from any thread. */
struct source_progress {
	void (*tell)(const struct source_counts *now, void *arg);
	void *arg; /* the teller's own */
};

/* Finds the files and reads each, for its digest; what is as it was when it was read last is not read again
 * (source_cache.h).  `progress` may be NULL.  Faults: not_found (a path that does not exist,
 * or no usable file in any), permission_denied, io_error. */
int source_set_collect(struct source_set **ret, const char *const *paths, size_t n,
    const struct source_progress *progress, struct fault *fault);

/* Sends to a space what it does not have yet.  A file whose text has changed since it was collected goes with its new text
 * and is told by source_set_tell. */
int source_set_upload(struct source_set *s, struct client *c, const char *space, const struct source_progress *progress,
    struct fault *fault);

/* Both at once, and each file is read once: for who needs no digest before. */
int source_set_load(struct source_set **ret, const char *const *paths, size_t n, struct client *c, const char *space,
    const struct source_progress *progress, struct fault *fault);

void source_set_free(struct source_set **s); /* also for _cleanup_ */

size_t source_set_count(const struct source_set *s);   /* documents: different texts */
uint64_t source_set_bytes(const struct source_set *s); /* of their texts */
size_t source_set_sent(const struct source_set *s);    /* documents that the space did not have */
size_t source_set_skipped(const struct source_set *s); /* files left out because they cannot be read or are no text */

/* SHA-256 in hex over the names and digests, in order: equal sets have equal ones. */
const char *source_set_digest(struct source_set *s);

/* The name of the i-th document in the order of names, and its digest in hex; NULL past the end. */
const char *source_set_document(const struct source_set *s, size_t i, const char **digest);

/* "skipped FILE: why", a line each, and after 20 how many more. */
void source_set_tell(const struct source_set *s, FILE *to);

#endif
