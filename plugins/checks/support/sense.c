/*
 * Does the claim say it the same way round as its quotes?
 *
 * Each clause of the claim is held against the clause of the quotes that has most of its words.  What turns a sense round
 * is counted: "not" on one side alone, a word and its opposite ("after", "before"), what is compared in the other order, a
 * bound of a number.  Two such turns say the same again: "shorter than 8 is not allowed", "at least 8".  Apart from that the
 * duty has to be the same (must, may, need not), and the quantity (all, some, only).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/statement.h"
#include "support.h"

#define SCOPE 5u /* words behind "not" to which it reaches */

/* A clause, and which of its tokens are denied. */
struct clause {
	const struct statement *s;
	const struct token *tokens;
	size_t n;
};

struct turn {
	unsigned n;
	char why[SUPPORT_WHY]; /* the first */
};

static void
turned_by(struct turn *turn, const char *claim, const char *quote)
{
	if (turn->n++ == 0)
		(void)snprintf(
		    turn->why, sizeof(turn->why), "the claim says \"%s\", the quote says \"%s\"", claim, quote);
}

/* Up to where the next clause of the text begins. */
static struct clause
clause_of(const struct statements *all, size_t i)
{
	const struct token *end = i + 1 < all->n ? all->of[i + 1].tokens : all->tokens + all->n_tokens;

	return (struct clause){&all->of[i], all->of[i].tokens, (size_t)(end - all->of[i].tokens)};
}

static bool
says_any(const struct clause *c, const char *words)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->tokens[i].use != TOKEN_AMOUNT && token_in(c->tokens, c->n, i, words))
			return true;
	return false;
}

/* ---- Which clause? ----------------------------------------------------------------------------------------------- */

static const struct term *
term_of(const struct statement *s, const struct term *like)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if (s->terms[i].stem == like->stem || (like->opposite != 0 && s->terms[i].stem == like->opposite) ||
		    (s->terms[i].opposite != 0 && s->terms[i].opposite == like->stem))
			return &s->terms[i];
	return NULL;
}

static size_t
shared(const struct statement *a, const struct statement *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n_terms; i++)
		n += term_of(b, &a->terms[i]) != NULL;
	return n;
}

/* The clause of the quotes with most of the words; of as many, the one with fewest others.  all->n when none has any. */
static size_t
counterpart(const struct statement *s, const struct statements *all)
{
	size_t best = all->n, most = 0;

	for (size_t i = 0; i < all->n; i++) {
		size_t n = shared(s, &all->of[i]);

		if (n > most || (n > 0 && n == most && all->of[i].n_terms < all->of[best].n_terms)) {
			most = n;
			best = i;
		}
	}
	return best;
}

/* ---- The same subject? ------------------------------------------------------------------------------------------- */

#define HEADS_COVERED 0.8 /* share of the claim's words that has to be there where nothing of its subject is */
#define BOTH_COVERED  0.9 /* the same, where the claim has nothing of the quote's subject either */

/* The claim speaks of what stands before its verb. */
static bool
same_subject(const struct clause *claim, const struct clause *quote, const struct subject *subject,
    struct support_verdict *verdict)
{
	const struct token *missing = NULL;
	bool other = false; /* the quote has another subject */
	size_t n = 0;
	char word[64];

	for (size_t i = 0; i < claim->s->n_terms; i++) {
		const struct term *t = &claim->s->terms[i];

		if (!t->head || t->condition != 0)
			continue;
		if (subject_worth(subject, t->token->stem) >= SUBJECT_FOUND)
			return true;
		missing = missing == NULL ? t->token : missing;
		n++;
	}
	for (size_t i = 0; i < quote->s->n_terms; i++) {
		const struct term *t = &quote->s->terms[i];

		if (!t->head || t->condition != 0)
			continue;
		other = true;
		if (term_of(claim->s, t) != NULL) {
			other = false;
			break;
		}
	}
	if (n == 0 || subject_covered(subject) >= (other ? BOTH_COVERED : HEADS_COVERED) || (n == 1 && !other))
		return true;
	tokens_told(word, sizeof(word), missing, missing + 1);
	return support_tell(verdict, SUPPORT_SUBJECT, "the claim is about \"%s\", of which no quote speaks", word);
}

