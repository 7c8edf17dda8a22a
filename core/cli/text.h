/*
 * Foreign text made harmless for a terminal: names, summaries and messages come from plugins, and an escape sequence in
 * one could move the cursor, recolour or retitle the screen, and make it show what is not so.
 */

#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/* A copy with control characters, direction overrides and bytes that are not UTF-8 shown as \xNN or \u{NNNN}; line
 * breaks too unless `lines`. */
char *text_safe(const char *text, bool lines);

/* The same in one line: white space in order, one space for any run of it and none at the ends; allocated. */
char *text_in_a_line(const char *text);

/* Prints JSON and a line break: the same value, with those characters as \uNNNN. */
void text_json(FILE *to, const json_t *value, size_t flags);

/* How many columns of a terminal it takes: one a character, two where it is a wide one, none where it combines. */
size_t text_width(const char *text);

/* A copy of at most `width` columns (at least 1), the end cut off and "…" in its place; width 0 is no limit. */
char *text_shortened(const char *text, size_t width);

/* How many bytes of `text` stand in a line of `width` columns: up to a space where there is one; width 0 is no limit. */
size_t text_line(const char *text, size_t width);

/* Prints `text`, in which there are no line breaks, in lines of at most `width` columns (0: in one): the first begins with
 * `first`, the others with `rest`. */
void text_wrap(FILE *to, const char *text, const char *first, const char *rest, size_t width);

#endif
