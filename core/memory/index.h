/*
 * The full-text index: one file, index.db, with an FTS5 table for each space, so that what is frequent in one space tells
 * nothing about another, and ranks nothing there.  A row of it is a passage.  Derived: it can be built anew at any time.
 *
 * [index thread]; opening and closing before it starts and after it ended.
 */

#ifndef MEMORY_INDEX_H
#define MEMORY_INDEX_H

#include "base/buf.h"
#include "base/fault.h"
#include "memory/spaces.h"

struct index;

int index_open(struct index **ret, const char *dir, struct fault *fault);
void index_close(struct index **index);

/* Throws all away. */
int index_clear(struct index *index, struct fault *fault);
int index_commit(struct index *index, struct fault *fault);

int index_value(struct index *index, const struct memory_space *s, const char *key, uint64_t version, const void *json,
    size_t len, struct fault *fault);
int index_document(struct index *index, const struct memory_space *s, const uint8_t digest[DIGEST], const char *name,
    struct fault *fault);
int index_forget_value(struct index *index, const struct memory_space *s, const char *key, struct fault *fault);
int index_forget_document(
    struct index *index, const struct memory_space *s, const uint8_t digest[DIGEST], struct fault *fault);
int index_drop(struct index *index, const struct memory_space *s, struct fault *fault);
int index_passages(struct index *index, const struct memory_space *s, uint64_t *ret, struct fault *fault);

struct index_query {
	const char *match;      /* from query_compose */
	size_t most, most_each; /* most_each 0: any number */
	const json_t *within;   /* NULL: everywhere */
};

/* What is found in one space, best first, as JSON objects. */
int index_search(
    struct index *index, const struct memory_space *s, const struct index_query *q, json_t *found, struct fault *fault);

#endif
