/*
 * Which of all that might be quoted are told: the best, no two from one place, and what covers too little of the question
 * not at all.  A reader wants the second document before the third sentence of the first one.
 */

#include <stdlib.h>
#include <string.h>

#include "research.h"

#define SAME_DOCUMENT 0.93 /* a finding's score, for each one before it from the same document */
#define SAME_SECTION  0.7  /* and from under the same heading */
#define ENOUGH        0.5  /* covers, of a question of many terms */
#define ENOUGH_OF_TWO 0.66 /* of two terms: one of them, and surroundings that have the other */
#define LEAST         0.25 /* score of what is told */
#define LEAST_OF_BEST 0.4  /* and of the best one's */
#define OF_BEST       0.6  /* covers, of what the best one covers */

static const struct text_unit *
unit(const struct candidate *c, uint32_t at)
{
	return &c->window->units[at];
}

static bool
same_document(const struct candidate *a, const struct candidate *b)
{
	return strcmp(a->window->digest, b->window->digest) == 0;
}

/* The list that a candidate is of: where its lead stands in the document, SIZE_MAX: it is of none. */
static size_t
list_of(const struct candidate *c)
{
	const struct window *w = c->window;
	uint32_t lead = w->units[c->first].lead;

	if (c->first + 1 < w->units_n && w->units[c->first + 1].lead == c->first)
		lead = c->first;
	return lead == TEXT_NO_LEAD ? SIZE_MAX : w->from + w->units[lead].from;
}

static size_t
from_of(const struct candidate *c)
{
	return c->window->from + unit(c, c->first)->from;
}

static size_t
to_of(const struct candidate *c)
{
	return c->window->from + unit(c, c->last)->to;
}

/* Do both come from one passage: do they overlap, or share a paragraph? */
static bool
same_place(const struct candidate *a, const struct candidate *b)
{
	if (!same_document(a, b))
		return false;
	if (from_of(a) < to_of(b) && from_of(b) < to_of(a))
		return true;
	return a->window == b->window && unit(a, a->first)->block <= unit(b, b->last)->block &&
	       unit(b, b->first)->block <= unit(a, a->last)->block;
}

static bool
same_section(const struct candidate *a, const struct candidate *b)
{
	size_t list = list_of(a);

	return same_document(a, b) && ((list != SIZE_MAX && list == list_of(b)) ||
					  (a->window == b->window && a->window->headings[a->first] < HEADING_NONE &&
					      a->window->headings[a->first] == b->window->headings[b->first]));
}

/* Lowers what comes from where the chosen one does, and takes away what overlaps it. */
static void
lower_others(const struct candidate *chosen, struct candidate *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_place(chosen, &c[i]))
			c[i].score = 0;
		else if (same_section(chosen, &c[i]))
			c[i].score *= SAME_SECTION;
		else if (same_document(chosen, &c[i]))
			c[i].score *= SAME_DOCUMENT;
}

/* Has it what cannot be left out?  All terms of a short question; of a longer one, enough of its weight. */
static bool
answers(const struct question *q, const struct candidate *c)
{
	size_t heavy = 0, own = 0, has = 0;

	for (size_t t = 0; t < q->n; t++) {
		bool is_heavy = q->terms[t].weight >= HEAVY;

		heavy += is_heavy;
		own += is_heavy && ((c->terms >> t) & 1);
		has += is_heavy && ((c->around >> t) & 1);
	}
	if (heavy <= 1)
		return c->covers >= ENOUGH && own == heavy;
	return c->covers >= (heavy == 2 ? ENOUGH_OF_TWO : ENOUGH) && own > 0 && has * 2 >= heavy;
}

static int
before(const struct candidate *a, const struct candidate *b)
{
	int order;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	order = strcmp(a->window->digest, b->window->digest);
	if (order != 0)
		return order;
	return from_of(a) < from_of(b) ? -1 : from_of(a) > from_of(b);
}

static size_t
best_of(const struct candidate *c, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (before(&c[i], &c[best]) < 0)
			best = i;
	return best;
}

static void
swap(struct candidate *a, struct candidate *b)
{
	struct candidate c = *a;

	*a = *b;
	*b = c;
}

size_t
candidates_choose(const struct question *q, struct candidates *c, size_t most)
{
	size_t chosen = 0;
	double covers = 0;

	for (size_t i = 0; i < c->n; i++)
		if (!answers(q, &c->at[i]))
			c->at[i].score = 0;
		else if (c->at[i].covers > covers)
			covers = c->at[i].covers;
	for (size_t i = 0; i < c->n; i++)
		if (c->at[i].covers < covers * OF_BEST)
			c->at[i].score = 0;
	while (chosen < c->n && chosen < most) {
		size_t best = chosen + best_of(c->at + chosen, c->n - chosen);

		if (c->at[best].score < LEAST || c->at[best].score < LEAST_OF_BEST * c->at[0].score)
			break;
		swap(&c->at[chosen], &c->at[best]);
		lower_others(&c->at[chosen], c->at + chosen + 1, c->n - chosen - 1);
		chosen++;
	}
	return chosen;
}
