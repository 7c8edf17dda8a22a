/*
 * Proofs of the two filters: the same calls while a plugin loads, as its constructors could make them, and while it
 * serves; then what each of the two alone refuses.
 *
 * Arguments are such that nothing comes of a call that is not refused.  A refusal is ENOSYS and nothing else: any other
 * error is the kernel's own, which has then looked at the call.
 */

#include "cell/guest/last_filter.h"
#include "cell/guest/proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "cell/guest/seal.h"

/* Written by what it is given to, where that is not refused. */
static uint8_t scratch[4096] __attribute__((aligned(4096)));

#define AT(p) ((long)(uintptr_t)(p))
#define NEW_MAP(prot, flags)                                                                                           \
	{                                                                                                              \
		0, sizeof(scratch), prot, flags, -1, 0                                                                 \
	}

struct attempt {
	long number;
	long args[6];
};

/* `number` 0 of a row: it is made in make_call, or there is none on this machine. */
#define NONE -1
static const struct attempt attempts[CALLS_N] = {
    [CALL_SOCKET] = {SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    [CALL_SOCKETPAIR] = {SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}},
    [CALL_CONNECT] = {SYS_connect, {-1, 0, 0}},
    [CALL_BIND] = {SYS_bind, {-1, 0, 0}},
    [CALL_FORK] = {SYS_clone, {SIGCHLD}},
    [CALL_THREAD] = {SYS_clone, {CLONE_THREAD}},
    [CALL_CLONE3] = {SYS_clone3, {0, 0}},
    [CALL_EXEC] = {SYS_execve, {AT(0), 0, 0}},
    [CALL_EXECAT] = {SYS_execveat, {-1, 0, 0, 0, 0}},
    [CALL_WRITE_OPEN] = {SYS_openat, {-1, 0, O_WRONLY | O_CREAT, 0600}},
    [CALL_OPENAT2] = {SYS_openat2, {-1, 0, 0, 0}},
#ifdef SYS_open
    [CALL_OLD_OPEN] = {SYS_open, {0, O_WRONLY, 0}},
    [CALL_CREAT] = {SYS_creat, {0, 0}},
#else
    [CALL_OLD_OPEN] = {NONE, {0}},
    [CALL_CREAT] = {NONE, {0}},
#endif
    [CALL_MKDIR] = {SYS_mkdirat, {-1, 0, 0}},
    [CALL_UNLINK] = {SYS_unlinkat, {-1, 0, 0}},
    [CALL_RENAME] = {SYS_renameat2, {-1, 0, -1, 0, 0}},
    [CALL_LINK] = {SYS_linkat, {-1, 0, -1, 0, 0}},
    [CALL_CHMOD] = {SYS_fchmodat, {-1, 0, 0}},
    [CALL_TRUNCATE] = {SYS_truncate, {0, 0}},
    [CALL_LISTING] = {SYS_getdents64, {-1, 0, 0}},
    [CALL_CHDIR] = {SYS_chdir, {0}},
    [CALL_MEMFD] = {SYS_memfd_create, {0, 0}},
    [CALL_MMAP_WX] = {SYS_mmap, NEW_MAP(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS)},
    [CALL_MPROTECT_WX] = {SYS_mprotect, {AT(scratch), sizeof(scratch), PROT_READ | PROT_WRITE | PROT_EXEC}},
    [CALL_MMAP_SHARED] = {SYS_mmap, NEW_MAP(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)},
    [CALL_MMAP_GROWS] = {SYS_mmap, NEW_MAP(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN)},
    [CALL_PKEY] = {SYS_pkey_mprotect, {0, 0, PROT_READ, -1}},
    [CALL_KILL_HOST] = {SYS_kill, {0}},
    [CALL_KILL_ALL] = {SYS_kill, {-1, 0}},
    [CALL_KILL_GROUP] = {SYS_kill, {0, 0}},
    [CALL_TGKILL] = {SYS_tgkill, {0}},
    [CALL_SIGQUEUE] = {SYS_rt_sigqueueinfo, {1, 0, 0}},
    [CALL_PIDFD] = {SYS_pidfd_open, {1, 0}},
    [CALL_TIMER] = {SYS_timer_create, {-1, 0, 0}},
    [CALL_ITIMER] = {SYS_setitimer, {-1, 0, 0}},
    [CALL_TIMERFD] = {SYS_timerfd_create, {-1, 0}},
    [CALL_SIGNALFD] = {SYS_signalfd4, {-1, 0, 0, -1}},
    [CALL_EVENTFD] = {SYS_eventfd2, {0, -1}},
    [CALL_EPOLL] = {SYS_epoll_create1, {-1}},
    [CALL_INOTIFY] = {SYS_inotify_init1, {-1}},
    [CALL_PIPE] = {SYS_pipe2, {0, 0}},
    [CALL_DUP] = {SYS_dup, {-1}},
    [CALL_FCNTL] = {SYS_fcntl, {WIRE_FD_CONTROL, F_GETFD}},
    [CALL_IOCTL] = {SYS_ioctl, {WIRE_FD_CONTROL, 0, 0}},
    [CALL_SENDMSG] = {SYS_sendmsg, {WIRE_FD_PAGE, 0, 0}},
    [CALL_WRITE] = {SYS_write, {0, AT(scratch), 0}},
    [CALL_POLL] = {SYS_ppoll, {-1, 1, 0, 0, 0}},
    [CALL_SLEEP] = {SYS_clock_nanosleep, {CLOCK_REALTIME, 0, 0, 0}},
    [CALL_SETUID] = {SYS_setuid, {0}},
    [CALL_SETGID] = {SYS_setgid, {0}},
    [CALL_SETGROUPS] = {SYS_setgroups, {1, 0}},
    [CALL_CAPSET] = {SYS_capset, {0, 0}},
    [CALL_PERSONALITY] = {SYS_personality, {0xffffffff}},
    [CALL_SETSID] = {SYS_setsid, {0}},
    [CALL_SCHEDULER] = {SYS_sched_setscheduler, {0, -1, 0}},
    [CALL_PRIORITY] = {SYS_setpriority, {-1, 0, 0}},
    [CALL_PRLIMIT_OTHER] = {SYS_prlimit64, {1, RLIMIT_NOFILE, 0, 0}},
    [CALL_RANDOM] = {SYS_getrandom, {AT(scratch), 1, 0}},
    [CALL_SHM] = {SYS_shmget, {1, 0, 0}},
    [CALL_MSG] = {SYS_msgget, {1, 0}},
    [CALL_MQ] = {SYS_mq_open, {0, 0, 0, 0}},
    [CALL_LANDLOCK] = {SYS_landlock_create_ruleset, {0, 0, 1}},
    [CALL_SYSLOG] = {SYS_syslog, {10, 0, 0}},
    [CALL_UNKNOWN] = {0x7ffe, {0}},
    [CALL_KILLERS] = {NONE, {0}},
};

