/*
 * The arena of stacks.
 *
 * Stacks come in slabs of 64 with an inaccessible guard area below each, so that an overflow is a fault and not a neighbour's
 * data; a page would do for code compiled with -fstack-clash-protection, but not all is.  They are handed out last in, first out: the one used last is warm.  Stacks stay until the cell ends.
 */

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) ((void)(start), (void)(end))
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

static int
stacks_grow(void)
{
	unsigned left = stacks.most - stacks.made;
	unsigned n = left < STACKS_SLAB ? left : STACKS_SLAB;
	size_t step = stacks.bytes + stacks.guard;
	void **pool;
	char *slab;

	if (n == 0)
		return HOSPES_EBUSY;
	pool = realloc(stacks.pool, (stacks.made + n) * sizeof(*pool));
	if (pool == NULL)
		return HOSPES_ENOMEM;
	stacks.pool = pool;
	slab = mmap(NULL, n * step, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (slab == MAP_FAILED)
		return HOSPES_ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		if (mprotect(slab + i * step + stacks.guard, stacks.bytes, PROT_READ | PROT_WRITE) != 0) {
			(void)munmap(slab, n * step);
			return HOSPES_ENOMEM;
		}
	}
	for (unsigned i = n; i-- > 0;) {
		char *base = slab + i * step + stacks.guard;

		(void)VALGRIND_STACK_REGISTER(base, base + stacks.bytes);
		stacks.pool[stacks.idle++] = base;
	}
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
stack_give(struct stack *stack)
{
	stacks.pool[stacks.idle++] = stack->base;
	stack->base = NULL;
}
