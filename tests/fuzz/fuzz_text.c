/* Fuzz: what stands in documents, questions and lists of synonyms: words, sentences, terms.  One line is the question, one the
 * synonyms, the rest the text. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
look_at_units(const char *text, size_t len)
{
	struct text_unit *units;
	size_t n = text_units(text, len, &units), at = 0;

	for (size_t i = 0; i < n; i++) {
		assert(units[i].from >= at && units[i].from < units[i].to && units[i].to <= len);
		assert(units[i].lead == TEXT_NO_LEAD || units[i].lead < i);
		at = units[i].to;
	}
	free(units);
}

static void
look_at_words(const struct question *q, const char *text, size_t len)
{
	double best[QUESTION_TERMS] = {0};
	struct text_word *words;
	struct hit *hits;
	size_t n = text_words(text, len, &words), found = question_match(q, words, n, &hits);
	double covered;

	for (size_t i = 0; i < n; i++)
		assert(words[i].len > 0 && words[i].from + words[i].len <= len && strlen(words[i].stem) < TEXT_STEM);
	for (size_t i = 0; i < found; i++)
		assert(hits[i].word + hits[i].words <= n && hits[i].term < q->n);
	hits_best(hits, found, 0, n, 1, best);
	covered = question_covered(q, best);
	assert(covered >= 0 && covered <= 1.0001);
	free(hits);
	free(words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = calloc(1, len + 1), *text = copy, *synonyms, *exact;
	struct question q;
	struct query query;
	size_t rest;

	if (copy == NULL)
		return 0;
	for (size_t i = 0; i < len; i++) /* question and synonyms are C strings; the text is given with its length */
		copy[i] = data[i] != '\0' ? (char)data[i] : ' ';
	text += strcspn(text, "\n");
	if (*text == '\n')
		*text++ = '\0';
	synonyms = text;
	text += strcspn(text, "\n");
	if (*text == '\n')
		*text++ = '\0';
	question_read(&q, copy, synonyms);
	query_own(&q, &query);
	query_wide(&q, &query);
	rest = len - (size_t)(text - copy);
	exact = malloc(rest > 0 ? rest : 1); /* without a zero behind it */
	if (exact == NULL)
		abort();
	memcpy(exact, text, rest);
	look_at_units(exact, rest);
	look_at_words(&q, exact, rest);
	question_free(&q);
	free(exact);
	free(copy);
	return 0;
}
