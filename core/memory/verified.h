/*
 * Whether the file of a document still has the text that it is named by.
 *
 * A quote is shown because the document has it, so the text that is told is held against its digest first.  Hashing a file
 * for each few bytes of it would cost more than reading them: a file that fitted and was not written since (by inode, size
 * and time of change) is believed.  What was written only just now is hashed each time, since two changes within one tick of
 * the kernel's clock look the same.
 *
 * [index thread]
 */

#ifndef MEMORY_VERIFIED_H
#define MEMORY_VERIFIED_H

#include "base/fault.h"
#include "memory/spaces.h"

struct verified;

struct verified *verified_new(void);
void verified_free(struct verified **v); /* accepts NULL, clears */

/* `fd` is the document's file.  Faults: damaged, io_error. */
int verified_check(struct verified *v, int fd, const uint8_t digest[DIGEST], struct fault *fault);

#endif