/* ---- Negation ---------------------------------------------------------------------------------------------------- */

static const char deniers[] =
    " not never no none neither nor without cannot cant dont doesnt didnt isnt arent wasnt werent wont shouldnt mustnt "
    "couldnt wouldnt nothing nobody lack lacks lacking fail fails failed unable ";

static bool
is_denier(const struct clause *c, size_t i)
{
	if (c->tokens[i].use == TOKEN_AMOUNT || !token_in(c->tokens, c->n, i, deniers))
		return false;
	if (token_in(c->tokens, c->n, i + 1, " only necessarily other later more less matter ") ||
	    (token_in(c->tokens, c->n, i + 1, " limited ") && token_in(c->tokens, c->n, i + 2, " to ")))
		return false;
	return c->s->mood != MOOD_NEED_NOT || c->tokens[i].use != TOKEN_MOOD; /* "not" of "need not" */
}

/* Is the term right behind a denier (`near`: with function words between alone), or within its reach? */
static bool
is_denied(const struct clause *c, const struct term *t, bool near)
{
	size_t place = (size_t)(t->token - c->tokens);

	if (t->token < c->tokens || place >= c->n)
		return false;
	for (size_t i = place, reach = 0; i > 0 && reach <= SCOPE; i--, reach++) {
		const struct token *before = &c->tokens[i - 1];

		if (is_denier(c, i - 1))
			return true;
		if (token_in(c->tokens, c->n, i - 1, " but ") || (before->stop && before->after != '('))
			return false;
		if (near && !(before->flags & TEXT_STOP) && !lexicon_light(before->word))
			return false;
	}
	return false;
}

static bool
denies(uint8_t mood)
{
	return mood == MOOD_IS_NOT || mood == MOOD_MUST_NOT;
}

static bool
has_denier(const struct clause *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_denier(c, i))
			return true;
	return false;
}

/* Is the term denied anywhere in the quotes? */
static bool
is_denied_in(const struct statements *all, const struct term *like)
{
	for (size_t i = 0; i < all->n; i++) {
		struct clause c = clause_of(all, i);
		const struct term *t = term_of(c.s, like);

		if (t != NULL && is_denied(&c, t, false))
			return true;
	}
	return false;
}

/* Of "so that they do not clash" nothing is denied but the clash: does the other clause speak of what this one denies? */
static bool
denies_shared(const struct clause *c, const struct clause *other)
{
	bool any = false;

	for (size_t i = 0; i < c->s->n_terms; i++) {
		if (!is_denied(c, &c->s->terms[i], true))
			continue;
		if (term_of(other->s, &c->s->terms[i]) != NULL)
			return true;
		any = true;
	}
	return !any || c->s->mood == MOOD_MUST_NOT;
}

/* One clause as a whole denies, by its mood, what the other says. */
static bool
moods_oppose(const struct clause *claim, const struct clause *quote)
{
	const struct clause *no = denies(claim->s->mood) ? claim : quote, *yes = no == claim ? quote : claim;

	return denies(no->s->mood) && !denies(yes->s->mood) && !has_denier(yes) && denies_shared(no, yes);
}

/* "Only if" is "not unless". */
static bool
is_exception(const struct clause *a, const struct clause *b)
{
	return says_any(a, " only ") && says_any(b, " unless except until otherwise other ") && has_denier(b);
}

static void
compare_denial(
    const struct clause *claim, const struct clause *quote, const struct statements *quotes, struct turn *turn)
{
	const struct term *one = NULL;
	bool by_claim = false;

	if (is_exception(claim, quote) || is_exception(quote, claim))
		return;
	for (size_t i = 0; i < claim->s->n_terms; i++) {
		const struct term *a = &claim->s->terms[i], *b = term_of(quote->s, a);

		if (is_denied(claim, a, false) && is_denied_in(quotes, a))
			return;
		if (b != NULL && one == NULL && is_denied(claim, a, true) != is_denied(quote, b, true) &&
		    is_denied(claim, a, false) != is_denied(quote, b, false)) {
			one = a;
			by_claim = is_denied(claim, a, true);
		}
	}
	if (turn->n > 0 && has_denier(claim) != has_denier(quote)) { /* "never more than" is "at most" */
		turn->n++;
	} else if (moods_oppose(claim, quote)) {
		turned_by(turn, mood_name(claim->s->mood), mood_name(quote->s->mood));
	} else if (one != NULL && !denies(claim->s->mood)) {
		char word[64], denied[80];

		tokens_told(word, sizeof(word), one->token, one->token + 1);
		(void)snprintf(denied, sizeof(denied), "not %s", word);
		turned_by(turn, by_claim ? denied : word, by_claim ? word : denied);
	}
}

