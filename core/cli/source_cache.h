/*
 * What files were when they were read last: their digests, so that a question over the same half a gigabyte does not read it
 * again.
 *
 * A file is taken for the same when device, inode, size, name and both of its times are: its ctime changes with whatever is
 * done to it, and no user can set it.  One that changed within the last two seconds is not noted, since it might change once
 * more within one tick of the clock.  Lines of text in the user's cache folder; who deletes it loses nothing but time.
 *
 * Not for several threads at once.
 */

#ifndef CLI_SOURCE_CACHE_H
#define CLI_SOURCE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <sodium.h>

struct source_cache;

struct source_known {
	uint8_t digest[crypto_hash_sha256_BYTES];
	uint64_t bytes;    /* of the text */
	const char *media; /* static */
};

/* Never fails: what cannot be read, or is not the user's own, is as good as empty.  A NULL `path` is for users without a
 * home: nothing is found then and nothing kept. */
struct source_cache *source_cache_open(const char *path);

bool source_cache_find(const struct source_cache *c, const struct stat *st, const char *path, struct source_known *ret);

/* `now_ns`: when the file's state `st` was asked for, before it was read. */
void source_cache_note(
    struct source_cache *c, const struct stat *st, const char *path, const struct source_known *known, int64_t now_ns);

/* Writes it when there is something new; also for _cleanup_. */
void source_cache_close(struct source_cache **c);

#endif
