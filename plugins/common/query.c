/* Queries; see query.h. */

#include "common/query.h"

#include <stdlib.h>
#include <string.h>

#define IN_HEADING 0.7 /* what a term is worth there */
#define IN_NAME    0.9

#define PART_OF_NAME 4   /* letters of a term that is looked for in longer names */
#define PART_WORTH   0.9 /* of what it is worth as a word of its own there */

void
query_add(struct query *query, const char *text, size_t len, bool together)
{
	if (len == 0 || query->len + len + 4 > QUERY_BYTES)
		return;
	if (query->len > 0)
		query->text[query->len++] = ' ';
	if (together)
		query->text[query->len++] = '"';
	memcpy(query->text + query->len, text, len);
	query->len += len;
	if (together)
		query->text[query->len++] = '"';
	query->text[query->len] = '\0';
}

/* A word that has this stem.  The index stems what it is asked for as we do, and the stem of a stem may be another one:
 * "licens" of "license" would become "licen". */
static char *
add_word(char *to, const char *stem)
{
	static const char *const endings[] = {"", "e", "ed", "s", "al"};
	char word[TEXT_STEM + 4], again[TEXT_STEM];

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		(void)stpcpy(stpcpy(word, stem), endings[i]);
		text_stem(word, strlen(word), again);
		if (strcmp(again, stem) == 0)
			return stpcpy(to, word);
	}
	return stpcpy(to, stem);
}

static void
add_form(struct query *query, const struct form *form)
{
	char text[FORM_WORDS * (TEXT_STEM + 4)] = "", *end = text;

	for (size_t i = 0; i < form->n; i++)
		end = add_word(stpcpy(end, i > 0 ? " " : ""), form->stems[i]);
	query_add(query, text, (size_t)(end - text), form->n > 1);
}

void
query_own(const struct question *q, struct query *ret)
{
	ret->len = 0;
	for (size_t i = 0; i < q->n; i++)
		add_form(ret, &q->terms[i].forms[0]);
}

void
query_wide(const struct question *q, struct query *ret)
{
	ret->len = 0;
	for (size_t i = 0; i < q->n; i++)
		for (size_t f = 1; f < q->terms[i].forms_n; f++)
			add_form(ret, &q->terms[i].forms[f]);
}

static void
text_best(const struct question *q, const char *text, double worth, double best[QUESTION_TERMS])
{
	struct text_word *words;
	struct hit *hits;
	size_t n = text_words(text, strlen(text), &words), found = question_match(q, words, n, &hits);

	hits_best(hits, found, 0, n, worth, best);
	free(hits);
	free(words);
}

void
name_best(const struct question *q, const char *name, double worth, double best[QUESTION_TERMS])
{
	char lower[256];
	size_t len = 0;

	text_best(q, name, worth, best);
	for (; name[len] != '\0' && len + 1 < sizeof(lower); len++)
		lower[len] = text_lower(name[len]);
	lower[len] = '\0';
	for (size_t t = 0; t < q->n; t++)
		if (strlen(q->terms[t].word) >= PART_OF_NAME && strstr(lower, q->terms[t].word) != NULL &&
		    best[t] < worth * PART_WORTH)
			best[t] = worth * PART_WORTH;
}

double
passage_covers(const struct question *q, const char *text, const char *heading, const char *document)
{
	double best[QUESTION_TERMS] = {0};

	text_best(q, text, 1, best);
	if (heading != NULL)
		text_best(q, heading, IN_HEADING, best);
	name_best(q, document, IN_NAME, best);
	return question_covered(q, best);
}
