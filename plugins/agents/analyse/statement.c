/* A text read into statements, one for each clause. */

#include <stdlib.h>
#include <string.h>

#include "statement.h"

static const char conditions[] =
    " if unless when whenever except during while where wherever after before once although "
    "because until provided otherwise ";
static const char label_words[] =
    " section chapter article clause paragraph step figure table page appendix part annex rule "
    "item phase stage form room building zone class type model series option line schedule tier "
    "grade level version release exhibit group gate platform floor terminal plan edition draft "
    "lot unit category mode module ";
static const char verbs[] = " is are was were be been has have had do does did will would am ";

uint32_t
statement_hash(const char *text)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash == 0 ? 1 : hash;
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

/* "section 4" is one term, and so is "version 2.1" where it says which one is spoken of. */
static bool
label_add(struct statement *s, struct token *tokens, size_t n, size_t i, const struct term *like)
{
	char name[2 * TEXT_STEM];
	struct term *t;

	if (i + 1 >= n || tokens[i].stop || !token_in(tokens, n, i, label_words) || tokens[i + 1].use == TOKEN_DATE ||
	    !(tokens[i + 1].number || (tokens[i + 1].len == 1 && (tokens[i + 1].flags & TEXT_CAPITAL))))
		return false;
	if (!like->head && like->condition == 0 && token_in(tokens, n, i, " version release ") && tokens[i + 1].number)
		return false;
	term_add(s, &tokens[i], (uint16_t)i, like);
	if (s->n_terms == 0)
		return false;
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

/* "After that", "otherwise": it begins with a condition that only the sentence before tells. */
static bool
is_sequel(const struct token *tokens, size_t n)
{
	return token_in(tokens, n, 0, " otherwise thereafter afterwards then instead ") ||
	       (token_in(tokens, n, 0, " after before until in if ") &&
		   token_in(tokens, n, 1, " that this then such so ") &&
		   (tokens[1].stop || token_in(tokens, n, 2, " case event period date ")));
}

static void
read_terms(struct statement *s, struct token *tokens, size_t n)
{
	struct term like = {.head = true};
	bool seen = false, denies = false; /* a term of the head; "non-" before this one */

	for (size_t i = 0; i < n; i++) {
		struct token *t = &tokens[i];

		if (like.condition != 0 && i > 0 && tokens[i - 1].stop)
			like.condition = 0;
		if (token_in(tokens, n, i, conditions) && t->use == TOKEN_FREE)
			like.condition = statement_hash(t->word);
		if (begins_verb(tokens, n, i) && seen)
			like.head = false;
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
		if (t->use != TOKEN_FREE || (t->flags & TEXT_STOP) || lexicon_light(t->word) || t->number)
			continue;
		like.proper = is_proper(tokens, 0, i);
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

		if (tokens[i - 1].stop && (tokens[i - 1].after == ';' || tokens[i - 1].after == '.'))
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

static void
read_clause(struct statements *all, struct token *tokens, size_t n, size_t from, size_t to, bool goes_on)
{
	struct statement *s = &all->of[all->n];
	*s = (struct statement){.tokens = tokens + from};
	s->n_dates = dates_read(tokens + from, to - from, s->dates, STATEMENT_DATES);
	s->n_amounts = amounts_read(tokens + from, to - from, s->amounts, STATEMENT_AMOUNTS);
	s->mood = mood_read(tokens, from, to);
	if (goes_on && all->n > 0 &&
	    (begins_verb(tokens, n, from) || begins_verb(tokens, n, from + 1 < to ? from + 1 : from)))
		inherit_head(s, &all->of[all->n - 1]);
	read_terms(s, tokens + from, to - from);
	s->sequel = is_sequel(tokens + from, to - from);
	if (s->n_terms > 0)
		all->n++;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static void
read_sentence(struct statements *all, struct token *tokens, size_t n)
{
	size_t from = 0;

	while (from < n) {
		struct statement *more = realloc(all->of, (all->n + 1) * sizeof(*all->of));
		size_t to = clause_end(tokens, n, from);

		if (more == NULL)
			abort(); /* the cell's memory is at its end */
		all->of = more;
		read_clause(all, tokens, n, from, to, from > 0);
		from = to;
	}
}

struct statements *
statements_read(const char *text, size_t len)
{
	struct statements *all = calloc(1, sizeof(*all));
	struct text_unit *units;
	size_t n_units, from = 0;

	if (all == NULL)
		abort(); /* the cell's memory is at its end */
	n_units = text_units(text, len, &units);
	all->n_tokens = tokens_read(text, len, &all->tokens);
	for (size_t i = 0; i < n_units; i++) {
		size_t to = from;

		while (to < all->n_tokens && (size_t)(all->tokens[to].at - text) < units[i].to)
			to++;
		read_sentence(all, all->tokens + from, to - from);
		from = to;
	}
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
