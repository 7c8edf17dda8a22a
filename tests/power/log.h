/*
 * What the shim writes down: every call that changes what is below a folder, and every sync, in the order in which they took
 * effect.
 *
 * An entry is a head, then a path (or two, or the text of an acknowledgement), then the bytes that were written.  A file has a
 * number from its making to its end, whatever it is called.
 */

#ifndef TESTS_POWER_LOG_H
#define TESTS_POWER_LOG_H

#include <assert.h>
#include <stdint.h>

enum power_kind {
	POWER_MAKE = 1, /* a file of this path, with this number */
	POWER_MKDIR,    /* a folder, which has a number too */
	POWER_RENAME,   /* path, then the new one */
	POWER_REMOVE,   /* a file's name, or a folder */
	POWER_WRITE,    /* `length` bytes at `offset` */
	POWER_ZEROS,    /* the same, all of them zero: not in the log */
	POWER_SIZE,     /* truncated, or grown with zeros, to `length` */
	POWER_SYNC,     /* a sync of this file or folder has begun; 0: of everything */
	POWER_SYNCED,   /* it has ended: `offset` is the entry at which it began */
	POWER_DURABLE,  /* the write of the entry `offset` went through the cache (O_DSYNC) and has ended */
	POWER_MAPPED,   /* is written to through memory from here on: nobody can tell what is in it */
	POWER_SAID,     /* what the program has acknowledged */
};

struct power_entry {
	uint32_t kind;
	uint32_t text; /* bytes of the path, with a zero after each one */
	uint64_t file;
	uint64_t offset, length;
	uint64_t bytes; /* that follow the text */
};
static_assert(sizeof(struct power_entry) == 40, "power_entry");

/* Acknowledgements are lines that the program writes into this file. */
#define POWER_SAID_FILE "said"

#endif
