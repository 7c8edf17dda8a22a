/*
 * What says the same: the same range, the same text in another place, or nearly the same words.
 *
 * Texts are compared by shingles (three words in a row): they are the same where most of the shorter one's are the longer
 * one's as well.  A paraphrase has other shingles and the same content words.
 */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "analyse.h"

#define SHORT      5    /* content words; of fewer, all have to be the same */
#define COPIED     0.75 /* of the shorter text's shingles */
#define ALIKE      0.45 /* of the shingles of both */
#define PARAPHRASE 0.7  /* of the content words of both */
#define WITHIN     0.78 /* of the shorter one's content words, where it has enough of them */
#define ENOUGH     8

static bool
overlap(const struct finding *a, const struct finding *b)
{
	return strcmp(a->digest, b->digest) == 0 && a->from < b->to && b->from < a->to;
}

static bool
says_the_same(const struct finding *a, const struct finding *b)
{
	if (overlap(a, b) || strcmp(a->quote, b->quote) == 0)
		return true;
	if (a->stems.n < SHORT || b->stems.n < SHORT)
		return set_overlap(&a->stems, &b->stems) == 1;
	return set_containment(&a->shingles, &b->shingles) >= COPIED ||
	       set_overlap(&a->shingles, &b->shingles) >= ALIKE || set_overlap(&a->stems, &b->stems) >= PARAPHRASE;
}

static bool
agrees_already(const struct findings *findings, const struct finding *kept, const struct finding *f)
{
	if (strcmp(kept->digest, f->digest) == 0)
		return true;
	for (size_t i = 0; i < kept->n_agrees; i++)
		if (strcmp(findings->of[kept->agrees[i]].digest, f->digest) == 0)
			return true;
	return false;
}

/* One more that agrees; each document agrees once. */
static void
add_agreeing(struct findings *findings, size_t to, size_t i)
{
	struct finding *kept = &findings->of[to];

	if (agrees_already(findings, kept, &findings->of[i]))
		return;
	if (kept->agrees == NULL)
		kept->agrees = need(calloc(findings->n, sizeof(*kept->agrees)));
	kept->agrees[kept->n_agrees++] = i;
}

static bool
is_told(const struct findings *findings, const struct finding *kept, size_t n, size_t i)
{
	const char *quote = findings->of[i].quote;
	bool told = strcmp(kept->quote, quote) == 0;

	for (size_t k = 0; k < n && !told; k++)
		told = strcmp(findings->of[kept->agrees[k]].quote, quote) == 0;
	return told;
}

/* Those that say it in words of their own come first: a copy of a copy adds little. */
static void
order_agreeing(const struct findings *findings, struct finding *kept)
{
	size_t own = 0;

	for (size_t i = 0; i < kept->n_agrees; i++) {
		size_t at = kept->agrees[i];

		if (is_told(findings, kept, own, at))
			continue;
		memmove(kept->agrees + own + 1, kept->agrees + own, (i - own) * sizeof(*kept->agrees));
		kept->agrees[own++] = at;
	}
}

void
similar_merge(struct findings *findings, const bool *conflicts, bool *dropped)
{
	for (size_t i = 0; i < findings->n; i++)
		for (size_t k = 0; k < i && !dropped[i]; k++) {
			if (dropped[k] || conflicts[i * findings->n + k] ||
			    !says_the_same(&findings->of[k], &findings->of[i]))
				continue;
			dropped[i] = true;
			findings->duplicates++;
			add_agreeing(findings, k, i);
		}
	for (size_t i = 0; i < findings->n; i++)
		order_agreeing(findings, &findings->of[i]);
}
