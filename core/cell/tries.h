/*
 * What `hospes doctor` tries: one row for each thing that a cell must not be able to do.
 *
 * The table is the agreement between the host and the probe cells.  A probe cell tells of each row by its name whether it was
 * refused; the host walks its own table and not what was told, so a row of which nothing was told counts as not refused.
 * Layers are those of enum sandbox_layer and a few more that are made of several of them: network, memory, watchdog,
 * descriptors, signals.  Private to the room and its guests.
 */

#ifndef CELL_TRIES_H
#define CELL_TRIES_H

#include <stdint.h>

enum try_when {
	TRY_STRICT = 1, /* not under the profile for sanitizers */
	TRY_X86 = 2,    /* on x86-64 only */
};

/* System calls that are tried twice: while a plugin loads, as its constructors could, and while it serves. */
#define TRY_CALLS(C)                                                                                                   \
	C(SOCKET, "socket", "open a socket", 0)                                                                        \
	C(SOCKETPAIR, "socketpair", "make a pair of sockets", 0)                                                       \
	C(CONNECT, "connect", "connect", 0)                                                                            \
	C(BIND, "bind", "bind", 0)                                                                                     \
	C(FORK, "fork", "fork", 0)                                                                                     \
	C(THREAD, "thread", "make a thread", 0)                                                                        \
	C(CLONE3, "clone3", "clone3", 0)                                                                               \
	C(EXEC, "exec", "start a program", 0)                                                                          \
	C(EXECAT, "execveat", "start a program by its descriptor", 0)                                                  \
	C(WRITE_OPEN, "open_write", "open a file for writing", 0)                                                      \
	C(OPENAT2, "openat2", "open by openat2", 0)                                                                    \
	C(OLD_OPEN, "open", "open by the old call", TRY_X86)                                                           \
	C(CREAT, "creat", "make a file by the old call", TRY_X86)                                                      \
	C(MKDIR, "mkdir", "make a folder", 0)                                                                          \
	C(UNLINK, "unlink", "remove a file", 0)                                                                        \
	C(RENAME, "rename", "rename a file", 0)                                                                        \
	C(LINK, "link", "link a file", 0)                                                                              \
	C(CHMOD, "chmod", "change a file's mode", 0)                                                                   \
	C(TRUNCATE, "truncate", "cut a file short", 0)                                                                 \
	C(LISTING, "getdents", "list a folder", 0)                                                                     \
	C(CHDIR, "chdir", "change the folder", 0)                                                                      \
	C(MEMFD, "memfd", "make a file in memory", 0)                                                                  \
	C(MMAP_WX, "mmap_wx", "map memory to write and execute", TRY_STRICT)                                           \
	C(MPROTECT_WX, "mprotect_wx", "make memory executable", TRY_STRICT)                                            \
	C(MMAP_SHARED, "mmap_shared", "map shared memory, which no limit counts", TRY_STRICT)                          \
	C(MMAP_GROWS, "mmap_grows", "map a growing stack, which no limit counts", TRY_STRICT)                          \
	C(PKEY, "pkey_mprotect", "protect memory by key", 0)                                                           \
	C(KILL_HOST, "kill_host", "signal the host", 0)                                                                \
	C(KILL_ALL, "kill_all", "signal everybody", 0)                                                                 \
	C(KILL_GROUP, "kill_group", "signal its group", 0)                                                             \
	C(TGKILL, "tgkill", "signal a thread of its parent", 0)                                                        \
	C(SIGQUEUE, "sigqueue", "queue a signal", 0)                                                                   \
	C(PIDFD, "pidfd_open", "hold on to a process", 0)                                                              \
	C(TIMER, "timer", "make a timer", 0)                                                                           \
	C(ITIMER, "itimer", "set an alarm", 0)                                                                         \
	C(TIMERFD, "timerfd", "make a timer with a descriptor", 0)                                                     \
	C(SIGNALFD, "signalfd", "make a descriptor of signals", 0)                                                     \
	C(EVENTFD, "eventfd", "make a descriptor of events", 0)                                                        \
	C(EPOLL, "epoll", "make a descriptor to wait on", 0)                                                           \
	C(INOTIFY, "inotify", "watch files", 0)                                                                        \
	C(PIPE, "pipe", "make a pipe", 0)                                                                              \
	C(DUP, "dup", "double a descriptor", 0)                                                                        \
	C(FCNTL, "fcntl", "change a descriptor", 0)                                                                    \
	C(IOCTL, "ioctl", "speak to a device", 0)                                                                      \
	C(SENDMSG, "sendmsg", "send on another descriptor", 0)                                                         \
	C(WRITE, "write", "write to another descriptor", 0)                                                            \
	C(POLL, "poll", "wait on descriptors", 0)                                                                      \
	C(SLEEP, "sleep", "sleep", 0)                                                                                  \
	C(SETUID, "setuid", "change its user", 0)                                                                      \
	C(SETGID, "setgid", "change its group", 0)                                                                     \
	C(SETGROUPS, "setgroups", "join groups", 0)                                                                    \
	C(CAPSET, "capset", "change its capabilities", 0)                                                              \
	C(PERSONALITY, "personality", "change its personality", 0)                                                     \
	C(SETSID, "setsid", "leave its session", 0)                                                                    \
	C(SCHEDULER, "scheduler", "change how it is scheduled", 0)                                                     \
	C(PRIORITY, "priority", "change its priority", 0)                                                              \
	C(PRLIMIT_OTHER, "prlimit", "read the limits of another process", TRY_STRICT)                                  \
	C(RANDOM, "getrandom", "ask for random bytes", 0)                                                              \
	C(SHM, "shmget", "make System V shared memory", 0)                                                             \
	C(MSG, "msgget", "make a System V queue", 0)                                                                   \
	C(MQ, "mq_open", "make a POSIX queue", 0)                                                                      \
	C(LANDLOCK, "landlock", "make Landlock rules", 0)                                                              \
	C(SYSLOG, "syslog", "read the kernel's log", 0)                                                                \
	C(UNKNOWN, "unknown", "a call that there is not", 0)                                                           \
	C(KILLERS, "killers", "ptrace, bpf, mount, io_uring, userfaultfd and their like", 0)

