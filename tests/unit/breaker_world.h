/* What tests of the breakers have in common: a run whose root calls b, and what becomes of the breaker of that. */

#ifndef TESTS_BREAKER_WORLD_H
#define TESTS_BREAKER_WORLD_H

#include "dispatch/breakers.h"
#include "dispatch/guard.h"
#include "dispatch_world.h"

#define S NS_PER_S

extern struct call *root;

/* For cmocka: a run of "a", which may call b and c; a breaker opens after two failures, and is tried again after an hour. */
int begin(void **state);

struct breaker *breaker_of(const char *name);
void open_for(int64_t ns); /* the host's policy is another one from now on */
bool state_is(const struct record *r, const char *state);

/* Calls b and has it end so; the status that was delivered.  Or it is asked with so much time, which then passes. */
int b_ends(int status);
void b_is_late(void);

/* b's breaker opens, and its time is over; then the next call is let through, ends well and closes it. */
void opened(void);
void closes(void);

#endif
