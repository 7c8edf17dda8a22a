/*
 * The parts of the check `support`.
 *
 *   support.c   takes the evidence, judges each claim, replies      subject.c   words of the claim that no quote has
 *   judge.c     one claim and its quotes, sentence by sentence      sense.c     negation, duty, quantity, direction
 *   figures.c   numbers and dates that no quote has
 *
 * All but support.c is plain C without a host function: tests/unit/test_support.c measures it.
 */

#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

#define SUPPORT_WHY 400u

enum support_kind { SUPPORT_HOLDS, SUPPORT_NUMBER, SUPPORT_NEGATION, SUPPORT_SUBJECT };

/* A claim and what is said to bear it out. */
struct support_case {
	const char *claim;
	const char *const *quotes;
	const char *const *names;    /* of the documents, one for each quote: a claim may say where it has it from */
	const char *const *headings; /* under which they stand; NULL, all or one: not known */
	size_t n;
	const char *synonyms; /* the text of a file of groups (etc/synonyms), or "" */
};

struct support_verdict {
	enum support_kind kind;
	double covered; /* share of the claim's words, by weight, that the quotes have; of its poorest sentence */
	size_t quote;   /* the quote that is nearest */
	char why[SUPPORT_WHY];
};

/* ---- judge.c ---- */

/* Do the quotes bear the claim out?  lexicon_init comes first. */
void support_judge(const struct support_case *support, struct support_verdict *ret);

const char *support_name(enum support_kind kind); /* "number" */

/* Notes the first thing that does not fit; returns false, as what failed. */
bool support_tell(struct support_verdict *verdict, enum support_kind kind, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- figures.c ---- */

struct figures;

struct figures *figures_read(const char *text);
void figures_free(struct figures **figures);

/* Are all numbers and dates of the claim in the quotes?  *turned: one is there with the other bound, "at most" for "at least";
 * that is told by *why (SUPPORT_WHY bytes) alone, since a negation beside it may turn it back. */
bool figures_hold(const struct figures *claim, const struct figures *quotes, struct support_verdict *verdict,
    bool *turned, char *why);

/* ---- subject.c ---- */

#define SUBJECT_FOUND 0.3 /* worth from which a word counts as found */

struct subject;

/* The content words of a sentence of the claim, and what each is worth in the quotes. */
struct subject *subject_read(const char *claim, const char *quotes, const char *names, const char *synonyms);
void subject_free(struct subject **subject);

double subject_covered(const struct subject *subject);                 /* 0 to 1; 1 where there is no word */
double subject_worth(const struct subject *subject, const char *stem); /* of one of its words; 1 for any other */
bool subject_holds(const struct subject *subject, struct support_verdict *verdict);

/* ---- sense.c ---- */

/* Do the quotes say it of the same subject and the same way round?  `turned` and `why` are what figures_hold found. */
bool sense_holds(const char *claim, const char *quotes, const struct subject *subject, bool turned, const char *why,
    struct support_verdict *verdict);

#endif
