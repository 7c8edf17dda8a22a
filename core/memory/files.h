/*
 * The files of documents, and when they go.
 *
 * A load pins the digests that it brings before it looks whether they are there, and lets go of them once its command was
 * applied or there is none.  A file goes when the store says that no space has it and nothing has pinned it; both are
 * looked at in the order in which things happen, so a document that one forgets while another brings it stays.
 */

#ifndef MEMORY_FILES_H
#define MEMORY_FILES_H

#include "memory/state.h"

/* [index thread] */
void files_pin(struct memory *m, const char *digest);
void files_unpin_all(struct memory *m); /* at the end */

/* Lets go of digests ({"digest", ...} each, borrowed) that a load has pinned; `check`: those that no space has go. */
void files_release(struct memory *m, const json_t *documents, bool check);

/* One that a space has let go of. */
void files_forgotten(struct memory *m, const uint8_t digest[DIGEST]);

/* All that no space has, and what a crash left half written. */
void files_sweep(struct memory *m);

#endif
