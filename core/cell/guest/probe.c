/* See probe.h. */

#include "cell/guest/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"
#include "cell/guest/fatal.h"
#include "cell/guest/guest.h"
#include "cell/guest/seal.h"

/* One layer's line.  `holds` counts only where the layer was put on at all. */
static void note(struct probe *probe, enum sandbox_layer layer, bool holds, const char *tried, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void
note(struct probe *probe, enum sandbox_layer layer, bool holds, const char *tried, const char *format, ...)
{
	char found[256];
	va_list args;

	va_start(args, format);
	vsnprintf(found, sizeof(found), format, args);
	va_end(args);
	if (holds)
		probe->holds |= layer;
	json_array_append_new(
	    probe->layers, json_pack("{s:s s:b s:b s:s s:s}", "name", sandbox_layer_name(layer), "required",
			       (LAYERS_REQUIRED & layer) != 0, "holds", holds, "tried", tried, "found", found));
}

static const char *
outcome(long rc, int error)
{
	return rc < 0 ? strerrorname_np(error) : "it worked";
}

void
probe_begin(struct probe *probe)
{
	probe->layers = json_array();
	if (uname(&probe->kernel) != 0)
		strcpy(probe->kernel.release, "unknown");
}

/* ---- Namespaces ---- */

static void
probe_uid(struct probe *probe)
{
	bool owned = (probe->claimed & LAYER_UID) != 0;
	int rc = setuid(0), error = errno;

	note(probe, LAYER_UID, owned && geteuid() != 0 ? rc != 0 : owned, "become root", "%s, uid %u",
	    outcome(rc, error), geteuid());
}

static void
probe_net(struct probe *probe)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	_cleanup_(close_p) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof(to)), error = errno;

	/* In a network namespace of our own even the loopback interface is down. */
	note(probe, LAYER_NET_NS, rc != 0, "connect to 127.0.0.1", "%s", outcome(rc, error));
}

static void
probe_pid(struct probe *probe)
{
	/* No signal to all that there are but ourselves and process 1: ESRCH when that is nobody, whether we might or not. */
	int rc = kill(-1, 0), error = errno;

	note(probe, LAYER_PID_NS, rc != 0 && error == ESRCH && getppid() == 1, "see other processes", "%s",
	    rc != 0 && error == ESRCH ? "none but its init" : "there are others");
}

static void
probe_mount(struct probe *probe)
{
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC), error = errno;
	int home = access("/root", F_OK) == 0 || access("/home", F_OK) == 0;

	if (fd >= 0)
		close(fd);
	note(probe, LAYER_MOUNT_NS, fd < 0 && error == ENOENT && !home, "open /etc/passwd", "%s",
	    fd < 0 ? strerrorname_np(error) : "it worked");
}

static void
probe_ipc(struct probe *probe)
{
	struct stat st = {.st_ino = 0};
	int rc = stat("/proc/self/ns/ipc", &st);

	note(probe, LAYER_IPC_NS, rc == 0 && st.st_ino != probe->ipc && (probe->claimed & LAYER_IPC_NS) != 0,
	    "share System V ipc with the host",
	    rc == 0 && st.st_ino != probe->ipc ? "a namespace of its own" : "the host's");
}

static void
probe_cgroup(struct probe *probe)
{
	_cleanup_(fclose_p) FILE *f = fopen("/proc/self/cgroup", "re");
	char line[4096];
	bool found = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "/" GUEST_CGROUP_PREFIX) != NULL)
			found = true;
	note(probe, LAYER_CGROUP, found && (probe->claimed & LAYER_CGROUP) != 0, "stay in the host's memory cgroup",
	    found ? "moved to one of its own" : "there is no other");
}

void
probe_namespaces(struct probe *probe)
{
	probe_uid(probe);
	probe_net(probe);
	probe_pid(probe);
	probe_mount(probe);
	probe_ipc(probe);
	probe_cgroup(probe);
}

/* ---- Limits and capabilities ---- */

static sigjmp_buf back;

static void
on_signal(int number, siginfo_t *info, void *context)
{
	if (number != SIGSYS || !fatal_refuse(info, context))
		siglongjmp(back, number);
}

static void catch (int number)
{
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};

	sigaction(number, &action, NULL);
}

static int
read_counter(void)
{
	int caught = sigsetjmp(back, 1);

	if (caught != 0)
		return caught;
#if defined(__x86_64__)
	(void)__builtin_ia32_rdtsc();
#endif
	return 0;
}

void
probe_limits(struct probe *probe)
{
	struct rlimit files, more, core;
	int rc, error, caught;

	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_CORE, &core);
	more = (struct rlimit){.rlim_cur = files.rlim_max + 1, .rlim_max = files.rlim_max + 1};
	rc = setrlimit(RLIMIT_NOFILE, &more);
	error = errno;
	note(probe, LAYER_RLIMITS, rc != 0 && core.rlim_max == 0 && files.rlim_max <= 64,
	    "raise the limit of open files", "%s, limit %llu", outcome(rc, error), (unsigned long long)files.rlim_max);

	rc = mount("none", "/", "tmpfs", 0, NULL);
	error = errno;
	note(probe, LAYER_CAPS, rc != 0 && (probe->claimed & LAYER_CAPS) != 0, "mount a file system", "%s",
	    outcome(rc, error));

	catch (SIGSEGV);
	caught = read_counter();
	note(probe, LAYER_TSC, caught == SIGSEGV, "read the time stamp counter", "%s",
	    caught == SIGSEGV ? "SIGSEGV" : "it worked");
}

