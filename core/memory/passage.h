/*
 * A text cut into passages: what a search finds and an agent quotes.
 *
 * A passage is a paragraph or an item of a list.  Its heading is the line that stands above it and what follows.  Ranges are
 * bytes of the text, without white space at either end, and begin and end at whole characters.
 */

#ifndef MEMORY_PASSAGE_H
#define MEMORY_PASSAGE_H

#include <stdbool.h>
#include <stddef.h>

#define PASSAGE_MAX 1200 /* bytes; longer ones are cut at the end of a sentence */

struct passage {
	size_t from, to;
	size_t heading_from, heading_to; /* equal: none */
};

#define PASSAGE_LEVELS 8

/* How far a text has been cut; foreign bytes, known to be UTF-8. */
struct cutter {
	const char *text;
	size_t len, at;
	size_t rest_to; /* what is left of a paragraph that is cut: up to here; 0: nothing */
	struct {
		size_t from, to;
		unsigned level;
	} heading;
	bool any; /* there was a passage since the last heading */
};

void cutter_init(struct cutter *c, const char *text, size_t len);
bool cutter_next(struct cutter *c, struct passage *ret);

#endif
