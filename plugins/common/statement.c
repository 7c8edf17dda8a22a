/* A text read into statements, one for each clause. */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/statement.h"

static const char conditions[] =
    " if unless when whenever except during while where wherever after before once although "
    "because until provided otherwise ";
static const char hard_conditions[] =
    " if unless when whenever except where wherever until provided otherwise whether ";
static const char label_words[] =
    " section chapter article clause paragraph step figure table page appendix part annex rule "
    "item phase stage form room building zone class type model series option line schedule tier "
    "grade level version release exhibit group gate platform floor terminal plan edition draft "
    "lot unit category mode module ";
static const char prepositions[] = " for from to in on at with over under through via against during into ";
static const char verbs[] = " is are was were be been has have had do does did will would am ";

uint32_t
statement_hash(const char *text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash == 0 ? 1 : hash;
}

/* ---- Conditions -------------------------------------------------------------------------------------------------- */

bool
is_condition(const struct token *token)
{
	const char *at = hard_conditions;

	/* The few that there are, by their hashes. */
	while (token->condition != 0 && *++at != '\0') {
		char word[16];
		size_t len = strcspn(at, " ");

		memcpy(word, at, len);
		word[len] = '\0';
		if (statement_hash(word) == token->condition)
			return true;
		at += len;
	}
	return false;
}

/* A condition reaches from its word to the next sign that separates. */
static void
mark_conditions(struct token *tokens, size_t n)
{
	uint32_t condition = 0;

	for (size_t i = 0; i < n; i++) {
		if (token_in(tokens, n, i, conditions))
			condition = statement_hash(tokens[i].word);
		tokens[i].condition = condition;
		if (tokens[i].stop)
			condition = 0;
	}
}

/* ---- Terms ------------------------------------------------------------------------------------------------------- */

/* A name: capitals where no sentence begins. */
static bool
is_proper(const struct token *tokens, size_t from, size_t i)
{
	return i > from && (tokens[i].flags & TEXT_CAPITAL);
}

/* The stem without un-, in-, im-, non-, dis-: a word that may be the opposite of it. */
static uint32_t
opposite_of(const char *stem)
{
	static const char *const prefixes[] = {"non", "dis", "un", "in", "im", "ir", "de"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(stem, prefixes[i], n) == 0 && strlen(stem) >= n + 4)
			return statement_hash(stem + n);
	}
	return 0;
}

static void
term_add(struct statement *s, const struct token *token, uint16_t place, const struct term *like)
{
	struct term *t;
	const char *stem;

	if (s->n_terms == STATEMENT_TERMS)
		return;
	t = &s->terms[s->n_terms++];
	*t = *like;
	t->token = token;
	t->place = place;
	stem = lexicon_stem(token->stem, &t->denied);
	t->stem = statement_hash(stem);
	t->opposite = opposite_of(stem);
	s->mask |= (uint64_t)1 << (t->stem & 63);
}

/* "requires at least version 3": the version is what is said, not which one is spoken of. */
static bool
is_demanded(const struct token *tokens, size_t n, size_t i)
{
	while (i > 0 && token_in(tokens, n, i - 1, " a an the at least minimum of php python java "))
		i--;
	return i > 0 &&
	       (tokens[i - 1].use == TOKEN_MOOD ||
		   token_in(tokens, n, i - 1, " is to need needs support supports expects uses use run runs "));
}

/* "section 4", "appendix B", and a name with a number that is none of something: "Debian 12". */
static bool
is_label(const struct token *tokens, size_t n, size_t i)
{
	const struct token *next = &tokens[i + 1];

	if (token_in(tokens, n, i, label_words))
		return next->use != TOKEN_DATE && (next->number || (next->len == 1 && (next->flags & TEXT_CAPITAL)));
	return (tokens[i].flags & TEXT_CAPITAL) && !(tokens[i].flags & TEXT_STOP) && next->number &&
	       next->use == TOKEN_FREE;
}

