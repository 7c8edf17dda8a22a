/*
 * The texts of a brief, in the one form that its writer makes and its check knows.
 *
 * A brief says nothing of its own: a point is a quote with its white space in order, led in at most by where it stands; a
 * contradiction is two quotes between fixed words.  So a reader can hold every text against its sources, and so does
 * the check `quotes`; what cannot be taken apart again into quotes was invented.
 *
 * Plain C, no host function, compiled into each plugin that wants it.  What is returned is the caller's, to be given to
 * free(); no memory ends the process.
 */

#ifndef COMMON_BRIEF_H
#define COMMON_BRIEF_H

#include <stdbool.h>
#include <stddef.h>

/* The text with its white space in order: each run of white space is one space, none at the ends, and none in a word that
 * was divided at its hyphen.  The '*' or '#' with which all lines of a comment begin counts as white space. */
char *brief_plain(const char *text);

/* Bytes of the mark that begins a list item in a plain text, "a) ", "2. ", "(iv) ", "- ", "• ", its space included; 0 when
 * there is none. */
size_t brief_mark(const char *plain);

/* What leads a point in: "GPL-3, 6. Conveying Non-Source Forms: ", or "GPL-3: " where `heading` is NULL. */
char *brief_lead(const char *document, const char *heading);

/* Bytes of a plain text without what joins it to the next item of a list: "; and", "; or,", ";". */
size_t brief_joined(const char *plain);

/* `text` is whole sentences of the plain quote, word for word: it begins where the quote does (after the mark of a list
 * item) or after the end of a sentence, and ends where the quote (brief_joined) or a sentence does. */
bool brief_is_quoted(const char *text, const char *quote);

/* One side of a contradiction. */
struct brief_side {
	const char *document;
	const char *quote; /* plain */
};

/* GPL-2 says “...”, but GPL-3 says “...”. */
char *brief_contrast(const struct brief_side *a, const struct brief_side *b);

/* Is it what brief_contrast makes of whole sentences of both quotes? */
bool brief_is_contrast(const char *text, const struct brief_side *a, const struct brief_side *b);

#endif
