/*
 * Do two statements contradict each other?
 *
 * First, are they about one thing: most of what either says, its subject above all, is in the other, neither has a subject,
 * a condition, a name or a label in the place of the other's, and amounts and dates that are not in question agree.
 * Then, exactly one kind of number, date or mood differs so that not both can be true.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "statement.h"

#define HEAD      1.6  /* weight of a term of the subject */
#define ALIKE     0.55 /* share of the terms that is in both */
#define SURE      0.72 /* the same, where each has a word that the other has not */
#define FEW       3    /* terms in common; of fewer, nearly all have to be */
#define OF_FEW    0.8
#define QUALIFIED 0.85 /* the same, where one has a word right before a common one: "reserve tank" */
#define DEMANDS   0.6  /* the same, for moods, where less tells that it is the same act */

struct likeness {
	double share;
	size_t shared, alone_a, alone_b;
	size_t act_a, act_b;       /* of those, behind the verb */
	bool same;                 /* one subject, as far as this can tell */
	bool flipped;              /* an odd number of words in one is the opposite of those in the other */
	bool met[STATEMENT_TERMS]; /* terms of a that b has */
};

/* ---- One subject? ------------------------------------------------------------------------------------------------ */

/* "Before payment" is not "after payment", and "if paid" is not "paid". */
static bool
other_condition(const struct term *a, const struct term *b)
{
	return a->condition != b->condition &&
	       ((a->condition != 0 && b->condition != 0) || is_condition(a->token) || is_condition(b->token));
}

static const struct term *
term_in(const struct statement *s, const struct term *t)
{
	const struct term *found = NULL;

	for (size_t i = 0; i < s->n_terms; i++) {
		const struct term *o = &s->terms[i];

		if (o->stem != t->stem || other_condition(o, t))
			continue;
		if (o->denied == t->denied)
			return o;
		found = o;
	}
	return found;
}

/* The same word with un- or the like before it. */
static const struct term *
opposite_in(const struct statement *s, const struct term *t)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if ((t->opposite != 0 && s->terms[i].stem == t->opposite) ||
		    (s->terms[i].opposite != 0 && s->terms[i].opposite == t->stem))
			return &s->terms[i];
	return NULL;
}

static double
weight(const struct term *t)
{
	return t->head ? HEAD : 1;
}

struct alone {
	size_t n, head, condition, proper, label, act;
	size_t other;    /* the opposite stands in the subject or in a condition */
	size_t modifier; /* stands right before a word of both: "reserve tank" and "tank" */
};

static bool
is_first(const struct statement *s, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (s->terms[k].stem == s->terms[i].stem)
			return false;
	return true;
}

/* Does the term stand right before one that b has? */
static bool
modifies(const struct statement *a, size_t i, const struct statement *b)
{
	return i + 1 < a->n_terms && a->terms[i + 1].place == a->terms[i].place + 1 && !a->terms[i].token->stop &&
	       term_in(b, &a->terms[i + 1]) != NULL;
}

/* What a says that b does not. */
static double
compare(
    const struct statement *a, const struct statement *b, struct alone *alone, bool *met, size_t *shared, bool *flipped)
{
	double both = 0;

	for (size_t i = 0; i < a->n_terms; i++) {
		const struct term *t = &a->terms[i], *other = term_in(b, t);
		bool opposed = false;

		if (other == NULL) {
			other = opposite_in(b, t);
			opposed = other != NULL;
		}
		if (met != NULL)
			met[i] = other != NULL;
		if (other != NULL) {
			both += weight(t);
			*shared += is_first(a, i);
			/* "Disabled cookies" are other cookies; of "cookies are disabled" it is said. */
			if (opposed || t->denied != other->denied)
				*flipped = !*flipped;
			alone->other += (opposed || t->denied != other->denied) && (t->head || t->condition != 0);
			continue;
		}
		alone->n++;
		alone->head += t->head && t->condition == 0;
		alone->act += !t->head;
		alone->condition += t->condition != 0;
		alone->proper += t->proper;
		alone->label += t->label;
		alone->modifier += modifies(a, i, b);
	}
	return both;
}

static double
total(const struct statement *s)
{
	double all = 0;

	for (size_t i = 0; i < s->n_terms; i++)
		all += weight(&s->terms[i]);
	return all;
}

