/*
 * The shim: what its parts share.
 *
 * shim.c keeps the log and knows which file has which number; shim_names.c, shim_writes.c and shim_syncs.c stand before the
 * calls of libc.  A call that changes something happens between shim_lock() and shim_unlock(), together with its entry, so the
 * order of the log is the order in which things took effect.  Nothing of this is seen by the program it is loaded into.
 */

#ifndef TESTS_POWER_SHIM_H
#define TESTS_POWER_SHIM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "power/log.h"

#pragma GCC visibility push(hidden)

/* Is anything written down? */
bool shim_on(void);

void shim_lock(void);
void shim_unlock(void);

/* Ends the program: what it does cannot be written down. */
void shim_die(const char *what) __attribute__((noreturn));

/* A path as it was given to a call, from the root of the file system in `full`, and below the folder that is written down as
 * what is returned; NULL: it is not there.  Of the folder itself it is ".". */
const char *shim_name(int dir, const char *path, char full[PATH_MAX]);
const char *shim_name_of_fd(int fd, char full[PATH_MAX]);

/* [lock] Returns the number of the entry. */
uint64_t shim_entry(enum power_kind kind, uint64_t file, uint64_t offset, uint64_t length, const char *text,
    size_t text_len, const void *bytes, size_t n);

/* [lock] One that has but its file, an offset and a length; or a path. */
uint64_t shim_entry_of(enum power_kind kind, uint64_t file, uint64_t offset, uint64_t length);
uint64_t shim_entry_path(enum power_kind kind, uint64_t file, const char *path);

/* The number of a file; 0: not one of those that are written down. */
uint64_t shim_number_of(int fd);
uint64_t shim_number_of_stat(const struct stat *st);

/* [lock] Of a file that has none yet. */
uint64_t shim_new_number(const struct stat *st);

#pragma GCC visibility pop

#endif
