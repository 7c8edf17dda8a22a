/*
 * Is the claim about what its quotes are about?
 *
 * Its content words are looked for in the quotes: the word itself, another form of it, a synonym, its letters as the
 * initials of words there.  Too few of them found, a name that is not there, or nothing of what the claim begins with,
 * and it is of another subject.  Numbers are not looked at here.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/question.h"
#include "support.h"

#define CHUNK 24u /* words that are read as one question, which has no more terms */

#define COVERED      0.58 /* share of the words that have to be there */
#define NAME_COVERED 0.85 /* the same, where a name is missing */
#define HEAD_COVERED 0.7  /* the same, where the first words are */

#define KIN_LETTERS 5 /* that two words begin with, of one family: "version", "versions'", "conveyance" */
#define KIN_REST    4
#define KIN_WORTH   0.6
#define INITIALS    0.9
#define PLACE_WORTH 0.9 /* of what only the name of the document has */

struct word {
	char stem[TEXT_STEM], told[64];
	double weight, worth;
	bool name;
};

struct subject {
	struct word *words;
	size_t n;
};

/* ---- Looking for one word ---------------------------------------------------------------------------------------- */

static double
kinship(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	return n >= KIN_LETTERS && strlen(a + n) <= KIN_REST && strlen(b + n) <= KIN_REST ? KIN_WORTH : 0;
}

/* Two words of the quote that the claim writes as one: "world-wide", "work around". */
static bool
is_joined(const char *stem, const char *text, const struct text_word *words, size_t n, size_t i)
{
	char both[2 * TEXT_STEM], whole[TEXT_STEM];
	size_t len = 0;

	if (i + 1 >= n || words[i].len + words[i + 1].len >= (int)sizeof(both))
		return false;
	for (size_t k = i; k <= i + 1; k++)
		for (size_t c = 0; c < words[k].len; c++)
			both[len++] = text_lower(text[words[k].from + c]);
	text_stem(both, len, whole);
	return strcmp(stem, whole) == 0;
}

/* "lgpl": the initials of words from here on, small words among them perhaps left out. */
static bool
is_initials(const char *told, const char *text, const struct text_word *words, size_t n, size_t i)
{
	size_t k = 0;

	while (told[k] != '\0' && i < n) {
		char first = text_lower(text[words[i].from]);

		if (first == told[k] && (words[i].flags & TEXT_CAPITAL))
			k++;
		else if (k == 0 || !(words[i].flags & TEXT_STOP))
			return false;
		i++;
	}
	return k >= 3 && told[k] == '\0';
}

static double
worth_in(const struct word *word, const char *text, const struct text_word *words, size_t n)
{
	double best = 0;

	for (size_t i = 0; i < n && best < 1; i++) {
		double worth = kinship(word->stem, words[i].stem);

		if (strcmp(word->stem, words[i].stem) == 0 || is_joined(word->stem, text, words, n, i))
			worth = 1;
		else if (worth < INITIALS && word->name && is_initials(word->told, text, words, n, i))
			worth = INITIALS;
		best = worth > best ? worth : best;
	}
	return best;
}

/* "PostgreSQL", "s390x": with a capital or a digit behind its first letter it is a name wherever it stands. */
static bool
is_marked(const char *text, const struct text_word *word)
{
	bool marked = false;

	if (word->flags & TEXT_NUMBER)
		return false;
	for (uint16_t i = 1; i < word->len && !marked; i++)
		marked = text_digit(text[word->from + i]) || text_capital(text[word->from + i]);
	return marked && !(word->flags & TEXT_UPPER);
}