/* Does the same preposition lead to other things in each: "a fee for support" and "a fee for the package"? */
static bool
other_objects(const struct statement *a, const struct statement *b)
{
	for (size_t i = 0; i < a->n_terms; i++) {
		bool both = false, same = false;

		for (size_t k = 0; k < b->n_terms && a->terms[i].object != 0; k++)
			both = both || b->terms[k].object == a->terms[i].object;
		for (size_t k = 0; k < b->n_terms && both && !same; k++)
			for (size_t m = 0; m < a->n_terms && !same; m++)
				same = a->terms[m].object == a->terms[i].object &&
				       b->terms[k].object == a->terms[i].object && a->terms[m].stem == b->terms[k].stem;
		if (both && !same)
			return true;
	}
	return false;
}

static void
likeness(const struct statement *a, const struct statement *b, struct likeness *ret)
{
	struct alone x = {0}, y = {0};
	size_t shared = 0;
	bool flipped = false;
	double both;

	*ret = (struct likeness){0};
	both = compare(a, b, &x, ret->met, &ret->shared, &ret->flipped);
	both += compare(b, a, &y, NULL, &shared, &flipped);
	ret->alone_a = x.n;
	ret->alone_b = y.n;
	ret->act_a = x.act;
	ret->act_b = y.act;
	ret->share = both / (total(a) + total(b));
	ret->same = ret->share >= (x.n > 0 && y.n > 0 ? SURE : ALIKE) && !(x.head > 0 && y.head > 0) &&
		    x.condition == 0 && y.condition == 0 && x.label == 0 && y.label == 0 &&
		    !(x.proper > 0 && y.proper > 0) && !a->leans && !b->leans && a->conditional == b->conditional &&
		    x.other == 0 && ret->shared > 1 && !other_objects(a, b) &&
		    ((x.modifier == 0 && y.modifier == 0) || ret->share >= QUALIFIED);
}

/* ---- What differs? ----------------------------------------------------------------------------------------------- */

struct difference {
	size_t numbers, dates;
	const struct amount *a, *b; /* the first that differ */
	const struct date *from, *to;
};

static bool
said_by(const struct statement *s, const struct amount *amount)
{
	for (size_t i = 0; i < s->n_amounts; i++)
		if (amount_comparable(&s->amounts[i], amount) && amount_equal(&s->amounts[i], amount))
			return true;
	return false;
}

/* Amounts of one dimension that are not in both, paired in the order in which they stand. */
static void
differ_numbers(const struct statement *a, const struct statement *b, struct difference *ret)
{
	bool taken[STATEMENT_AMOUNTS] = {0};

	for (size_t i = 0; i < a->n_amounts; i++) {
		if (said_by(b, &a->amounts[i]))
			continue;
		if (a->amounts[i].conditional) {
			ret->numbers += 2; /* another case */
			continue;
		}
		for (size_t k = 0; k < b->n_amounts; k++) {
			if (taken[k] || said_by(a, &b->amounts[k]) ||
			    !amount_comparable(&a->amounts[i], &b->amounts[k]))
				continue;
			taken[k] = true;
			if (amount_conflicts(&a->amounts[i], &b->amounts[k]) && ret->numbers++ == 0) {
				ret->a = &a->amounts[i];
				ret->b = &b->amounts[k];
			}
			break;
		}
	}
}

static void
differ_dates(const struct statement *a, const struct statement *b, struct difference *ret)
{
	size_t n = a->n_dates < b->n_dates ? a->n_dates : b->n_dates;

	for (size_t i = 0; i < n; i++)
		if (date_conflicts(&a->dates[i], &b->dates[i]) && ret->dates++ == 0) {
			ret->from = &a->dates[i];
			ret->to = &b->dates[i];
		}
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

static void
put_tokens(char *out, size_t size, const struct token *tokens, size_t from, size_t to)
{
	const char *begin = tokens[from].at, *end = tokens[to - 1].at + tokens[to - 1].len;
	size_t n = 0;

	if (tokens[from].before != 0 && begin[-1] == tokens[from].before)
		begin--;
	if (*end == '%')
		end++;
	for (const char *c = begin; c < end && n + 1 < size; c++)
		if (!text_space(*c) || (n > 0 && out[n - 1] != ' '))
			out[n++] = text_space(*c) ? ' ' : *c;
	out[n] = '\0';
}

static void
put_subject(const struct statement *a, const struct likeness *like, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < a->n_terms; i++) {
		const struct token *t = a->terms[i].token;

		if (!like->met[i] || n + t->len + 2 > size)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%.*s", n > 0 ? " " : "", (int)t->len, t->at);
	}
}

