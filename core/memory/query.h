/*
 * What people write, taken apart: words, of which any will do, and phrases in quotes, of which the words have to stand
 * together.  Nothing of it is ever read as the syntax of FTS5.
 */

#ifndef MEMORY_QUERY_H
#define MEMORY_QUERY_H

#include "base/buf.h"
#include "base/fault.h"
#include "memory/words.h"

#define QUERY_BYTES 4096 /* what is beyond is not looked at */
#define QUERY_WORDS 64

struct query_word {
	char word[WORD_MAX + 1]; /* small letters and digits, for the tokenizer to stem again */
	char stem[WORD_MAX + 1];
	size_t len; /* of the stem */
	size_t gap; /* the smallest words between the one before and this */
};

/* A word, or a phrase of several. */
struct query_item {
	size_t first, n; /* in `words` */
};

struct query {
	struct query_word words[QUERY_WORDS];
	struct query_item items[QUERY_WORDS];
	size_t n_words, n_items;
};

/* Words that say nothing (of a question, or of any text) are left out, unless there are no others.  Faults: bad_input where
 * there is no word, or no UTF-8. */
int query_read(const char *text, struct query *ret, struct fault *fault);

/* What FTS5 is asked for an item: all its words. */
void query_match(const struct query *q, const struct query_item *item, struct buf *ret);

#endif
