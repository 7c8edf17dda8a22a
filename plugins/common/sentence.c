/*
 * Where a sentence ends: at a full stop, a question or exclamation mark with a space and no small letter behind it, unless
 * it ends an abbreviation.  One that goes on for too long, as in data or lists, is cut.
 */

#include "common/text.h"

#include <string.h>

#define SENTENCE_MAX 1000 /* bytes */

static bool
is_abbreviation(const char *word, size_t len)
{
	static const char *const known[] = {"e.g", "i.e", "etc", "cf", "vs", "mr", "mrs", "ms", "dr", "prof", "st",
	    "no", "nos", "fig", "figs", "sec", "sect", "ch", "vol", "pp", "ed", "eds", "al", "inc", "ltd", "corp", "co",
	    "art", "para", "approx", "resp", "viz", "ca", "incl", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
	    "sep", "sept", "oct", "nov", "dec"};

	if (len == 1 && text_capital(word[0])) /* an initial */
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t k = 0;

		while (k < len && known[i][k] != '\0' && text_lower(word[k]) == known[i][k])
			k++;
		if (k == len && known[i][k] == '\0')
			return true;
	}
	return false;
}

/* "3", "3.2" */
static bool
is_number(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text_digit(word[i]) && word[i] != '.')
			return false;
	return true;
}

/* Does a sentence end with the character here? */
static bool
ends_sentence(const char *begin, const char *at, const char *end)
{
	const char *after = at + 1, *word = at;

	while (after < end && strchr("\"')]", *after) != NULL && *after != '\0')
		after++;
	if (after < end && !text_space(*after))
		return false;
	while (after < end && text_space(*after))
		after++;
	if (after >= end)
		return true;
	if (*after >= 'a' && *after <= 'z')
		return false;
	if (*at != '.')
		return true;
	while (word > begin && !text_space(word[-1]) && word[-1] != '(')
		word--;
	/* "3. You may", the mark of the item that begins here, is no sentence. */
	if (word == begin && is_number(word, (size_t)(at - word)))
		return false;
	return !is_abbreviation(word, (size_t)(at - word));
}

/* Where a sentence that is too long to be quoted is cut: behind a semicolon, else between words, else anywhere. */
static const char *
cut(const char *at)
{
	const char *word = NULL;

	for (const char *p = at + SENTENCE_MAX; p > at + SENTENCE_MAX / 4; p--) {
		if (!text_space(*p))
			continue;
		if (p[-1] == ';')
			return p;
		if (word == NULL)
			word = p;
	}
	if (word == NULL)
		for (word = at + SENTENCE_MAX; ((unsigned char)*word & 0xc0) == 0x80;)
			word--;
	return word;
}

static const char *
whole_sentence(const char *at, const char *end)
{
	for (const char *p = at; p < end; p++) {
		if (p - at > SENTENCE_MAX) /* to be cut, wherever it ends */
			return p;
		if ((*p != '.' && *p != '!' && *p != '?') || !ends_sentence(at, p, end))
			continue;
		p++;
		while (p < end && strchr("\"')]", *p) != NULL && *p != '\0')
			p++;
		return p;
	}
	return end;
}

const char *
text_sentence_end(const char *at, const char *end)
{
	const char *stop = whole_sentence(at, end);

	return stop - at > SENTENCE_MAX ? cut(at) : stop;
}
