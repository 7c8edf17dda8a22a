/*
 * The words of a text, as the index and the ranking see them: lower case, without diacritics, without the smallest words, and
 * reduced to a stem, so that "distributes" finds "distribution".
 *
 * A word is a run of letters and digits (of any script; characters of Chinese and Japanese stand alone).
 */

#ifndef MEMORY_WORDS_H
#define MEMORY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORD_MAX 64 /* bytes of a stem; longer words are cut */

struct words;

/* Reading words takes a cache of stems; one for each thread. */
struct words *words_new(void);
void words_free(struct words **w);

struct word {
	const char *stem; /* this and `word` are valid until the next one */
	size_t len;
	const char *word; /* before it was stemmed, small letters */
	size_t word_len;
	size_t from, to; /* where in the text */
	size_t gap;      /* how many of the smallest words there were between the word before and this one */
	bool
	    again; /* the same word was there already since words_begin, or so it is hoped: it may have been forgotten */
};

/* A new text begins: what follows is not `again`. */
void words_begin(struct words *w);

/* The next word at or after `*at`, which moves behind it; false at the end.  The text is UTF-8. */
bool words_next(struct words *w, const char *text, size_t len, size_t *at, struct word *ret);

/* Whether the word (lower case) is one of those that are in every text. */
bool words_small(const char *word, size_t len);

/* stem.c: Porter's algorithm on a word of small letters, in place; returns the new length. */
size_t stem_word(char *word, size_t len);

#endif
