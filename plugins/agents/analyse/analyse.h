/*
 * The parts of the agent `analyse`.
 *
 *   analyse.c    takes findings, gives points and contradictions     passage.c   is it one passage?
 *   finding.c    a finding as it is compared: ranges, stems, rank    choose.c    which become points
 *   similar.c    the same text, or nearly
 *
 * What says the opposite is found by conflict.h.
 */

#ifndef ANALYSE_ANALYSE_H
#define ANALYSE_ANALYSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hospes.h>

#define ANALYSE_FINDINGS 400u /* that are compared, each with each; of more the best */

/* Numbers in ascending order, each once. */
struct set {
	uint32_t *of;
	size_t n;
};

struct finding {
	json_t *json; /* borrowed from the input */
	const char *document, *digest, *quote;
	size_t from, to, len;
	double rank, covers;
	bool torn;           /* begins or ends in mid-sentence */
	struct set stems;    /* of its content words */
	struct set shingles; /* of three words in a row, function words too */
	/* of those that are kept: */
	size_t *agrees; /* others that say the same, best first */
	size_t n_agrees;
};

struct findings {
	struct finding *of; /* best first */
	size_t n;
	size_t weak, duplicates; /* what was dropped */
};

/* ---- finding.c ---- */

/* Reads the findings of the input and ranks them for the question: those that are far below the best, or cover too little
 * of the question, are dropped as weak.  0 or a status. */
int findings_read(hospes_ctx *ctx, const json_t *input, struct findings *ret);
void findings_free(struct findings *findings);

/* Share of the smaller set that is in both; and of both together (Jaccard's index).  0 where one is empty. */
double set_containment(const struct set *a, const struct set *b);
double set_overlap(const struct set *a, const struct set *b);

/* ---- similar.c ---- */

/* Marks in `dropped` what says the same as a better finding; where that is another document's, it becomes one of the
 * better one's `agrees`.  `conflicts[i * n + k]`: those two contradict each other, however alike they are. */
void similar_merge(struct findings *findings, const bool *conflicts, bool *dropped);

/* ---- passage.c ---- */

/* Are both one passage: of one document, and overlapping, touching, or in one paragraph or list item?  Asks the run's
 * sources for what stands between them. */
int passage_is_one(hospes_ctx *ctx, const struct finding *a, const struct finding *b, bool *ret);

/* ---- choose.c ---- */

/* Chooses up to `most` of what is not dropped: by rank, less for what is like those chosen already and for what comes
 * from their documents, and never two of one passage.  `chosen` has room for `most`. */
int choose_points(
    hospes_ctx *ctx, struct findings *findings, const bool *dropped, size_t most, size_t *chosen, size_t *n);

/* How sure the points are together, 0 to 1; see choose.c. */
double choose_confidence(const struct findings *findings, const size_t *chosen, size_t n, const bool *conflicts);

#endif
