/* Slabs: free lists over malloc. */

#include <string.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

#include "base/slab.h"
#include "base/util.h"

#ifndef __SANITIZE_ADDRESS__
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#endif

void *
slab_take(struct slab *s)
{
	void *thing = s->first;

	if (thing == NULL)
		return xmalloc(s->size);
	memcpy(&s->first, thing, sizeof(void *));
	__builtin_prefetch(s->first); /* the next one may have been away for long */
	s->kept--;
	return thing;
}

void
slab_give(struct slab *s, void *thing)
{
#ifdef __SANITIZE_ADDRESS__
	(void)s;
#else
	if (s->kept < s->most && !RUNNING_ON_VALGRIND) {
		memcpy(thing, &s->first, sizeof(void *));
		s->first = thing;
		s->kept++;
		return;
	}
#endif
	free(thing);
}
