/*
 * Porter's stemmer (M. F. Porter, An algorithm for suffix stripping, 1980), as he wrote it down.
 *
 * m() counts how often a vowel is followed by a consonant; the rules of each step are tried from the top, and the first whose
 * suffix fits is the only one that is looked at.
 */

#include <string.h>

#include "memory/words.h"

struct rule {
	const char *suffix, *with;
};

static bool
is_vowel(const char *w, size_t i)
{
	switch (w[i]) {
	case 'a':
	case 'e':
	case 'i':
	case 'o':
	case 'u':
		return true;
	case 'y':
		return i > 0 && !is_vowel(w, i - 1);
	default:
		return false;
	}
}

static unsigned
measure(const char *w, size_t len)
{
	unsigned m = 0;
	size_t i = 0;

	while (i < len && !is_vowel(w, i))
		i++;
	while (i < len) {
		while (i < len && is_vowel(w, i))
			i++;
		if (i == len)
			break;
		m++;
		while (i < len && !is_vowel(w, i))
			i++;
	}
	return m;
}

static bool
has_vowel(const char *w, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_vowel(w, i))
			return true;
	return false;
}

/* consonant, vowel, consonant, and the last is not w, x or y */
static bool
ends_cvc(const char *w, size_t len)
{
	return len >= 3 && !is_vowel(w, len - 1) && is_vowel(w, len - 2) && !is_vowel(w, len - 3) &&
	       w[len - 1] != 'w' && w[len - 1] != 'x' && w[len - 1] != 'y';
}

static bool
ends_double(const char *w, size_t len)
{
	return len >= 2 && w[len - 1] == w[len - 2] && !is_vowel(w, len - 1);
}

static bool
ends(const char *w, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && memcmp(w + len - n, suffix, n) == 0;
}

static size_t
replace(char *w, size_t len, const struct rule *r)
{
	size_t stem = len - strlen(r->suffix), n = strlen(r->with);

	memcpy(w + stem, r->with, n);
	return stem + n;
}

/* The first rule that fits, where the stem before it measures more than `over`. */
static size_t
apply(char *w, size_t len, const struct rule *rules, unsigned over)
{
	for (const struct rule *r = rules; r->suffix != NULL; r++)
		if (ends(w, len, r->suffix))
			return measure(w, len - strlen(r->suffix)) > over ? replace(w, len, r) : len;
	return len;
}

/* Plurals, -ed and -ing. */
static size_t
step_1(char *w, size_t len)
{
	size_t cut = 0;

	if (ends(w, len, "sses") || ends(w, len, "ies"))
		len -= 2;
	else if (w[len - 1] == 's' && !ends(w, len, "ss"))
		len--;
	if (ends(w, len, "eed"))
		return measure(w, len - 3) > 0 ? len - 1 : len;
	if (ends(w, len, "ed") && has_vowel(w, len - 2))
		cut = 2;
	else if (ends(w, len, "ing") && has_vowel(w, len - 3))
		cut = 3;
	if (cut == 0)
		return len;
	len -= cut;
	if (ends(w, len, "at") || ends(w, len, "bl") || ends(w, len, "iz")) {
		w[len++] = 'e';
		return len;
	}
	if (ends_double(w, len) && w[len - 1] != 'l' && w[len - 1] != 's' && w[len - 1] != 'z')
		return len - 1;
	if (measure(w, len) == 1 && ends_cvc(w, len))
		w[len++] = 'e';
	return len;
}

static size_t
step_4(const char *w, size_t len)
{
	static const char *const suffixes[] = {"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment",
	    "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize", NULL};

	for (size_t i = 0; suffixes[i] != NULL; i++) {
		size_t n = strlen(suffixes[i]);

		if (!ends(w, len, suffixes[i]))
			continue;
		if (measure(w, len - n) <= 1)
			return len;
		if (strcmp(suffixes[i], "ion") == 0 && w[len - n - 1] != 's' && w[len - n - 1] != 't')
			return len;
		return len - n;
	}
	return len;
}

static size_t
step_5(const char *w, size_t len)
{
	if (w[len - 1] == 'e') {
		unsigned m = measure(w, len - 1);

		if (m > 1 || (m == 1 && !ends_cvc(w, len - 1)))
			len--;
	}
	if (w[len - 1] == 'l' && ends_double(w, len) && measure(w, len) > 1)
		len--;
	return len;
}

size_t
stem_word(char *word, size_t len)
{
	static const struct rule second[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"},
	    {"izer", "ize"}, {"abli", "able"}, {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"},
	    {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"},
	    {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"}, {NULL, NULL}};
	static const struct rule third[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
	    {"ical", "ic"}, {"ful", ""}, {"ness", ""}, {NULL, NULL}};

	if (len < 3)
		return len;
	len = step_1(word, len);
	if (word[len - 1] == 'y' && has_vowel(word, len - 1))
		word[len - 1] = 'i';
	len = apply(word, len, second, 0);
	len = apply(word, len, third, 0);
	len = step_4(word, len);
	return step_5(word, len);
}
