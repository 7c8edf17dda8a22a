/*
 * Numbers and dates: each that the claim says has to be in a quote, with its unit.
 *
 * "15 minutes" is neither "15 hours" nor "50 minutes"; "at most 8" is not "at least 8"; "June 2007" is borne out by "29 June
 * 2007".  What is a name rather than a quantity, "5.10" of a version, is compared as it is written.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/statement.h"
#include "support.h"

#define AMOUNTS 24u /* of a sentence; what is beyond them is still compared as a bare number */
#define DATES   12u
#define TOLD    80u /* bytes */

struct sentence {
	struct token *tokens;
	size_t n;
	struct amount amounts[AMOUNTS];
	size_t n_amounts;
	struct date dates[DATES];
	size_t n_dates;
};

struct figures {
	char *text;
	struct sentence *of;
	size_t n;
};

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

struct figures *
figures_read(const char *text)
{
	struct figures *figures = need(calloc(1, sizeof(*figures)));
	const char *end;

	figures->text = need(strdup(text));
	end = figures->text + strlen(figures->text);
	for (const char *at = figures->text; at < end;) {
		const char *next = text_sentence_end(at, end);
		struct sentence *s;

		figures->of = need(realloc(figures->of, (figures->n + 1) * sizeof(*figures->of)));
		s = &figures->of[figures->n++];
		s->n = tokens_read(at, (size_t)(next - at), &s->tokens);
		s->n_dates = dates_read(s->tokens, s->n, s->dates, DATES);
		s->n_amounts = amounts_read(s->tokens, s->n, s->amounts, AMOUNTS);
		for (at = next; at < end && text_space(*at);)
			at++;
	}
	return figures;
}

void
figures_free(struct figures **figures)
{
	if (*figures == NULL)
		return;
	for (size_t i = 0; i < (*figures)->n; i++)
		free((*figures)->of[i].tokens);
	free((*figures)->of);
	free((*figures)->text);
	free(*figures);
	*figures = NULL;
}

static void
told(char out[TOLD], const struct sentence *s, size_t from, size_t to)
{
	tokens_told(out, TOLD, s->tokens + from, s->tokens + to);
}

/* ---- Bare numbers ------------------------------------------------------------------------------------------------ */

/* A word with a digit in it, which is a number or the name of a version: "98", "3.0.1", "1.18". */
static bool
is_figure(const struct token *t)
{
	return t->number || strpbrk(t->word, "0123456789") != NULL;
}

static bool
is_dotted(const struct token *t)
{
	return text_digit(*t->word) && strchr(t->word, '.') != NULL;
}

/* "5.10" is not "5.1", and "1,400" is "1400". */
static bool
same_figure(const struct token *a, const struct token *b)
{
	if (a->number != b->number)
		return false;
	if (!a->number || is_dotted(a) || is_dotted(b))
		return strcmp(a->word, b->word) == 0;
	return a->value == b->value;
}

static bool
has_figure(const struct figures *figures, const struct token *t)
{
	for (size_t i = 0; i < figures->n; i++)
		for (size_t k = 0; k < figures->of[i].n; k++)
			if (is_figure(&figures->of[i].tokens[k]) && same_figure(t, &figures->of[i].tokens[k]))
				return true;
	return false;
}

/* "One" is a pronoun as often as a number. */
static bool
is_pronoun(const struct token *t)
{
	return strcmp(t->word, "one") == 0;
}

/* The figure of the quotes that the claim's was perhaps made of; "" when they have none. */
static void
other_figure(const struct figures *quotes, char out[TOLD])
{
	*out = '\0';
	for (size_t i = 0; i < quotes->n && *out == '\0'; i++)
		for (size_t k = 0; k < quotes->of[i].n && *out == '\0'; k++)
			if (is_figure(&quotes->of[i].tokens[k]) && !is_pronoun(&quotes->of[i].tokens[k]))
				told(out, &quotes->of[i], k, k + 1);
}

static bool
tell(struct support_verdict *verdict, const char *says, const char *other)
{
	if (*other == '\0')
		return support_tell(
		    verdict, SUPPORT_NUMBER, "the claim says %s, of which the quotes have nothing", says);
	return support_tell(verdict, SUPPORT_NUMBER, "the claim says %s, the quote says %s", says, other);
}

/* Numbers that are part of neither an amount nor a date. */
static bool
bare_hold(const struct sentence *s, const struct figures *quotes, struct support_verdict *verdict)
{
	char says[TOLD], other[TOLD];

	for (size_t i = 0; i < s->n; i++) {
		const struct token *t = &s->tokens[i];

		if (t->use == TOKEN_AMOUNT || t->use == TOKEN_DATE || !is_figure(t) || is_pronoun(t) ||
		    (!t->number && !text_digit(*t->word)) || has_figure(quotes, t))
			continue;
		told(says, s, i, i + 1);
		other_figure(quotes, other);
		return tell(verdict, says, other);
	}
	return true;
}

/* ---- Amounts ----------------------------------------------------------------------------------------------------- */

