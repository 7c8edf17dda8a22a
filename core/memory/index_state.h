/* What the files of the index share. */

#ifndef MEMORY_INDEX_STATE_H
#define MEMORY_INDEX_STATE_H

#include <sqlite3.h>

#include "base/util.h"
#include "memory/index.h"
#include "memory/passage.h"
#include "memory/words.h"

enum statement {
	FIND_SPACE,
	ADD_SPACE,
	SET_SPACE,
	FIND_DIGEST,
	FIND_KEY,
	ADD_SOURCE,
	FILL_SOURCE,
	DEL_SOURCE,
	MARK_DIGEST,
	MARK_KEY,
	SOURCE_AT,
	SOURCE_RANGE,
	PAGES,
	STATEMENTS
};

/* A row of `spaces`. */
struct index_space {
	sqlite3_int64 id;    /* 0: the index does not know it */
	sqlite3_int64 next;  /* number of the next passage */
	sqlite3_int64 live;  /* passages */
	sqlite3_int64 bytes; /* of those */
};

/* Where one passage stands in its source; a row has an array of them. */
struct range {
	uint32_t from, to, heading_from, heading_to;
};
static_assert(sizeof(struct range) == 16, "range");

/* The source that is being filled in. */
struct filling {
	bool busy;
	char *client, *name; /* its space */
	struct index_space space;
	sqlite3_int64 source, first;
	char *title; /* a document's name or a value's key: part of what each passage is found by */
	struct buf text, ranges, row;
	struct cutter cutter;
	sqlite3_int64 bytes;
	uint64_t lsn;
};

struct index {
	sqlite3 *db;
	char *dir, *path, *mark; /* `mark` is there while the file is not closed in order; it names the boot */
	struct words *words;
	sqlite3_stmt *statements[STATEMENTS];
	sqlite3_stmt *insert; /* into the table of `insert_space` */
	sqlite3_int64 insert_space;
	bool open;      /* a transaction */
	size_t written; /* bytes of text in it */
	uint64_t applied;
	int64_t generation; /* of comparisons */
	struct filling filling;
	struct kept_postings *postings; /* postings.h; NULL: nothing is remembered */
};

int index_fault(struct index *x, struct fault *fault);
int index_damaged(struct index *x, const char *why, struct fault *fault); /* what was read is nonsense */
int index_run(struct index *x, const char *sql, struct fault *fault);
int index_begin(struct index *x, struct fault *fault); /* a transaction, where none is open */

/* A statement, reset; it is the index's. */
sqlite3_stmt *index_statement(struct index *x, enum statement which);
int index_step(struct index *x, sqlite3_stmt *q, struct fault *fault); /* to its end, and resets it */

static inline void
finalize_p(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}

/* The space's row; id 0 where there is none and `make` is not set. */
int index_space(struct index *x, const struct memory_space *s, bool make, struct index_space *ret, struct fault *fault);
int index_set_space(struct index *x, const struct index_space *s, struct fault *fault);
/* Whether there can be so many passages: room is made for a number of each. */
int index_check_next(struct index *x, const struct index_space *s, struct fault *fault);
void index_forget_insert(struct index *x); /* its table goes */

/* tokenizer.c: makes FTS5 read words as words.h does. */
int index_register_words(sqlite3 *db);

#endif
