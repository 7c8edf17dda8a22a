/*
 * The filter for serving, made so that no plugin can put another in its place.
 *
 * A plugin's constructors run before that filter is on, and could tell the host READY themselves.  What the host can see
 * from outside is how many filters a process has, so the number has to mean something: between the loading filter and
 * the serving one, nothing but the serving one may be loaded.
 *
 * Its program is therefore made before there is a plugin, at a fixed and low address, read-only.  A third filter, the
 * pin, lets the system call seccomp have that address as its argument and no other, and refuses whatever could change
 * what lies there: unmapping, moving, protecting, mapping over it.  It is enough to look at where a range begins, since
 * all below the program's end is refused and ranges do not wrap around.  Writing it through /proc/self/mem, by ptrace or
 * by process_vm_writev is refused by the loading filter.
 */

#include "cell/guest/sandbox.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

/* Above vm.mmap_min_addr, below every program. */
#define PLACE_AT   ((uint64_t)0x100000)
#define PLACE_SIZE ((size_t)0x10000)
#define PLACE_END  (PLACE_AT + PLACE_SIZE)

/* Some machines pass over the highest byte of an address. */
#define ADDRESS_MAX ((uint64_t)0x00ffffffffffffff)

struct place {
	struct sock_fprog whole;
	struct sock_filter program[BPF_MAXINSNS];
};
static_assert(sizeof(struct place) <= PLACE_SIZE, "PLACE_SIZE");

static struct place *
place(void)
{
	return (struct place *)(uintptr_t)PLACE_AT; // NOLINT(performance-no-int-to-ptr)
}

static int
write_place(int fd)
{
	struct stat st;
	void *got;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size == 0 || (size_t)st.st_size > sizeof(place()->program))
		return -E2BIG;
	got =
	    mmap(place(), PLACE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (got == MAP_FAILED)
		return -errno;
	if (got != place()) {
		munmap(got, PLACE_SIZE);
		return -EEXIST;
	}
	place()->whole = (struct sock_fprog){
	    .len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter)), .filter = place()->program};
	if (pread(fd, place()->program, (size_t)st.st_size, 0) != st.st_size)
		return -EIO;
	return mprotect(place(), PLACE_SIZE, PROT_READ) == 0 ? 0 : -errno;
}

int
last_filter_make(const struct sandbox_profile *profile)
{
	_cleanup_(close_p) int fd = memfd_create("filter", MFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = filter_program(FILTER_SERVING, profile, fd);
	return rc != 0 ? rc : write_place(fd);
}

/* Refuses the call when argument `n` is an address of the place, or before it; `also` is one more condition, or none. */
static int
refuse_address(scmp_filter_ctx filter, int call, unsigned n, const struct scmp_arg_cmp *also)
{
	struct scmp_arg_cmp args[2] = {SCMP_CMP64(n, SCMP_CMP_LT, PLACE_END)};
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
		    SCMP_CMP64(2, SCMP_CMP_NE, (uint64_t)(uintptr_t)&place()->whole));
	if (rc == 0)
		rc = seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1,
		    SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffffu, PR_SET_SECCOMP));
	return rc;
}

int
last_filter_pin(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (filter == NULL)
		return -ENOMEM;
	rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (rc == 0)
		rc = fill_pin(filter);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

void *
last_filter_at(size_t *ret_size)
{
	*ret_size = PLACE_SIZE;
	return place();
}

int
last_filter_load(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &place()->whole) == 0 ? 0 : -errno;
}
