/*
 * Which findings become points.
 *
 * Maximal marginal relevance (J. Carbonell, J. Goldstein, SIGIR 1998): the next one is the best of what is left, where a
 * finding is worth less the more it is like one that was chosen, and the more its document has said already.  So the
 * documents that answer are heard in turn, and one that alone answers may still give all points.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "analyse.h"

#define LIKENESS 0.6  /* of its rank that a finding loses which has the words of a chosen one */
#define SAID     0.72 /* of its worth that it keeps for each that was chosen from its document */
#define NEWS     0.36 /* of the best one's rank: what is worth less beside those chosen says nothing new */

/* 0 for what says too little that is new. */
static double
worth(const struct findings *findings, size_t i, const size_t *chosen, size_t n)
{
	const struct finding *f = &findings->of[i];
	double like = 0, said = 1, news;

	for (size_t k = 0; k < n; k++) {
		const struct finding *c = &findings->of[chosen[k]];

		like = fmax(like, set_overlap(&f->stems, &c->stems));
		if (strcmp(f->digest, c->digest) == 0)
			said *= SAID;
	}
	news = f->rank * (1 - LIKENESS * like);
	return news < NEWS * findings->of[0].rank ? 0 : news * said;
}

/* The best of what is left; findings->n when nothing is. */
static size_t
best(const struct findings *findings, const bool *taken, const size_t *chosen, size_t n)
{
	double most = 0;
	size_t at = findings->n;

	for (size_t i = 0; i < findings->n; i++) {
		double w = taken[i] ? 0 : worth(findings, i, chosen, n);

		if (w > most) {
			most = w;
			at = i;
		}
	}
	return at;
}

static int
is_heard(hospes_ctx *ctx, const struct findings *findings, size_t i, const size_t *chosen, size_t n, bool *ret)
{
	int rc = 0;

	*ret = false;
	for (size_t k = 0; k < n && rc == 0 && !*ret; k++)
		rc = passage_is_one(ctx, &findings->of[chosen[k]], &findings->of[i], ret);
	return rc;
}

int
choose_points(hospes_ctx *ctx, struct findings *findings, const bool *dropped, size_t most, size_t *chosen, size_t *n)
{
	bool *taken = need(malloc(findings->n + 1)), heard;
	size_t i;
	int rc = 0;

	memcpy(taken, dropped, findings->n * sizeof(*taken));
	*n = 0;
	while (*n < most && rc == 0 && (i = best(findings, taken, chosen, *n)) < findings->n) {
		taken[i] = true;
		rc = is_heard(ctx, findings, i, chosen, *n, &heard);
		if (rc == 0 && heard)
			findings->duplicates++;
		else if (rc == 0)
			chosen[(*n)++] = i;
	}
	free(taken);
	return rc;
}

/*
 * Confidence = coverage x (3/4 + 1/4 agreement) x (1 - 1/2 contradicted), where
 *
 *   coverage       how much of the question the best point covers, for two thirds, and all points on average
 *   agreement      the share of points that are not of one document alone: another says the same
 *   contradicted   the share of points that some finding contradicts
 */
double
choose_confidence(const struct findings *findings, const size_t *chosen, size_t n, const bool *conflicts)
{
	double best_covers = 0, covers = 0, agreed = 0, contradicted = 0;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &findings->of[chosen[i]];
		const bool *against = conflicts + chosen[i] * findings->n;

		best_covers = fmax(best_covers, f->covers);
		covers += f->covers;
		agreed += f->n_agrees > 0;
		contradicted += memchr(against, 1, findings->n) != NULL;
	}
	return (2 * best_covers + covers / (double)n) / 3 * (0.75 + 0.25 * agreed / (double)n) *
	       (1 - 0.5 * contradicted / (double)n);
}
