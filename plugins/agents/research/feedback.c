/*
 * Relevance feedback: the words that the best passages have and the others do not are likely to be of the subject
 * (J. Rocchio, "Relevance feedback in information retrieval", 1971; here without vectors: a word's share among the best
 * against its share among all).
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "research.h"

#define BEST_MAX   12 /* passages that count as the best */
#define WORDS_MAX  4096
#define BEST_SHARE 0.3 /* of the best that have to have a word */
#define ALL_SHARE  0.5 /* of all passages at most may have it */

struct counted {
	char stem[TEXT_STEM], word[64];
	unsigned best, all;
	size_t last; /* passage that was counted last, from 1 */
	double worth;
};

struct counts {
	struct counted *at;
	size_t n;
};

static bool
is_of_question(const struct question *q, const char *stem)
{
	for (size_t t = 0; t < q->n; t++)
		for (size_t f = 0; f < q->terms[t].forms_n; f++)
			for (size_t i = 0; i < q->terms[t].forms[f].n; i++)
				if (strcmp(q->terms[t].forms[f].stems[i], stem) == 0)
					return true;
	return false;
}

static struct counted *
find(struct counts *counts, const struct text_word *word, const char *text)
{
	struct counted *c;
	size_t i = 0, len = word->len < sizeof(c->word) ? word->len : sizeof(c->word) - 1;

	while (i < counts->n && strcmp(counts->at[i].stem, word->stem) != 0)
		i++;
	c = &counts->at[i];
	if (i < counts->n)
		return c;
	if (i == WORDS_MAX)
		return NULL;
	counts->n++;
	*c = (struct counted){.best = 0};
	memcpy(c->stem, word->stem, sizeof(c->stem));
	for (size_t k = 0; k < len; k++)
		c->word[k] = text_lower(text[word->from + k]);
	return c;
}

static void
count(struct counts *counts, const struct question *q, const struct passage *p, size_t number, bool best)
{
	struct text_word *words;
	size_t n = text_words(p->text, strlen(p->text), &words);

	for (size_t i = 0; i < n; i++) {
		struct counted *c;

		if ((words[i].flags & (TEXT_STOP | TEXT_NUMBER)) != 0 || words[i].len < 4 || words[i].len > 32 ||
		    memchr(p->text + words[i].from, '\n', words[i].len) != NULL || is_of_question(q, words[i].stem))
			continue;
		c = find(counts, &words[i], p->text);
		if (c == NULL || c->last == number)
			continue;
		c->last = number;
		c->all++;
		c->best += best;
	}
	free(words);
}

static int
by_worth(const void *a, const void *b)
{
	const struct counted *c = a, *o = b;

	if (c->worth != o->worth)
		return c->worth < o->worth ? 1 : -1;
	return strcmp(c->stem, o->stem);
}

size_t
feedback_terms(const struct question *q, const struct passages *p, size_t most, char terms[][64])
{
	size_t best = p->n / 3 < BEST_MAX ? p->n / 3 : BEST_MAX, n = 0;
	struct counts counts = {.at = need(calloc(WORDS_MAX, sizeof(*counts.at)))};

	for (size_t i = 0; i < p->n && best >= 3; i++)
		count(&counts, q, &p->at[i], i + 1, i < best);
	for (size_t i = 0; i < counts.n; i++) {
		struct counted *c = &counts.at[i];

		if (c->best >= 2 && c->best >= BEST_SHARE * (double)best && c->all <= ALL_SHARE * (double)p->n)
			c->worth = (double)c->best / (double)best * log((double)p->n / c->all);
	}
	qsort(counts.at, counts.n, sizeof(*counts.at), by_worth);
	for (; n < most && n < counts.n && counts.at[n].worth > 0; n++)
		memcpy(terms[n], counts.at[n].word, sizeof(terms[n]));
	free(counts.at);
	return n;
}
