/*
 * Verdicts that are known: what a check said of the same reply before.  Private to the room.
 *
 * A check that asked the host for nothing while it looked is a function of its bytes, its configuration and what it was
 * shown; the hash of these three is the key (and of whose run it was: nobody learns by the time that it takes what others
 * were told).  One that read the run's sources and nothing else is a function of those too: for it the key has their names, and
 * how often documents came and went so far.  One that asked for anything else is asked every time.
 *
 * What is found here is an outcome like any other and on record as such, so a run that goes on after a restart does not ask
 * whether it is still known.  Bounded: what was not needed for longest goes first.  [loop]
 */

#ifndef DISPATCH_VERDICT_CACHE_H
#define DISPATCH_VERDICT_CACHE_H

#include "base/buf.h"
#include "call/call.h"

#define VERDICT_KEY 65 /* BLAKE2b-256 in hexadecimal digits */

struct verdict_cache;

void verdict_cache_open(struct verdict_cache **ret);
void verdict_cache_close(struct verdict_cache **cache);

/* `object`: 32 bytes, of the check.  `documents`: NULL, or where it reads the run's sources what memory_settled says. */
void verdict_cache_key(char out[VERDICT_KEY], const struct run *run, const uint8_t *object,
    const struct payload *config, const struct payload *shown, const uint64_t *documents);

/* Borrowed until the next call; NULL: it is not known. */
struct payload *verdict_cache_get(struct verdict_cache *cache, const char *key);
void verdict_cache_put(struct verdict_cache *cache, const char *key, struct payload *said);

#define VERDICT_CACHE_MAX   4096u
#define VERDICT_CACHE_BYTES (8 * MIB)
#define VERDICT_CACHE_EACH  (64 * KIB) /* longer ones are not kept */

#endif