/* "section 4" is one term, and so is "version 2.1" where it says which one is spoken of. */
static bool
label_add(struct statement *s, struct token *tokens, size_t n, size_t i, const struct term *like)
{
	char name[2 * TEXT_STEM];
	struct term *t;

	if (i + 1 >= n || tokens[i].stop || s->n_terms == STATEMENT_TERMS || !is_label(tokens, n, i))
		return false;
	if (i > 0 && token_in(tokens, n, i, " version release ") && tokens[i + 1].number && is_demanded(tokens, n, i))
		return false;
	term_add(s, &tokens[i], (uint16_t)i, like);
	t = &s->terms[s->n_terms - 1];
	(void)stpcpy(stpcpy(stpcpy(name, tokens[i].stem), " "), tokens[i + 1].word);
	t->stem = statement_hash(name);
	t->label = true;
	s->mask |= (uint64_t)1 << (t->stem & 63);
	return true;
}

/* Is this the place where the verb begins, as far as words tell? */
static bool
begins_verb(const struct token *tokens, size_t n, size_t i)
{
	return tokens[i].use == TOKEN_MOOD || token_in(tokens, n, i, verbs);
}

/* "After that", "otherwise", "this option": only the sentence before tells what it is about. */
static bool
leans_back(const struct token *tokens, size_t n)
{
	return token_in(tokens, n, 0,
		   " otherwise thereafter afterwards then instead this these those it they such he she its their his "
		   "her same "
		   "example examples see usage above ") ||
	       (token_in(tokens, n, 0, " after before until in if ") &&
		   token_in(tokens, n, 1, " that this then such so ") &&
		   (tokens[1].stop || token_in(tokens, n, 2, " case event period date ")));
}

static void
read_terms(struct statement *s, struct token *tokens, size_t n)
{
	struct term like = {.head = true};
	bool seen = false, denies = false; /* a term of the head; "non-" before this one */
	uint32_t behind = 0;               /* a preposition, with no term yet */

	for (size_t i = 0; i < n; i++) {
		struct token *t = &tokens[i];

		like.condition = t->condition;
		s->conditional = s->conditional || is_condition(t);
		if (begins_verb(tokens, n, i) && seen)
			like.head = false;
		if (token_in(tokens, n, i, prepositions))
			behind = statement_hash(t->word);
		if (t->after == '-' && token_in(tokens, n, i, " non ")) {
			denies = true;
			continue;
		}
		if (label_add(s, tokens, n, i, &like)) {
			seen = true;
			t->use = TOKEN_LIGHT;
			tokens[++i].use = TOKEN_LIGHT;
			continue;
		}
		if (t->use != TOKEN_FREE || t->aside || (t->flags & TEXT_STOP) || lexicon_light(t->word) || t->number)
			continue;
		like.proper = is_proper(tokens, 0, i);
		like.object = behind;
		behind = 0;
		term_add(s, t, (uint16_t)i, &like);
		s->terms[s->n_terms - 1].denied ^= denies;
		denies = false;
		seen = seen || like.condition == 0;
	}
}

/* ---- Clauses ----------------------------------------------------------------------------------------------------- */

/* Has tokens[from..to) something to contradict, and a verb? */
static bool
stands_alone(const struct token *tokens, size_t n, size_t from, size_t to)
{
	size_t words = 0;
	bool verb = false;

	for (size_t i = from; i < to; i++) {
		words += !(tokens[i].flags & TEXT_STOP);
		verb = verb || tokens[i].number || token_in(tokens, n, i, verbs) ||
		       token_in(tokens, n, i, " must may can cannot shall should need not ");
	}
	return words >= 2 && verb;
}

/* Where the clause that begins at `from` ends. */
static size_t
clause_end(const struct token *tokens, size_t n, size_t from)
{
	for (size_t i = from + 1; i < n; i++) {
		bool joins = token_in(tokens, n, i, " and but while whereas or ");
		bool modal = i + 1 < n && token_in(tokens, n, i + 1, " must may can cannot shall should need is are ");

		if (tokens[i - 1].stop && tokens[i - 1].after == ';')
			return i;
		if (!joins || (!tokens[i - 1].stop && !modal && !token_in(tokens, n, i, " but while whereas ")))
			continue;
		if (stands_alone(tokens, n, from, i) && stands_alone(tokens, n, i, n))
			return i;
	}
	return n;
}

