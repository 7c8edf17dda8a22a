/* Queries; see query.h. */

#include "common/query.h"

#include <stdlib.h>
#include <string.h>

#define IN_HEADING 0.7 /* what a term is worth there */
#define IN_NAME    0.7

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

/* Stems find their words: the index stems as we do. */
static void
add_form(struct query *query, const struct form *form)
{
	char text[FORM_WORDS * TEXT_STEM] = "", *end = text;

	for (size_t i = 0; i < form->n; i++)
		end = stpcpy(stpcpy(end, i > 0 ? " " : ""), form->stems[i]);
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

double
passage_covers(const struct question *q, const char *text, const char *heading, const char *document)
{
	const char *texts[] = {text, heading != NULL ? heading : "", document};
	const double worths[] = {1, IN_HEADING, IN_NAME};
	double best[QUESTION_TERMS] = {0};

	for (size_t i = 0; i < 3; i++) {
		struct text_word *words;
		struct hit *hits;
		size_t n = text_words(texts[i], strlen(texts[i]), &words), found = question_match(q, words, n, &hits);

		hits_best(hits, found, 0, n, worths[i], best);
		free(hits);
		free(words);
	}
	return question_covered(q, best);
}
