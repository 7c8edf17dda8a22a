/*
 * Windows: what stands around the passages that were found.
 *
 * A passage is a paragraph; whether it can be understood alone, what introduces a list item and which heading holds is told
 * by its neighbourhood.  Passages that are near each other share a window.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "research.h"

#define BEFORE   4000 /* bytes */
#define AFTER    2000
#define WINDOWS  40
#define NEAR     1500 /* two windows that are nearer become one */
#define WIDEST   (64 * 1024)
#define PASSAGES 80

struct range {
	const struct passage *passage; /* the first of it */
	size_t from, to;
};

static int
by_place(const void *a, const void *b)
{
	const struct passage *p = a, *o = b;
	int order = strcmp(p->digest, o->digest);

	return order != 0 ? order : (p->from > o->from) - (p->from < o->from);
}

static size_t
ranges_of(struct passages *passages, struct range *ranges)
{
	size_t n = 0;

	if (passages->n == 0)
		return 0;
	if (passages->n > PASSAGES) /* they come best first */
		passages->n = PASSAGES;
	qsort(passages->at, passages->n, sizeof(*passages->at), by_place);
	for (size_t i = 0; i < passages->n; i++) {
		const struct passage *p = &passages->at[i];
		size_t from = p->from > BEFORE ? p->from - BEFORE : 0, to = p->to + AFTER;
		struct range *last = n > 0 ? &ranges[n - 1] : NULL;

		if (last != NULL && strcmp(last->passage->digest, p->digest) == 0 && from <= last->to + NEAR &&
		    to - last->from <= WIDEST)
			last->to = to;
		else
			ranges[n++] = (struct range){p, from, to};
	}
	return n;
}

/* Bytes of the number that a unit begins with, "5" or "5.1"; 0: it begins with none. */
static size_t
number_len(const char *text)
{
	size_t n = 0;

	while (text_digit(text[n]) || (text[n] == '.' && n > 0 && text_digit(text[n + 1])))
		n++;
	return n;
}

/* Does a numbered item begin a section of its own, so that the numbered heading above holds no longer?  "6" does below
 * "5. Title", "5.1" does not. */
static bool
ends_section(const struct window *w, size_t heading, size_t item)
{
	const char *above = w->text + w->units[heading].from, *here = w->text + w->units[item].from;
	size_t n = number_len(above), k = number_len(here);

	return n > 0 && k > 0 && !(k > n && here[n] == '.' && memcmp(above, here, n) == 0);
}

/* Which unit is the heading of each. */
static void
find_headings(struct window *w)
{
	uint32_t heading = HEADING_BEFORE;

	for (size_t i = 0; i < w->units_n; i++) {
		const struct text_unit *unit = &w->units[i];

		if (heading < HEADING_NONE && unit->kind == TEXT_ITEM && unit->first && unit->lead == TEXT_NO_LEAD &&
		    unit->indent <= w->units[heading].indent && ends_section(w, heading, i))
			heading = HEADING_NONE;
		w->headings[i] = heading;
		if (unit->kind == TEXT_HEADING)
			heading = (uint32_t)i;
	}
}

static void
find_first_words(struct window *w)
{
	size_t word = 0;

	for (size_t i = 0; i < w->units_n; i++) {
		while (word < w->words_n && w->words[word].from < w->units[i].from)
			word++;
		w->first_word[i] = (uint32_t)word;
	}
	w->first_word[w->units_n] = (uint32_t)w->words_n;
}

/* Bytes of the gap between paragraphs that begins with this newline: a blank line, or one with what stands for it in
 * control files and comments, " .", " *", "#"; 0: there is none. */
static size_t
gap_here(const char *at, const char *end)
{
	const char *p = at + 1;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p != '\n' && strchr(".*#", *p) != NULL)
		p++;
	return p < end && *p == '\n' ? (size_t)(p + 1 - at) : 0;
}

/* Whole paragraphs alone: what is cut at the ends is left out.  Where no paragraph begins or ends near, what stands at that
 * end is torn. */
