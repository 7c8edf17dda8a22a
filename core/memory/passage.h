/*
 * A text cut into passages: what a search finds and an agent quotes.
 *
 * A passage is a paragraph or an item of a list, of roughly 80 to 1,200 bytes: a longer one is cut at the ends of sentences, and
 * shorter ones that follow each other under one heading are taken together.  An option of a man page and what is said about
 * it are one.  A line that stands above others and leads them is no passage but their heading, until the next one of its
 * kind or a higher one.
 *
 * Ranges are bytes of the text, without white space at either end, and begin and end at whole characters.
 */

#ifndef MEMORY_PASSAGE_H
#define MEMORY_PASSAGE_H

#include <stdbool.h>
#include <stddef.h>

#define PASSAGE_MIN 80
#define PASSAGE_MAX 1200

struct passage {
	size_t from, to;
	size_t heading_from, heading_to; /* equal: none */
};

#define HEADINGS 8 /* in each other; of deeper ones the last is kept */

/* How far a text has been cut; foreign bytes, known to be UTF-8. */
struct cutter {
	const char *text;
	size_t len, at;
	size_t rest, rest_to; /* of a paragraph that is too long */
	struct {
		size_t from, to, indent;
		unsigned level;
	} headings[HEADINGS];
	size_t n_headings;
	size_t told;  /* where the last passage, or the heading that one had, ended */
	bool comment; /* in one of C, where each line begins with an asterisk */
};

void cutter_init(struct cutter *c, const char *text, size_t len);
bool cutter_next(struct cutter *c, struct passage *ret);

#endif
