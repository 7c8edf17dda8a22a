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

#include "conflict.h"

#define HEAD      1.6  /* weight of a term of the subject */
#define ALIKE     0.55 /* share of the terms that is in both */
#define SURE      0.72 /* the same, where each has a word that the other has not */
#define FEW       3    /* terms in common; of fewer, nearly all have to be */
#define OF_FEW    0.8
#define QUALIFIED 0.85 /* the same, where one has a word right before a common one: "reserve tank" */
#define DEMANDS   0.6  /* the same, for moods, where less tells that it is the same act */

/* What one statement has of another: its terms that the other has as well, and those that it has alone. */
struct side {
	double both; /* weight of the terms that both have */
	size_t shared;
	bool met[STATEMENT_TERMS];
	bool flipped;                         /* an odd number of them says the opposite of the other's */
	const struct term *flip, *flip_other; /* the first of these */
	/* alone: */
	size_t n, head, act, condition, proper, label;
	size_t modifier; /* stands right before a word of both: "reserve tank" and "tank" */
	size_t other;    /* the opposite stands in the subject or in a condition */
};

struct likeness {
	struct side a, b;
	double share; /* of the terms' weight that is in both */
	bool same;    /* one subject, as far as this can tell */
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

static void
add_alone(const struct statement *a, size_t i, const struct statement *b, struct side *side)
{
	const struct term *t = &a->terms[i];

	side->n++;
	side->head += t->head && t->condition == 0;
	side->act += !t->head;
	side->condition += t->condition != 0;
	side->proper += t->proper;
	side->label += t->label;
	side->modifier += modifies(a, i, b);
}

static void
add_flip(const struct term *t, const struct term *other, struct side *side)
{
	side->flipped = !side->flipped;
	/* "Disabled cookies" are other cookies; of "cookies are disabled" it is said. */
	side->other += t->head || t->condition != 0;
	if (side->flip == NULL) {
		side->flip = t;
		side->flip_other = other;
	}
}

static void
compare(const struct statement *a, const struct statement *b, struct side *side)
{
	for (size_t i = 0; i < a->n_terms; i++) {
		const struct term *t = &a->terms[i], *other = term_in(b, t);
		bool opposed = false;

		if (other == NULL) {
			other = opposite_in(b, t);
			opposed = other != NULL;
		}
		side->met[i] = other != NULL;
		if (other == NULL) {
			add_alone(a, i, b, side);
			continue;
		}
		side->both += weight(t);
		side->shared += is_first(a, i);
		if (opposed || t->denied != other->denied)
			add_flip(t, other, side);
	}
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

/* Each condition of this has a false contradiction behind it that a reader would have been told. */
static bool
is_same(const struct statement *a, const struct statement *b, const struct likeness *like)
{
	const struct side *x = &like->a, *y = &like->b;

	if (like->share < (x->n > 0 && y->n > 0 ? SURE : ALIKE) || x->shared < 2 ||
	    (x->shared < FEW && like->share < OF_FEW))
		return false;
	if ((x->head > 0 && y->head > 0) || (x->proper > 0 && y->proper > 0))
		return false; /* other subjects */
	if (x->condition + y->condition + x->label + y->label + x->other > 0 || a->conditional != b->conditional)
		return false; /* other cases */
	if (a->leans || b->leans || other_objects(a, b))
		return false;
	return x->modifier + y->modifier == 0 || like->share >= QUALIFIED;
}

static void
likeness(const struct statement *a, const struct statement *b, struct likeness *ret)
{
	*ret = (struct likeness){0};
	compare(a, b, &ret->a);
	compare(b, a, &ret->b);
	ret->share = (ret->a.both + ret->b.both) / (total(a) + total(b));
	ret->same = is_same(a, b, ret);
}

/* ---- What differs? ----------------------------------------------------------------------------------------------- */

/* The tokens of an amount or a date. */
struct span {
	size_t from, to;
};

struct difference {
	size_t numbers, dates;
	struct span a, b; /* the first that differ */
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
				ret->a = (struct span){a->amounts[i].token, a->amounts[i].end};
				ret->b = (struct span){b->amounts[k].token, b->amounts[k].end};
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
			ret->a = (struct span){a->dates[i].token, a->dates[i].end};
			ret->b = (struct span){b->dates[i].token, b->dates[i].end};
		}
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

/* A word, "non-" before it included. */
static void
put_token(char *out, size_t size, const struct term *term)
{
	bool non = term->denied && term->token->before == '-';

	(void)snprintf(out, size, "%s%.*s", non ? "non-" : "", (int)term->token->len, term->token->at);
	text_whole(out, strlen(out));
}

static void
put_subject(const struct statement *a, const struct likeness *like, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < a->n_terms; i++) {
		const struct token *t = a->terms[i].token;

		if (!like->a.met[i] || n + t->len + 2 > size)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%.*s", n > 0 ? " " : "", (int)t->len, t->at);
	}
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

	if (like->a.flipped) {
		if (x == MOOD_IS || x == MOOD_IS_NOT)
			x = x == MOOD_IS ? MOOD_IS_NOT : MOOD_IS;
		else
			return false;
	}
	/* What is denied has to be what the other says, not something beside it. */
	if ((denies(a->mood) && like->a.act > 0) || (denies(b->mood) && like->b.act > 0))
		return false;
	/* "Follow links" tells the reader, or a program, what to do; "links are not followed" tells what is. */
	if ((x == MOOD_IS && is_act(b, a->first)) || (y == MOOD_IS && is_act(a, b->first)))
		return false;
	return mood_conflicts(x, y) && like->share >= DEMANDS && (like->a.n == 0 || like->b.n == 0);
}

/* The one kind that differs; none where more than one does: then it is of something else. */
static enum conflict_kind
kind_of(
    const struct statement *a, const struct statement *b, const struct likeness *like, const struct difference *diff)
{
	bool moods = moods_differ(a, b, like);

	if (diff->numbers + diff->dates > 1 || (diff->numbers + diff->dates == 1 && (moods || like->a.flipped)))
		return CONFLICT_NONE;
	if (diff->numbers == 1)
		return a->n_dates == b->n_dates ? CONFLICT_NUMBER : CONFLICT_NONE; /* "in 2021" is a condition */
	if (diff->dates == 1)
		return CONFLICT_DATE;
	return moods ? CONFLICT_MODALITY : CONFLICT_NONE;
}

/* What a and b differ in, seen from a. */
static enum conflict_kind
seen_from(const struct statement *a, const struct statement *b, struct likeness *like, struct difference *diff)
{
	*diff = (struct difference){0};
	likeness(a, b, like);
	if (!like->same)
		return CONFLICT_NONE;
	differ_numbers(a, b, diff);
	differ_dates(a, b, diff);
	return kind_of(a, b, like, diff);
}

static void
tell(const struct statement *a, const struct statement *b, const struct likeness *like, const struct difference *diff,
    struct conflict *ret)
{
	char one[100], other[100];