static void
trim_ends(struct window *w, bool to_end)
{
	const char *end = w->text + w->len;

	w->torn_begin = w->from > 0;
	w->torn_end = !to_end;
	for (const char *at = w->text; w->torn_begin && at < w->text + w->len / 3; at++) {
		size_t gap = *at == '\n' ? gap_here(at, end) : 0;

		if (gap == 0)
			continue;
		w->from += (size_t)(at - w->text) + gap;
		w->len -= (size_t)(at - w->text) + gap;
		w->text = at + gap;
		w->torn_begin = false;
	}
	for (const char *at = end - 1; w->torn_end && at > w->text + w->len / 3 * 2; at--)
		if (*at == '\n' && gap_here(at, end) > 0) {
			w->len = (size_t)(at - w->text);
			w->torn_end = false;
		}
}

static int
window_read(hospes_ctx *ctx, const struct question *q, const struct range *range, struct window *w)
{
	hospes_value *answer;
	const json_t *text;
	int rc = hospes_document(ctx, "sources", range->passage->digest, range->from, range->to, &answer);

	if (rc != 0)
		return rc;
	text = json_object_get(hospes_json(answer), "text");
	*w = (struct window){.document = range->passage->document,
	    .digest = range->passage->digest,
	    .from = (size_t)hospes_int(answer, "from"),
	    .text = json_string_value(text),
	    .len = json_string_length(text)};
	if (w->text == NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "expected the text of %s, found none", w->document);
	trim_ends(w, hospes_int(answer, "to") >= hospes_int(answer, "bytes"));
	if (range->passage->from <= w->from + BEFORE && range->from > 0)
		w->heading = range->passage->heading;
	w->units_n = text_units(w->text, w->len, &w->units);
	w->words_n = text_words(w->text, w->len, &w->words);
	w->hits_n = question_match(q, w->words, w->words_n, &w->hits);
	w->first_word = need(calloc(w->units_n + 1, sizeof(*w->first_word)));
	w->headings = need(calloc(w->units_n + 1, sizeof(*w->headings)));
	find_headings(w);
	find_first_words(w);
	return 0;
}

int
windows_read(hospes_ctx *ctx, const struct question *q, struct passages *passages, struct windows *ret)
{
	struct range ranges[PASSAGES];
	size_t n = ranges_of(passages, ranges);
	int rc = 0;

	ret->at = need(calloc(n + 1, sizeof(*ret->at)));
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = window_read(ctx, q, &ranges[i], &ret->at[ret->n]);
		ret->n += rc == 0;
	}
	return rc;
}

void
windows_free(struct windows *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->at[i].units);
		free(w->at[i].words);
		free(w->at[i].hits);
		free(w->at[i].first_word);
		free(w->at[i].headings);
	}
	free(w->at);
	*w = (struct windows){0};
}

const char *
window_heading(const struct window *w, size_t unit, size_t *len)
{
	uint32_t heading = w->headings[unit];

	if (heading < HEADING_NONE) {
		*len = w->units[heading].to - w->units[heading].from;
		return w->text + w->units[heading].from;
	}
	*len = heading == HEADING_BEFORE && w->heading != NULL ? strlen(w->heading) : 0;
	return *len > 0 ? w->heading : NULL;
}

/* A term that few units have tells more than one that all have; by a quarter at most, so that what one worker found can be
 * compared with what another one found in other documents. */
void
windows_weigh(const struct windows *w, struct question *q)
{
	double units = 1;
	double with[QUESTION_TERMS] = {0};

	for (size_t i = 0; i < w->n; i++)
		for (size_t u = 0, h = 0; u < w->at[i].units_n; u++, units++) {
			uint32_t seen = 0;

			for (; h < w->at[i].hits_n && w->at[i].hits[h].word < w->at[i].first_word[u + 1]; h++)
				seen |= 1u << w->at[i].hits[h].term;
			for (size_t t = 0; t < q->n; t++)
				with[t] += (seen >> t) & 1;
		}
	for (size_t t = 0; t < q->n; t++)
		q->terms[t].weight *= 0.75 + 0.5 * log((units + 1) / (with[t] + 1)) / log(units + 1);
}
