/*
 * A pointer that is kept beside what it would be looked up by.
 *
 * What it points to may be freed.  Its owner counts how often it frees one, whichever it is, and what was kept before that is looked
 * up once more: so that nobody has to know where pointers are kept.  Zeroed, nothing is.
 */

#ifndef BASE_KEPT_H
#define BASE_KEPT_H

#include <stddef.h>
#include <stdint.h>

struct kept {
	void *thing;
	uint64_t freed; /* how many had been, then */
};

/* NULL: it has to be looked up. */
static inline void *
kept_get(const struct kept *kept, uint64_t freed)
{
	return kept->freed == freed ? kept->thing : NULL;
}

static inline void
kept_put(struct kept *kept, void *thing, uint64_t freed)
{
	*kept = (struct kept){.thing = thing, .freed = freed};
}

#endif
