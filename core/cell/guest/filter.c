/*
 * System calls.
 *
 * One table says what is allowed in which stage and with which arguments.  What is not in it gives ENOSYS, so that a C
 * library that tries something newer falls back; what no plugin could want by accident ends the process (by SIGSYS, which
 * fatal.c reports).  Of what gives ENOSYS, files, sockets, processes, signals, timers and code are told of as well: fatal.c is
 * asked by a trap, and answers it.  While a plugin loads it is asked of each file that is not opened as the dynamic loader opens
 * them (O_CLOEXEC), and opens it where that is allowed.  The serving filter is loaded on top of the loading one: the kernel takes the stricter of both.
 * Whatever runs under the loading one can load nothing else (last_filter.c).
 *
 * Comparisons are masked to 32 bits: descriptors and flags are ints, and the upper halves of their registers are noise.
 */

#include "cell/guest/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "wire.h"

enum { L = 1 << FILTER_LOADING, S = 1 << FILTER_SERVING, I = 1 << FILTER_INSPECTING, RELAXED = 8 };

enum check {
	ANY,
	ON_CONTROL,   /* the first argument is the socket, the third has no flags but those of libhospes */
	ON_OUTPUT,    /* it is standard output or error */
	ON_SELF,      /* it is our own pid */
	READ_OPEN,    /* openat without writing or making; while loading, as the loader does it */
	NOT_WX,       /* memory not writable and executable at once */
	NOT_WX_OWN,   /* mmap of such, of a kind that RLIMIT_DATA counts */
	ANONYMOUS,    /* mmap of no file, not executable, of a kind that RLIMIT_DATA counts */
	PRIVATE_READ, /* mmap anonymous, or of a file for reading only; not executable */
	NOT_EXEC,     /* mprotect without PROT_EXEC */
	WAKING,       /* futex that wakes: one that waits can sleep, and there is nobody to wait for */
	OWN_FILTER,   /* prctl that reads or sets seccomp and no_new_privs */
};

struct rule {
	int number;
	unsigned stages;
	enum check check;
};

static const struct rule rules[] = {
    /* the socket and the log */
    {SCMP_SYS(recvmsg), L | S, ON_CONTROL},
    {SCMP_SYS(sendmsg), L | S, ON_CONTROL},
    {SCMP_SYS(write), L | S | I, ON_OUTPUT},
    {SCMP_SYS(writev), L | S | I, ON_OUTPUT},
    /* memory */
    {SCMP_SYS(mmap), L, NOT_WX_OWN},
    {SCMP_SYS(mmap), S, ANONYMOUS},
    {SCMP_SYS(mmap), I, PRIVATE_READ},
    {SCMP_SYS(mprotect), L, NOT_WX},
    {SCMP_SYS(mprotect), S | I, NOT_EXEC},
    {SCMP_SYS(munmap), L | S | I, ANY},
    {SCMP_SYS(mremap), L | S | I, ANY},
    {SCMP_SYS(madvise), L | S | I, ANY},
    {SCMP_SYS(brk), L | S | I, ANY},
    /* signals to itself: abort */
    {SCMP_SYS(rt_sigreturn), L | S | I, ANY},
    {SCMP_SYS(rt_sigprocmask), L | S | I, ANY},
    {SCMP_SYS(sigaltstack), L | S, ANY},
    {SCMP_SYS(rt_sigaction), L, ANY},
    {SCMP_SYS(tgkill), L | S | I, ON_SELF},
    {SCMP_SYS(getpid), L | S | I, ANY},
    {SCMP_SYS(gettid), L | S | I, ANY},
    {SCMP_SYS(exit), L | S | I, ANY},
    {SCMP_SYS(exit_group), L | S | I, ANY},
    {SCMP_SYS(restart_syscall), L | S | I, ANY},
    {SCMP_SYS(futex), L | I, ANY},
    {SCMP_SYS(futex), S, WAKING},
    {SCMP_SYS(sched_yield), L | S, ANY},
    /* the raw clock: the vDSO's reads the counter, which traps */
    {SCMP_SYS(clock_gettime), L | S, ANY},
    /* what dlopen needs */
    {SCMP_SYS(openat), L | RELAXED, READ_OPEN},
    {SCMP_SYS(read), L | I | RELAXED, ANY},
    {SCMP_SYS(pread64), L | I | RELAXED, ANY},
    {SCMP_SYS(lseek), L | I | RELAXED, ANY},
    {SCMP_SYS(fstat), L | I | RELAXED, ANY},
    {SCMP_SYS(newfstatat), L | I | RELAXED, ANY},
    {SCMP_SYS(close), L | I | RELAXED, ANY},
    {SCMP_SYS(readlink), L | RELAXED, ANY},
    {SCMP_SYS(readlinkat), L | RELAXED, ANY},
    {SCMP_SYS(access), L | RELAXED, ANY},
    /* our own next steps */
    {SCMP_SYS(seccomp), L, ANY},
    {SCMP_SYS(prctl), L, OWN_FILTER},
    {SCMP_SYS(prlimit64), L, ON_SELF},
    {SCMP_SYS(getrusage), L, ANY},
    /* what the run-time libraries of sanitizers do besides */
    {SCMP_SYS(prctl), RELAXED, ANY},
    {SCMP_SYS(prlimit64), RELAXED, ANY},
    {SCMP_SYS(rt_sigaction), RELAXED, ANY},
    {SCMP_SYS(mmap), RELAXED, ANY},
    {SCMP_SYS(mprotect), RELAXED, ANY},
    {SCMP_SYS(futex), RELAXED, ANY},
    {SCMP_SYS(sched_getaffinity), RELAXED, ANY},
    {SCMP_SYS(sysinfo), RELAXED, ANY},
    {SCMP_SYS(getuid), RELAXED, ANY},
    {SCMP_SYS(getppid), RELAXED, ANY},
    {SCMP_SYS(sigaltstack), RELAXED, ANY},
};

