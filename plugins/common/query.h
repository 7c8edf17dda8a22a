/*
 * A question as a query for the host's search, and what comes back measured.  Plain C, no host function.
 */

#ifndef COMMON_QUERY_H
#define COMMON_QUERY_H

#include "common/question.h"

#define QUERY_BYTES 3500 /* the host looks at 4,096 */

struct query {
	char text[QUERY_BYTES + 1];
	size_t len;
};

/* A word, or words that have to stand together; what does not fit any more is left out. */
void query_add(struct query *query, const char *text, size_t len, bool together);

/* The question's own words; the other words that say the same. */
void query_own(const struct question *q, struct query *ret);
void query_wide(const struct question *q, struct query *ret);

/* Raises `best` by the terms that the name of a document has, also as part of a longer name: "curl" in libcurl4. */
void name_best(const struct question *q, const char *name, double worth, double best[QUESTION_TERMS]);

/* How much of the question a passage has, 0 to 1; its heading (NULL: none) and the document's name count less. */
double passage_covers(const struct question *q, const char *text, const char *heading, const char *document);

#endif
