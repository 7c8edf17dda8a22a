/*
 * The part of a fiber that depends on the machine: where it stopped, and the swap from one to another.
 *
 * x86-64 and aarch64 have a swap of their own (fiber_x86_64.S, fiber_aarch64.S), because a call between agents costs two of
 * them and swapcontext makes a system call for each.  Other machines use ucontext; HOSPES_FIBER_UCONTEXT chooses it on these
 * two as well, for the tests.
 */

#ifndef HOSPES_MACHINE_H
#define HOSPES_MACHINE_H

#include <stddef.h>

#if defined(__x86_64__) && defined(__LP64__) && !defined(HOSPES_FIBER_UCONTEXT)
#define MACHINE_X86_64 1
#elif defined(__aarch64__) && defined(__LP64__) && !defined(HOSPES_FIBER_UCONTEXT)
#define MACHINE_AARCH64 1
#else
#define MACHINE_UCONTEXT 1
#include <ucontext.h>
#endif

#pragma GCC visibility push(hidden)

struct machine {
#ifdef MACHINE_UCONTEXT
	ucontext_t uc;
#else
	void *sp; /* its registers lie above */
#endif
};

/* Makes `m` start with entry(arg) on the given stack at the first swap to it.  `entry` must never return. */
void machine_prepare(struct machine *m, void *base, size_t size, void (*entry)(void *arg), void *arg);

/* Leaves `from` and goes on at `to`; returns when somebody swaps back to `from`. */
void machine_swap(struct machine *from, struct machine *to);

#pragma GCC visibility pop

#endif
