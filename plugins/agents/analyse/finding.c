/*
 * Findings as they are compared.
 *
 * The rank is the finding's score for the question, less for one that covers little of it, for one that says much besides,
 * and for one that tells no duty where the question asks for one.  What ranks below a share of the best, or below a least, is weak: a brief of three
 * good points is better than one of three good and five poor ones.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse.h"
#include "common/need.h"
#include "common/text.h"

#define NO_DUTY      0.8  /* of the rank of what tells no duty, where one is asked for */
#define UNCOVERED    0.5  /* of the rank of what covers nothing of the question */
#define DIFFUSE      0.75 /* of the rank of what says much besides */
#define SLIGHT       0.8  /* of the rank of what has too few words to tell a reader much */
#define TORN         0.5  /* of the rank of what begins or ends in mid-sentence */
#define WORDS        5
#define FOCUSED      3.0 /* content words for each term of the question, at most, of what does not */
#define OF_BEST      0.7 /* of what the best one covers; what covers less is weak */
#define READ_AT_MOST 20000

/* ---- Sets -------------------------------------------------------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
set_order(struct set *set)
{
	size_t n = 0;

	qsort(set->of, set->n, sizeof(*set->of), by_number);
	for (size_t i = 0; i < set->n; i++)
		if (n == 0 || set->of[n - 1] != set->of[i])
			set->of[n++] = set->of[i];
	set->n = n;
}

static size_t
set_both(const struct set *a, const struct set *b)
{
	size_t both = 0;

	for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
		if (a->of[i] == b->of[k]) {
			both++;
			i++;
			k++;
		} else if (a->of[i] < b->of[k]) {
			i++;
		} else {
			k++;
		}
	}
	return both;
}

double
set_containment(const struct set *a, const struct set *b)
{
	size_t least = a->n < b->n ? a->n : b->n;

	return least == 0 ? 0 : (double)set_both(a, b) / (double)least;
}

double
set_overlap(const struct set *a, const struct set *b)
{
	size_t both = set_both(a, b), all = a->n + b->n - both;

	return all == 0 ? 0 : (double)both / (double)all;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static uint32_t
hash(uint32_t seed, const char *text)
{
	for (; *text != '\0'; text++)
		seed = (seed ^ (unsigned char)*text) * 16777619u; /* FNV-1a */
	return seed;
}

/* "2.1 of this License shall terminate": its beginning is elsewhere.  A list's item may begin with a small letter. */
static bool
begins_torn(const char *quote)
{
	size_t number = strspn(quote, "0123456789.");

	return number > 0 && quote[number - 1] != '.' && quote[number] == ' ' && quote[number + 1] >= 'a' &&
	       quote[number + 1] <= 'z';
}

/* "can be overridden with the": without a sign at its end, and with a word that leads to another.  "; and" leads to the next
 * item of a list. */
static bool
ends_torn(const struct finding *f, const struct text_word *words, size_t n)
{
	size_t at = n == 0 ? 0 : words[n - 1].from;

	if (n == 0 || !(words[n - 1].flags & TEXT_STOP) || at + words[n - 1].len != f->len)
		return false;
	while (at > 0 && text_space(f->quote[at - 1]))
		at--;
	return at == 0 || strchr(",;", f->quote[at - 1]) == NULL;
}

/* Without a capital: the name of a command, or the middle of a sentence. */
static bool
begins_small(const struct finding *f)
{
	return *f->quote >= 'a' && *f->quote <= 'z' && text_mark(f->quote, f->len) == 0;
}

/* "and/or sell copies of the software, and to permit": both. */
static bool
is_torn(const struct finding *f, const struct text_word *words, size_t n)
{
	return begins_torn(f->quote) || ends_torn(f, words, n) ||
	       (begins_small(f) && f->len > 0 && strchr(".!?:;)\"'", f->quote[f->len - 1]) == NULL);
}

static void
finding_words(struct finding *f)
{
	struct text_word *words;
	size_t n = text_words(f->quote, f->len, &words);

	f->stems.of = need(malloc((n + 1) * sizeof(uint32_t)));
	f->shingles.of = need(malloc((n + 1) * sizeof(uint32_t)));
	for (size_t i = 0; i < n; i++) {
		if (!(words[i].flags & TEXT_STOP))
			f->stems.of[f->stems.n++] = hash(2166136261u, words[i].stem);
		if (i + 2 < n)
			f->shingles.of[f->shingles.n++] =
			    hash(hash(hash(2166136261u, words[i].stem) + 1, words[i + 1].stem) + 1, words[i + 2].stem);
	}
	set_order(&f->stems);
	set_order(&f->shingles);
	f->torn = is_torn(f, words, n);
	free(words);
}

