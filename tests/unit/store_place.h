/* A folder, a loop, and a journal and a store in that folder, as tests of what is kept need them. */

#ifndef TESTS_STORE_PLACE_H
#define TESTS_STORE_PLACE_H

#include <event2/event.h>

#include "cmocka_all.h"
#include "scratch.h"

#include "store/store.h"

struct store_place {
	char *dir, *journal_dir, *store_dir;
	struct event_base *loop;
};

static inline void
store_place_open(struct store_place *p)
{
	p->dir = scratch_new();
	p->journal_dir = xasprintf("%s/journal", p->dir);
	p->store_dir = xasprintf("%s/store", p->dir);
	p->loop = event_base_new();
}

static inline void
store_place_close(struct store_place *p)
{
	event_base_free(p->loop);
	scratch_free(&p->dir);
	free(p->journal_dir);
	free(p->store_dir);
}

/* Both of them. */
static inline void
store_place_both(
    const struct store_place *p, const struct store_apply *const *tables, struct journal **j, struct store **s)
{
	struct journal_options jo = {.dir = p->journal_dir, .loop = p->loop, .segment_bytes = 64 * KIB};
	struct store_options so = {.dir = p->store_dir, .loop = p->loop, .map_bytes = 64 * MIB, .tables = tables};
	struct fault fault;

	assert_int_equal(journal_open(j, &jo, &fault), 0);
	so.journal = *j;
	assert_int_equal(store_open(s, &so, &fault), 0);
}

#endif