/* A clause that begins with its verb goes on about what the one before was about. */
static void
inherit_head(struct statement *s, const struct statement *last)
{
	for (size_t i = 0; i < last->n_terms && s->n_terms < STATEMENT_TERMS; i++)
		if (last->terms[i].head) {
			s->terms[s->n_terms++] = last->terms[i];
			s->mask |= (uint64_t)1 << (last->terms[i].stem & 63);
		}
}

/* Something that is not a condition alone. */
static bool
says_something(const struct statement *s)
{
	for (size_t i = 0; i < s->n_terms; i++)
		if (s->terms[i].condition == 0)
			return true;
	return false;
}

static void
read_clause(struct statements *all, struct token *tokens, size_t n, size_t from, size_t to, bool goes_on)
{
	struct statement *s = &all->of[all->n];
	*s = (struct statement){.tokens = tokens + from};
	mark_conditions(tokens + from, to - from);
	s->n_dates = dates_read(tokens + from, to - from, s->dates, STATEMENT_DATES);
	s->n_amounts = amounts_read(tokens + from, to - from, s->amounts, STATEMENT_AMOUNTS);
	s->mood = mood_read(tokens, from, to);
	if (goes_on && all->n > 0 &&
	    (begins_verb(tokens, n, from) || begins_verb(tokens, n, from + 1 < to ? from + 1 : from)))
		inherit_head(s, &all->of[all->n - 1]);
	read_terms(s, tokens + from, to - from);
	s->first = s->n_terms > 0 && s->terms[0].place == 0 ? s->terms[0].stem : 0;
	s->leans = leans_back(tokens + from, to - from);
	if (says_something(s))
		all->n++;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static void
read_sentence(struct statements *all, struct token *tokens, size_t n)
{
	size_t from = 0;

	while (from < n) {
		struct statement *more = need(realloc(all->of, (all->n + 1) * sizeof(*all->of)));
		size_t to = clause_end(tokens, n, from);

		all->of = more;
		read_clause(all, tokens, n, from, to, from > 0);
		from = to;
	}
}

/* Syntax and source code say nothing that can be contradicted. */
static bool
is_prose(const char *text, size_t len)
{
	size_t signs = 0;

	for (size_t i = 0; i < len; i++)
		signs += strchr("{}[]|\\<>=`$~^", text[i]) != NULL && text[i] != '\0';
	return signs < 3 && len > 0 && strchr("-/~.%#", *text) == NULL;
}

/* "Copyright (C) 2001, 2004 ...": years of whom and of what is no statement. */
static bool
is_notice(const struct token *tokens, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (token_in(tokens, to, i, " copyright ") &&
		    (i == from || token_in(tokens, to, i + 1, " c ") || (i + 1 < to && tokens[i + 1].number)))
			return true;
	return false;
}

/* The statements of one sentence or item, whose tokens begin at all->tokens[from].  Returns where those of the next begin. */
static size_t
read_unit(struct statements *all, const char *text, const struct text_unit *unit, size_t from)
{
	size_t len = unit->to - unit->from, body = unit->from + text_mark(text + unit->from, len), first = all->n, to;

	while (from < all->n_tokens && (size_t)(all->tokens[from].at - text) < body)
		from++;
	for (to = from; to < all->n_tokens && (size_t)(all->tokens[to].at - text) < unit->to;)
		to++;
	if (!is_prose(text + unit->from, len) || is_notice(all->tokens, from, to))
		return to;
	read_sentence(all, all->tokens + from, to - from);
	for (size_t i = first; i < all->n; i++) {
		all->of[i].from = unit->from;
		all->of[i].to = unit->to;
	}
	return to;
}

struct statements *
statements_read(const char *text, size_t len)
{
	struct statements *all = need(calloc(1, sizeof(*all)));
	struct text_unit *units;
	size_t n_units, from = 0;

	n_units = text_units(text, len, &units);
	all->n_tokens = tokens_read(text, len, &all->tokens);
	for (size_t i = 0; i < n_units; i++)
		from = read_unit(all, text, &units[i], from);
	free(units);
	return all;
}

void
statements_free(struct statements **statements)
{
	if (*statements == NULL)
		return;
	free((*statements)->tokens);
	free((*statements)->of);
	free(*statements);
	*statements = NULL;
}
