/*
 * The filter for serving, made so that no plugin can put another in its place.
 *
 * A plugin's constructors run before that filter is on, and could tell the host READY themselves.  What the host can see
 * from outside is how many filters a process has, so the number has to mean something: between the loading filter and
 * the serving one, nothing but the serving one may be loaded.
 *
 * Its program is therefore put, before there is a plugin, at a fixed and low address, read-only.  A third filter, the pin
 * (filter_pin.c), lets the system call seccomp have that address as its argument and no other, and refuses whatever could
 * change what lies there.
 */

#ifndef CELL_LAST_FILTER_H
#define CELL_LAST_FILTER_H

#include <assert.h>
#include <linux/filter.h>

#include "base/util.h"
#include "cell/guest/programs.h"

/* Above vm.mmap_min_addr, below every program. */
#define LAST_FILTER_AT   ((uint64_t)0x100000)
#define LAST_FILTER_SIZE ((size_t)0x10000)
#define LAST_FILTER_END  (LAST_FILTER_AT + LAST_FILTER_SIZE)

struct last_filter {
	struct sock_fprog whole;
	struct sock_filter program[BPF_MAXINSNS];
};
static_assert(sizeof(struct last_filter) <= LAST_FILTER_SIZE, "LAST_FILTER_SIZE");

static inline struct last_filter *
last_filter_place(void)
{
	return (struct last_filter *)(uintptr_t)LAST_FILTER_AT; // NOLINT(performance-no-int-to-ptr)
}

/* make: before the limits, and before there is any code of a plugin; load: after.  0 or -errno. */
int last_filter_make(const struct programs *programs);
int last_filter_load(void);
void *last_filter_at(size_t *ret_size); /* what is pinned */

#endif
