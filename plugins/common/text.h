/*
 * Text as the agents that read documents see it: words with their stems, and units (sentences, list items, headings).
 *
 * Compiled into each plugin that wants it.  Plain C, no host function; the same bytes always give the same answer, so a
 * replay does as well.  All places are byte offsets into the text that was given; the text is UTF-8 and is never changed.
 * What is handed out by `ret` is the caller's, to be given to free().
 *
 *   words.c   words, what is a function word     stem.c       Porter's stemmer
 *   units.c   sentences, items, headings          sentence.c   where a sentence ends
 */

#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Words ------------------------------------------------------------------------------------------------------- */

#define TEXT_STEM 23 /* bytes of a stem with its end; longer ones are cut, at a whole character */

enum text_word_flags {
	TEXT_STOP = 1,    /* a function word: the, of, does, someone */
	TEXT_NUMBER = 2,  /* begins with a digit: 3, 3.2, 1,000, 10th */
	TEXT_CAPITAL = 4, /* begins with a capital letter */
	TEXT_UPPER = 8,   /* two or more letters, all capitals */
};

struct text_word {
	uint32_t from;        /* byte of the text */
	uint16_t len;         /* bytes there */
	uint8_t flags;        /* of text_word_flags */
	char stem[TEXT_STEM]; /* lower case, without 's, stemmed: what is compared */
};

/* The words of a text: runs of letters and digits ("machine-readable" is two; "don't" and "3.2" are one).  Returns how
 * many; *ret is NULL only when there are none. */
size_t text_words(const char *text, size_t len, struct text_word **ret);

/* The stem of one word in any case. */
void text_stem(const char *word, size_t len, char stem[TEXT_STEM]);

/* Porter's algorithm on a word of lower-case ASCII letters, in place; returns the new length. */
size_t text_porter(char *word, size_t len);

/* Is this lower-case word a function word? */
bool text_is_stop(const char *word, size_t len);

/* ---- Units ------------------------------------------------------------------------------------------------------- */

enum text_kind {
	TEXT_SENTENCE,
	TEXT_ITEM, /* a sentence of a list item; the first one has the item's mark: "(a)", "2.", "-v, --verbose"; or of a
	               * field, "License: MIT" */
	TEXT_HEADING, /* a title: a short line that is no sentence */
	TEXT_RULE,    /* a line of dashes, of contents, a signature, the side of a box: nothing to quote alone */
};

#define TEXT_NO_LEAD UINT32_MAX

struct text_unit {
	uint32_t from, to; /* without white space around it */
	uint32_t block;    /* number of its paragraph or list item: units of one block belong together */
	uint32_t lead;     /* the unit that introduces this list item ("... provided that:"), or TEXT_NO_LEAD */
	uint16_t indent;   /* columns before its first line */
	uint8_t kind;      /* of text_kind */
	bool first;        /* the first of its block */
	bool whole;        /* ends as a sentence does (. ! ? or, for an item, ; or ,): not cut off */
};

/* The units of a text, in order.  Returns how many. */
size_t text_units(const char *text, size_t len, struct text_unit **ret);

/* The end of the sentence that begins at `at`, closing quotes and brackets included; after 1,000 bytes it is cut. */
const char *text_sentence_end(const char *at, const char *end);

/* Bytes of the mark that begins a list item here ("(a) ", "1. ", "* "), 0 when there is none.  A mark stands at the
 * beginning of a line and is followed by white space. */
size_t text_mark(const char *text, size_t len);

/* ---- Characters -------------------------------------------------------------------------------------------------- */

/* What isspace and its like would say in the locale C, of bytes of any sign. */
static inline bool
text_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\f' || c == '\r' || c == '\v';
}

static inline bool
text_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
text_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline char
text_lower(char c)
{
	return text_capital(c) ? (char)(c - 'A' + 'a') : c;
}

/* A letter, or a byte of a character beyond ASCII. */
static inline bool
text_letter(char c)
{
	return (text_lower(c) >= 'a' && text_lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

#endif
