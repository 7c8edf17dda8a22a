/*
 * Reading a question.
 *
 * Function words tell the kind of answer that is wanted; what is left are the terms.  Words that say little of the
 * subject in a question ("use", "need", "happen") count little.  Names, numbers and what stands in quotes count more.
 */

#include "common/need.h"
#include "common/question.h"

#include <stdlib.h>
#include <string.h>

#define LIGHT 0.35
#define NAME  1.3

struct kind {
	const char *words; /* stems, with a space between and at both ends */
	unsigned asks;
};

static bool
is_among(const char *stem, const char *list)
{
	size_t len = strlen(stem);

	for (const char *at = strstr(list, stem); len > 0 && at != NULL; at = strstr(at + 1, stem))
		if (at > list && at[-1] == ' ' && at[len] == ' ')
			return true;
	return false;
}

/* Words that nearly any question may have, whatever it is about. */
static const char light[] =
    " us make made need want wish work happen mean kind type wai exampl peopl person user someon need "
    "possibl "
    "avail find know exist requir permit oblig forbid forbidden prohibit allow mandatori necessari state appli concern "
    "regard relat respons dut duti anyth thing noth certain differ specif particular like take do done happen becom "
    "come "
    "look list name call answer question question explain describ inform detail document sourc file text manual page ";

/* "What was changed", "what is new": asks for anything. */
static const char news[] = " chang new happen differ contain cover describ ";

/* Words that are said of the kind of answer only, wherever in the question they stand. */
static const struct kind anywhere[] = {
    {" must shall have-to need requir oblig oblige mandatori necessari duti duty condit ", ASKS_DUTY},
    {" mai allow permit permiss forbid forbidden prohibit can ", ASKS_LEAVE},
    {" why reason ", ASKS_WHY},
    {" mean defin definit ", ASKS_MEANING},
};

/* What the question begins with, up to two words. */
static const struct kind beginnings[] = {
    {" how-mani how-much how-long how-often how-larg how-big how-old how-far how-fast ", ASKS_NUMBER},
    {" how-do how-doe how-can how-to how-should how-could how-is how-ar how-would ", ASKS_HOW},
    {" when what-date what-year what-dai which-year sinc-when until-when ", ASKS_DATE},
    {" who whom whose which-person ", ASKS_WHO},
    {" where ", ASKS_WHERE},
    {" what-is what-ar what-wa ", ASKS_MEANING},
};

static unsigned
kind_of(const char *stem, const struct kind *kinds, size_t n)
{
	unsigned asks = 0;

	for (size_t i = 0; i < n; i++)
		if (is_among(stem, kinds[i].words))
			asks |= kinds[i].asks;
	return asks;
}

/* Function words are compared as they are stemmed: "does" is "doe". */
static unsigned
asks_of(const struct text_word *words, size_t n)
{
	unsigned asks = 0;

	for (size_t i = 0; i < n; i++) {
		char pair[2 * TEXT_STEM + 1] = "";

		asks |= kind_of(words[i].stem, anywhere, sizeof(anywhere) / sizeof(*anywhere));
		if (i + 1 < n)
			(void)stpcpy(stpcpy(stpcpy(pair, words[i].stem), "-"), words[i + 1].stem);
		asks |= kind_of(pair, anywhere, sizeof(anywhere) / sizeof(*anywhere));
		if (i > 0)
			continue;
		asks |= kind_of(words[i].stem, beginnings, sizeof(beginnings) / sizeof(*beginnings));
		asks |= kind_of(pair, beginnings, sizeof(beginnings) / sizeof(*beginnings));
	}
	if (asks & ASKS_DUTY) /* "what must": not leave, which "can" alone would be taken for */
		asks &= ~(unsigned)ASKS_LEAVE;
	if (asks & (ASKS_HOW | ASKS_DUTY | ASKS_LEAVE)) /* "how can I", "what is required" */
		asks &= ~(unsigned)(ASKS_MEANING | (asks & ASKS_HOW ? ASKS_LEAVE : 0));
	return asks;
}