/* ---- Opposites --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *one, *other;
} opposites[] = {
    {" faster fastest quicker ", " slower slowest "},
    {" more ", " less fewer "},
    {" better best ", " worse worst "},
    {" easier easy simpler ", " harder difficult "},
    {" higher highest ", " lower lowest "},
    {" before prior ", " after "},
    {" earlier ", " later "},
    {" larger bigger greater largest biggest ", " smaller smallest "},
    {" longer longest ", " shorter shortest "},
    {" older oldest ", " newer newest younger "},
    {" first ", " last "},
    {" increase increases increased increasing grows raises raised ",
	" decrease decreases decreased decreasing reduce reduces reduced shrinks lowers lowered "},
    {" above over ", " below under "},
    {" minimum ", " maximum "},
    {" inside within ", " outside "},
    {" strengthens stronger ", " weakens weaker "},
    {" succeeds succeeded ", " fails failed "},
    {" adds added add ", " removes removed remove "},
};

/* The word of the list that the clause says, in its own letters. */
static void
word_of(const struct clause *c, const char *list, char *out, size_t size)
{
	*out = '\0';
	for (size_t i = 0; i < c->n && *out == '\0'; i++)
		if (c->tokens[i].use != TOKEN_AMOUNT && token_in(c->tokens, c->n, i, list))
			tokens_told(out, size, &c->tokens[i], &c->tokens[i + 1]);
}

static void
compare_opposites(const struct clause *claim, const struct clause *quote, struct turn *turn)
{
	char a[64], b[64];

	for (size_t i = 0; i < sizeof(opposites) / sizeof(*opposites); i++)
		for (int round = 0; round < 2; round++) {
			const char *x = round == 0 ? opposites[i].one : opposites[i].other;
			const char *y = round == 0 ? opposites[i].other : opposites[i].one;

			if (!says_any(claim, x) || says_any(claim, y) || !says_any(quote, y) || says_any(quote, x))
				continue;
			word_of(claim, x, a, sizeof(a));
			word_of(quote, y, b, sizeof(b));
			turned_by(turn, a, b);
		}
	for (size_t i = 0; i < claim->s->n_terms; i++) {
		const struct term *t = &claim->s->terms[i], *o = term_of(quote->s, t);

		if (o == NULL || (o->stem == t->stem && o->denied == t->denied))
			continue;
		tokens_told(a, sizeof(a), t->token, t->token + 1);
		tokens_told(b, sizeof(b), o->token, o->token + 1);
		turned_by(turn, a, b);
	}
}

/* ---- What is compared with what ---------------------------------------------------------------------------------- */

static size_t
than_at(const struct clause *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (token_in(c->tokens, c->n, i, " than ") && c->tokens[i].use != TOKEN_AMOUNT &&
		    !token_in(c->tokens, c->n, i - 1, " other rather "))
			return i;
	return c->n;
}

/* Bit 0: a term before "than" has this stem; bit 1: one behind it has. */
static unsigned
sides_of(const struct clause *c, size_t than, uint32_t stem)
{
	unsigned sides = 0;

	for (size_t i = 0; i < c->s->n_terms; i++)
		if (c->s->terms[i].stem == stem)
			sides |= c->s->terms[i].token < &c->tokens[than] ? 1u : 2u;
	return sides;
}

