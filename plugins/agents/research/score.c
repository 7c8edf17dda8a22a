/*
 * How well a quote answers.
 *
 * First what it covers: the share of the question's terms, those that stand in the quote itself in full, those that its
 * surroundings lend it (lead, heading, paragraph, the document's name) for less.  Then how it says it: terms near each
 * other, the manner that the question asks for, and none of the manners in which texts lead in, define or disclaim.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "research.h"

/* What a term is worth that stands not in the quote but in ... */
#define IN_LEAD      0.7
#define IN_HEADING   0.65
#define IN_PARAGRAPH 0.45
#define IN_NAME      0.9

#define NAMED 0.9 /* worth of a word in a document's name that is the asker's own */

#define DENSE 0.4 /* share of the content words from which on nothing is gained */
#define NOISE 16  /* characters for each mark of programs from which on a text is prose */
#define MODAL (ASKS_DUTY | ASKS_LEAVE)

#define SHORT_WORDS   5
#define FEW_WORDS     10
#define SUBJECT_WORDS 6 /* among the first of a sentence stands what it is about */

/* A factor for a quote of a manner, or without it, where the question asks for something. */
struct taste {
	unsigned asks, manner;
	double with, without;
};

static const struct taste tastes[] = {
    {ASKS_DUTY, MANNER_DUTY | MANNER_BAN, 1, 0.65},
    {ASKS_DUTY, MANNER_DUTY, 1, 0.85},
    {ASKS_LEAVE, MANNER_LEAVE | MANNER_BAN | MANNER_DUTY, 1, 0.75},
    {ASKS_NUMBER, MANNER_NUMBER, 1, 0.6},
    {ASKS_DATE, MANNER_DATE, 1, 0.6},
    {ASKS_WHO, MANNER_WHO, 1, 0.5},
    {ASKS_WHY, MANNER_REASON, 1, 0.8},
    {ASKS_HOW, MANNER_STEPS, 1, 0.85},
    {ASKS_WHERE, MANNER_WHERE, 1, 0.75},
    {ASKS_MEANING, MANNER_MEANING, 1, 0.8},
};

/* Factors for what readers pass over, whatever they asked, but for `unless`. */
static const struct {
	unsigned manner, unless;
	double factor;
} asides[] = {
    {MANNER_BACK, 0, 0.93},
    {MANNER_EXAMPLE, 0, 0.7},
    {MANNER_WE, ASKS_WHO | ASKS_WHY, 0.75},
    {MANNER_ASKING, 0, 0.5},
    {MANNER_SHOUTED, 0, 0.9},
};

static size_t
word_at(const struct window *w, size_t unit)
{
	return w->first_word[unit];
}

static void
best_in_text(const struct question *q, const char *text, size_t len, double worth, double best[QUESTION_TERMS])
{
	struct text_word *words;
	struct hit *hits;
	size_t n = text_words(text, len, &words), found = question_match(q, words, n, &hits);

	hits_best(hits, found, 0, n, worth, best);
	free(hits);
	free(words);
}

/* What lies around the quote raises `best`. */
static void
best_around(const struct question *q, const struct candidate *c, double best[QUESTION_TERMS])
{
	const struct window *w = c->window;
	uint32_t lead = w->units[c->first].lead;
	size_t first = c->first, last = c->last + 1, len;
	const char *heading = window_heading(w, c->first, &len);

	while (first > 0 && w->units[first - 1].block == w->units[c->first].block)
		first--;
	while (last < w->units_n && w->units[last].block == w->units[c->last].block)
		last++;
	hits_best(w->hits, w->hits_n, word_at(w, first), word_at(w, last), IN_PARAGRAPH, best);
	if (lead != TEXT_NO_LEAD)
		hits_best(w->hits, w->hits_n, word_at(w, lead), word_at(w, lead + 1), IN_LEAD, best);
	best_in_text(q, heading, len, IN_HEADING, best);
	name_best(q, w->document, IN_NAME, best);
}

/* How near the terms stand: 1 side by side, less the more words lie between those that are farthest apart in the tightest
 * stretch that has them all. */