void
probe_landlock(struct probe *probe)
{
	int rc = prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), error = errno;

	note(probe, LAYER_NO_NEW_PRIVS, rc != 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    "take no_new_privs off again", "%s", outcome(rc, error));

	/* The root folder itself is not among those that may be listed. */
	rc = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = errno;
	if (rc >= 0)
		close(rc);
	note(probe, LAYER_LANDLOCK, rc < 0 && error == EACCES, "list the root folder", "%s", outcome(rc, error));
}

/* ---- The filter ---- */

void
probe_catch(void)
{
	catch (SIGSEGV);
	catch (SIGSYS);
}

static int failures;
static char failed_names[160];

static void
expect_refused(const char *what, long rc, int error)
{
	if (rc < 0 && error == ENOSYS)
		return;
	failures++;
	snprintf(failed_names + strlen(failed_names), sizeof(failed_names) - strlen(failed_names), " %s: %s;", what,
	    outcome(rc, error));
}

static void
expect_killed(const char *what, long number)
{
	int caught = sigsetjmp(back, 1);

	if (caught == SIGSYS)
		return;
	/* With arguments that none of them does anything with, for where nothing refuses it. */
	(void)syscall(number, -1, 0, 0, 0, 0, 0);
	failures++;
	snprintf(
	    failed_names + strlen(failed_names), sizeof(failed_names) - strlen(failed_names), " %s: not ended;", what);
}

static bool
seal_holds(uint8_t *page, size_t size)
{
	struct seal seal = {.n = 1, .ranges = {{(uintptr_t)page, (uintptr_t)page + size}}};
	int caught;

	if (seal_set(&seal, true) != 0)
		return false;
	caught = sigsetjmp(back, 1);
	if (caught == 0)
		*(volatile uint8_t *)page = 1;
	seal_set(&seal, false);
	return caught == SIGSEGV;
}

#define REFUSED(what, call)                                                                                            \
	do {                                                                                                           \
		long rc_ = (long)(call);                                                                               \
		expect_refused(what, rc_, errno);                                                                      \
	} while (0)

/* What only the strict profile refuses, and files that were opened before. */
static void
try_strict_calls(void *page, size_t size)
{
	struct timespec moment = {.tv_nsec = 1};
	uint32_t word = 0;

	REFUSED("open", syscall(SYS_openat, AT_FDCWD, "/usr", O_RDONLY, 0));
	REFUSED("read", syscall(SYS_read, 0, NULL, 0));
	REFUSED("sleep on a futex", syscall(SYS_futex, &word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &moment, NULL, 0));
	REFUSED("prlimit", syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
	REFUSED(
	    "mmap of code", syscall(SYS_mmap, NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	REFUSED("mmap that is shared", syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	REFUSED("mprotect of code", syscall(SYS_mprotect, page, size, PROT_READ | PROT_EXEC));
}

static void
try_calls(void)
{
	struct timespec moment = {.tv_nsec = 1};

	REFUSED("socket", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
	REFUSED("write a file", syscall(SYS_openat, AT_FDCWD, "/new", O_WRONLY | O_CREAT, 0600));
	REFUSED("fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	REFUSED("clone3", syscall(SYS_clone3, NULL, 0));
	/* Of what does not exist: where nothing refuses it, the probe has to live on and say so. */
	REFUSED("exec", syscall(SYS_execve, "/none", NULL, NULL));
	REFUSED("setuid", syscall(SYS_setuid, 0));
	REFUSED("poll", syscall(SYS_ppoll, NULL, 0, &moment, NULL, 0));
	REFUSED("sleep", syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &moment, NULL));
	REFUSED("kill", syscall(SYS_kill, 1, 0));
	REFUSED("getrandom", syscall(SYS_getrandom, &moment, sizeof(moment), 0));
	REFUSED("sendmsg on another descriptor", syscall(SYS_sendmsg, 5, NULL, 0));
	REFUSED("sendmsg out of band", syscall(SYS_sendmsg, WIRE_FD_CONTROL, NULL, MSG_OOB));
	expect_killed("ptrace", SYS_ptrace);
	expect_killed("mount", SYS_mount);
	expect_killed("bpf", SYS_bpf);
	expect_killed("io_uring", SYS_io_uring_setup);
	expect_killed("process_vm_readv", SYS_process_vm_readv);
}

void
probe_filter(struct probe *probe)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool sealed;

	try_calls();
	if (probe->strict)
		try_strict_calls(page, size);
	note(probe, LAYER_SECCOMP, failures == 0,
	    probe->strict ? "open, socket, fork, exec, setuid, sleep, poll, map code; ptrace, mount, bpf, io_uring"
			  : "socket, fork, exec, setuid, sleep, poll; ptrace, mount, bpf, io_uring (profile relaxed)",
	    failures == 0 ? "ENOSYS; SIGSYS%s" : "not as it should be:%s", failed_names);
	sealed = page != MAP_FAILED && seal_holds(page, size);
	note(probe, LAYER_READONLY, sealed, "write to a sealed page", "%s", sealed ? "SIGSEGV" : "it worked");
}

json_t *
probe_report(struct probe *probe)
{
	return json_pack("{s:s s:o}", "kernel", probe->kernel.release, "layers", probe->layers);
}
