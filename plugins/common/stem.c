/*
 * Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14.3, 1980): takes the endings off English
 * words, so that "distributes", "distributed" and "distribution" are one.  The full-text index does the same, so what was
 * found there is found here.
 */

#include "common/text.h"

#include <string.h>

struct word {
	char *at;
	size_t len;  /* of the whole word */
	size_t stem; /* of what stands before the ending that was last looked for */
};

struct rule {
	const char *ending, *instead;
};

static bool
is_consonant(const struct word *w, size_t i)
{
	switch (w->at[i]) {
	case 'a':
	case 'e':
	case 'i':
	case 'o':
	case 'u':
		return false;
	case 'y':
		return i == 0 || !is_consonant(w, i - 1);
	default:
		return true;
	}
}

/* How often a vowel is followed by a consonant in the stem: m of the paper. */
static unsigned
measure(const struct word *w)
{
	unsigned m = 0;
	bool vowel = false;

	for (size_t i = 0; i < w->stem; i++) {
		bool consonant = is_consonant(w, i);

		if (consonant && vowel)
			m++;
		vowel = !consonant;
	}
	return m;
}

static bool
has_vowel(const struct word *w)
{
	for (size_t i = 0; i < w->stem; i++)
		if (!is_consonant(w, i))
			return true;
	return false;
}

/* Do the first `len` bytes end in consonant, vowel, consonant, the last of them not w, x or y?  "hop", not "snow". */
static bool
ends_cvc(const struct word *w, size_t len)
{
	return len >= 3 && is_consonant(w, len - 1) && !is_consonant(w, len - 2) && is_consonant(w, len - 3) &&
	       w->at[len - 1] != 'w' && w->at[len - 1] != 'x' && w->at[len - 1] != 'y';
}

static bool
ends_double(const struct word *w)
{
	return w->len >= 2 && w->at[w->len - 1] == w->at[w->len - 2] && is_consonant(w, w->len - 1);
}

static bool
ends(struct word *w, const char *ending)
{
	size_t n = strlen(ending);

	if (n > w->len || memcmp(w->at + w->len - n, ending, n) != 0)
		return false;
	w->stem = w->len - n;
	return true;
}

/* No ending is put in the place of a shorter one, but for "e" after a stem that lost more. */
static void
put(struct word *w, const char *instead)
{
	size_t n = strlen(instead);

	memcpy(w->at + w->stem, instead, n);
	w->len = w->stem + n;
}

/* The first rule whose ending fits is the one, whether its condition holds or not. */
static void
apply(struct word *w, const struct rule *rules, unsigned least)
{
	for (; rules->ending != NULL; rules++) {
		if (!ends(w, rules->ending))
			continue;
		if (measure(w) >= least)
			put(w, rules->instead);
		return;
	}
}

static void
plurals(struct word *w)
{
	if (ends(w, "sses"))
		put(w, "ss");
	else if (ends(w, "ies"))
		put(w, "i");
	else if (!ends(w, "ss") && ends(w, "s"))
		put(w, "");
}

static void
past_and_ing(struct word *w)
{
	if (ends(w, "eed")) {
		if (measure(w) > 0)
			put(w, "ee");
		return;
	}
	if (!(ends(w, "ed") && has_vowel(w)) && !(ends(w, "ing") && has_vowel(w)))
		return;
	put(w, "");
	if (ends(w, "at") || ends(w, "bl") || ends(w, "iz")) {
		w->at[w->len++] = 'e';
	} else if (ends_double(w)) {
		char last = w->at[w->len - 1];

		if (last != 'l' && last != 's' && last != 'z')
			w->len--;
	} else {
		w->stem = w->len;
		if (measure(w) == 1 && ends_cvc(w, w->len))
			w->at[w->len++] = 'e';
	}
}

static void
final_e(struct word *w)
{
	if (ends(w, "e")) {
		unsigned m = measure(w);

		if (m > 1 || (m == 1 && !ends_cvc(w, w->stem)))
			w->len = w->stem;
	}
	w->stem = w->len;
	if (w->len > 1 && w->at[w->len - 1] == 'l' && ends_double(w) && measure(w) > 1)
		w->len--;
}

size_t
text_porter(char *word, size_t len)
{
	static const struct rule step2[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"},
	    {"izer", "ize"}, {"bli", "ble"}, {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"},
	    {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"},
	    {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"},
	    {"logi", "log"}, {NULL, NULL}};
	static const struct rule step3[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
	    {"ical", "ic"}, {"ful", ""}, {"ness", ""}, {NULL, NULL}};
	static const struct rule step4[] = {{"al", ""}, {"ance", ""}, {"ence", ""}, {"er", ""}, {"ic", ""},
	    {"able", ""}, {"ible", ""}, {"ant", ""}, {"ement", ""}, {"ment", ""}, {"ent", ""}, {"ou", ""}, {"ism", ""},
	    {"ate", ""}, {"iti", ""}, {"ous", ""}, {"ive", ""}, {"ize", ""}, {NULL, NULL}};
	struct word w = {.at = word, .len = len};

	if (len <= 2)
		return len;
	plurals(&w);
	past_and_ing(&w);
	if (ends(&w, "y") && has_vowel(&w))
		put(&w, "i");
	apply(&w, step2, 1);
	apply(&w, step3, 1);
	if (!ends(&w, "ion"))
		apply(&w, step4, 2);
	else if (w.stem > 0 && strchr("st", w.at[w.stem - 1]) != NULL && measure(&w) > 1)
		put(&w, "");
	final_e(&w);
	return w.len;
}
