/*
 * Segments: the files of the journal.
 *
 * A segment is made as a spare: a temporary file of zeros, written and synced, so that later writes into it need no
 * space and no change of the file system's own books.  It becomes a segment when its first LSN is known: the head is
 * written and synced, and only then the file gets its name; so a file of that name has a true head or is damaged.
 */

#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/util.h"
#include "journal/disk.h"
#include "journal/format.h"

struct folder {
	char *path;
	int fd;
	const struct disk *disk;
};

struct segment {
	uint64_t first_lsn;
	uint64_t first_number;
	uint64_t size;
	uint8_t generation[GENERATION_BYTES];
};

struct spare {
	int fd; /* -1: none */
	const char *name;
	uint64_t size, filled;
	bool ready; /* zeros to the end, and synced */
};

#define SPARE_NONE                                                                                                     \
	{                                                                                                              \
		.fd = -1                                                                                               \
	}

/* Makes the folder when it is missing, and deletes spares that an earlier host left. */
int segment_folder_open(struct folder *ret, const char *path, const struct disk *disk, struct fault *fault);
void folder_close(struct folder *f);

/* First LSNs of the segments there, ascending, allocated. */
int folder_list(const struct folder *f, uint64_t **ret, size_t *ret_n, struct fault *fault);

#define SEGMENT_NAME 21 /* with its zero */
void segment_name(uint64_t first_lsn, char out[SEGMENT_NAME]);
char *segment_path(const struct folder *f, uint64_t first_lsn); /* allocated; for sentences */
int segment_open(
    const struct folder *f, uint64_t first_lsn, int flags, struct segment *ret, int *ret_fd, struct fault *fault);

static inline uint64_t
segment_capacity(const struct segment *s)
{
	return s->size - sizeof(struct segment_head);
}

static inline off_t
segment_offset(const struct segment *s, uint64_t lsn)
{
	return (off_t)(sizeof(struct segment_head) + (lsn - s->first_lsn));
}

/* Takes the segment's name away: its file is a spare from now on, to be filled with zeros (`spare`, which has none), or is
 * gone (NULL). */
int segment_leave(
    const struct folder *f, const struct segment *s, struct spare *spare, const char *name, struct fault *fault);

/* Puts a whole file in the place of the segment: the spare's, which is adopted under its name. */
int segment_replace(const struct folder *f, const struct segment *s, struct spare *spare, struct fault *fault);

/* `name` is static. */
int spare_begin(const struct folder *f, struct spare *spare, const char *name, uint64_t size, struct fault *fault);
int spare_fill(const struct folder *f, struct spare *spare, uint64_t most, struct fault *fault);
/* `s` has first_lsn and first_number; the rest is filled in.  The descriptor passes to the caller. */
int spare_adopt(const struct folder *f, struct spare *spare, struct segment *s, int *ret_fd, struct fault *fault);
void spare_drop(const struct folder *f, struct spare *spare);

#endif
