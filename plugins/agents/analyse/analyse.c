/*
 * analyse: what the findings of all workers come to.
 *
 * Ranks them for the question, drops weak ones, merges those that say the same (another document that does is agreement),
 * finds those that contradict each other, and chooses the points of a brief: the best, of many documents rather than of one,
 * no two from one passage.
 */

#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "analyse.h"
#include "conflict.h"

#define POINTS         8
#define POINTS_MOST    100
#define CONTRADICTIONS 8u /* that are told */

struct analysis {
	hospes_ctx *ctx;
	struct findings findings;
	bool *conflicts; /* n x n */
	bool *dropped;
	json_t *contradictions;
};

/* ---- Contradictions ---------------------------------------------------------------------------------------------- */

struct pair {
	size_t a, b; /* a is the better finding */
	struct conflict conflict;
	double worth;
};

static int
by_worth(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return x->b < y->b ? -1 : x->b > y->b;
}

static void
note_pair(struct analysis *an, struct pair **pairs, size_t *n, const struct pair *pair)
{
	size_t all = an->findings.n;

	an->conflicts[pair->a * all + pair->b] = an->conflicts[pair->b * all + pair->a] = true;
	if ((*n & (*n - 1)) == 0)
		*pairs = need(realloc(*pairs, (*n == 0 ? 1 : 2 * *n) * sizeof(**pairs)));
	(*pairs)[(*n)++] = *pair;
}

/* All pairs that contradict each other, the ones that matter most first. */
static size_t
find_pairs(struct analysis *an, struct pair **ret)
{
	const struct findings *f = &an->findings;
	struct statements **statements = need(calloc(f->n + 1, sizeof(struct statements *)));
	size_t n = 0;

	*ret = NULL;
	for (size_t i = 0; i < f->n; i++) {
		statements[i] = statements_read(f->of[i].quote, f->of[i].len);
		for (size_t k = 0; k < i; k++) {
			struct pair pair = {.a = k, .b = i};

			conflict_find(statements[k], statements[i], &pair.conflict);
			if (pair.conflict.kind == CONFLICT_NONE)
				continue;
			pair.worth = f->of[k].rank * f->of[i].rank * pair.conflict.sure;
			note_pair(an, ret, &n, &pair);
		}
	}
	for (size_t i = 0; i < f->n; i++)
		statements_free(&statements[i]);
	free(statements);
	if (n > 0)
		qsort(*ret, n, sizeof(**ret), by_worth);
	return n;
}

/* Were the same two sentences told already, of other documents? */
static bool
is_told(const struct analysis *an, const json_t *says)
{
	const json_t *told;
	size_t i;

	json_array_foreach(an->contradictions, i, told)
	{
		const json_t *other = json_object_get(told, "says");

		if (json_equal(other, says) || (json_equal(json_array_get(other, 0), json_array_get(says, 1)) &&
						   json_equal(json_array_get(other, 1), json_array_get(says, 0))))
			return true;
	}
	return false;
}

/* `says`: the sentences that it is about, of both quotes. */
static void
tell_pair(struct analysis *an, const struct pair *p)
{
	const struct finding *a = &an->findings.of[p->a], *b = &an->findings.of[p->b];
	const struct conflict *c = &p->conflict;
	json_t *says = json_pack(
	    "[s%,s%]", a->quote + c->from[0], c->to[0] - c->from[0], b->quote + c->from[1], c->to[1] - c->from[1]);

	if (!is_told(an, says))
		json_array_append_new(an->contradictions,
		    json_pack("{s:O s:O s:s s:s s:s s:O s:f}", "a", a->json, "b", b->json, "kind",
			conflict_name(c->kind), "subject", c->subject, "why", c->why, "says", says, "sure", c->sure));
	json_decref(says);
}

/* The contradictions that are told: what is said the same way by several is told once. */
static void
tell_pairs(struct analysis *an, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n && json_array_size(an->contradictions) < CONTRADICTIONS; i++) {
		if (!an->dropped[pairs[i].a] && !an->dropped[pairs[i].b])
			tell_pair(an, &pairs[i]);
	}
}

/* ---- The reply --------------------------------------------------------------------------------------------------- */

static json_t *
points_json(const struct analysis *an, const size_t *chosen, size_t n)
{
	json_t *points = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &an->findings.of[chosen[i]];
		json_t *agrees = json_array();

		for (size_t k = 0; k < f->n_agrees; k++)
			json_array_append(agrees, an->findings.of[f->agrees[k]].json);
		json_array_append_new(points, json_pack("{s:O s:o}", "finding", f->json, "agrees", agrees));
	}
	return points;
}

static int
reply(struct analysis *an, size_t most)
{
	size_t *chosen = need(malloc(most * sizeof(*chosen))), n = 0;
	int rc = choose_points(an->ctx, &an->findings, an->dropped, most, chosen, &n);
	double confidence = choose_confidence(&an->findings, chosen, n, an->conflicts);

	if (rc == 0) {
		hospes_confidence(an->ctx, confidence);
		rc = hospes_reply(an->ctx,
		    json_pack("{s:o s:O s:{s:I s:I} s:f}", "points", points_json(an, chosen, n), "contradictions",
			an->contradictions, "dropped", "duplicates", (json_int_t)an->findings.duplicates, "weak",
			(json_int_t)an->findings.weak, "confidence", confidence));
	}
	free(chosen);
	return rc;
}

static size_t
points_asked(const json_t *input)
{
	json_int_t most = json_integer_value(json_object_get(input, "most"));

	return most <= 0 ? POINTS : most > POINTS_MOST ? POINTS_MOST : (size_t)most;
}

static int
analyse(hospes_ctx *ctx)
{
	const json_t *input = hospes_json(hospes_input(ctx));
	struct analysis an = {.ctx = ctx};
	struct pair *pairs;
	size_t n;
	int rc = findings_read(ctx, input, &an.findings);

	if (rc != 0)
		return rc;
	an.conflicts = need(calloc(an.findings.n * an.findings.n + 1, sizeof(bool)));
	an.dropped = need(calloc(an.findings.n + 1, sizeof(bool)));
	an.contradictions = json_array();
	n = find_pairs(&an, &pairs);
	similar_merge(&an.findings, an.conflicts, an.dropped);
	tell_pairs(&an, pairs, n);
	rc = reply(&an, points_asked(input));
	free(pairs);
	json_decref(an.contradictions);
	free(an.dropped);
	free(an.conflicts);
	findings_free(&an.findings);
	return rc;
}

HOSPES_AGENT(
    "analyse", "1.0.0", "Ranks findings, merges what agrees, finds what contradicts", analyse, .init = lexicon_init)
HOSPES_CAPABILITY("analyse.findings")
HOSPES_NEEDS("memory:sources")
HOSPES_CONFIG("share", "real", "0.4")
HOSPES_CONFIG("least", "real", "0.1")
HOSPES_INPUT("{\"type\":\"object\",\"required\":[\"question\",\"findings\"],\"properties\":{"
	     "\"question\":{\"type\":\"string\"},\"findings\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	     "\"required\":[\"document\",\"digest\",\"from\",\"to\",\"quote\"]}},"
	     "\"most\":{\"type\":\"integer\",\"minimum\":1}}}")
HOSPES_OUTPUT("{\"type\":\"object\",\"required\":[\"points\",\"contradictions\",\"dropped\",\"confidence\"],"
	      "\"properties\":{\"points\":{\"type\":\"array\"},\"contradictions\":{\"type\":\"array\"},"
	      "\"confidence\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1}}}")
