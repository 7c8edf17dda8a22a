/* Changes on their way into the index, and building it anew. */

#ifndef MEMORY_CHANGE_H
#define MEMORY_CHANGE_H

#include "memory/command.h"
#include "memory/state.h"

/* A command was applied: the index gets it.  Takes `c` over. */
void change_command(struct memory *m, struct memory_command *c, uint64_t version);

/* Documents ([{"digest", "document", ...}], taken over) have become part of the space; `bytes` of text. */
void change_documents(struct memory *m, const struct memory_space *space, json_t *documents, size_t bytes);

void memory_catch_up(struct memory *m);

#endif
