/*
 * What a text states: a statement for each clause.
 *
 * A statement has its terms (stems of content words, with what introduces them), its amounts, its dates and its mood (must,
 * may, must not, need not; is, is not).  Whoever compares two texts reads both into statements: the analyst for what
 * contradicts, the check `support` for what does not follow.
 *
 *   tokens.c      words, numbers and the signs between them        statement.c  clauses, terms, and what introduces them
 *   amount.c      numbers with their units, compared               mood.c       must, may, not
 *   date.c        dates, compared                                  lexicon.c    words that say the same, or the opposite
 *
 * Plain C, no host function, compiled into each plugin that wants it.
 */

#ifndef COMMON_STATEMENT_H
#define COMMON_STATEMENT_H

#include <stdint.h>

#include "common/text.h"

/* Fills the lexicon, once, before anything else: the plugin's init hook. */
int lexicon_init(void);

struct statements;

struct statements *statements_read(const char *text, size_t len);
void statements_free(struct statements **statements);

/* ---- Tokens ------------------------------------------------------------------------------------------------------ */

enum token_use {
	TOKEN_FREE,   /* a content word, or not looked at yet */
	TOKEN_LIGHT,  /* a function word, or one that says nothing of the subject: "period", "takes" */
	TOKEN_AMOUNT, /* part of a number and its unit */
	TOKEN_DATE,
	TOKEN_MOOD,
};

struct token {
	const char *at; /* in the text */
	uint16_t len;
	uint8_t flags; /* of text_word_flags */
	uint8_t use;
	char before,
	    after;   /* the last sign before it and the first one after it that are not white space; 0 for none */
	bool stop;   /* a comma, semicolon, bracket or the like follows before the next one */
	bool number; /* `value` is what it says, in digits or words */
	bool aside;  /* in brackets */
	uint32_t condition; /* hash of the word whose condition it is part of: if, unless, when, before; 0 for none */
	double value;
	char word[TEXT_STEM]; /* lower case */
	char stem[TEXT_STEM];
};

/* Words of a text; numbers in words are one token ("twenty-five").  The caller's to free(). */
size_t tokens_read(const char *text, size_t len, struct token **ret);

/* Is the word of tokens[i] in a list, " at in on "?  False past the end. */
bool token_in(const struct token *tokens, size_t n, size_t i, const char *words);

/* The tokens from `first` up to `behind` as they are written, white space in order and the sign of a currency included; cut at
 * a whole character where there is no more room. */
void tokens_told(char *out, size_t size, const struct token *first, const struct token *behind);

/* Ends a text that was cut at `n` bytes, at a whole character. */
void text_whole(char *out, size_t n);

/* Is it part of an "if" (or unless, when, where, until ...), rather than of a "before" or "after"? */
bool is_condition(const struct token *token);

/* ---- Lexicon ----------------------------------------------------------------------------------------------------- */

/* The stem that stands for another, and whether that says the opposite of it: "disabl" is "enabl", opposite. */
const char *lexicon_stem(const char *stem, bool *opposite);

/* A word that says nothing of a subject. */
bool lexicon_light(const char *word);

/* ---- Amounts ----------------------------------------------------------------------------------------------------- */

enum amount_bound { AMOUNT_EXACT, AMOUNT_LEAST, AMOUNT_MOST, AMOUNT_ABOUT, AMOUNT_RANGE };

struct amount {
	char dimension; /* of amount.c; 'c' counts things, 'l' labels one ("port 8080") */
	uint8_t bound;
	bool rough;           /* months and years, or units of 1,024: not exactly comparable with others */
	char unit[TEXT_STEM]; /* as it was said */
	double low, high;
	double per;         /* seconds: a rate; 0 for none */
	bool conditional;   /* "if there are 2": says when, not what */
	uint32_t things[3]; /* what is counted or labelled: stems' hashes */
	size_t token, end;  /* its tokens */
};

/* Finds the amounts, marks their tokens.  Returns how many, `most` at most. */
size_t amounts_read(struct token *tokens, size_t n, struct amount *ret, size_t most);

bool amount_comparable(const struct amount *a, const struct amount *b);
bool amount_equal(const struct amount *a, const struct amount *b);
bool amount_conflicts(const struct amount *a, const struct amount *b); /* both cannot be true */

/* ---- Dates ------------------------------------------------------------------------------------------------------- */

struct date {
	uint16_t year, month, day; /* 0: not said */
	uint8_t weekday;           /* 1 to 7; 0: not said */
	size_t token, end;
};

size_t dates_read(struct token *tokens, size_t n, struct date *ret, size_t most);
bool date_conflicts(const struct date *a, const struct date *b);

/* ---- Moods ------------------------------------------------------------------------------------------------------- */

enum mood_class {
	MOOD_IS, /* nothing was said: a plain statement */
	MOOD_IS_NOT,
	MOOD_MUST,
	MOOD_SHOULD,
	MOOD_MUST_NOT, /* also: may not, cannot, is prohibited */
	MOOD_MAY,
	MOOD_NEED_NOT,
};

/* Finds what the clause tokens[from..to) demands or denies, marks its tokens. */
uint8_t mood_read(struct token *tokens, size_t from, size_t to);
bool mood_conflicts(uint8_t a, uint8_t b);
const char *mood_name(uint8_t mood); /* "must not" */

/* ---- Statements -------------------------------------------------------------------------------------------------- */

#define STATEMENT_TERMS   40u
#define STATEMENT_AMOUNTS 6u
#define STATEMENT_DATES   4u

struct term {
	uint32_t stem, opposite; /* hashes; `opposite`: of the word without un-, in-, non-; 0 for none */
	uint32_t condition;      /* that of its token */
	uint32_t object;         /* of the preposition that it is the first word behind: "for support"; 0 for none */
	const struct token *token;
	uint16_t place; /* of the token in its sentence */
	bool head;      /* before the verb: who or what it is about */
	bool proper;    /* a name */
	bool label;     /* "section 4" */
	bool denied;    /* a word of the opposite: "disabled" */
};

struct statement {
	const struct token *tokens; /* of the clause */
	size_t from, to;            /* bytes of its sentence in the text */
	struct term terms[STATEMENT_TERMS];
	size_t n_terms;
	struct amount amounts[STATEMENT_AMOUNTS];
	size_t n_amounts;
	struct date dates[STATEMENT_DATES];
	size_t n_dates;
	uint8_t mood;
	bool conditional; /* it has an "if" or the like */
	bool leans;       /* "after that", "this option": only the sentence before tells what it is about */
	uint32_t first; /* hash of its first word's stem, where that is a term: of a demand it is what is to be done */
	uint64_t mask;  /* of the terms' hashes: two that share none share no bit */
};

struct statements {
	struct token *tokens; /* of all */
	size_t n_tokens;
	struct statement *of;
	size_t n;
};

uint32_t statement_hash(const char *text);

#endif
