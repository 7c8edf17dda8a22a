/*
 * What has to be true of records one after the other: epochs, and the records of each run.
 *
 * A run that has ended is forgotten, so that what is kept is as large as what was open at one time.
 */

#ifndef JOURNAL_CHAINS_H
#define JOURNAL_CHAINS_H

#include "base/fault.h"
#include "base/map.h"
#include "base/record.h"

struct chains {
	struct map runs;     /* a half of the id -> struct chain */
	uint64_t known_from; /* records before are not known: dropped, or damaged */
	uint64_t epoch;      /* 0: not known */
	uint64_t ended;      /* runs of which the end was seen */
};

/* The next record.  False: it does not fit what came before; `why` says how. */
bool chains_add(struct chains *c, const struct record *r, struct fault *why);

/* What came before `lsn` since the last record is not known. */
void chains_gap(struct chains *c, uint64_t lsn);

uint64_t chains_open(const struct chains *c);
void chains_free(struct chains *c);

#endif
