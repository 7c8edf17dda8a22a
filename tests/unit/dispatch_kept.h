/*
 * A host that was killed: what it had written is kept from one world to the next, where the run is built again from all of it
 * or from what came first.
 */

#ifndef TESTS_DISPATCH_KEPT_H
#define TESTS_DISPATCH_KEPT_H

#include "dispatch_world.h"

/* The record that a run begins with, before its root call is. */
void run_is_recorded(void);

/* What was kept; this world has none of them then. */
extern void *kept[WORLD_MAX];
extern unsigned n_kept;
void keep_records(void);
void forget_kept(void);

/* How many of those there are up to the nth of a kind. */
unsigned kept_up_to(uint16_t kind, unsigned n);

/* The first n of them, as the next start reads them: *rc is what the last one led to. */
struct restore *restored(unsigned n, int *rc, struct fault *fault);

/* The same, and the run goes on from there; the test fails if it can't, or if anything was done while it was built. */
void rebuilt_from(unsigned n);

/* Agents a, b and c, who call each other as they like; a call may be begun again so often.  And these in a new world, in which the
 * run is as its first n records have it. */
void people(unsigned repetition);
void start_anew(void **state, unsigned n, unsigned repetition);

/* After the first n of them this record, the nth case of a test, is told as damage, and nothing of the run is left behind; then
 * comes another world, with nobody in it. */
void assert_damage(void **state, unsigned n, size_t nth, const struct record *r);

/* Two records say the same there. */
bool same_field(const struct record *a, const struct record *b, enum record_tag tag);

#endif
