/*
 * research, inside: passages are found by the host's search, read with what stands around them as windows, and the sentences
 * and list items there are measured against the question.
 *
 *   research.c   the handler, what is replied     look.c      the searches     feedback.c   terms that go with the subject
 *   window.c     text around what was found       quote.c     what might be quoted
 *   score.c      how well it answers              manner.c    what kind of statement it is     choose.c   the best, none twice
 */

#ifndef RESEARCH_H
#define RESEARCH_H

#include <hospes.h>

#include "common/query.h"

#define HEAVY     0.55 /* weight of a term from which on it is what the question is about */
#define QUOTE_MAX 640  /* bytes of a quote of several units */

/* ---- What was found ---------------------------------------------------------------------------------------------- */

struct passage {
	const char *document, *digest, *heading, *text; /* of the search's answers, which live as long as the call */
	size_t from, to;                                /* bytes of the document */
	double covers;                                  /* how much of the question it has, 0 to 1 */
};

struct passages {
	struct passage *at;
	size_t n, room;
};

/* Searches for the question's own words, for their synonyms, and for terms that are frequent beside them.  Adds to `added`
 * (a JSON array of texts) what it searched for beyond the question.  0 or a status. */
int passages_look(hospes_ctx *ctx, const struct question *q, const json_t *documents, const json_t *terms,
    struct passages *ret, json_t *added);
void passages_free(struct passages *p);

/* Words that are frequent in the best passages and rare in the others, as they stand there, at most `most` of them. */
size_t feedback_terms(const struct question *q, const struct passages *p, size_t most, char terms[][64]);

/* ---- Windows ----------------------------------------------------------------------------------------------------- */

#define HEADING_BEFORE UINT32_MAX       /* it stands before the window, as `heading` has it */
#define HEADING_NONE   (UINT32_MAX - 1) /* no heading holds */

struct window {
	const char *document, *digest, *heading; /* of what stands at its beginning; NULL: none is known */
	size_t from;                             /* byte of the document where `text` begins */
	const char *text;
	size_t len;
	bool torn_begin, torn_end; /* it begins or ends in the middle of a paragraph */
	struct text_unit *units;
	struct text_word *words;
	struct hit *hits;
	uint32_t *first_word; /* of each unit, and one more: units_n + 1 */
	uint32_t *headings;   /* unit that is the heading of each unit, or one of HEADING_* */
	size_t units_n, words_n, hits_n;
};

struct windows {
	struct window *at;
	size_t n;
};

/* Reads what stands around the passages.  0 or a status. */
int windows_read(hospes_ctx *ctx, const struct question *q, struct passages *passages, struct windows *ret);
void windows_free(struct windows *w);

/* The heading of a unit: its text and length; NULL: none is known. */
const char *window_heading(const struct window *w, size_t unit, size_t *len);

/* Weighs the terms by how rare they are in these windows. */
void windows_weigh(const struct windows *w, struct question *q);

/* ---- Candidates -------------------------------------------------------------------------------------------------- */

/* A quote that might be: units `first` to `last` of a window. */
struct candidate {
	const struct window *window;
	uint32_t first, last;
	double score, covers;
	uint32_t terms;  /* a bit for each term of the question that it has */
	uint32_t around; /* and for each that it or its surroundings have */
	bool duty;
};

struct candidates {
	struct candidate *at;
	size_t n, room;
};

/* All that might be quoted, measured. */
void candidates_find(const struct question *q, const struct windows *w, struct candidates *ret);

/* Measures one: covers, terms, duty, score. */
void candidate_score(const struct question *q, struct candidate *c);

/* The best, at most `most`, best first, no two from one place; returns how many stand first in the list then. */
size_t candidates_choose(const struct question *q, struct candidates *c, size_t most);

/* ---- Manner ------------------------------------------------------------------------------------------------------ */

enum manner {
	MANNER_DUTY = 1,  /* must, shall, provided that */
	MANNER_LEAVE = 2, /* may, is permitted */
	MANNER_NUMBER = 4,
	MANNER_DATE = 8,
	MANNER_REASON = 16,    /* because, so that */
	MANNER_STEPS = 32,     /* an option, a command, an imperative */
	MANNER_WHO = 64,       /* names people */
	MANNER_WHERE = 128,    /* a path, an address */
	MANNER_MEANING = 256,  /* says what something is */
	MANNER_EXAMPLE = 512,  /* for example */
	MANNER_WE = 1024,      /* speaks of its authors */
	MANNER_ASKING = 2048,  /* is itself a question */
	MANNER_SHOUTED = 4096, /* in capitals */
	MANNER_WAIVER = 8192,  /* takes a duty away: need not, exception */
	MANNER_BAN = 16384,    /* may not, cannot: something must not be done */
	MANNER_BACK = 32768,   /* begins as what goes on from something before: this, such, however */
};

/* What kind of statement the bytes from `from` to `to` are; `words` are the words of `text` that stand there. */
unsigned manner_of(const char *text, size_t from, size_t to, const struct text_word *words, size_t n);

/* Does a heading say that what follows only leads in or comes after: preamble, introduction, contents? */
bool heading_is_aside(const char *heading, size_t len);

#endif