static double
nearness(const struct window *w, size_t from, size_t to, uint32_t terms)
{
	size_t counts[QUESTION_TERMS] = {0}, missing = (size_t)__builtin_popcount(terms), wanted = missing;
	size_t tightest = SIZE_MAX, tail = hits_at(w->hits, w->hits_n, from);

	if (missing < 2)
		return 1;
	for (size_t head = tail; head < w->hits_n && w->hits[head].word < to; head++) {
		missing -= counts[w->hits[head].term]++ == 0;
		for (; missing == 0; tail++) {
			size_t span = w->hits[head].word - w->hits[tail].word + 1;

			tightest = span < tightest ? span : tightest;
			missing += --counts[w->hits[tail].term] == 0;
		}
	}
	return tightest == SIZE_MAX || tightest <= wanted ? 1 : exp(-(double)(tightest - wanted) / 20);
}

static double
factor_of_manner(const struct question *q, unsigned manner)
{
	double factor = 1;

	for (size_t i = 0; i < sizeof(tastes) / sizeof(*tastes); i++) {
		double taste = manner & tastes[i].manner ? tastes[i].with : tastes[i].without;

		if (!(q->asks & tastes[i].asks))
			continue;
		if (tastes[i].asks == ASKS_WHO && (q->asks & MODAL)) /* "who may": whoever is told that they may */
			continue;
		/* "How long must ...": it is the number that counts. */
		factor *=
		    (tastes[i].asks & MODAL) && (q->asks & ~(unsigned)(MODAL | ASKS_WHO)) ? (1 + taste) / 2 : taste;
	}
	for (size_t i = 0; i < sizeof(asides) / sizeof(*asides); i++)
		if ((manner & asides[i].manner) && !(q->asks & asides[i].unless))
			factor *= asides[i].factor;
	/* A definition is no duty: "convey" means, "Corresponding Source" for a work is. */
	if ((manner & MANNER_MEANING) && !(manner & (MANNER_DUTY | MANNER_BAN)) && (q->asks & (ASKS_DUTY | ASKS_LEAVE)))
		factor *= 0.8;
	if ((manner & MANNER_WAIVER) && (q->asks & ASKS_DUTY))
		factor *= 0.8;
	return factor;
}

/* An item of a list whose introduction has what is asked for is only part of what is said there. */
static double
factor_of_part(const struct candidate *c)
{
	const struct window *w = c->window;
	uint32_t lead = w->units[c->first].lead, terms = 0;

	if (lead == TEXT_NO_LEAD)
		return 1;
	for (size_t i = hits_at(w->hits, w->hits_n, word_at(w, lead));
	     i < w->hits_n && w->hits[i].word < word_at(w, lead + 1); i++)
		terms |= 1u << w->hits[i].term;
	return (terms & c->terms) == c->terms ? 0.8 : 1;
}

/* What something is, is told by a sentence that begins with it. */
static double
factor_of_subject(const struct question *q, const struct candidate *c, size_t from)
{
	const struct window *w = c->window;

	if (!(q->asks & ASKS_MEANING))
		return 1;
	for (size_t i = hits_at(w->hits, w->hits_n, from); i < w->hits_n && w->hits[i].word < from + SUBJECT_WORDS; i++)
		if (q->terms[w->hits[i].term].weight >= HEAVY)
			return 1;
	return 0.8;
}

/* What stands under a heading that names the subject is about it. */
static double
factor_of_heading(const struct question *q, const struct candidate *c)
{
	double best[QUESTION_TERMS] = {0};
	size_t len;
	const char *heading = window_heading(c->window, c->first, &len);

	if (heading != NULL)
		best_in_text(q, heading, len, 1, best);
	return 0.93 + 0.07 * question_covered(q, best);
}

/* A document that is named after what is asked about is about it. */
static double
factor_of_name(const struct question *q, const struct candidate *c)
{
	double best[QUESTION_TERMS] = {0};

	name_best(q, c->window->document, 1, best);
	for (size_t t = 0; t < q->n; t++)
		if (q->terms[t].weight >= HEAVY && best[t] >= NAMED)
			return 1;
	return 0.9;
}