/* What lies behind the end of a stem may be anything. */
static bool
is_form(const struct form *form, const char (*stems)[TEXT_STEM], size_t n)
{
	if (form->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(form->stems[i], stems[i]) != 0)
			return false;
	return true;
}

void
term_add_form(struct term *term, const char (*stems)[TEXT_STEM], size_t n, double worth)
{
	struct form *forms;

	for (size_t i = 0; i < term->forms_n; i++)
		if (is_form(&term->forms[i], stems, n))
			return;
	forms = need(realloc(term->forms, (term->forms_n + 1) * sizeof(*forms)));
	term->forms = forms;
	forms[term->forms_n] = (struct form){.n = (uint8_t)n, .worth = (float)worth};
	for (size_t i = 0; i < n; i++)
		strcpy(forms[term->forms_n].stems[i], stems[i]);
	term->forms_n++;
}

/* Is it part of how the question asks, "how long", "what year"? */
static bool
is_asking(const struct text_word *words, size_t i)
{
	static const char after_how[] = " mani much long often larg big old far fast high deep wide small ";
	static const char after_what[] = " date year dai time kind sort type person ";

	if (i == 0)
		return false;
	if (strcmp(words[i - 1].stem, "how") == 0)
		return is_among(words[i].stem, after_how);
	return is_among(words[i - 1].stem, " what which ") && is_among(words[i].stem, after_what);
}

static void
add_term(struct question *q, const char *text, const struct text_word *word, bool first)
{
	struct term *term;
	char stem[1][TEXT_STEM] = {""};
	size_t len = word->len < sizeof(term->word) ? word->len : sizeof(term->word) - 1;

	for (size_t i = 0; i < q->n; i++)
		if (strcmp(q->terms[i].forms[0].stems[0], word->stem) == 0)
			return;
	if (q->n == QUESTION_TERMS || word->stem[0] == '\0')
		return;
	term = &q->terms[q->n++];
	*term = (struct term){.weight = 1};
	for (size_t i = 0; i < len; i++)
		term->word[i] = text_lower(text[word->from + i]);
	(void)stpcpy(stem[0], word->stem);
	term->name = (word->flags & (TEXT_NUMBER | TEXT_UPPER)) != 0 || (!first && (word->flags & TEXT_CAPITAL) != 0);
	if (term->name)
		term->weight = NAME;
	else if (is_among(word->stem, light))
		term->weight = LIGHT;
	term_add_form(term, stem, 1, 1);
}

void
question_read(struct question *q, const char *text, const char *synonyms)
{
	struct text_word *words;
	size_t n = text_words(text, strlen(text), &words), shouted = 0;

	*q = (struct question){0};
	q->asks = asks_of(words, n);
	for (size_t i = 0; i < n; i++)
		shouted += (words[i].flags & TEXT_CAPITAL) != 0;
	for (size_t i = 0; i < n; i++) {
		size_t before = q->n;

		if (shouted * 2 > n) /* capitals tell nothing where all is written in them */
			words[i].flags &= (uint8_t) ~(TEXT_CAPITAL | TEXT_UPPER);
		if (!(words[i].flags & TEXT_STOP) && !is_asking(words, i))
			add_term(q, text, &words[i], i == 0);
		if (q->n > before && i > 0 && i <= 3 && strcmp(words[0].stem, "what") == 0 &&
		    is_among(words[i].stem, news))
			q->terms[before].weight = LIGHT;
	}
	if (q->n == 0) /* nothing but function words: then those are what there is */
		for (size_t i = 0; i < n; i++)
			add_term(q, text, &words[i], true);
	free(words);
	synonyms_add(q, synonyms);
	irregular_add(q);
}

void
question_free(struct question *q)
{
	for (size_t i = 0; i < q->n; i++)
		free(q->terms[i].forms);
	*q = (struct question){0};
}
