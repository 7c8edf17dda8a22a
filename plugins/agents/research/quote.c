/*
 * What might be quoted: a sentence with a hit, alone, with the one after it, with the one before it; a list item, alone and
 * with what introduces it; what introduces a list, with the items that fit behind it.
 */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "research.h"

static bool
is_text(const struct text_unit *unit)
{
	return unit->kind == TEXT_SENTENCE || unit->kind == TEXT_ITEM;
}

static void
try(const struct question *q, const struct window *w, size_t first, size_t last, struct candidates *ret)
{
	struct candidate c = {.window = w, .first = (uint32_t)first, .last = (uint32_t)last};

	if (last > first && w->units[last].to - w->units[first].from > QUOTE_MAX)
		return;
	if ((first == 0 && w->torn_begin) || (last + 1 == w->units_n && w->torn_end))
		return;
	candidate_score(q, &c);
	if (c.score <= 0)
		return;
	if (ret->n == ret->room) {
		ret->room = ret->room == 0 ? 64 : 2 * ret->room;
		ret->at = need(realloc(ret->at, ret->room * sizeof(*ret->at)));
	}
	ret->at[ret->n++] = c;
}

/* Does something in the list that begins behind unit `u` have it as its lead? */
static bool
leads(const struct window *w, size_t u)
{
	return u + 1 < w->units_n && w->units[u + 1].lead == u;
}

/* What introduces a list is quoted with whole items behind it, as many as fit, at least one. */
static void
try_list(const struct question *q, const struct window *w, size_t u, struct candidates *ret)
{
	size_t last = u;

	for (size_t i = u + 1; i < w->units_n && is_text(&w->units[i]) && w->units[i].lead != TEXT_NO_LEAD; i++) {
		bool ends_item = i + 1 == w->units_n || w->units[i + 1].block != w->units[i].block;

		if (w->units[i].to - w->units[u].from > QUOTE_MAX)
			break;
		if (ends_item)
			last = i;
	}
	try(q, w, u, last, ret);
}

static bool
is_signature(const struct window *w, size_t u)
{
	return w->units[u].kind == TEXT_RULE && strncmp(w->text + w->units[u].from, "-- ", 3) == 0;
}

/* Who did it, and when, stands below the list that tells it. */
static void
try_signed(const struct question *q, const struct window *w, size_t u, struct candidates *ret)
{
	size_t last = u + 1;

	if (!(q->asks & (ASKS_DATE | ASKS_WHO)))
		return;
	while (last < w->units_n && w->units[last].kind != TEXT_HEADING && !is_signature(w, last))
		last++;
	if (last < w->units_n && is_signature(w, last))
		try(q, w, u, last, ret);
}

static bool
has_hit(const struct window *w, size_t u)
{
	size_t hit = hits_at(w->hits, w->hits_n, w->first_word[u]);

	return hit < w->hits_n && w->hits[hit].word < w->first_word[u + 1];
}

static bool
points_back(const struct window *w, size_t u)
{
	size_t from = w->first_word[u], to = w->first_word[u + 1];

	return (manner_of(w->text, w->units[u].from, w->units[u].to, w->words + from, to - from) & MANNER_BACK) != 0;
}

/* Does unit `u` go on from the one before it, in the same paragraph, with something of the question or of what it says? */
static bool
goes_on(const struct window *w, size_t u)
{
	return u > 0 && u < w->units_n && w->units[u].block == w->units[u - 1].block && is_text(&w->units[u - 1]) &&
	       (points_back(w, u) || (has_hit(w, u) && has_hit(w, u - 1)));
}

static void
try_around(const struct question *q, const struct window *w, size_t u, struct candidates *ret)
{
	const struct text_unit *unit = &w->units[u];

	if (leads(w, u)) {
		try_list(q, w, u, ret);
		return;
	}
	try(q, w, u, u, ret);
	for (size_t last = u + 1; last <= u + 2 && goes_on(w, last) && !leads(w, last); last++)
		try(q, w, u, last, ret);
	if (goes_on(w, u) && !has_hit(w, u - 1)) /* else it was tried from there */
		try(q, w, u - 1, u, ret);
	if (unit->lead != TEXT_NO_LEAD)
		try(q, w, unit->lead, u, ret);
	if (unit->first)
		try_signed(q, w, u, ret);
}

void
candidates_find(const struct question *q, const struct windows *windows, struct candidates *ret)
{
	for (size_t i = 0; i < windows->n; i++) {
		const struct window *w = &windows->at[i];

		for (size_t u = 0; u < w->units_n; u++)
			if (is_text(&w->units[u]) && has_hit(w, u))
				try_around(q, w, u, ret);
	}
}
