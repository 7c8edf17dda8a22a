/*
 * Fibers: calls in progress, each with its own stack, that take turns on one thread.
 *
 * There is one scheduler, on the thread's own stack.  It resumes a fiber, which runs until it parks or ends; fibers never
 * swap with each other.  errno and the state of C++ exceptions are each fiber's own.
 */

#ifndef HOSPES_FIBER_H
#define HOSPES_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "machine.h"

#pragma GCC visibility push(hidden)

struct stack {
	void *base;
	size_t size;
};

/* The arena: at most `most` stacks of `stack_bytes`, made in slabs when they are needed.  0 or a status. */
int stacks_open(size_t stack_bytes, unsigned most);

/* The stack that was given back last, or a new one; 0, HOSPES_EBUSY when all are out, HOSPES_ENOMEM. */
int stack_take(struct stack *ret);
void stack_give(struct stack *stack);

/* Gives back the memory of the arena, when all stacks are given back; it grows again when they are wanted. */
void stacks_rest(void);

/* Gives back the whole pages among `len` bytes at `at`: they read as zeros from now on. */
void memory_rest(void *at, size_t len);

/* What the C++ runtime keeps per thread (Itanium ABI, __cxa_eh_globals). */
struct exceptions {
	void *caught;
	unsigned uncaught;
};

struct fiber {
	struct machine machine;
	struct stack stack;
	void (*body)(void *arg);
	void *arg; /* the body's own */
	struct exceptions exceptions;
	void *fake_stack; /* ASan's */
	int saved_errno;
	bool ended;
};

/* Makes a fiber that will run body(arg) at its first resume.  0, or the status of stack_take. */
int fiber_open(struct fiber *fiber, void (*body)(void *arg), void *arg);

/* Runs the fiber until it parks or ends.  Only from the scheduler. */
void fiber_resume(struct fiber *fiber);

/* Goes back to the scheduler.  Only from inside `fiber`. */
void fiber_park(struct fiber *fiber);

/* Gives the stack of a fiber that has ended back. */
void fiber_close(struct fiber *fiber);

/* The same for one that is parked and will never be resumed: what its frames own is lost. */
void fiber_drop(struct fiber *fiber);

/* Finds the C++ runtime of the plugin that `symbol` lies in, so that fibers keep exceptions apart. */
void fiber_find_exceptions(const void *symbol);

#pragma GCC visibility pop

#endif
