/*
 * Fibers over the machine's swap: errno, C++ exceptions, and what ASan wants to know.
 */

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "fiber.h"

#ifndef __SANITIZE_ADDRESS__
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(save, bottom, size)  ((void)(save), (void)(bottom), (void)(size))
#define __sanitizer_finish_switch_fiber(fake, bottom, size) ((void)(fake), (void)(bottom), (void)(size))
#define __asan_unpoison_memory_region(base, size)           ((void)(base), (void)(size))
#endif

/* A plugin written in C++ brings the C++ runtime with it; a host without one does not have it. */
extern struct exceptions *__cxa_get_globals(void) __attribute__((weak));

static struct {
	struct machine scheduler;
	const void *stack_bottom; /* of the scheduler's stack, as ASan tells it */
	size_t stack_size;
	struct exceptions *(*exceptions)(void);
} fibers;

void
fiber_find_exceptions(const void *symbol)
{
	Dl_info where;
	void *object;

	fibers.exceptions = __cxa_get_globals;
	if (fibers.exceptions != NULL || dladdr(symbol, &where) == 0 || where.dli_fname == NULL)
		return;
	/* It was opened by this name, so this finds it again and touches no file.  The search takes in what the plugin
	 * depends on, which the global scope of a plugin loaded with RTLD_LOCAL does not. */
	object = dlopen(where.dli_fname, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
	if (object == NULL)
		return;
	*(void **)&fibers.exceptions = dlsym(object, "__cxa_get_globals");
	(void)dlclose(object);
}

static void
fiber_swap_exceptions(struct exceptions *mine)
{
	struct exceptions *theirs, kept;

	if (fibers.exceptions == NULL)
		return;
	theirs = fibers.exceptions();
	kept = *theirs;
	*theirs = *mine;
	*mine = kept;
}

/* Back to the scheduler.  ASan drops the fake stack of a fiber that will not come back. */
static void
fiber_leave(struct fiber *fiber)
{
	__sanitizer_start_switch_fiber(
	    fiber->ended ? NULL : &fiber->fake_stack, fibers.stack_bottom, fibers.stack_size);
	machine_swap(&fiber->machine, &fibers.scheduler);
	__sanitizer_finish_switch_fiber(fiber->fake_stack, &fibers.stack_bottom, &fibers.stack_size);
}

static void
fiber_main(void *arg)
{
	struct fiber *fiber = arg;

	__sanitizer_finish_switch_fiber(NULL, &fibers.stack_bottom, &fibers.stack_size);
	fiber->body(fiber->arg);
	fiber->ended = true;
	fiber_leave(fiber);
	assert(!"a fiber that has ended was resumed");
}

#ifndef MACHINE_UCONTEXT
void hospes_machine_start(void); /* never called: its address is where a new fiber goes on */

void
machine_prepare(struct machine *m, void *base, size_t size, void (*entry)(void *arg), void *arg)
{
#ifdef MACHINE_X86_64
	/* As machine_swap leaves a stack; see fiber_x86_64.S.  0x1f80 and 0x037f are the ABI's initial control words. */
	uint64_t frame[] = {
	    0x0000037f00001f80, 0, 0, (uintptr_t)arg, (uintptr_t)entry, 0, 0, (uintptr_t)hospes_machine_start};
#else
	/* The same; see fiber_aarch64.S.  The ABI's initial control word is 0. */
	uint64_t frame[22] = {0, (uintptr_t)hospes_machine_start, (uintptr_t)entry, (uintptr_t)arg};
#endif
	char *top = (char *)base + size;

	top -= (uintptr_t)top % 16;
	m->sp = top - sizeof(frame);
	memcpy(m->sp, frame, sizeof(frame));
}
#endif

int
fiber_open(struct fiber *fiber, void (*body)(void *arg), void *arg)
{
	int rc;

	memset(fiber, 0, sizeof(*fiber));
	rc = stack_take(&fiber->stack);
	if (rc != 0)
		return rc;
	fiber->body = body;
	fiber->arg = arg;
	machine_prepare(&fiber->machine, fiber->stack.base, fiber->stack.size, fiber_main, fiber);
	return 0;
}

void
fiber_resume(struct fiber *fiber)
{
	void *fake_stack = NULL;
	int kept = errno;

	assert(!fiber->ended);
	fiber_swap_exceptions(&fiber->exceptions);
	errno = fiber->saved_errno;
	__sanitizer_start_switch_fiber(&fake_stack, fiber->stack.base, fiber->stack.size);
	machine_swap(&fibers.scheduler, &fiber->machine);
	__sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
	fiber->saved_errno = errno;
	errno = kept;
	fiber_swap_exceptions(&fiber->exceptions);
}

void
fiber_park(struct fiber *fiber)
{
	fiber_leave(fiber);
}

void
fiber_close(struct fiber *fiber)
{
	assert(fiber->ended);
	fiber_drop(fiber);
}

void
fiber_drop(struct fiber *fiber)
{
	/* The outermost frames, or all, never returned; the next fiber on this stack must not trip over their poison. */
	__asan_unpoison_memory_region(fiber->stack.base, fiber->stack.size);
	stack_give(&fiber->stack);
}
