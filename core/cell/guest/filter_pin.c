/*
 * The pin: what keeps the filter for serving where it is (last_filter.h).
 *
 * It refuses unmapping, moving, protecting and mapping over that place.  It is enough to look at where a range begins,
 * since all below the program's end is refused and ranges do not wrap around.  Writing it through /proc/self/mem, by ptrace
 * or by process_vm_writev is refused by the loading filter.
 */

#include "cell/guest/last_filter.h"
#include "cell/guest/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* Some machines pass over the highest byte of an address. */
#define ADDRESS_MAX ((uint64_t)0x00ffffffffffffff)

/* Refuses the call when argument `n` is an address of the place, or before it; `also` is one more condition, or none. */
static int
refuse_address(scmp_filter_ctx filter, int call, unsigned n, const struct scmp_arg_cmp *also)
{
	struct scmp_arg_cmp args[2] = {SCMP_CMP64(n, SCMP_CMP_LT, LAST_FILTER_END)};
	unsigned count = 1;
	int rc;

	if (also != NULL)
		args[count++] = *also;
	rc = seccomp_rule_add_exact_array(filter, SCMP_ACT_ERRNO(EPERM), call, count, args);
	args[0] = SCMP_CMP64(n, SCMP_CMP_GT, ADDRESS_MAX);
	return rc != 0 ? rc : seccomp_rule_add_exact_array(filter, SCMP_ACT_ERRNO(EPERM), call, count, args);
}

static int
fill_pin(scmp_filter_ctx filter)
{
	static const int ranges[] = {SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(mremap)};
	const struct scmp_arg_cmp fixed = SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MAP_FIXED, MAP_FIXED);
	const struct scmp_arg_cmp moved = SCMP_CMP64(3, SCMP_CMP_MASKED_EQ, MREMAP_FIXED, MREMAP_FIXED);
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(ranges) && rc == 0; i++)
		rc = refuse_address(filter, ranges[i], 0, NULL);
	if (rc == 0)
		rc = refuse_address(filter, SCMP_SYS(mremap), 4, &moved);
	if (rc == 0)
		rc = refuse_address(filter, SCMP_SYS(mmap), 0, &fixed);
	if (rc == 0)
		rc = seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), 1,
		    SCMP_CMP64(2, SCMP_CMP_NE, (uint64_t)(uintptr_t)&last_filter_place()->whole));
	if (rc == 0)
		rc = seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1,
		    SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffffu, PR_SET_SECCOMP));
	return rc;
}

int
filter_export_pin(int fd)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (filter == NULL)
		return -ENOMEM;
	rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (rc == 0)
		rc = fill_pin(filter);
	if (rc == 0)
		rc = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	return rc;
}