#define INT_MASK 0xffffffffu

/* Memory that is shared, that grows like a stack or that comes in huge pages is not counted as data, so RLIMIT_DATA would not
 * bound it. */
#define KIND_OF_MAPPING (MAP_TYPE | MAP_GROWSDOWN | MAP_HUGETLB | MAP_LOCKED)

#define ARG(n, mask, value) SCMP_CMP64(n, SCMP_CMP_MASKED_EQ, (uint64_t)(mask), (uint64_t)(value))

static int
add(scmp_filter_ctx filter, const struct rule *rule, unsigned n, const struct scmp_arg_cmp *args)
{
	return seccomp_rule_add_exact_array(filter, SCMP_ACT_ALLOW, rule->number, n, args);
}

static int
add_one(scmp_filter_ctx filter, const struct rule *rule, struct scmp_arg_cmp arg)
{
	return add(filter, rule, 1, &arg);
}

static int
add_two(scmp_filter_ctx filter, const struct rule *rule, struct scmp_arg_cmp first, struct scmp_arg_cmp second)
{
	const struct scmp_arg_cmp args[] = {first, second};

	return add(filter, rule, 2, args);
}

static int
allow_prctl(scmp_filter_ctx filter, const struct rule *rule)
{
	static const int options[] = {PR_GET_SECCOMP, PR_SET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(options) && rc == 0; i++)
		rc = add_one(filter, rule, ARG(0, INT_MASK, options[i]));
	return rc;
}

static int
allow(scmp_filter_ctx filter, const struct rule *rule, bool as_loader, pid_t self)
{
	/* Shared memory and stacks that grow count against no limit but a cgroup's. */
	const unsigned kind = KIND_OF_MAPPING, own = MAP_PRIVATE | MAP_ANONYMOUS;
	const unsigned writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
	const unsigned loader = as_loader ? O_CLOEXEC : 0;
	int rc;

	switch (rule->check) {
	case ON_CONTROL:
		return add_two(filter, rule, ARG(0, INT_MASK, WIRE_FD_CONTROL),
		    ARG(2, INT_MASK & ~(unsigned)(MSG_NOSIGNAL | MSG_DONTWAIT), 0));
	case ON_OUTPUT:
		rc = add_one(filter, rule, ARG(0, INT_MASK, 1));
		return rc != 0 ? rc : add_one(filter, rule, ARG(0, INT_MASK, 2));
	case ON_SELF:
		rc = add_one(filter, rule, ARG(0, INT_MASK, self));
		/* prlimit64 says 0 for the caller; tgkill refuses it. */
		return rc != 0 ? rc : add_one(filter, rule, ARG(0, INT_MASK, 0));
	case READ_OPEN:
		return add_one(filter, rule, ARG(2, writing | loader, loader));
	case NOT_WX:
		rc = add_one(filter, rule, ARG(2, PROT_EXEC, 0));
		return rc != 0 ? rc : add_one(filter, rule, ARG(2, PROT_WRITE, 0));
	case NOT_WX_OWN:
		rc = add_two(filter, rule, ARG(2, PROT_EXEC, 0), ARG(3, kind, MAP_PRIVATE));
		return rc != 0 ? rc : add_two(filter, rule, ARG(2, PROT_WRITE, 0), ARG(3, kind, MAP_PRIVATE));
	case ANONYMOUS:
		return add_two(filter, rule, ARG(2, PROT_EXEC, 0), ARG(3, kind | MAP_ANONYMOUS, own));
	case PRIVATE_READ:
		rc = add_two(filter, rule, ARG(2, PROT_EXEC, 0), ARG(3, kind | MAP_ANONYMOUS, own));
		return rc != 0 ? rc
			       : add_two(filter, rule, ARG(2, INT_MASK, PROT_READ), ARG(3, MAP_PRIVATE, MAP_PRIVATE));
	case NOT_EXEC:
		return add_one(filter, rule, ARG(2, PROT_EXEC, 0));
	case WAKING:
		return add_one(filter, rule, ARG(1, FUTEX_CMD_MASK & INT_MASK, FUTEX_WAKE));
	case OWN_FILTER:
		return allow_prctl(filter, rule);
	case ANY:
		break;
	}
	return add(filter, rule, 0, NULL);
}

