/*
 * What a disk may hold after the power went, at any point of a log.
 *
 * Everything that a sync which had ended covers is there: a file's bytes and size by its own sync, names by that of their
 * folder.  Of everything else each unit is there or not, whatever became of the others:
 *
 *   a page (4 KiB) of a file   in any of the states that it had since the last sync; torn: each of its sectors (512 bytes)
 *                              for itself
 *   the size of a file         any that it had since then
 *   a name                     each making, renaming and removing that no sync of the folder covers
 */

#ifndef TESTS_POWER_MODEL_H
#define TESTS_POWER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "power/log.h"

struct power_event {
	enum power_kind kind;
	uint64_t file, offset, length;
	const char *path, *to; /* borrowed from the log */
	const uint8_t *bytes;  /* NULL: zeros */
	bool durable;          /* a write that went through the cache: when `durable_at` is before the cut */
	size_t durable_at;
	const char *at; /* of a sync: what the file was called then */
};

struct power_log {
	uint8_t *raw;
	struct power_event *events;
	size_t n;
	uint64_t files; /* the largest number */
};

int power_log_read(struct power_log *log, const char *path);

/* Is there something to cut after this entry that was not there before it? */
bool power_cuts(const struct power_log *log, size_t entry);

enum power_way {
	WAY_ALL,    /* everything is there */
	WAY_NONE,   /* nothing that was not synced */
	WAY_DATA,   /* bytes and sizes, but no name */
	WAY_NAMES,  /* names and sizes, but no bytes */
	WAY_SUBSET, /* unit i is there when bit i of `which` is set */
	WAY_LOST,   /* all but unit `which` */
	WAY_KEPT,   /* unit `which` alone */
	WAY_RANDOM, /* by chance; odd seeds: torn */
	WAYS,
};

struct power_choice {
	enum power_way way;
	uint64_t which;      /* unit, bits or seed */
	const char *without; /* syncs of what is called so are taken for none; NULL: all syncs count */
};

/* Builds the image of the first `cut` entries in the folder `to`, which is empty; returns how many units there were. */
unsigned power_build(const struct power_log *log, size_t cut, const struct power_choice *choice, const char *to);

#endif
