/* Slabs: free lists over malloc. */

#include <string.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_NOACCESS(at, len)  ((void)(at), (void)(len))
#define VALGRIND_MAKE_MEM_UNDEFINED(at, len) ((void)(at), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(at, len)   ((void)(at), (void)(len))
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
	(void)VALGRIND_MAKE_MEM_DEFINED(thing, sizeof(void *));
	memcpy(&s->first, thing, sizeof(void *));
	s->kept--;
	(void)VALGRIND_MAKE_MEM_UNDEFINED(thing, s->size);
	return thing;
}

void
slab_give(struct slab *s, void *thing)
{
#ifdef __SANITIZE_ADDRESS__
	(void)s;
#else
	if (s->kept < s->most) {
		memcpy(thing, &s->first, sizeof(void *));
		s->first = thing;
		s->kept++;
		(void)VALGRIND_MAKE_MEM_NOACCESS(thing, s->size);
		return;
	}
#endif
	free(thing);
}
