/*
 * Threads that are woken for a little work.
 *
 * The kernel's scheduler (EEVDF) gives each thread a slice, some milliseconds, and runs whoever has the nearest end of one:
 * so a host that is woken beside cells that compute waits until one of them has had its slice.  A thread may ask for a shorter
 * one (sched_setattr(2), sched_runtime of a thread of the ordinary class, since Linux 6.12).  It gets no more of a CPU by that, only
 * sooner, in smaller parts.  Older kernels run who has slept first anyway, and ignore it.
 */

#include "config.h"

#include "base/prompt.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLICE_NS 100000u /* the least there is */

void
prompt_be(void)
{
	struct sched_attr attr = {.size = sizeof(attr)};

	/* A deployment that has chosen another class for the host, or a nice value, keeps it. */
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) != 0 || attr.sched_policy != SCHED_NORMAL)
		return;
	attr.sched_runtime = SLICE_NS;
	(void)syscall(SYS_sched_setattr, 0, &attr, 0);
}
