/* See postings.h. */

#include <string.h>

#include "base/util.h"
#include "memory/postings.h"

#define KEPT       64
#define KEPT_BYTES (16 * MIB)

/* One word or phrase of one space. */
struct kept {
	sqlite3_int64 space; /* 0: nothing is kept here */
	char *match;
	uint32_t *at;
	size_t n, cap;
	bool all;
	uint64_t used; /* when, counted in calls */
};

struct kept_postings {
	struct kept list[KEPT];
	size_t bytes;
	uint64_t calls;
};

static void
forget(struct kept_postings *all, struct kept *k)
{
	all->bytes -= k->cap * sizeof *k->at;
	free(k->match);
	free(k->at);
	*k = (struct kept){0};
}

void
postings_forget(struct index *x)
{
	for (size_t i = 0; x->postings != NULL && i < KEPT; i++)
		forget(x->postings, &x->postings->list[i]);
	free(x->postings);
	x->postings = NULL;
}

static struct kept *
look_up(struct kept_postings *all, sqlite3_int64 space, const char *match)
{
	for (size_t i = 0; i < KEPT; i++)
		if (all->list[i].space == space && strcmp(all->list[i].match, match) == 0)
			return &all->list[i];
	return NULL;
}

/* An empty place, or that of the least recently used. */
static struct kept *
oldest(struct kept_postings *all)
{
	struct kept *old = &all->list[0];

	for (size_t i = 1; i < KEPT; i++)
		if (all->list[i].used < old->used)
			old = &all->list[i];
	return old;
}

/* All but the one at hand may go. */
static void
make_room(struct kept_postings *all, const struct kept *but)
{
	while (all->bytes > KEPT_BYTES) {
		struct kept *old = NULL;

		for (size_t i = 0; i < KEPT; i++) {
			struct kept *k = &all->list[i];

			if (k->space != 0 && k != but && (old == NULL || k->used < old->used))
				old = k;
		}
		if (old == NULL)
			return;
		forget(all, old);
	}
}

static void
add(struct kept *k, uint32_t number)
{
	if (k->n == k->cap) {
		k->cap = k->cap == 0 ? 256 : k->cap * 2;
		k->at = xrealloc(k->at, k->cap * sizeof *k->at);
	}
	k->at[k->n++] = number;
}

/* Numbers from `first` to `last`, until there are `most`. */
static int
walk(struct index *x, struct kept *k, uint32_t first, uint32_t last, size_t most, struct fault *fault)
{
	_cleanup_(finalize_p) sqlite3_stmt *q = NULL;
	char sql[128];
	int rc;

	snprintf(sql, sizeof sql, "SELECT rowid FROM ft_%lld WHERE ft_%lld MATCH ? AND rowid BETWEEN ? AND ?", k->space,
	    k->space);
	if (sqlite3_prepare_v2(x->db, sql, -1, &q, NULL) != SQLITE_OK)
		return index_fault(x, fault);
	sqlite3_bind_text(q, 1, k->match, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, first);
	sqlite3_bind_int64(q, 3, last);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW && k->n < most)
		add(k, (uint32_t)sqlite3_column_int64(q, 0));
	k->all = rc == SQLITE_DONE;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : index_fault(x, fault);
}

static int
fill(struct index *x, struct kept *k, sqlite3_int64 space, const char *match, size_t most, struct fault *fault)
{
	struct kept_postings *all = x->postings;
	int rc;

	forget(all, k);
	k->space = space;
	k->match = xstrdup(match);
	rc = walk(x, k, 0, UINT32_MAX, most, fault);
	all->bytes += k->cap * sizeof *k->at;
	if (rc != 0)
		forget(all, k);
	else
		make_room(all, k);
	return rc;
}

int
postings_find(
    struct index *x, sqlite3_int64 space, const char *match, size_t most, struct postings *ret, struct fault *fault)
{
	struct kept_postings *all = x->postings;
	struct kept *k;

	if (all == NULL)
		all = x->postings = xcalloc(1, sizeof *all);
	k = look_up(all, space, match);
	if (k == NULL || (!k->all && k->n < most)) {
		k = k != NULL ? k : oldest(all);
		if (fill(x, k, space, match, most, fault) != 0)
			return fault->status;
	}
	k->used = ++all->calls;
	*ret = (struct postings){.at = k->at, .n = k->n, .all = k->all};
	return 0;
}

int
postings_between(struct index *x, sqlite3_int64 space, const char *match, uint32_t first, uint32_t last, uint32_t **ret,
    size_t *ret_n, struct fault *fault)
{
	struct kept k = {.space = space, .match = xstrdup(match)};
	int rc = walk(x, &k, first, last, SIZE_MAX, fault);

	free(k.match);
	*ret = k.at;
	*ret_n = k.n;
	return rc;
}

size_t
postings_at(const struct postings *p, uint32_t number)
{
	size_t from = 0, to = p->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (p->at[middle] < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}
