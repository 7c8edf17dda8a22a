/*
 * The full-text index: one file, index.db, with an FTS5 table for each space, so that what is frequent in one space tells
 * nothing about another, and ranks nothing there.  A row of it is a passage.  Derived: it can be built anew at any time.
 *
 * FTS5 keeps which passages have which word, and nothing else (detail=none, contentless): that is small and fast to write.  How
 * often a word stands in a passage, and whether words stand together, is counted in the text of those passages that have the
 * most of the words looked for.  The passages of a source (a value or a document) have consecutive numbers, and their places
 * are in the source's row; a row that goes leaves dead numbers in FTS5, until the space is worn and filled anew.
 *
 * Each source has the LSN of the command that wrote it, so that it can be compared with the store.
 *
 * A fault `damaged` means that the file cannot be right: index_clear, and fill it again.
 *
 * [index thread]; opening and closing before it starts and after it ended.
 */

#ifndef MEMORY_INDEX_H
#define MEMORY_INDEX_H

#include "base/buf.h"
#include "base/fault.h"
#include "memory/query.h"
#include "memory/spaces.h"

struct index;

/* `ret_empty`: there was none that could be used, and why was logged. */
int index_open(struct index **ret, const char *dir, bool *ret_empty, struct fault *fault);

/* In order: what was written is on the disk, and says so. */
void index_close(struct index **index);

int index_clear(struct index *index, struct fault *fault);

/* Ends the transaction; `applied` is the LSN of the last command that the index knows if it knows all before it, or 0. */
int index_commit(struct index *index, uint64_t applied, struct fault *fault);
uint64_t index_applied(const struct index *index);

/* Commits, and writes the file anew: of what was deleted nothing is left in it. */
int index_compact(struct index *index, struct fault *fault);

bool index_uncommitted(const struct index *index, uint64_t applied);

/* Whether a document is half in. */
bool index_busy(const struct index *index);

/* Whether enough was written since the last commit. */
bool index_commit_due(const struct index *index);

/* ---- In ---------------------------------------------------------------------------------------------------------- */

/* Nothing happens where the index has the value of that or a later command. */
int index_value(struct index *index, const struct memory_space *s, const char *key, const struct value_entry *entry,
    const void *json, size_t len, struct fault *fault);

/* A document may take more than one turn: 1 until it is in, then 0.  Nothing else is filled in between. */
int index_document(struct index *index, const struct memory_space *s, const uint8_t digest[DIGEST], const char *name,
    uint64_t lsn, int64_t until_ns, struct fault *fault);

int index_forget_value(struct index *index, const struct memory_space *s, const char *key, struct fault *fault);
int index_forget_document(
    struct index *index, const struct memory_space *s, const uint8_t digest[DIGEST], struct fault *fault);
int index_drop(struct index *index, const struct memory_space *s, struct fault *fault);

/* Whether so many of the space's numbers are dead that it should be filled anew. */
bool index_worn(struct index *index, const struct memory_space *s);

/* Comparing with the store: begin, mark all that the store has, then what was not marked goes.  `s` NULL: all spaces. */
int index_compare_begin(struct index *index, struct fault *fault);
int index_mark(struct index *index, const struct memory_space *s, const char *key, const uint8_t digest[DIGEST],
    struct fault *fault);
int index_compare_end(struct index *index, const struct memory_space *s, struct fault *fault);

/* ---- Out --------------------------------------------------------------------------------------------------------- */

uint64_t index_passages(struct index *index, const struct memory_space *s); /* NULL: of all spaces */

struct index_query {
	const struct query *words;
	size_t most, most_each; /* most_each 0: any number */
	const json_t *within;   /* NULL: everywhere */
};

/* What is found over `n` spaces, best first, as an array of JSON objects. */
int index_search(struct index *index, size_t n, const struct memory_space *spaces, const struct index_query *q,
    json_t **ret, struct fault *fault);

#endif
