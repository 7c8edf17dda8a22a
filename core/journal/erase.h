/*
 * Which fields of a record are overwritten when its run is erased, and by what.
 *
 *   INPUT, INPUT_DELTA      INPUT_ERASED: hash of the payload, zeros
 *   OUTPUT, OUTPUT_DELTA    OUTPUT_ERASED: the same
 *   BODY, PARTIAL, MESSAGE, CONFIG, REASON; TARGET of an op that is no call (a URL, a key)
 *                           ERASED: the tag (uint16), zeros
 *
 * The field is as long as before; what has no room for the hash, or the tag, is zeros alone.  All else stays: names, times,
 * statuses, hashes, who asked.
 */

#ifndef JOURNAL_ERASE_H
#define JOURNAL_ERASE_H

#include "base/record.h"
#include "journal/journal.h"

/* Overwrites the fields of a record where it lies, `r` as decoded from there.  Returns whether there were any. */
bool erase_record(struct record *r, const struct journal_erasing *e);

#endif
