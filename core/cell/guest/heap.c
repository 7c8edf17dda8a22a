/*
 * How much of the heap is in use.
 *
 * A call that waits for long is dropped with its fiber, and what its handler had of malloc is lost then: the host has to
 * know how much that is, because a cell that has lost too much is replaced.  Asking the library goes through all of its
 * free lists, so it is counted here: the program's own malloc and its relatives stand before those of the C library for
 * everybody in the process, and pass on to them.
 *
 * What frees in one call what another allocated is counted with the wrong one.  The number is a hint, as all that a cell
 * says of itself; the bound on its memory is the kernel's.
 *
 * Sanitizers have a malloc of their own: their builds do not count.
 */

#include "config.h"

#include "cell/guest/heap.h"

static int64_t in_use;

const int64_t *
heap_in_use(void)
{
	return &in_use;
}

#ifndef HOSPES_SANITIZERS

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

/* What a program that replaces malloc calls, exported by glibc for that; no header has them. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *at);

static void *
counted(void *at)
{
	in_use += (int64_t)malloc_usable_size(at);
	return at;
}

PUBLIC void *
malloc(size_t size)
{
	return counted(__libc_malloc(size));
}

PUBLIC void *
calloc(size_t n, size_t size)
{
	return counted(__libc_calloc(n, size));
}

PUBLIC void *
realloc(void *at, size_t size)
{
	size_t had = malloc_usable_size(at);
	void *ret = __libc_realloc(at, size);

	/* NULL: it stays as it was, but for a size of 0, which frees. */
	if (ret != NULL || size == 0)
		in_use -= (int64_t)had;
	return counted(ret);
}

PUBLIC void
free(void *at)
{
	in_use -= (int64_t)malloc_usable_size(at);
	__libc_free(at);
}

PUBLIC void *
memalign(size_t alignment, size_t size)
{
	return counted(__libc_memalign(alignment, size));
}

PUBLIC void *
aligned_alloc(size_t alignment, size_t size)
{
	return counted(__libc_memalign(alignment, size));
}

PUBLIC int
posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *at;

	if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
		return EINVAL;
	at = counted(__libc_memalign(alignment, size));
	if (at == NULL)
		return ENOMEM;
	*ret = at;
	return 0;
}

#endif
