/*
 * The parts of the check `quotes`.
 *
 *   quotes.c   takes the evidence, looks at each claim, replies       brief.c   the texts of a brief: quotes and no more
 *   source.c   does the document have the quote there?                tell.c    what failed, and why
 */

#ifndef QUOTES_H
#define QUOTES_H

#include <stdbool.h>
#include <stddef.h>

#include <hospes.h>

#define QUOTES_LOOKS 2000u        /* places that are read; what needs more of them does not pass */
#define QUOTES_TOLD  50u          /* failures that are told; the others are counted */
#define QUOTES_TEXT  (16u * 1024) /* bytes of a point's text */
#define QUOTES_SHOWN 400u         /* bytes of a quote, and of what stands in its place */

struct quotes {
	hospes_ctx *ctx;
	json_t *read; /* "digest from to": what was read there, so that no place is read twice */
	size_t looks;
	int status;     /* not 0: the host could not answer, and nothing can be said of the output */
	json_t *failed; /* for the reply */
	size_t failures;
	size_t things, held; /* claims, and points, contradictions and sources of a brief */
};

/* Something that is said to hold. */
struct quotes_claim {
	const char *list; /* "claims", "points", ... */
	size_t index;     /* in it */
	const char *text;
};

/* ---- source.c ---- */

/* Does this source hold?  If not, that is told. */
bool quotes_source(struct quotes *q, const struct quotes_claim *claim, const hospes_source *source);

/* Does this heading, white space in order, stand before the quote in its document? */
bool quotes_heading(struct quotes *q, const hospes_source *source, const char *heading);

/* ---- brief.c ---- */

/* What a reader of a brief sees: points, contradictions and sources.  An output without them has none that fails. */
void quotes_brief(struct quotes *q, const json_t *output);

/* ---- tell.c ---- */

struct quotes_failure {
	const char *document;      /* NULL: none */
	const char *quote, *found; /* what was claimed and what stands there; NULL: not told */
};

/* Notes a failure; returns false, as what failed. */
bool quotes_tell(struct quotes *q, const struct quotes_claim *claim, const struct quotes_failure *failure,
    const char *why, ...) __attribute__((format(printf, 4, 5)));

#endif