/* What only one of the two stages refuses, and everything that is no system call of a plugin. */
#define TRY_ROWS(T)                                                                                                    \
	T(UID_SETUID, "uid", "setuid", "become root", 0, 0)                                                            \
	T(UID_SETGID, "uid", "setgid", "become the group root", 0, 0)                                                  \
	T(UID_GROUPS, "uid", "setgroups", "join groups", 0, 0)                                                         \
	T(NET_TCP, "net_ns", "tcp", "connect to a port of the host", 0, 0)                                             \
	T(NET_ABSTRACT, "net_ns", "abstract", "connect to an abstract socket of the host", 0, 0)                       \
	T(NET_LOOPBACK, "net_ns", "loopback", "connect to 127.0.0.1", 0, 0)                                            \
	T(PID_OTHERS, "pid_ns", "others", "see other processes", 0, 0)                                                 \
	T(PID_HOST, "pid_ns", "host", "name the host's process", 0, 0)                                                 \
	T(PID_PROC, "pid_ns", "proc", "read about the host in /proc", 0, 0)                                            \
	T(MOUNT_PASSWD, "mount_ns", "passwd", "open /etc/passwd", 0, 0)                                                \
	T(MOUNT_HOME, "mount_ns", "home", "see /root or /home", 0, 0)                                                  \
	T(MOUNT_DEVICE, "mount_ns", "device", "open a device", 0, 0)                                                   \
	T(MOUNT_ROOT, "mount_ns", "root", "make a folder in the root", 0, 0)                                           \
	T(MOUNT_LIBRARY, "mount_ns", "library", "make a file beside the libraries", 0, 0)                              \
	T(IPC_NAMESPACE, "ipc_ns", "namespace", "share System V ipc with the host", 0, 0)                              \
	T(IPC_MEMORY, "ipc_ns", "memory", "find shared memory of the host", 0, 0)                                      \
	T(CGROUP_OWN, "cgroup", "own", "stay in the host's memory cgroup", 0, 0)                                       \
	T(CGROUP_LIMIT, "cgroup", "limit", "use more memory than granted, with no other limit set", 0, 0)              \
	T(RLIMIT_OF_CORE, "rlimits", "core", "leave a core file behind", 0, 0)                                         \
	T(RLIMIT_OF_FSIZE, "rlimits", "fsize", "make a file grow", 0, 0)                                               \
	T(RLIMIT_OF_NOFILE, "rlimits", "nofile", "open many files", 0, 0)                                              \
	T(RLIMIT_OF_NPROC, "rlimits", "nproc", "make a process", 0, 0)                                                 \
	T(RLIMIT_OF_MEMLOCK, "rlimits", "memlock", "lock memory", 0, 0)                                                \
	T(RLIMIT_OF_MSGQUEUE, "rlimits", "msgqueue", "make a POSIX queue", 0, 0)                                       \
	T(RLIMIT_OF_RTPRIO, "rlimits", "rtprio", "run in real time", 0, 0)                                             \
	T(RLIMIT_OF_NICE, "rlimits", "nice", "run before others", 0, 0)                                                \
	T(RLIMIT_OF_DATA, "rlimits", "data", "map more than is granted", TRY_STRICT, 0)                                \
	T(RLIMIT_OF_AS, "rlimits", "as", "reserve far more addresses than are granted", TRY_STRICT, 0)                 \
	T(RLIMIT_OF_CPU, "rlimits", "cpu", "compute for ever while it loads", 0, 0)                                    \
	T(RLIMIT_RAISE, "rlimits", "raise", "raise any of these limits", 0, 0)                                         \
	T(CAPS_KEPT, "caps", "kept", "have or regain a capability", 0, 0)                                              \
	T(CAPS_MOUNT, "caps", "mount", "mount a file system", 0, 0)                                                    \
	T(CAPS_CHROOT, "caps", "chroot", "change the root", 0, 0)                                                      \
	T(CAPS_DEVICE, "caps", "mknod", "make a device", 0, 0)                                                         \
	T(CAPS_RAW, "caps", "raw_socket", "open a raw socket", 0, 0)                                                   \
	T(CAPS_NAME, "caps", "hostname", "name the machine", 0, 0)                                                     \
	T(CAPS_KEEP, "caps", "keepcaps", "unlock what keeps capabilities away", 0, 0)                                  \
	T(NNP_OFF, "no_new_privs", "off", "take no_new_privs off again", 0, 0)                                         \
	T(LL_LIST, "landlock", "list", "list the root folder", 0, 1)                                                   \
	T(LL_READ, "landlock", "read", "read its own file", 0, 1)                                                      \
	T(LL_WRITE, "landlock", "write", "write its own file", 0, 1)                                                   \
	T(LL_MAKE, "landlock", "make", "make a file", 0, 1)                                                            \
	T(LL_FOLDER, "landlock", "folder", "make a folder", 0, 1)                                                      \
	T(LL_FIFO, "landlock", "fifo", "make a pipe with a name", 0, 1)                                                \
	T(LL_SYMLINK, "landlock", "symlink", "make a symbolic link", 0, 1)                                             \
	T(LL_SOCKET, "landlock", "socket", "make a socket with a name", 0, 1)                                          \
	T(LL_REMOVE, "landlock", "remove", "remove its own file", 0, 1)                                                \
	T(LL_RMDIR, "landlock", "rmdir", "remove its own folder", 0, 1)                                                \
	T(LL_REFER, "landlock", "refer", "move a file to another folder", 0, 2)                                        \
	T(LL_TRUNCATE, "landlock", "truncate", "cut its own file short", 0, 3)                                         \
	T(LL_BIND, "landlock", "bind", "take a TCP port", 0, 4)                                                        \
	T(LL_CONNECT, "landlock", "connect", "connect by TCP", 0, 4)                                                   \
	T(LL_ABSTRACT, "landlock", "abstract", "connect to an abstract socket from before", 0, 6)                      \
	T(LL_SIGNAL, "landlock", "signal", "signal its init", 0, 6)                                                    \
	T(S1_FILTER, "seccomp", "loading.filter", "load a filter of its own", 0, 0)                                    \
	T(S1_UNPIN, "seccomp", "loading.unpin", "change the filter that comes next", 0, 0)                             \
	T(S2_OPEN, "seccomp", "serving.open_read", "open a file for reading", TRY_STRICT, 0)                           \
	T(S2_READ, "seccomp", "serving.read", "read from a descriptor", TRY_STRICT, 0)                                 \
	T(S2_FUTEX, "seccomp", "serving.futex", "sleep on a futex", TRY_STRICT, 0)                                     \
	T(S2_CODE, "seccomp", "serving.mmap_code", "map code", TRY_STRICT, 0)                                          \
	T(S2_PROTECT, "seccomp", "serving.mprotect_code", "make memory code", TRY_STRICT, 0)                           \
	T(S2_SIGACTION, "seccomp", "serving.sigaction", "handle a signal", TRY_STRICT, 0)                              \
	T(S2_PRCTL, "seccomp", "serving.prctl", "prctl", TRY_STRICT, 0)                                                \
	T(S2_SECCOMP, "seccomp", "serving.seccomp", "load a filter", 0, 0)                                             \
	T(S2_LIMITS, "seccomp", "serving.limits", "read or set its own limits", TRY_STRICT, 0)                         \
	T(S2_INT80, "seccomp", "serving.int80", "call the kernel as a 32-bit program", TRY_X86, 0)                     \
	T(S2_X32, "seccomp", "serving.x32", "call the kernel by the numbers of x32", TRY_X86, 0)                       \
	T(TSC_RDTSC, "tsc", "rdtsc", "read the time stamp counter", TRY_STRICT | TRY_X86, 0)                                     \
	T(READONLY_WRITE, "readonly", "write", "write to a sealed page", 0, 0)                                         \
	T(NETWORK_TCP, "network", "tcp", "reach the host by TCP", 0, 0)                                                \
	T(NETWORK_TCP6, "network", "tcp6", "reach the host by TCP over IPv6", 0, 0)                                    \
	T(NETWORK_UDP, "network", "udp", "reach the host by UDP", 0, 0)                                                \
	T(NETWORK_ABSTRACT, "network", "abstract", "reach the host by an abstract socket", 0, 0)                       \
	T(NETWORK_VSOCK, "network", "vsock", "reach the machine below by vsock", 0, 0)                                 \
	T(MEMORY_PRIVATE, "memory", "private", "map and use memory without end", 0, 0)                                 \
	T(MEMORY_BRK, "memory", "brk", "then use the break", 0, 0)                                                     \
	T(MEMORY_SHARED, "memory", "shared", "then shared memory", 0, 0)                                               \
	T(MEMORY_GROWS, "memory", "grows", "then growing stacks", 0, 0)                                                \
	T(MEMORY_PROTECT, "memory", "protect", "then what was only reserved", 0, 0)                                    \
	T(WATCHDOG_SPIN, "watchdog", "spin", "compute without a word", 0, 0)                                           \
	T(WATCHDOG_SILENT, "watchdog", "silent", "neither compute nor answer", 0, 0)                                   \
	T(WATCHDOG_UNREADY, "watchdog", "unready", "never be ready", 0, 0)                                             \
	T(DESCRIPTORS_SET, "descriptors", "set", "have a descriptor besides its own", 0, 0)                            \
	T(DESCRIPTORS_HOST, "descriptors", "host", "read a file that the host has open", 0, 0)                         \
	T(SIGNALS_HOST, "signals", "host", "signal the host", 0, 0)                                                    \
	T(SIGNALS_PARENT, "signals", "parent", "signal its parent", 0, 0)                                              \
	T(SIGNALS_ALL, "signals", "all", "signal everybody", 0, 0)                                                     \
	T(SIGNALS_GROUP, "signals", "group", "signal its group", 0, 0)

