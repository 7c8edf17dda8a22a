/*
 * Contradictions between two texts: about the same subject they say a different number, date or modality.
 *
 * A text is read into statements, one for each clause: its terms (stems of content words, with what introduces them), its
 * amounts, its dates and its moods (must, may, must not, need not; is, is not).  Two statements contradict each other when
 * their terms are of one subject and exactly one kind of the rest cannot be true of both.  What is not sure is none:
 * a reader who is sent after a false contradiction trusts the next one less.
 *
 *   conflict.c   one subject?  which kind differs?                common/statement.h   what a text states
 *
 * Plain C, no host function: tests/unit/test_conflict.c measures it without a host.
 */

#ifndef ANALYSE_CONFLICT_H
#define ANALYSE_CONFLICT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/statement.h"

enum conflict_kind { CONFLICT_NONE, CONFLICT_NUMBER, CONFLICT_DATE, CONFLICT_MODALITY };

struct conflict {
	enum conflict_kind kind;
	double sure;           /* 0 to 1: how alike the subjects are */
	size_t from[2], to[2]; /* bytes of the sentences in both texts */
	char subject[160];     /* what both are about, in words of the first */
	char why[256];         /* "30 days" against "14 days" */
};

/* The surest contradiction between a statement of `a` and one of `b`; CONFLICT_NONE where there is none. */
void conflict_find(const struct statements *a, const struct statements *b, struct conflict *ret);

const char *conflict_name(enum conflict_kind kind); /* "number" */

#endif
