/*
 * The spawner's side of making a process: clone into namespaces, map the ids, limit the memory, say go.
 *
 * Not every host gives all namespaces: containers often have none, an ordinary user needs a user namespace for the rest,
 * and root does without one.  What fails at the first guest is not tried again; what worked once and fails later (too
 * many namespaces on the machine) is an error, so that cells do not lose layers while the host runs.  What a process
 * lacks it says itself, and the host decides whether that will do.
 */

#include "cell/spawner/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cell/guest/guest.h"

#define ALL_NS (CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWUTS)

static const uint64_t levels[] = {
    CLONE_NEWUSER | ALL_NS,
    CLONE_NEWUSER | (ALL_NS & ~(uint64_t)CLONE_NEWCGROUP),
    ALL_NS,
    CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC,
    0,
};

/* Code and data of libraries and the runtime's own buffers, on top of what the host grants.  More than what RLIMIT_DATA has on
 * top: who asks for too much gets no memory, and is ended only when he found a way that the limit does not count. */
#define MEMORY_SLACK (96 * MIB)

unsigned
spawn_level_for_root(void)
{
	unsigned level = 0;

	while (levels[level] & CLONE_NEWUSER)
		level++;
	return level;
}

size_t
spawn_fds(uint32_t what)
{
	switch (what) {
	case SPAWN_CELL:
		return 5;
	case SPAWN_PROBE:
		return 4;
	case SPAWN_INSPECT:
	case SPAWN_INSPECT_DEGRADED:
		return 3;
	default:
		return 0;
	}
}

/* Like fork, in new namespaces.  clone3 is refused by some containers' filters with ENOSYS: clone does the same here. */
static pid_t
clone_into(uint64_t flags, int *ret_pidfd)
{
	struct clone_args args = {
	    .flags = flags | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)ret_pidfd, .exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0 && errno == ENOSYS)
		pid = syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, NULL, ret_pidfd, NULL, 0);
	return (pid_t)pid;
}

static int
write_map(pid_t pid, const char *file, const char *text)
{
	char path[64];
	_cleanup_(close_p) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

/* One uid and one gid, the same inside and outside. */
static int
map_ids(pid_t pid, uid_t uid, gid_t gid)
{
	char text[64];
	int rc = write_map(pid, "setgroups", "deny");

	if (rc == 0) {
		snprintf(text, sizeof(text), "%u %u 1\n", uid, uid);
		rc = write_map(pid, "uid_map", text);
	}
	if (rc == 0) {
		snprintf(text, sizeof(text), "%u %u 1\n", gid, gid);
		rc = write_map(pid, "gid_map", text);
	}
	return rc;
}

static uint32_t
layers_of(uint64_t flags, bool own_uid)
{
	return (flags & CLONE_NEWUSER || own_uid ? LAYER_UID : 0u) | (flags & CLONE_NEWNET ? LAYER_NET_NS : 0u) |
	       (flags & CLONE_NEWPID ? LAYER_PID_NS : 0u) | (flags & CLONE_NEWNS ? LAYER_MOUNT_NS : 0u) |
	       (flags & CLONE_NEWIPC ? LAYER_IPC_NS : 0u);
}

static void
give_up(pid_t pid, int pidfd)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(pidfd);
}

/* One try at one level.  `*ret_again` says that a lower level may do. */
static int
try_level(struct spawner *s, const struct spawn_request *request, const int *fds, struct spawned *ret,
    const char **what, bool *ret_again)
{
	uint64_t flags = levels[s->level];
	bool own_uid = geteuid() == 0 && request->uid != UINT32_MAX;
	uid_t uid = own_uid ? request->uid : geteuid();
	gid_t gid = own_uid ? request->uid : getegid();
	struct spawn_job job = {.request = request, .layers = layers_of(flags, own_uid)};
	struct spawned made = {.id = request->id, .pidfd = -1};
	int go[2], rc = 0;
	uint32_t layers;

	*what = "pipe";
	if (pipe2(go, O_CLOEXEC) != 0)
		return -errno;
	memcpy(job.fds, fds, spawn_fds(request->what) * sizeof(*fds));
	job.go = go[0];
	job.ambient = (flags & CLONE_NEWUSER) != 0 && uid != 0;
	*what = "clone";
	made.pid = clone_into(flags, &made.pidfd);
	if (made.pid == 0) {
		close(go[1]);
		spawn_init(s, &job);
	}
	rc = made.pid < 0 ? -errno : 0;
	close(go[0]);
	if (rc != 0) {
		close(go[1]);
		*ret_again = rc != -EAGAIN && rc != -ENOMEM;
		return rc;
	}
	if (flags & CLONE_NEWUSER) {
		*what = "uid_map";
		rc = map_ids(made.pid, uid, gid);
		*ret_again = rc != 0;
	}
	layers = job.layers;
	snprintf(made.cgroup, sizeof(made.cgroup), GUEST_CGROUP_PREFIX "%d-%llu", (int)getpid(),
	    (unsigned long long)request->id);
	if (rc == 0 && request->memory_bytes > 0 &&
	    cgroup_make(&s->groups, made.cgroup, request->memory_bytes + MEMORY_SLACK, made.pid) == 0)
		layers |= LAYER_CGROUP;
	else
		made.cgroup[0] = '\0';
	if (rc == 0 && write(go[1], &layers, sizeof(layers)) != sizeof(layers))
		rc = -errno;
	close(go[1]);
	if (rc != 0) {
		give_up(made.pid, made.pidfd);
		if (made.cgroup[0] != '\0')
			(void)cgroup_remove(&s->groups, made.cgroup);
		return rc;
	}
	*ret = made;
	return 0;
}

int
spawn_start(
    struct spawner *s, const struct spawn_request *request, const int *fds, struct spawned *ret, const char **what)
{
	for (;;) {
		bool again = false;
		int rc = try_level(s, request, fds, ret, what, &again);

		s->level_works = s->level_works || rc == 0;
		if (rc == 0 || !again || s->level_works || s->level + 1 == ARRAY_LEN(levels))
			return rc;
		s->level++;
	}
}
