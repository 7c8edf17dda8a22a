/* The breakers that there are: found, made, bounded, put on record, told.  Private to the room. */

#ifndef DISPATCH_BREAKERS_H
#define DISPATCH_BREAKERS_H

#include "dispatch/breaker.h"
#include "dispatch/dispatch.h"

/* Of one kind; those that were used last are at the end. */
struct breaker_set {
	struct map by; /* of versions by their hash, of hosts by their name */
	struct breaker_list used;
	unsigned n;
};
#define BREAKERS_MAX 4096u /* of one kind */

struct breakers {
	struct breaker_set versions, hosts;
	uint64_t freed; /* breakers, ever (base/kept.h) */
	struct policy *policy; /* the newest that an op came with, a reference; NULL: none came yet */
	struct breaker_rules rules;
};

void breakers_open(struct dispatch *d); /* with what the store knows */
void breakers_close(struct dispatch *d);

/* The newest policy says how breakers work: they are the host's, not a run's. */
void breakers_follow(struct dispatch *d, struct policy *policy);

/* Made when there is none.  NULL: there is no room for another. */
struct breaker *breakers_of_version(struct dispatch *d, struct version *v);
struct breaker *breakers_of_host(struct dispatch *d, const char *name);
struct breaker *breakers_find_version(const struct dispatch *d, const struct version *v); /* NULL: there is none */

/* Each changes the breaker, puts that on record and tells the log; `op` is what it did so for, or NULL. */
void breakers_trip(struct dispatch *d, struct breaker *b, enum breaker_cause cause, const struct op *op);
void breakers_try(struct dispatch *d, struct breaker *b, const struct op *op);
void breakers_shut(struct dispatch *d, struct breaker *b, const struct op *op, const char *actor, const char *why);

/* Is the breaker of a version open, so that routing passes over it? */
bool breaker_open_for(struct dispatch *d, const struct version *v);

/* Calls of a version that are open now. */
unsigned breaker_calls_of(const struct dispatch *d, const struct version *v);

#endif