/* Gives back what a call made that nothing refused. */
static void
undo(enum try_call call, long rc)
{
	switch ((int)call) {
	case CALL_SOCKET:
	case CALL_MEMFD:
	case CALL_PIDFD:
	case CALL_TIMERFD:
	case CALL_EVENTFD:
	case CALL_EPOLL:
		(void)syscall(SYS_close, rc);
		break;
	case CALL_MMAP_WX:
	case CALL_MMAP_SHARED:
	case CALL_MMAP_GROWS:
		(void)syscall(SYS_munmap, rc, sizeof(scratch));
		break;
	}
}

static long
make_call(const struct proof *proof, enum try_call call)
{
	struct attempt a = attempts[call];
	pid_t self = (pid_t)syscall(SYS_getpid);
	long rc;

	if (call == CALL_KILL_HOST)
		a.args[0] = proof->setup->proof_host;
	if (call == CALL_TGKILL)
		a.args[0] = a.args[1] = proof->parent;
	rc = syscall(a.number, a.args[0], a.args[1], a.args[2], a.args[3], a.args[4], a.args[5]);
	if (rc == 0 && call == CALL_FORK && syscall(SYS_getpid) != self)
		_exit(0);
	if (rc >= 0)
		undo(call, rc);
	return rc;
}

/* ---- Calls that end the process ---------------------------------------------------------------------------------- */

/* arg: the number. */
static void
call_killer(void *arg)
{
	const int *number = arg;

	/* With arguments that none of them does anything with, for where nothing refuses it. */
	(void)syscall(*number, -1, 0, 0, 0, 0, 0);
}

static void
tell_killers(struct proof *proof, enum try_id id)
{
	char lived[160] = "";
	size_t len = 0;
	unsigned n = 0;

	for (const struct filter_call *killer = filter_killers; killer->name != NULL; killer++) {
		int number = killer->number;

		if (number < 0)
			continue;
		n++;
		if (proof_caught(call_killer, &number) != SIGSYS && len < sizeof(lived))
			len += (size_t)snprintf(lived + len, sizeof(lived) - len, " %s", killer->name);
	}
	proof_tell(proof, id, len == 0 && n > 0, len == 0 ? "SIGSYS" : "does not end it:%s", lived);
}

