/* A folder, a loop and a fake disk, as tests of the journal need them. */

#ifndef TESTS_JOURNAL_PLACE_H
#define TESTS_JOURNAL_PLACE_H

#include <event2/event.h>

#include "fake_disk.h"
#include "scratch.h"

struct place {
	char *dir;
	struct event_base *loop;
	struct fake_disk fake;
	struct disk disk;
};

static inline void
place_open(struct place *p)
{
	p->dir = scratch_new();
	p->loop = event_base_new();
	p->fake = (struct fake_disk)FAKE_DISK;
	p->disk = fake_disk_of(&p->fake);
}

static inline void
place_close(struct place *p)
{
	event_base_free(p->loop);
	scratch_free(&p->dir);
}

#endif
