/* What the ops of memory share: op_memory.c has those on values and documents, op_search.c has the search. */

#ifndef DISPATCH_OP_MEMORY_H
#define DISPATCH_OP_MEMORY_H

#include "dispatch/state.h"

#define OP_MEMORY_INPUT_MAX (1 * MIB) /* of an op that brings no value: 15,000 digests */

/* Reads the input of an op: an object of at most `max` bytes with no other members than `known`.  A new reference, or NULL
 * and the fault. */
json_t *op_memory_input(const struct op *op, size_t max, const char *const known[], struct fault *fault);

/* A member that counts something; *ret stays as it is where there is none. */
int op_memory_count(const struct op *op, const json_t *input, const char *name, uint64_t *ret, struct fault *fault);

/* The spaces that an op is about: one, or for "sources" those of its run. */
struct asked_spaces {
	char name[SPACE_TEXT]; /* as it was asked for */
	const char *key;       /* what follows it */
	size_t n;
	struct memory_space spaces[RUN_SOURCES_MAX];
};
int op_memory_spaces(const struct op *op, struct asked_spaces *ret, struct fault *fault);

/* What the memory room is given to tell the answer of an op to: op_memory_told and this. */
void *op_memory_asking(struct dispatch *d, struct op *op);
void op_memory_told(json_t *answer, const struct fault *fault, void *arg);
void op_memory_stop(struct dispatch *d, struct op *op);

#endif
