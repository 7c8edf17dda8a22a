/* Terms of a question, found in a text. */

#include "common/need.h"
#include "common/question.h"

#include <stdlib.h>
#include <string.h>

#define KIN_LETTERS 6   /* that both stems begin with: "distribut" and "distributor" */
#define KIN_REST    3   /* at most, of either of them */
#define KIN_WORTH   0.8 /* of what the word itself is worth */

/* 1: the same; KIN_WORTH: one is made of the other; 0: neither. */
static double
likeness(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] != '\0' && a[n] == b[n])
		n++;
	if (a[n] == b[n])
		return 1;
	return n >= KIN_LETTERS && strlen(a + n) <= KIN_REST && strlen(b + n) <= KIN_REST &&
		       (a[n] == '\0' || b[n] == '\0')
		   ? KIN_WORTH
		   : 0;
}

/* What a form is worth where it begins at this word; 0 where it does not. */
static double
worth_here(const struct form *form, const struct text_word *words, size_t n)
{
	double worth;

	if (form->n > n || form->stems[0][0] != words[0].stem[0])
		return 0;
	worth = likeness(form->stems[0], words[0].stem);
	for (size_t i = 1; i < form->n && worth > 0; i++)
		if (strcmp(form->stems[i], words[i].stem) != 0)
			worth = 0;
	return worth * form->worth;
}

size_t
question_match(const struct question *q, const struct text_word *words, size_t n, struct hit **ret)
{
	struct hit *hits = NULL;
	size_t found = 0, room = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t t = 0; t < q->n; t++) {
			struct hit hit = {.word = (uint32_t)i, .term = (uint8_t)t};

			for (size_t f = 0; f < q->terms[t].forms_n; f++) {
				const struct form *form = &q->terms[t].forms[f];
				double worth = worth_here(form, words + i, n - i);

				if (worth > hit.worth) {
					hit.worth = (float)worth;
					hit.words = form->n;
				}
			}
			if (hit.worth <= 0)
				continue;
			if (found == room) {
				room = room == 0 ? 32 : 2 * room;
				hits = need(realloc(hits, room * sizeof(*hits)));
			}
			hits[found++] = hit;
		}
	*ret = hits;
	return found;
}

size_t
hits_at(const struct hit *hits, size_t n, size_t word)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (hits[middle].word < word)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void
hits_best(const struct hit *hits, size_t n, size_t from, size_t to, double worth, double best[QUESTION_TERMS])
{
	for (size_t i = hits_at(hits, n, from); i < n && hits[i].word < to; i++)
		if (hits[i].worth * worth > best[hits[i].term])
			best[hits[i].term] = hits[i].worth * worth;
}

double
question_covered(const struct question *q, const double best[QUESTION_TERMS])
{
	double covered = 0, all = 0;

	for (size_t i = 0; i < q->n; i++) {
		covered += q->terms[i].weight * best[i];
		all += q->terms[i].weight;
	}
	return all > 0 ? covered / all : 0;
}
