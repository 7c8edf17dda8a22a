/* See last_filter.h. */

#include "cell/guest/last_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int
last_filter_make(const struct programs *programs)
{
	struct last_filter *place = last_filter_place();
	unsigned n;
	void *got = mmap(
	    place, LAST_FILTER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (got == MAP_FAILED)
		return -errno;
	if (got != place) {
		munmap(got, LAST_FILTER_SIZE);
		return -EEXIST;
	}
	n = program_copy(programs, PROGRAM_SERVING, place->program);
	place->whole = (struct sock_fprog){.len = (unsigned short)n, .filter = place->program};
	return mprotect(place, LAST_FILTER_SIZE, PROT_READ) == 0 ? 0 : -errno;
}

void *
last_filter_at(size_t *ret_size)
{
	*ret_size = LAST_FILTER_SIZE;
	return last_filter_place();
}

int
last_filter_load(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &last_filter_place()->whole) == 0 ? 0 : -errno;
}