static void
tell_calls(struct proof *proof, enum try_id first)
{
	for (unsigned call = 0; call < CALLS_N; call++) {
		long rc;

		if (attempts[call].number == NONE)
			continue;
		rc = make_call(proof, (enum try_call)call);
		proof_tell_error(proof, first + call, rc, errno, ENOSYS, ENOSYS);
	}
	tell_killers(proof, first + CALL_KILLERS);
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static void
tell_pinned(struct proof *proof)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = {1, &all};
	size_t size;
	void *at = last_filter_at(&size);
	int rc = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), error = errno;

	if (rc < 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		rc = 0;
	proof_tell_error(proof, TRY_S1_FILTER, rc, error, EPERM, EPERM);
	/* The mapping of a kernel without filters is not needed: there this takes nothing away. */
	rc = mprotect(at, size, PROT_READ | PROT_WRITE);
	error = errno;
	if (rc < 0 && error == EPERM)
		rc = madvise(at, size, MADV_DONTNEED);
	if (rc < 0 && errno == EPERM)
		rc = mremap(at, size, size * 2, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
	proof_tell_error(proof, TRY_S1_UNPIN, rc, rc < 0 ? errno : error, EPERM, EPERM);
}

void
proof_loading(struct proof *proof)
{
	char path[64];
	int fd;

	tell_calls(proof, TRY_LOADING);
	tell_pinned(proof);
	snprintf(path, sizeof(path), "/proc/%u/fd/%d", proof->setup->proof_host, PROOF_FD);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	proof_tell_call(proof, TRY_DESCRIPTORS_HOST, fd, errno);
	if (fd >= 0)
		close(fd);
}

/* ---- Serving ----------------------------------------------------------------------------------------------------- */

static void
tell(struct proof *proof, enum try_id id, long rc)
{
	proof_tell_error(proof, id, rc, errno, ENOSYS, ENOSYS);
}

static void
tell_strict(struct proof *proof)
{
	struct timespec moment = {.tv_nsec = 1};
	size_t size = sizeof(scratch);
	uint32_t word = 0;

	tell(proof, TRY_S2_OPEN, syscall(SYS_openat, AT_FDCWD, "/usr", O_RDONLY, 0));
	tell(proof, TRY_S2_READ, syscall(SYS_read, 0, NULL, 0));
	tell(proof, TRY_S2_FUTEX, syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &moment, NULL, 0));
	tell(proof, TRY_S2_CODE,
	    syscall(SYS_mmap, NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	tell(proof, TRY_S2_PROTECT, syscall(SYS_mprotect, scratch, size, PROT_READ | PROT_EXEC));
	tell(proof, TRY_S2_SIGACTION, syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 8));
	tell(proof, TRY_S2_PRCTL, syscall(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0));
	tell(proof, TRY_S2_LIMITS, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
}

/* Reaching somebody takes a socket and an address; any refusal of either will do here. */
static int
reach(int family, int type, const void *to, size_t len)
{
	int fd = (int)syscall(SYS_socket, family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc, error;

	if (fd < 0)
		return -1;
	rc = (int)syscall(SYS_connect, fd, to, (socklen_t)len);
	error = errno;
	(void)syscall(SYS_close, fd);
	errno = error;
	/* Under way is reached. */
	return rc < 0 && error == EINPROGRESS ? 0 : rc;
}

static void
tell_network(struct proof *proof)
{
	uint16_t port = htons(proof->setup->proof_port);
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_vm below = {.svm_family = AF_VSOCK, .svm_port = 9, .svm_cid = VMADDR_CID_HOST};
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	size_t len = offsetof(struct sockaddr_un, sun_path) + 1 +
		     (size_t)snprintf(
			 name.sun_path + 1, sizeof(name.sun_path) - 1, PROOF_ABSTRACT_NAME, proof->setup->proof_host);

	proof_tell_call(proof, TRY_NETWORK_TCP, reach(AF_INET, SOCK_STREAM, &four, sizeof(four)), errno);
	proof_tell_call(proof, TRY_NETWORK_TCP6, reach(AF_INET6, SOCK_STREAM, &six, sizeof(six)), errno);
	proof_tell_call(proof, TRY_NETWORK_UDP, reach(AF_INET, SOCK_DGRAM, &four, sizeof(four)), errno);
	proof_tell_call(proof, TRY_NETWORK_ABSTRACT, reach(AF_UNIX, SOCK_STREAM, &name, len), errno);
	proof_tell_call(proof, TRY_NETWORK_VSOCK, reach(AF_VSOCK, SOCK_STREAM, &below, sizeof(below)), errno);
}

static void
tell_signals(struct proof *proof)
{
	proof_tell_call(proof, TRY_SIGNALS_HOST, syscall(SYS_kill, (pid_t)proof->setup->proof_host, 0), errno);
	proof_tell_call(proof, TRY_SIGNALS_PARENT, syscall(SYS_kill, proof->parent, 0), errno);
	proof_tell_call(proof, TRY_SIGNALS_ALL, syscall(SYS_kill, -1, 0), errno);
	proof_tell_call(proof, TRY_SIGNALS_GROUP, syscall(SYS_kill, 0, 0), errno);
}

/* arg: the page. */
static void
write_page(void *arg)
{
	*(volatile uint8_t *)arg = 1;
}

static void
tell_sealed(struct proof *proof)
{
	struct seal seal = {.n = 1, .ranges = {{(uintptr_t)scratch, (uintptr_t)scratch + sizeof(scratch)}}};
	int caught = seal_set(&seal, true) != 0 ? 0 : proof_caught(write_page, scratch);

	(void)seal_set(&seal, false);
	proof_tell(proof, TRY_READONLY_WRITE, caught == SIGSEGV, "%s", caught == SIGSEGV ? "SIGSEGV" : "it worked");
}

void
proof_serving(struct proof *proof)
{
	tell_calls(proof, TRY_SERVING);
	if (proof->profile->strict_calls)
		tell_strict(proof);
	tell(proof, TRY_S2_SECCOMP, syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL));
	tell_network(proof);
	tell_signals(proof);
	tell_sealed(proof);
}
