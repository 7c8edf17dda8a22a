/*
 * Slabs: things of one size, many of which come and go.
 *
 * What is given back is kept for the next taker, up to a number, the warmest first: malloc keeps seven of a size at hand,
 * and thousands of calls may be in flight.  Tools that look for memory used after its end see each thing's end: under
 * ASan and valgrind nothing is kept.
 */

#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>

struct slab {
	size_t size; /* of each, at least a pointer's */
	size_t most; /* that are kept */
	size_t kept;
	void *first; /* of those kept; each begins with the next */
};

void *slab_take(struct slab *s); /* not cleared */
void slab_give(struct slab *s, void *thing);

#endif
