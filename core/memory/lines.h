/* What a line of text looks like: the eyes of the passage cutter.  All of it is guessing; nothing of it can fail. */

#ifndef MEMORY_LINES_H
#define MEMORY_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct line {
	size_t from, to; /* without white space at either end */
	size_t next;     /* where the next one begins */
	size_t indent;   /* columns; a tab goes to the next multiple of 8 */
	bool blank;      /* nothing, or what stands for it: "." in Debian's control files, "*" in comments */
};

/* The line that begins at `at`. */
struct line line_at(const char *text, size_t len, size_t at);

enum marker {
	MARKER_NONE,
	MARKER_BULLET, /* "- ", "* ", "+ ", "o " */
	MARKER_NUMBER, /* "1. ", "2.1 ", "3) ", "(4) " */
	MARKER_LETTER, /* "a. ", "b) ", "(iv) " */
};

/* What the line is an item of, and where its words begin. */
enum marker line_marker(const char *text, const struct line *l, size_t *ret_words);

/* "-y, --yes": how a man page names an option. */
bool line_option(const char *text, const struct line *l);

/* A row of = or - or the like; 0, or the character. */
char line_rule(const char *text, const struct line *l);

/* How high a heading the line is that stands alone, 1 the highest; 0: it is none. */
#define LEVEL_RULED    1 /* underlined with =; with - one lower */
#define LEVEL_CAPITALS 2
#define LEVEL_NUMBERED 10 /* and the depth of its number */
#define LEVEL_FIELD    15 /* "License: GPL-2" above indented text */
#define LEVEL_TITLE    20
#define LEVEL_OPTION   30 /* and its indent */
#define LEVEL_COLON    90 /* leads a list in */
#define LEVEL_LEADING  91 /* an item that leads others in */
unsigned line_heading(const char *text, const struct line *l);

/* Whether a line in the middle of the page may be a title, by its words: no program, no address, no list of names. */
bool line_title(const char *text, const struct line *l);

/* Whether the text to the left of `at` ends a sentence (or an item). */
bool ends_sentence(const char *text, size_t from, size_t at);

#endif
