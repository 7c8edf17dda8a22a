/*
 * The two things that the journal asks of a disk, in one place, so that a test can stand between: hold a sync back, let
 * a write fail, count.
 */

#ifndef JOURNAL_DISK_H
#define JOURNAL_DISK_H

#include <stddef.h>
#include <sys/types.h>

#include "journal/journal.h"

struct disk {
	int (*write)(void *arg, int fd, const void *data, size_t len, off_t at); /* all of it; 0 or -errno */
	int (*sync)(void *arg, int fd);                                         /* 0 or -errno */
	void *arg;                                                              /* of the test; NULL for the real one */
};

extern const struct disk disk_real;
extern const struct disk disk_unsynced; /* of a build for the bench: what durability costs is seen beside it */

/* journal_open on a disk of the caller's; `disk` must live as long as the journal. */
int journal_open_on(struct journal **ret, const struct journal_options *options, const struct disk *disk,
    struct fault *fault);

#endif
