/* Proofs of limits, capabilities and no_new_privs: before any filter is on, so that nothing else can be what refuses. */

#include "cell/guest/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"

#define FILES_MOST 64

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

static void
limit_fsize(struct proof *proof)
{
	_cleanup_(close_p) int fd = memfd_create("probe", MFD_CLOEXEC);
	void (*kept)(int) = signal(SIGXFSZ, SIG_IGN);
	ssize_t n = fd < 0 ? -1 : write(fd, "x", 1);

	proof_tell_error(proof, TRY_RLIMIT_OF_FSIZE, n, errno, EFBIG, EFBIG);
	signal(SIGXFSZ, kept);
}

static void
limit_nofile(struct proof *proof)
{
	int fds[FILES_MOST], n = 0, error = 0;

	while (n < FILES_MOST && (fds[n] = dup(0)) >= 0)
		n++;
	error = errno;
	proof_tell(proof, TRY_RLIMIT_OF_NOFILE, n < FILES_MOST && error == EMFILE, "%s after %d more",
	    n < FILES_MOST ? strerrorname_np(error) : "it worked", n);
	while (n > 0)
		close(fds[--n]);
}

static void
limit_nproc(struct proof *proof)
{
	pid_t pid = fork();
	int error = errno;

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	proof_tell_error(proof, TRY_RLIMIT_OF_NPROC, pid, error, EAGAIN, EAGAIN);
}

static void
limit_memory(struct proof *proof)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), space = proof->data * 64;
	void *at = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* By number: sanitizers have a mlock of their own that does nothing. */
	long rc = at == MAP_FAILED ? -1 : syscall(SYS_mlock, at, page);

	proof_tell_call(proof, TRY_RLIMIT_OF_MEMLOCK, rc, errno);
	if (at != MAP_FAILED)
		munmap(at, page);
	if (!proof->profile->limit_data)
		return;
	at = mmap(NULL, proof->data, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	proof_tell_error(proof, TRY_RLIMIT_OF_DATA, at == MAP_FAILED ? -1 : 0, errno, ENOMEM, ENOMEM);
	if (at != MAP_FAILED)
		munmap(at, proof->data);
	at = mmap(NULL, space, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	proof_tell_error(proof, TRY_RLIMIT_OF_AS, at == MAP_FAILED ? -1 : 0, errno, ENOMEM, ENOMEM);
	if (at != MAP_FAILED)
		munmap(at, space);
}

static void
limit_rest(struct proof *proof)
{
	struct sched_param most = {.sched_priority = 1};
	mqd_t queue = mq_open("/hospes-probe", O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	struct rlimit core = {.rlim_max = RLIM_INFINITY};
	int rc;

	proof_tell_call(proof, TRY_RLIMIT_OF_MSGQUEUE, queue, errno);
	if (queue >= 0) {
		mq_close(queue);
		mq_unlink("/hospes-probe");
	}
	rc = sched_setscheduler(0, SCHED_FIFO, &most);
	proof_tell_call(proof, TRY_RLIMIT_OF_RTPRIO, rc, errno);
	rc = setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) - 1);
	proof_tell_call(proof, TRY_RLIMIT_OF_NICE, rc, errno);
	(void)getrlimit(RLIMIT_CORE, &core);
	proof_tell(
	    proof, TRY_RLIMIT_OF_CORE, core.rlim_max == 0, "at most %llu bytes", (unsigned long long)core.rlim_max);
}

static void
limit_raise(struct proof *proof)
{
	static const struct {
		int resource;
		const char *name;
	} limits[] = {{RLIMIT_CORE, "core"}, {RLIMIT_FSIZE, "fsize"}, {RLIMIT_NOFILE, "nofile"},
	    {RLIMIT_NPROC, "nproc"}, {RLIMIT_MEMLOCK, "memlock"}, {RLIMIT_MSGQUEUE, "msgqueue"},
	    {RLIMIT_RTPRIO, "rtprio"}, {RLIMIT_NICE, "nice"}, {RLIMIT_DATA, "data"}, {RLIMIT_AS, "as"},
	    {RLIMIT_STACK, "stack"}};
	char raised[128] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct rlimit now, more;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &now) == 0) {
			if (now.rlim_max == RLIM_INFINITY && !proof->profile->limit_data)
				continue;
			more = (struct rlimit){.rlim_cur = now.rlim_cur, .rlim_max = now.rlim_max + 1};
			if (now.rlim_max != RLIM_INFINITY &&
			    setrlimit((__rlimit_resource_t)limits[i].resource, &more) != 0 && errno == EPERM)
				continue;
		}
		if (len < sizeof(raised))
			len += (size_t)snprintf(raised + len, sizeof(raised) - len, " %s", limits[i].name);
	}
	proof_tell(proof, TRY_RLIMIT_RAISE, len == 0, len == 0 ? "EPERM" : "raised, or not set:%s", raised);
}

/* ---- Capabilities ------------------------------------------------------------------------------------------------ */

static bool
any_capability(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) != 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		if ((sets[i].effective | sets[i].permitted | sets[i].inheritable) != 0)
			return true;
	memset(sets, 0xff, sizeof(sets));
	if (syscall(SYS_capset, &header, sets) == 0)
		return true;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0;
}

static void
capabilities(struct proof *proof)
{
	bool any = any_capability();
	char name[65] = "";
	int rc;

	proof_tell(proof, TRY_CAPS_KEPT, !any, "%s", any ? "it has some" : "EPERM");
	rc = mount("none", "/", "tmpfs", 0, NULL);
	proof_tell_call(proof, TRY_CAPS_MOUNT, rc, errno);
	rc = chroot("/");
	proof_tell_error(proof, TRY_CAPS_CHROOT, rc, errno, EPERM, EPERM);
	rc = mknod(proof->baited ? PROOF_BAIT "/device" : "/tmp/hospes-probe", S_IFCHR | 0600, makedev(1, 9));
	proof_tell_call(proof, TRY_CAPS_DEVICE, rc, errno);
	if (rc == 0)
		unlink(proof->baited ? PROOF_BAIT "/device" : "/tmp/hospes-probe");
	rc = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	proof_tell_call(proof, TRY_CAPS_RAW, rc, errno);
	if (rc >= 0)
		close(rc);
	(void)gethostname(name, sizeof(name) - 1);
	rc = sethostname(name, strlen(name));
	proof_tell_error(proof, TRY_CAPS_NAME, rc, errno, EPERM, EPERM);
	rc = prctl(PR_SET_SECUREBITS, 0, 0, 0, 0);
	proof_tell_call(proof, TRY_CAPS_KEEP, rc, errno);
}

static void
read_counter(void *arg)
{
	(void)arg;
#if defined(__x86_64__)
	(void)__builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t count;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
#endif
}

void
proof_limits(struct proof *proof)
{
	int caught;

	limit_fsize(proof);
	limit_nofile(proof);
	limit_nproc(proof);
	limit_memory(proof);
	limit_rest(proof);
	limit_raise(proof);
	capabilities(proof);
	caught = proof_caught(read_counter, NULL);
	proof_tell(proof, TRY_TSC_RDTSC, caught == SIGSEGV, "%s", caught == SIGSEGV ? "SIGSEGV" : "it worked");
}
