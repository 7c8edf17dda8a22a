/* The files of documents: DIR/documents/ab/abcd..., named by the SHA-256 of what is in them.  [index thread] */

#ifndef MEMORY_DOCUMENTS_H
#define MEMORY_DOCUMENTS_H

#include "base/buf.h"
#include "base/fault.h"
#include "memory/spaces.h"

void documents_digest(const void *text, size_t len, uint8_t ret[DIGEST]);

/* Writes a file that is not there yet, or has another text than it should; documents_sync makes all that were written
 * durable. */
int documents_write(
    const char *dir, const uint8_t digest[DIGEST], const void *text, size_t len, bool *ret_new, struct fault *fault);
int documents_sync(const char *dir, struct fault *fault);

/* To be overwritten once it has no name any more; -1: there is none. */
int documents_open_to_wipe(const char *dir, const uint8_t digest[DIGEST]);
int documents_wipe(int fd, uint64_t bytes, struct fault *fault);

void documents_remove(const char *dir, const uint8_t digest[DIGEST]);

/* Removes all files of which `named` (with the file's name) says no; returns how many. */
size_t documents_sweep(const char *dir, bool (*named)(const char *file, void *arg), void *arg);

/* Is there a file of that size?  Whether its text fits the digest is found when it is read.  [any thread] */
bool documents_there(const char *dir, const uint8_t digest[DIGEST], uint64_t bytes);

/* For reading.  Faults: not_found, io_error. */
int documents_open(const char *dir, const uint8_t digest[DIGEST], int *ret, struct fault *fault);

/* Bytes `from` up to `to` (UINT64_MAX: to the end); adds to `ret`.  Faults: io_error, damaged where there are fewer. */
int documents_read(int fd, uint64_t from, uint64_t to, struct buf *ret, struct fault *fault);

#endif