static void
compare_order(const struct clause *claim, const struct clause *quote, struct turn *turn)
{
	size_t a = than_at(claim), b = than_at(quote);

	if (a == claim->n || b == quote->n)
		return;
	for (size_t i = 0; i < claim->s->n_terms; i++) {
		unsigned x = sides_of(claim, a, claim->s->terms[i].stem);
		unsigned y = sides_of(quote, b, claim->s->terms[i].stem);

		if (x == 2 && y == 1) {
			char word[64];

			tokens_told(word, sizeof(word), claim->s->terms[i].token, claim->s->terms[i].token + 1);
			if (turn->n++ == 0)
				(void)snprintf(turn->why, sizeof(turn->why),
				    "the claim compares with \"%s\" what the quote compares the other way round", word);
			return;
		}
	}
}

/* ---- Duty and quantity ------------------------------------------------------------------------------------------- */

static bool
same_duty(const struct clause *claim, const struct clause *quote, struct support_verdict *verdict)
{
	uint8_t a = claim->s->mood, b = quote->s->mood;
	bool differs = (a == MOOD_MUST && (b == MOOD_MAY || b == MOOD_NEED_NOT || b == MOOD_SHOULD)) ||
		       (a == MOOD_MAY && b == MOOD_MUST) ||
		       (a == MOOD_NEED_NOT && (b == MOOD_MUST || b == MOOD_MUST_NOT)) ||
		       (a == MOOD_MUST_NOT && b == MOOD_NEED_NOT);

	return !differs || support_tell(verdict, SUPPORT_NEGATION, "the claim says \"%s\", the quote says \"%s\"",
			       mood_name(a), mood_name(b));
}

static const char all_words[] = " all every each everyone everybody always entire whole ";
static const char some_words[] =
    " some several few many most certain partly sometimes often usually occasionally mostly ";
static const char only_words[] =
    " only sole solely exclusively except unless just nothing nobody other otherwise alone without until ";

static bool
same_quantity(const struct clause *claim, const struct clause *quote, struct support_verdict *verdict)
{
	bool all = says_any(claim, all_words), some = says_any(claim, some_words);
	const char *others = all && !some ? some_words : all_words;
	char a[64], b[64];

	if (says_any(claim, " only solely exclusively ") && !says_any(quote, only_words))
		return support_tell(
		    verdict, SUPPORT_NEGATION, "the claim says \"only\", of which the quote says nothing");
	if (all == some || !says_any(quote, others) || says_any(quote, all ? all_words : some_words))
		return true;
	word_of(claim, all ? all_words : some_words, a, sizeof(a));
	word_of(quote, others, b, sizeof(b));
	return support_tell(verdict, SUPPORT_NEGATION, "the claim says \"%s\", the quote says \"%s\"", a, b);
}

/* ---- All together ------------------------------------------------------------------------------------------------ */

static bool
clause_holds(const struct clause *claim, const struct clause *quote, const struct statements *quotes,
    const struct subject *subject, struct turn *turn, struct support_verdict *verdict)
{
	if (!same_subject(claim, quote, subject, verdict))
		return false;
	compare_denial(claim, quote, quotes, turn);
	compare_opposites(claim, quote, turn);
	compare_order(claim, quote, turn);
	if (turn->n % 2 == 1)
		return support_tell(verdict, SUPPORT_NEGATION, "%s", turn->why);
	return turn->n > 0 || (same_duty(claim, quote, verdict) && same_quantity(claim, quote, verdict));
}

bool
sense_holds(const char *claim, const char *quotes, const struct subject *subject, bool turned, const char *why,
    struct support_verdict *verdict)
{
	struct statements *a = statements_read(claim, strlen(claim)), *b = statements_read(quotes, strlen(quotes));
	bool holds = true;

	for (size_t i = 0; i < a->n && holds; i++) {
		size_t k = counterpart(&a->of[i], b);
		struct turn turn = {0};

		if (k == b->n)
			continue;
		if (turned) {
			turn.n = 1;
			(void)stpncpy(turn.why, why, sizeof(turn.why) - 1);
			turned = false;
		}
		struct clause x = clause_of(a, i), y = clause_of(b, k);

		holds = clause_holds(&x, &y, b, subject, &turn, verdict);
	}
	if (holds && turned)
		holds = support_tell(verdict, SUPPORT_NUMBER, "%s", why);
	statements_free(&a);
	statements_free(&b);
	return holds;
}
