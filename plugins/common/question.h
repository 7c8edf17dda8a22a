/*
 * A question of a person, as a search sees it: what it is about (its terms, each with the other words that say the same) and
 * what kind of answer it wants.  And how much of that a text has.
 *
 * Compiled into each plugin that wants it.  Plain C, no host function.  Everything belongs to the question and goes with
 * question_free.
 *
 *   question.c   the parsing               irregular.c   forms that no stemmer brings together
 *   synonyms.c   groups of words           match.c       terms found in a text
 */

#ifndef COMMON_QUESTION_H
#define COMMON_QUESTION_H

#include "common/text.h"

#define QUESTION_TERMS 24 /* of a question; what comes after is not looked at */
#define FORM_WORDS     5  /* of one way to say it */

/* What is asked for. */
enum question_asks {
	ASKS_DUTY = 1,   /* what must ..., is it required */
	ASKS_LEAVE = 2,  /* may I ..., is it allowed */
	ASKS_NUMBER = 4, /* how many, how long */
	ASKS_DATE = 8,   /* when, what year */
	ASKS_WHO = 16,
	ASKS_WHY = 32,
	ASKS_HOW = 64, /* how do I ... */
	ASKS_WHERE = 128,
	ASKS_MEANING = 256, /* what is ..., what does ... mean */
};

/* One way to say a term: up to five stems that stand together. */
struct form {
	char stems[FORM_WORDS][TEXT_STEM];
	uint8_t n;
	float worth; /* 1: the asker's own word; less: a synonym */
};

struct term {
	char word[64]; /* as the asker wrote it, lower case */
	struct form *forms;
	size_t forms_n;
	double weight; /* of it in the question; idf and kind; all weights together are above 0 */
	bool name;     /* a proper name, a number, something in quotes: has no synonyms and cannot be left out */
};

struct question {
	unsigned asks; /* of question_asks */
	struct term terms[QUESTION_TERMS];
	size_t n;
};

/* Reads a question; `synonyms` is the text of a file of groups (etc/synonyms), or "". */
void question_read(struct question *q, const char *text, const char *synonyms);
void question_free(struct question *q);

/* Adds to each term that a group of `synonyms` has what else the group has.  For question_read. */
void synonyms_add(struct question *q, const char *synonyms);

/* Adds the forms of irregular words.  For question_read. */
void irregular_add(struct question *q);

/* Adds a way to say a term, stems as they are; nothing when it has that already. */
void term_add_form(struct term *term, const char (*stems)[TEXT_STEM], size_t n, double worth);

/* ---- Matching ---------------------------------------------------------------------------------------------------- */

/* A term that stands in a text. */
struct hit {
	uint32_t word; /* index of its first word */
	uint8_t term;  /* index in the question */
	uint8_t words; /* how many it takes */
	float worth;
};

/* All hits in these words, in order of place.  Returns how many; *ret is the caller's. */
size_t question_match(const struct question *q, const struct text_word *words, size_t n, struct hit **ret);

/* The first hit at this word or behind it. */
size_t hits_at(const struct hit *hits, size_t n, size_t word);

/* The best worth of each term among hits of the words [from, to); `best` has QUESTION_TERMS places and is only raised, by at
 * most `worth` of what stands there. */
void hits_best(const struct hit *hits, size_t n, size_t from, size_t to, double worth, double best[QUESTION_TERMS]);

/* The share of the question, 0 to 1, that has these worths. */
double question_covered(const struct question *q, const double best[QUESTION_TERMS]);

#endif