static bool
is_quantity(const struct amount *a)
{
	return a->dimension != 'c' && a->dimension != 'L';
}

/* Of one kind, so that they can be held against each other; what is counted may have another name. */
static bool
is_like(const struct amount *a, const struct amount *b)
{
	if (!is_quantity(a) && !is_quantity(b))
		return (a->per > 0) == (b->per > 0);
	return amount_comparable(a, b);
}

static bool
opposed_bounds(const struct amount *a, const struct amount *b)
{
	return (a->bound == AMOUNT_LEAST && b->bound == AMOUNT_MOST) ||
	       (a->bound == AMOUNT_MOST && b->bound == AMOUNT_LEAST);
}

/* Are all numbers of the amount in the quotes, and is it no quantity there of another unit? */
static bool
has_numbers(const struct sentence *s, const struct amount *a, const struct figures *quotes)
{
	for (size_t i = a->token; i < a->end; i++)
		if (is_figure(&s->tokens[i]) && !is_pronoun(&s->tokens[i]) && !has_figure(quotes, &s->tokens[i]))
			return false;
	for (size_t i = 0; i < quotes->n && is_quantity(a); i++)
		for (size_t k = 0; k < quotes->of[i].n_amounts; k++)
			if (is_quantity(&quotes->of[i].amounts[k]))
				return false;
	return true;
}

struct match {
	bool same, turned;
	char other[TOLD]; /* the nearest that is not the same */
};

static void
match_amount(const struct sentence *s, const struct amount *a, const struct figures *quotes, struct match *ret)
{
	double nearest = INFINITY;

	for (size_t i = 0; i < quotes->n; i++)
		for (size_t k = 0; k < quotes->of[i].n_amounts; k++) {
			const struct amount *b = &quotes->of[i].amounts[k];
			bool like = is_like(a, b), equal = like && amount_equal(a, b);
			double far = like ? fabs(log((fabs(a->low) + 1e-9) / (fabs(b->low) + 1e-9))) : 1e9;

			if (equal && !is_quantity(a) && !has_numbers(s, a, quotes))
				equal = false; /* 5.10 for 5.1 */
			if (equal && !opposed_bounds(a, b)) {
				ret->same = true;
				ret->turned = false;
				return;
			}
			ret->turned = ret->turned || equal;
			if (far < nearest) {
				nearest = far;
				told(ret->other, &quotes->of[i], b->token, b->end);
			}
			ret->same = ret->same || equal;
		}
}

static bool
amount_holds(const struct sentence *s, const struct amount *a, const struct figures *quotes,
    struct support_verdict *verdict, bool *turned, char *why)
{
	struct match match = {.other = ""};
	char says[TOLD];

	if (a->end == a->token + 1 && is_pronoun(&s->tokens[a->token]))
		return true;
	match_amount(s, a, quotes, &match);
	told(says, s, a->token, a->end);
	if (match.turned && *why == '\0') {
		*turned = true;
		(void)snprintf(why, SUPPORT_WHY, "the claim says %s, the quote says %s", says, match.other);
	}
	if (match.same || has_numbers(s, a, quotes))
		return true;
	if (*match.other == '\0')
		other_figure(quotes, match.other);
	return tell(verdict, says, match.other);
}

/* ---- Dates ------------------------------------------------------------------------------------------------------- */

static bool
date_within(const struct date *claim, const struct date *quote)
{
	return (claim->year == 0 || claim->year == quote->year) &&
	       (claim->month == 0 || claim->month == quote->month) && (claim->day == 0 || claim->day == quote->day) &&
	       (claim->weekday == 0 || claim->weekday == quote->weekday);
}

static bool
date_holds(
    const struct sentence *s, const struct date *date, const struct figures *quotes, struct support_verdict *verdict)
{
	char says[TOLD], other[TOLD] = "";

	for (size_t i = 0; i < quotes->n; i++)
		for (size_t k = 0; k < quotes->of[i].n_dates; k++) {
			if (date_within(date, &quotes->of[i].dates[k]))
				return true;
			if (*other == '\0')
				told(other, &quotes->of[i], quotes->of[i].dates[k].token, quotes->of[i].dates[k].end);
		}
	if (date->month == 0 && date->weekday == 0 && has_figure(quotes, &s->tokens[date->token]))
		return true;
	told(says, s, date->token, date->end);
	if (*other == '\0')
		other_figure(quotes, other);
	return tell(verdict, says, other);
}

bool
figures_hold(
    const struct figures *claim, const struct figures *quotes, struct support_verdict *verdict, bool *turned, char *why)
{
	for (size_t i = 0; i < claim->n; i++) {
		const struct sentence *s = &claim->of[i];

		for (size_t k = 0; k < s->n_dates; k++)
			if (!date_holds(s, &s->dates[k], quotes, verdict))
				return false;
		for (size_t k = 0; k < s->n_amounts; k++)
			if (!amount_holds(s, &s->amounts[k], quotes, verdict, turned, why))
				return false;
		if (!bare_hold(s, quotes, verdict))
			return false;
	}
	return true;
}
