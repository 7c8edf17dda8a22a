/* Small things that everybody needs: cleanup on scope exit, sizes, units. */

#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <stdio.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct whose `member` this points to. */
#define CONTAINER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)

#define NS_PER_US ((int64_t)1000)
#define NS_PER_MS ((int64_t)1000000)
#define NS_PER_S  ((int64_t)1000000000)

/* Allocation that ends the process when memory is out: a host that cannot allocate cannot keep its promises, and the
 * journal makes ending safe.  Sizes that come from outside are bounded before they get here. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For _cleanup_. */
static inline void
free_p(void *p)
{
	free(*(void **)p);
}

static inline void
close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void
fclose_p(FILE **f)
{
	if (*f != NULL)
		fclose(*f);
}

#endif
