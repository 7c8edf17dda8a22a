/*
 * The arena of stacks.
 *
 * Stacks come in slabs of 64 with an inaccessible guard area below each, so that an overflow is a fault and not a neighbour's
 * data; a page would do for code compiled with -fstack-clash-protection, but not all is.  They are handed out last in, first
 * out: the one used last is warm.  Slabs stay until the cell rests: then all but the first go, mappings and page tables with
 * them, and what the first has touched.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) ((void)(start), (void)(end))
#define RUNNING_ON_VALGRIND                 0
#endif

#include <hospes/status.h>

#include "fiber.h"

#define STACKS_SLAB  64u
#define STACKS_GUARD (64u * 1024) /* address space only */
#define STACKS_LEAST (32u * 1024)
#define STACKS_MOST  32000u /* vm.max_map_count ends it: two mappings for each */

static struct {
	size_t bytes; /* of one, whole pages */
	size_t guard;
	unsigned most;
	unsigned made;
	unsigned idle;
	void **pool; /* `idle` stacks that nobody uses; room for `made` */
	char **slabs;
	unsigned slabs_n;
} stacks;

int
stacks_open(size_t stack_bytes, unsigned most)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (most == 0 || most > STACKS_MOST || stack_bytes < STACKS_LEAST || stack_bytes > SIZE_MAX / STACKS_MOST / 2)
		return HOSPES_EINPUT;
	stacks.bytes = (stack_bytes + page - 1) / page * page;
	stacks.guard = (STACKS_GUARD + page - 1) / page * page;
	stacks.most = most;
	return 0;
}

/* How many stacks the slab has that comes after `made` of them. */
static unsigned
slab_stacks(unsigned made)
{
	return stacks.most - made < STACKS_SLAB ? stacks.most - made : STACKS_SLAB;
}

/* Room for what is written down of `n` more stacks. */
static bool
stacks_reserve(unsigned n)
{
	void **pool = realloc(stacks.pool, (stacks.made + n) * sizeof(*pool));
	char **slabs;

	if (pool == NULL)
		return false;
	stacks.pool = pool;
	slabs = realloc(stacks.slabs, (stacks.slabs_n + 1) * sizeof(*slabs));
	if (slabs == NULL)
		return false;
	stacks.slabs = slabs;
	return true;
}

static void
slab_offer(char *slab, unsigned n)
{
	for (unsigned i = n; i-- > 0;)
		stacks.pool[stacks.idle++] = slab + i * (stacks.bytes + stacks.guard) + stacks.guard;
}

static int
stacks_grow(void)
{
	unsigned n = slab_stacks(stacks.made);
	size_t step = stacks.bytes + stacks.guard;
	char *slab;

	if (n == 0)
		return HOSPES_EBUSY;
	if (!stacks_reserve(n))
		return HOSPES_ENOMEM;
	slab = mmap(NULL, n * step, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (slab == MAP_FAILED)
		return HOSPES_ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		if (mprotect(slab + i * step + stacks.guard, stacks.bytes, PROT_READ | PROT_WRITE) != 0) {
			(void)munmap(slab, n * step);
			return HOSPES_ENOMEM;
		}
	}
	slab_offer(slab, n);
	for (unsigned i = 0; i < n; i++)
		(void)VALGRIND_STACK_REGISTER(
		    slab + i * step + stacks.guard, slab + i * step + stacks.guard + stacks.bytes);
	stacks.slabs[stacks.slabs_n++] = slab;
	stacks.made += n;
	return 0;
}

int
stack_take(struct stack *ret)
{
	if (stacks.idle == 0) {
		int rc = stacks_grow();

		if (rc != 0)
			return rc;
	}
	ret->base = stacks.pool[--stacks.idle];
	ret->size = stacks.bytes;
	return 0;
}

void
memory_rest(void *at, size_t len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)at + page - 1) / page * page, to = ((uintptr_t)at + len) / page * page;

	if (to > from)
		(void)madvise((char *)at + (from - (uintptr_t)at), to - from, MADV_DONTNEED);
}

void
stacks_rest(void)
{
	size_t step = stacks.bytes + stacks.guard;
	unsigned first = slab_stacks(0), made = first;

	assert(stacks.idle == stacks.made);
	/* valgrind keeps its own list of stacks, and is not told of their end. */
	if (stacks.slabs_n == 0 || RUNNING_ON_VALGRIND)
		return;
	for (unsigned i = 1; i < stacks.slabs_n; i++) {
		unsigned n = slab_stacks(made);

		(void)munmap(stacks.slabs[i], n * step);
		made += n;
	}
	(void)madvise(stacks.slabs[0], first * step, MADV_DONTNEED);
	stacks.slabs_n = 1;
	stacks.made = first;
	stacks.idle = 0;
	slab_offer(stacks.slabs[0], first);
}

void
stack_give(struct stack *stack)
{
	stacks.pool[stacks.idle++] = stack->base;
	stack->base = NULL;
}