static const char *
mood_name(uint8_t mood)
{
	static const char *const names[] = {"is", "is not", "must", "should", "must not", "may", "need not"};

	return names[mood];
}

/* ---- Contradictions ---------------------------------------------------------------------------------------------- */

static bool
is_act(const struct statement *s, uint32_t stem)
{
	for (size_t i = 0; i < s->n_terms && stem != 0; i++)
		if (s->terms[i].stem == stem && !s->terms[i].head)
			return true;
	return false;
}

static bool
denies(uint8_t mood)
{
	return mood == MOOD_IS_NOT || mood == MOOD_MUST_NOT || mood == MOOD_NEED_NOT;
}

/* A plain statement denies another where what it denies is a word of both. */
static bool
moods_differ(const struct statement *a, const struct statement *b, const struct likeness *like)
{
	uint8_t x = a->mood, y = b->mood;

	if (like->flipped) {
		if (x == MOOD_IS || x == MOOD_IS_NOT)
			x = x == MOOD_IS ? MOOD_IS_NOT : MOOD_IS;
		else
			return false;
	}
	/* What is denied has to be what the other says, not something beside it. */
	if ((denies(a->mood) && like->act_a > 0) || (denies(b->mood) && like->act_b > 0))
		return false;
	/* "Follow links" tells the reader, or a program, what to do; "links are not followed" tells what is. */
	if ((x == MOOD_IS && is_act(b, a->first)) || (y == MOOD_IS && is_act(a, b->first)))
		return false;
	return mood_conflicts(x, y) && like->share >= DEMANDS && (like->alone_a == 0 || like->alone_b == 0);
}

/* The one kind that differs; none where more than one does: then it is of something else. */
static enum conflict_kind
kind_of(
    const struct statement *a, const struct statement *b, const struct likeness *like, const struct difference *diff)
{
	bool moods = moods_differ(a, b, like);

	if (diff->numbers + diff->dates > 1 || (diff->numbers + diff->dates == 1 && (moods || like->flipped)))
		return CONFLICT_NONE;
	if (diff->numbers == 1)
		return a->n_dates == b->n_dates ? CONFLICT_NUMBER : CONFLICT_NONE; /* "in 2021" is a condition */
	if (diff->dates == 1)
		return CONFLICT_DATE;
	return moods ? CONFLICT_MODALITY : CONFLICT_NONE;
}

static void
statement_conflict(const struct statement *a, const struct statement *b, struct conflict *ret)
{
	struct likeness like;
	struct difference diff = {0};
	char one[100], other[100];

	ret->kind = CONFLICT_NONE;
	if ((a->mask & b->mask) == 0)
		return;
	likeness(a, b, &like);
	if (!like.same)
		return;
	differ_numbers(a, b, &diff);
	differ_dates(a, b, &diff);
	ret->kind = kind_of(a, b, &like, &diff);
	if (ret->kind == CONFLICT_NONE)
		return;
	if (ret->kind == CONFLICT_NUMBER) {
		put_tokens(one, sizeof(one), a->tokens, diff.a->token, diff.a->end);
		put_tokens(other, sizeof(other), b->tokens, diff.b->token, diff.b->end);
	} else if (ret->kind == CONFLICT_DATE) {
		put_tokens(one, sizeof(one), a->tokens, diff.from->token, diff.from->end);
		put_tokens(other, sizeof(other), b->tokens, diff.to->token, diff.to->end);
	} else {
		(void)snprintf(one, sizeof(one), "%s", mood_name(a->mood));
		(void)snprintf(other, sizeof(other), "%s", mood_name(b->mood));
	}
	ret->sure = like.share;
	ret->from[0] = a->from;
	ret->to[0] = a->to;
	ret->from[1] = b->from;
	ret->to[1] = b->to;
	put_subject(a, &like, ret->subject, sizeof(ret->subject));
	(void)snprintf(ret->why, sizeof(ret->why), "one says \"%s\", the other \"%s\"", one, other);
}

void
conflict_find(const struct statements *a, const struct statements *b, struct conflict *ret)
{
	*ret = (struct conflict){.kind = CONFLICT_NONE};
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++) {
			struct conflict one;

			statement_conflict(&a->of[i], &b->of[k], &one);
			if (one.kind != CONFLICT_NONE && one.sure > ret->sure)
				*ret = one;
		}
}

const char *
conflict_name(enum conflict_kind kind)
{
	static const char *const names[] = {"none", "number", "date", "modality"};

	return names[kind];
}