	if (ret->kind == CONFLICT_NUMBER || ret->kind == CONFLICT_DATE) {
		tokens_told(one, sizeof(one), a->tokens + diff->a.from, a->tokens + diff->a.to);
		tokens_told(other, sizeof(other), b->tokens + diff->b.from, b->tokens + diff->b.to);
	} else if (like->a.flipped) {
		put_token(one, sizeof(one), like->a.flip);
		put_token(other, sizeof(other), like->a.flip_other);
	} else {
		(void)snprintf(one, sizeof(one), "%s", mood_name(a->mood));
		(void)snprintf(other, sizeof(other), "%s", mood_name(b->mood));
	}
	ret->sure = like->share;
	ret->from[0] = a->from;
	ret->to[0] = a->to;
	ret->from[1] = b->from;
	ret->to[1] = b->to;
	put_subject(a, like, ret->subject, sizeof(ret->subject));
	(void)snprintf(ret->why, sizeof(ret->why), "one says \"%s\", the other \"%s\"", one, other);
}

/* What does not look the same from both sides is not sure. */
static void
statement_conflict(const struct statement *a, const struct statement *b, struct conflict *ret)
{
	struct likeness like, back;
	struct difference diff, diff_back;

	ret->kind = CONFLICT_NONE;
	if ((a->mask & b->mask) == 0)
		return;
	ret->kind = seen_from(a, b, &like, &diff);
	if (ret->kind == CONFLICT_NONE)
		return;
	if (seen_from(b, a, &back, &diff_back) == ret->kind)
		tell(a, b, &like, &diff, ret);
	else
		ret->kind = CONFLICT_NONE;
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
