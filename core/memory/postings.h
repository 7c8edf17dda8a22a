/*
 * Which passages have a word, as FTS5 tells it, remembered for the next who asks.
 *
 * Workers that share a question search for the same words in different documents, within the same second; walking FTS5's lists
 * is most of the cost of a search.  What is remembered goes when anything is filled in or dropped, and the least recently used
 * first when it is too much.
 *
 * [index thread]
 */

#ifndef MEMORY_POSTINGS_H
#define MEMORY_POSTINGS_H

#include "memory/index_state.h"

struct postings {
	const uint32_t *at; /* numbers of passages, rising */
	size_t n;
	bool all; /* those are all; else there are more of them behind */
};

/* Passages of a space with what FTS5 matches, `most` at least where there are as many; they stay until the next call. */
int postings_find(
    struct index *x, sqlite3_int64 space, const char *match, size_t most, struct postings *ret, struct fault *fault);

/* Those from `first` to `last` alone, allocated; nothing of it is remembered. */
int postings_between(struct index *x, sqlite3_int64 space, const char *match, uint32_t first, uint32_t last,
    uint32_t **ret, size_t *ret_n, struct fault *fault);

/* The first of them that is `number` or more. */
size_t postings_at(const struct postings *p, uint32_t number);

/* Nothing of it is true any more. */
void postings_forget(struct index *x);

#endif
