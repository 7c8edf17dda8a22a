/* A memory on a journal and a store of its own, and calls that wait for their answer. */

#ifndef TESTS_MEMORY_WORLD_H
#define TESTS_MEMORY_WORLD_H

#include "memory/memory.h"

struct world {
	char *dir, *memory_dir;
	struct event_base *loop;
	struct journal *journal;
	struct store *store;
	struct memory *memory;
	size_t value_max, document_max;
	struct fault failure; /* what `failed` told */

	/* the last answer */
	bool answered;
	json_t *answer;
	struct fault fault; /* status 0: none */
};

extern const struct memory_space world_space; /* uid:1, notes */

/* For cmocka: a world for each test. */
int world_setup(void **state);
int world_teardown(void **state);

struct world *world_new(void);
void world_free(struct world **w);
void world_open(struct world *w);
void world_close(struct world *w);
void world_done(json_t *answer, const struct fault *fault, void *world);

/* Turns the loop until there is an answer; it is kept until the next. */
json_t *world_wait(struct world *w);

json_t *world_put(struct world *w, const char *key, const char *json, uint64_t version);
json_t *world_get(struct world *w, const char *key);
json_t *world_forget(struct world *w, const char *key);
json_t *world_forget_document(struct world *w, const char *digest);
json_t *world_drop(struct world *w, const struct memory_space *space);
json_t *world_search(struct world *w, const char *query);

/* Everything that was begun before is over: a search waits for it, files come before searches of a later turn, and go when
 * what let go of them is durable. */
void world_settle(struct world *w);

/* Files of documents, all of them. */
unsigned world_files(struct world *w);

/* A document that tests load. */
extern const char of_birds[];

/* Of an answer: a number, a truth and a text in it, and how much a search found. */
json_int_t number(const json_t *j, const char *member);
bool flag(const json_t *j, const char *member);
const char *text(const json_t *j, const char *member);
size_t hits(struct world *w);

/* Loads a batch as it is, or one document. */
json_t *world_load_batch(struct world *w, const struct memory_space *space, const void *batch, size_t len);
json_t *world_load(struct world *w, const char *name, const char *text);

#endif
