/* Changes on their way into the index, and building it anew. */

#ifndef MEMORY_CHANGE_H
#define MEMORY_CHANGE_H

#include "memory/command.h"
#include "memory/state.h"

/* A command was applied as `lsn`: the index gets it.  Takes `c` over. */
void change_command(struct memory *m, struct memory_command *c, uint64_t version, uint64_t lsn);

/* Documents ([{"digest", "document", ...}], taken over) have become part of the space; `bytes` of text. */
void change_documents(
    struct memory *m, const struct memory_space *space, json_t *documents, size_t bytes, uint64_t lsn);

/* index_document, but that a text which is missing is logged and passed over.  [index thread] */
int change_document(struct index *index, const struct memory_space *s, const uint8_t digest[DIGEST], const char *name,
    uint64_t lsn, int64_t until_ns, struct fault *fault);

/* Documents of the space that wait for the index. */
size_t change_pending(struct memory *m, const struct memory_space *space);

/* The index gets what the store has and it does not, and loses the rest.  `all`: it is known to have nothing. */
void change_catch_up(struct memory *m, bool all);

/* The same for one space, emptied first: it is worn. */
void change_renew(struct memory *m, const struct memory_space *space);

/* The same in any case, and nothing that the space had before is left in the file of the index. */
void change_erased(struct memory *m, const struct memory_space *space);

#endif