static bool
has_rule(int number, unsigned wanted)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rules[i].number == number && (rules[i].stages & wanted) != 0)
			return true;
	return false;
}

/* Of what is allowed with other arguments.  None of these overlaps with what `allow` lets through. */
static int
tell_some(scmp_filter_ctx filter, enum filter_stage stage, pid_t self)
{
	const unsigned code = stage == FILTER_SERVING ? PROT_EXEC : PROT_EXEC | PROT_WRITE;
	int rc = seccomp_rule_add_exact(filter, SCMP_ACT_TRAP, SCMP_SYS(mmap), 1, ARG(2, code, code));

	if (rc == 0)
		rc = seccomp_rule_add_exact(filter, SCMP_ACT_TRAP, SCMP_SYS(mprotect), 1, ARG(2, code, code));
	if (rc == 0)
		rc = seccomp_rule_add_exact(
		    filter, SCMP_ACT_TRAP, SCMP_SYS(tgkill), 1, SCMP_CMP64(0, SCMP_CMP_NE, (uint64_t)self));
	if (rc == 0 && stage == FILTER_LOADING)
		rc = seccomp_rule_add_exact(filter, SCMP_ACT_TRAP, SCMP_SYS(openat), 1, ARG(2, O_CLOEXEC, 0));
	return rc;
}

static int
fill(scmp_filter_ctx filter, enum filter_stage stage, const struct sandbox_profile *profile, pid_t self)
{
	unsigned wanted = 1u << stage | (profile->strict_calls ? 0u : RELAXED);
	/* The relaxed profile allows some of these. */
	bool told = stage != FILTER_INSPECTING && profile->strict_calls;
	int rc = 0;

	for (const struct filter_call *call = filter_killers; call->name != NULL && rc == 0; call++)
		if (call->number >= 0)
			rc = seccomp_rule_add_exact(filter,
			    stage == FILTER_INSPECTING ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_TRAP, call->number, 0);
	for (const struct filter_call *call = filter_told; call->name != NULL && rc == 0 && told; call++)
		if (call->number >= 0 && !has_rule(call->number, wanted))
			rc = seccomp_rule_add_exact(filter, SCMP_ACT_TRAP, call->number, 0);
	if (rc == 0 && told)
		rc = tell_some(filter, stage, self);
	for (size_t i = 0; i < ARRAY_LEN(rules) && rc == 0; i++)
		if ((rules[i].stages & wanted) != 0 && rules[i].number >= 0)
			rc = allow(filter, &rules[i], told && stage == FILTER_LOADING, self);
	/* The two of each op come first in the program that the kernel runs. */
	if (rc == 0 && stage != FILTER_INSPECTING)
		rc = seccomp_syscall_priority(filter, SCMP_SYS(recvmsg), 255);
	if (rc == 0 && stage != FILTER_INSPECTING)
		rc = seccomp_syscall_priority(filter, SCMP_SYS(sendmsg), 254);
	return rc;
}

static int
make(enum filter_stage stage, const struct sandbox_profile *profile, pid_t self, scmp_filter_ctx *ret)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc;

	if (filter == NULL)
		return -ENOMEM;
	/* no_new_privs is a layer of its own, and is on when a filter is loaded. */
	rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (rc == 0)
		rc = fill(filter, stage, profile, self);
	if (rc == 0)
		*ret = filter;
	else
		seccomp_release(filter);
	return rc;
}

int
sandbox_filter(enum filter_stage stage, const struct sandbox_profile *profile)
{
	scmp_filter_ctx filter;
	int rc = make(stage, profile, getpid(), &filter);

	if (rc != 0)
		return rc;
	rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc;
}

int
filter_export(enum filter_stage stage, const struct sandbox_profile *profile, pid_t self, int fd)
{
	scmp_filter_ctx filter;
	int rc = make(stage, profile, self, &filter);

	if (rc != 0)
		return rc;
	rc = seccomp_export_bpf(filter, fd);
	seccomp_release(filter);
	return rc;
}