/* Lowers the rank of what has few terms of the question among its words, and of what says too little. */
static void
focus(struct finding *f)
{
	size_t terms = json_array_size(json_object_get(f->json, "terms"));

	finding_words(f);
	if (terms > 0 && f->stems.n > 0)
		f->rank *= DIFFUSE + (1 - DIFFUSE) * fmin(1, FOCUSED * (double)terms / (double)f->stems.n);
	if (f->torn)
		f->rank *= TORN;
	else if (f->stems.n < WORDS || begins_small(f))
		f->rank *= SLIGHT;
}

/* Does the question ask what must, may or must not be done? */
static bool
asks_duty(const char *question)
{
	static const char *const words[] = {"must", "shall", "may", "can", "should", "oblig", "requir", "duti", "allow",
	    "permit", "need", "forbid", "forbidden", "prohibit"};
	struct text_word *asked;
	size_t n = text_words(question, strlen(question), &asked);
	bool asks = false;

	for (size_t i = 0; i < n && !asks; i++)
		for (size_t k = 0; k < sizeof(words) / sizeof(*words) && !asks; k++)
			asks = strcmp(asked[i].stem, words[k]) == 0;
	free(asked);
	return asks;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static double
share_of(const json_t *json, const char *key)
{
	double share = json_number_value(json_object_get(json, key));

	return isnan(share) ? 0 : fmin(fmax(share, 0), 1);
}

static bool
finding_read(json_t *json, bool duty, struct finding *f)
{
	json_t *from = json_object_get(json, "from"), *to = json_object_get(json, "to");

	*f = (struct finding){.json = json,
	    .document = json_string_value(json_object_get(json, "document")),
	    .digest = json_string_value(json_object_get(json, "digest")),
	    .quote = json_string_value(json_object_get(json, "quote")),
	    .covers = share_of(json, "covers")};
	if (f->document == NULL || f->digest == NULL || f->quote == NULL || !json_is_integer(from) ||
	    !json_is_integer(to) || json_integer_value(from) < 0 || json_integer_value(to) <= json_integer_value(from))
		return false;
	f->from = (size_t)json_integer_value(from);
	f->to = (size_t)json_integer_value(to);
	f->len = strlen(f->quote);
	f->rank = share_of(json, "score") * (UNCOVERED + (1 - UNCOVERED) * f->covers);
	if (duty && !json_is_true(json_object_get(json, "duty")))
		f->rank *= NO_DUTY;
	return true;
}

/* Best first; equals by document and place, so that the same findings in any order give the same points. */
static int
by_rank(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order;

	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	order = strcmp(x->document, y->document);
	if (order == 0)
		order = strcmp(x->digest, y->digest);
	if (order != 0)
		return order;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static void
finding_clear(struct finding *f)
{
	free(f->stems.of);
	free(f->shingles.of);
	free(f->agrees);
}

int
findings_read(hospes_ctx *ctx, const json_t *input, struct findings *ret)
{
	const json_t *list = json_object_get(input, "findings");
	bool duty = asks_duty(json_string_value(json_object_get(input, "question")));
	double least = hospes_config_real(ctx, "least"), share = hospes_config_real(ctx, "share"), floor, covers = 0;
	size_t n = json_array_size(list), kept = 0, i;
	struct findings found = {0};
	json_t *json;

	if (n > READ_AT_MOST)
		return hospes_fail(ctx, HOSPES_ETOOLARGE,
		    "expected %d findings at most, found %zu; ask each worker for its best", READ_AT_MOST, n);
	found.of = need(calloc(n + 1, sizeof(*found.of)));
	json_array_foreach(list, i, json)
	{
		if (!finding_read(json, duty, &found.of[found.n])) {
			free(found.of);
			return hospes_fail(ctx, HOSPES_EINPUT,
			    "findings[%zu]: expected document, digest, from, to and quote, found other; give it as it "
			    "was found",
			    i);
		}
		found.n++;
	}
	for (i = 0; i < found.n; i++) {
		focus(&found.of[i]);
		covers = fmax(covers, found.of[i].covers);
	}
	for (i = 0; i < found.n; i++)
		if (found.of[i].covers < OF_BEST * covers)
			found.of[i].rank = 0;
	qsort(found.of, found.n, sizeof(*found.of), by_rank);
	floor = found.n > 0 ? fmax(least, share * found.of[0].rank) : 0;
	while (kept < found.n && kept < ANALYSE_FINDINGS && found.of[kept].rank > 0 && found.of[kept].rank >= floor)
		kept++;
	for (i = kept; i < found.n; i++)
		finding_clear(&found.of[i]);
	found.weak = found.n - kept;
	found.n = kept;
	*ret = found;
	return 0;
}

void
findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		finding_clear(&findings->of[i]);
	free(findings->of);
	*findings = (struct findings){0};
}