enum try_call {
#define TRY_CALL_ID(id, name, tried, when) CALL_##id,
	TRY_CALLS(TRY_CALL_ID)
#undef TRY_CALL_ID
	    CALLS_N
};

/* The calls come first, once for each stage. */
enum try_id {
	TRY_LOADING,
	TRY_SERVING = TRY_LOADING + CALLS_N,
	TRY_BEFORE_ROWS = TRY_SERVING + CALLS_N - 1,
#define TRY_ROW_ID(id, layer, name, tried, when, abi) TRY_##id,
	TRY_ROWS(TRY_ROW_ID)
#undef TRY_ROW_ID
	    TRIES_N
};

struct try_row {
	const char *layer, *name, *tried;
	unsigned when; /* enum try_when */
	unsigned abi;  /* of Landlock, that it takes */
};
extern const struct try_row tries[TRIES_N];

/* The probe cells, each of which ends in another way. */
enum proof_kind {
	PROOF_NONE,    /* the quick probe that every host has at its start */
	PROOF_LAYERS,  /* everything that a probe survives; stays until it is told to stop */
	PROOF_MEMORY,  /* uses memory until it is refused, or ended */
	PROOF_CGROUP,  /* the same without a limit of its own */
	PROOF_SPIN,    /* is ready, then computes */
	PROOF_SILENT,  /* is ready, then says nothing */
	PROOF_UNREADY, /* never is */
	PROOF_CPU,     /* computes while it loads */
	PROOF_ABORT,   /* aborts */
	PROOF_INT80,   /* other ways into the kernel */
	PROOF_X32,
	PROOFS_N
};

/* How the probe tells of its tries, and of nothing else: {"tries": [{"name": "seccomp.loading.socket", "refused": true, "found":
 * "ENOSYS"}]}; the name is the layer's and the row's. */

/* Nobody gets this far on what a proof is granted. */
#define PROOF_GRANT ((uint64_t)16 << 20)
#define PROOF_MUCH  ((uint64_t)512 << 20)

/* What the host holds out for the probe to find: by its pid (wire_setup, proof_host), as the probe sees it or not. */
#define PROOF_ABSTRACT_NAME "hospes-doctor-%u"
#define PROOF_SHM_KEY(pid)  (0x40000000u | (pid))
#define PROOF_FD            200 /* a file that is open there */

#endif
