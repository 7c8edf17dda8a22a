/*
 * What the journal asks of a disk, in one place, so that a test can stand between: hold a sync back, let a write fail, count,
 * end the process between two of them.
 */

#ifndef JOURNAL_DISK_H
#define JOURNAL_DISK_H

#include <stddef.h>
#include <sys/types.h>

#include "journal/journal.h"

struct disk {
	int (*write)(void *arg, int fd, const void *data, size_t len, off_t at); /* all of it; 0 or -errno */
	int (*sync)(void *arg, int fd);                                         /* 0 or -errno */
	/* Names in the folder `dir_fd`, and its own sync after; 0 or -errno.  NULL: as the real disk does. */
	int (*rename)(void *arg, int dir_fd, const char *from, const char *to);
	int (*remove)(void *arg, int dir_fd, const char *name);
	void *arg;                                                              /* of the test; NULL for the real one */
};

extern const struct disk disk_real;
extern const struct disk disk_unsynced; /* of a build for the bench: what durability costs is seen beside it */

int disk_rename(const struct disk *disk, int dir_fd, const char *from, const char *to);
int disk_remove(const struct disk *disk, int dir_fd, const char *name);

/* journal_open on a disk of the caller's; `disk` must live as long as the journal. */
int journal_open_on(struct journal **ret, const struct journal_options *options, const struct disk *disk,
    struct fault *fault);

#endif
