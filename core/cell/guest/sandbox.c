/* The layers that are one or two system calls: ids, capabilities, limits, no_new_privs, the time stamp counter. */

#include "cell/guest/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

/* Enough for the five that a cell has and the few that dlopen opens at a time. */
#define OPEN_FILES 16

/* Of the thread that loads the plugin.  It grows outside RLIMIT_DATA. */
#define STACK_MOST (8 * MIB)

const char *const sandbox_library_dirs[] = {"/usr", "/lib", "/lib64", "/lib32", "/libx32", NULL};

const struct sandbox_profile *
sandbox_profile(bool relaxed)
{
	static const struct sandbox_profile profiles[] = {
	    {.limit_data = true, .trap_tsc = true, .strict_calls = true},
	    {.limit_data = false, .trap_tsc = false, .strict_calls = false},
	};

	return &profiles[relaxed];
}

static void
drop_bounding(void)
{
	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno == EINVAL)
			break;
}

int
sandbox_become(uid_t uid, gid_t gid)
{
	pid_t parent = getppid();

	drop_bounding();
	/* In a user namespace this is refused; the spawner has dropped them before. */
	if (gid != (gid_t)-1 && geteuid() != uid)
		(void)setgroups(0, NULL);
	if (gid != (gid_t)-1 && setresgid(gid, gid, gid) != 0)
		return -errno;
	if (uid != (uid_t)-1 && setresuid(uid, uid, uid) != 0)
		return -errno;
	/* A change of uid clears it, and the parent may have gone before it was set again. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -errno;
	if (getppid() != parent)
		_exit(1);
	return 0;
}

int
sandbox_drop_caps(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}}, left[2];

	(void)prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) != 0 || syscall(SYS_capget, &header, left) != 0)
		return -errno;
	for (unsigned i = 0; i < ARRAY_LEN(left); i++)
		if ((left[i].effective | left[i].permitted | left[i].inheritable) != 0)
			return -EPERM;
	return 0;
}

int
sandbox_limit(const struct sandbox_profile *profile, uint64_t data, uint64_t space, bool output_file)
{
	const struct {
		int resource;
		rlim_t value;
		bool wanted;
	} limits[] = {
	    {RLIMIT_CORE, 0, true},
	    {RLIMIT_FSIZE, 0, !output_file},
	    {RLIMIT_NOFILE, OPEN_FILES, true},
	    {RLIMIT_NPROC, 0, true},
	    {RLIMIT_MEMLOCK, 0, true},
	    {RLIMIT_MSGQUEUE, 0, true},
	    {RLIMIT_RTPRIO, 0, true},
	    {RLIMIT_NICE, 0, true},
	    {RLIMIT_DATA, data, profile->limit_data},
	    /* Whatever the kernel does not count as data, and the page tables of what is only mapped. */
	    {RLIMIT_AS, space, profile->limit_data},
	    {RLIMIT_STACK, STACK_MOST, profile->limit_data},
	};

	for (unsigned i = 0; i < ARRAY_LEN(limits); i++) {
		struct rlimit now, want = {.rlim_cur = limits[i].value, .rlim_max = limits[i].value};

		if (!limits[i].wanted)
			continue;
		/* Whoever started the host may have set less. */
		if (getrlimit((__rlimit_resource_t)limits[i].resource, &now) != 0)
			return -errno;
		if (now.rlim_max < want.rlim_max)
			want.rlim_cur = want.rlim_max = now.rlim_max;
		if (setrlimit((__rlimit_resource_t)limits[i].resource, &want) != 0)
			return -errno;
	}
	return 0;
}

int
sandbox_limit_cpu(unsigned seconds)
{
	struct rlimit limit;
	struct rusage usage;

	if (getrlimit(RLIMIT_CPU, &limit) != 0 || getrusage(RUSAGE_SELF, &usage) != 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	if (seconds != 0)
		limit.rlim_cur = (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1 + seconds;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_CPU, &limit) == 0 ? 0 : -errno;
}

int
sandbox_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -EPERM;
}

int
sandbox_trap_tsc(void)
{
#ifdef PR_SET_TSC
	return prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0) == 0 ? 0 : -errno;
#else
	return -ENOTSUP;
#endif
}
