/*
 * A text cut into passages: what a search finds and an agent quotes.
 *
 * A passage is a paragraph or an item of a list.  Its heading is the line that stands above it and what follows.  Ranges are
 * bytes of the text, without white space at either end, and begin and end at whole characters.
 */

#ifndef MEMORY_PASSAGE_H
#define MEMORY_PASSAGE_H

#include <stddef.h>

struct passage {
	size_t from, to;
	size_t heading_from, heading_to; /* equal: none */
};

/* Calls `visit` for each passage in order; stops at a nonzero return and returns it.  `text` is UTF-8. */
typedef int passage_visit(const struct passage *p, void *arg);
int passages_cut(const char *text, size_t len, passage_visit *visit, void *arg);

#endif
