/* A folder, a loop and a fake disk, as tests of the journal need them. */

#ifndef TESTS_JOURNAL_PLACE_H
#define TESTS_JOURNAL_PLACE_H

#include <event2/event.h>

#include "cmocka_all.h"
#include "fake_disk.h"
#include "scratch.h"

#include "base/log.h"
#include "journal/journal.h"

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

/* A test's fixture of this size, which begins with its place; and its end. */
static inline int
place_setup(void **state, size_t size)
{
	struct place *p = xcalloc(1, size);

	place_open(p);
	log_set_level(LOG_LEVEL_ERROR);
	*state = p;
	return 0;
}

static inline int
place_teardown(void **state)
{
	struct place *p = *state;

	place_close(p);
	free(p);
	return 0;
}

static inline struct journal *
place_journal(struct place *p, size_t segment_bytes, void (*failed)(const struct fault *fault, void *arg))
{
	struct journal_options o = {.dir = p->dir, .loop = p->loop, .segment_bytes = segment_bytes, .failed = failed};
	struct journal *j = NULL;
	struct fault fault = {0};

	if (journal_open_on(&j, &o, &p->disk, &fault) != 0)
		fail_msg("%s", fault.text);
	return j;
}

static inline uint64_t
append_text(struct journal *j, const char *text, uint64_t prev)
{
	struct record r;

	record_init(&r, RECORD_LOG);
	r.head.prev = prev;
	record_add_text(&r, TAG_MESSAGE, text);
	return journal_append(j, &r);
}

#endif