/* What says little beside what was asked says it clearer than what mentions it. */
static double
factor_of_density(const struct window *w, size_t from, size_t to)
{
	double content = 0, asked = 0;

	for (size_t i = from; i < to; i++)
		content += !(w->words[i].flags & TEXT_STOP);
	for (size_t i = hits_at(w->hits, w->hits_n, from); i < w->hits_n && w->hits[i].word < to; i++)
		asked += w->hits[i].words;
	return asked < DENSE * content ? 0.88 + 0.12 * asked / (DENSE * content) : 1;
}

/* Data and programs are not written for readers. */
static double
factor_of_prose(const struct candidate *c)
{
	const struct window *w = c->window;
	size_t from = w->units[c->first].from, to = w->units[c->last].to, marks = 0;

	for (size_t i = from; i < to; i++)
		marks += strchr("{}[]<>|\\=;\"", w->text[i]) != NULL;
	return marks * NOISE > to - from ? 0.75 : 1;
}

static double
factor_of_place(const struct candidate *c, size_t words)
{
	const struct window *w = c->window;
	const struct text_unit *first = &w->units[c->first], *last = &w->units[c->last];
	double factor = 1;
	size_t len;
	const char *heading = window_heading(w, c->first, &len);

	if (heading != NULL && w->headings[c->first] < HEADING_NONE && heading_is_aside(heading, len))
		factor *= 0.5;
	if (words < SHORT_WORDS)
		factor *= 0.6;
	if (last->lead == TEXT_NO_LEAD) /* a sentence more has to be worth reading */
		factor *= pow(0.98, c->last - c->first);
	if (!last->whole && last->kind == TEXT_SENTENCE)
		factor *= 0.85;
	if (w->text[last->to - 1] == ':') /* what it introduces is missing */
		factor *= 0.85;
	if (!first->first && c->first == c->last && first->kind == TEXT_SENTENCE) /* goes on from something before */
		factor *= words < FEW_WORDS ? 0.88 : 0.97;
	return factor;
}

/* The manner of a quote.  An item lays down what its introduction says that it does. */
static unsigned
manner_of_candidate(const struct candidate *c, size_t from, size_t to)
{
	const struct window *w = c->window;
	unsigned manner = manner_of(w->text, w->units[c->first].from, w->units[c->last].to, w->words + from, to - from);
	uint32_t lead = w->units[c->first].lead;

	if (lead == TEXT_NO_LEAD)
		return manner;
	from = word_at(w, lead);
	to = word_at(w, lead + 1);
	return manner | (manner_of(w->text, w->units[lead].from, w->units[lead].to, w->words + from, to - from) &
			    (MANNER_DUTY | MANNER_LEAVE | MANNER_BAN));
}

void
candidate_score(const struct question *q, struct candidate *c)
{
	const struct window *w = c->window;
	size_t from = word_at(w, c->first), to = word_at(w, c->last + 1);
	double own[QUESTION_TERMS] = {0}, best[QUESTION_TERMS], direct, length;
	unsigned manner;

	hits_best(w->hits, w->hits_n, from, to, 1, own);
	memcpy(best, own, sizeof(best));
	best_around(q, c, best);
	direct = question_covered(q, own);
	c->covers = question_covered(q, best);
	c->terms = c->around = 0;
	for (size_t t = 0; t < q->n; t++) {
		c->terms |= own[t] > 0 ? 1u << t : 0;
		c->around |= best[t] > 0 ? 1u << t : 0;
	}
	manner = manner_of_candidate(c, from, to);
	c->duty = (manner & (MANNER_DUTY | MANNER_BAN)) != 0;
	length = to - from > 90 ? 1 - (double)(to - from - 90) / 400 : 1;
	c->score = pow(c->covers, 2) * (0.5 + 0.5 * (c->covers > 0 ? direct / c->covers : 0));
	c->score *= 0.8 + 0.2 * nearness(w, from, to, c->terms);
	c->score *= factor_of_manner(q, manner) * factor_of_place(c, to - from) * factor_of_part(c);
	c->score *= factor_of_prose(c) * factor_of_density(w, from, to);
	c->score *= factor_of_subject(q, c, from) * factor_of_heading(q, c) * factor_of_name(q, c);
	c->score *= length < 0.7 ? 0.7 : length;
	if (direct <= 0)
		c->score = 0;
}