static bool
has_marked(const char *text, const struct text_word *words, size_t n, const char *stem)
{
	for (size_t i = 0; i < n; i++)
		if (is_marked(text, &words[i]) && strcmp(words[i].stem, stem) == 0)
			return true;
	return false;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

struct place {
	const char *text;
	struct text_word *words;
	size_t n;
	double worth;
};

/* The words of a part of the claim, as a question reads them: with their synonyms. */
static void
read_chunk(struct subject *subject, const char *chunk, const char *synonyms, const struct place places[2])
{
	struct question q;
	double best[QUESTION_TERMS] = {0};
	struct text_word *own;
	size_t n_own = text_words(chunk, strlen(chunk), &own);

	question_read(&q, chunk, synonyms);
	for (size_t p = 0; p < 2; p++) {
		struct hit *hits;
		size_t n = question_match(&q, places[p].words, places[p].n, &hits);

		hits_best(hits, n, 0, places[p].n, places[p].worth, best);
		free(hits);
	}
	subject->words = need(realloc(subject->words, (subject->n + q.n + 1) * sizeof(*subject->words)));
	for (size_t i = 0; i < q.n; i++) {
		const struct term *term = &q.terms[i];
		struct word *word = &subject->words[subject->n];

		if (text_digit(*term->word) || text_is_stop(term->word, strlen(term->word)))
			continue;
		*word = (struct word){.weight = term->weight, .worth = best[i], .name = term->name};
		memcpy(word->stem, term->forms[0].stems[0], sizeof(word->stem));
		word->name = word->name || has_marked(chunk, own, n_own, word->stem);
		(void)stpcpy(word->told, term->word);
		for (size_t p = 0; p < 2; p++) {
			double worth = places[p].worth * worth_in(word, places[p].text, places[p].words, places[p].n);

			word->worth = worth > word->worth ? worth : word->worth;
		}
		subject->n++;
	}
	question_free(&q);
	free(own);
}

struct subject *
subject_read(const char *claim, const char *quotes, const char *names, const char *synonyms)
{
	struct subject *subject = need(calloc(1, sizeof(*subject)));
	struct place places[] = {{quotes, NULL, 0, 1}, {names, NULL, 0, PLACE_WORTH}};
	struct text_word *words;
	size_t n = text_words(claim, strlen(claim), &words);

	for (size_t p = 0; p < 2; p++)
		places[p].n = text_words(places[p].text, strlen(places[p].text), &places[p].words);
	for (size_t i = 0; i < n; i += CHUNK) {
		size_t last = i + CHUNK < n ? i + CHUNK - 1 : n - 1;
		char *chunk = need(strndup(claim + words[i].from, words[last].from + words[last].len - words[i].from));

		read_chunk(subject, chunk, synonyms, places);
		free(chunk);
	}
	for (size_t p = 0; p < 2; p++)
		free(places[p].words);
	free(words);
	return subject;
}

void
subject_free(struct subject **subject)
{
	if (*subject == NULL)
		return;
	free((*subject)->words);
	free(*subject);
	*subject = NULL;
}

/* ---- Judging ----------------------------------------------------------------------------------------------------- */

double
subject_covered(const struct subject *subject)
{
	double covered = 0, all = 0;

	for (size_t i = 0; i < subject->n; i++) {
		covered += subject->words[i].weight * subject->words[i].worth;
		all += subject->words[i].weight;
	}
	return all > 0 ? covered / all : 1;
}

double
subject_worth(const struct subject *subject, const char *stem)
{
	for (size_t i = 0; i < subject->n; i++)
		if (strcmp(subject->words[i].stem, stem) == 0)
			return subject->words[i].worth;
	return 1;
}

/* "council", "city": the words that are missing. */
static void
list_missing(const struct subject *subject, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < subject->n && n + 4 < size; i++)
		if (subject->words[i].worth < SUBJECT_FOUND)
			n += (size_t)snprintf(out + n, size - n, "%s\"%s\"", n > 0 ? ", " : "", subject->words[i].told);
}

bool
subject_holds(const struct subject *subject, struct support_verdict *verdict)
{
	double covered = subject_covered(subject);
	const struct word *name = NULL, *head = NULL;
	char missing[200];

	for (size_t i = 0; i < subject->n; i++) {
		const struct word *word = &subject->words[i];

		if (word->worth >= SUBJECT_FOUND)
			continue;
		if (word->name && name == NULL)
			name = word;
		if (i == 0 && word->weight >= 1)
			head = word;
	}
	list_missing(subject, missing, sizeof(missing));
	if (covered < COVERED)
		return support_tell(verdict, SUPPORT_SUBJECT,
		    "the claim is about something else than the quotes, which do not have %s", missing);
	if (name != NULL && covered < NAME_COVERED)
		return support_tell(
		    verdict, SUPPORT_SUBJECT, "the claim speaks of \"%s\", of which no quote does", name->told);
	if (head != NULL && covered < HEAD_COVERED)
		return support_tell(
		    verdict, SUPPORT_SUBJECT, "the claim is about \"%s\", of which no quote speaks", head->told);
	return true;
}
