/*
 * A run that asks for everything there is: a is its root, which calls b and c, and v votes; handlers are lists of steps.  The
 * world outside answers whatever it is asked.
 */

#ifndef TESTS_RESTORE_WORLD_H
#define TESTS_RESTORE_WORLD_H

#include "dispatch_kept.h"

/* Who is in it, all at the beginning of what they do. */
void world_is_peopled(void);

/* To the end of the run; and from its beginning until there are `n` records of a kind. */
void plays(void);
void plays_until(uint16_t kind, unsigned n);

/* Another host begins, with these people and the records kept. */
void begin_anew(void **state);

#endif
