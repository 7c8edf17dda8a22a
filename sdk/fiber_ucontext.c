/*
 * Swapping fibers with ucontext, for machines without a swap of their own.
 */

#include "machine.h"

#ifdef MACHINE_UCONTEXT

#include <assert.h>
#include <stdint.h>

/* makecontext passes ints, so a pointer comes in two halves. */
static void
machine_enter(unsigned entry_high, unsigned entry_low, unsigned arg_high, unsigned arg_low)
{
	uint64_t entry = (uint64_t)entry_high << 32 | entry_low;
	uint64_t arg = (uint64_t)arg_high << 32 | arg_low;

	((void (*)(void *))(uintptr_t)entry)((void *)(uintptr_t)arg);
}

void
machine_prepare(struct machine *m, void *base, size_t size, void (*entry)(void *arg), void *arg)
{
	uint64_t e = (uintptr_t)entry, a = (uintptr_t)arg;
	int rc = getcontext(&m->uc);

	assert(rc == 0);
	m->uc.uc_stack.ss_sp = base;
	m->uc.uc_stack.ss_size = size;
	m->uc.uc_link = NULL;
	makecontext(&m->uc, (void (*)(void))machine_enter, 4, (unsigned)(e >> 32), (unsigned)e, (unsigned)(a >> 32),
	    (unsigned)a);
}

void
machine_swap(struct machine *from, struct machine *to)
{
	int rc = swapcontext(&from->uc, &to->uc);

	assert(rc == 0);
}

#endif
