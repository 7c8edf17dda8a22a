/*
 * Making one process of the guest's side: namespaces, ids, cgroup, and the init that is its parent.  Used by the spawner
 * only (spawner.h says what it is asked for).
 */

#ifndef CELL_SPAWN_H
#define CELL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/spawner/cgroup.h"
#include "cell/spawner.h"

#define SPAWN_FDS 5

/* Descriptors are first moved up here, out of the way of the places that they get. */
#define SPAWN_FD_ASIDE 16

struct spawner {
	char libexec[2048]; /* where hospes-cell and hospes-inspect are */
	struct cgroups groups;
	uint64_t ipc;     /* inode of our ipc namespace, for the probe */
	unsigned level;   /* of namespaces that this host gives; see spawn.c */
	int filters;      /* the programs of cells (guest/programs.h); -1: they cannot be made here */
	bool level_works; /* something has started at that level: a failure now is a passing one */
};

struct spawned {
	uint64_t id;
	pid_t pid; /* of the init */
	int pidfd;
	char cgroup[CGROUP_NAME]; /* "" for none */
};

/* The first level without a user namespace, which root can do without. */
unsigned spawn_level_for_root(void);

/* How many descriptors a request comes with; 0 for one that starts nothing. */
size_t spawn_fds(uint32_t what);

/* Starts it.  `fds[0]` is the status pipe; all stay the caller's.  Returns 0, or -errno with the failed step in `what`. */
int spawn_start(
    struct spawner *s, const struct spawn_request *request, const int *fds, struct spawned *ret, const char **what);

/* What the init does, in its own process: starts the program, waits, tells.  `go` gives a byte when the parent has done its
 * part.  Does not return. */
struct spawn_job {
	const struct spawn_request *request;
	int fds[SPAWN_FDS];
	int go;
	uint32_t layers;
	int ambient; /* capabilities have to survive exec, since the uid is not 0 in there */
};
_Noreturn void spawn_init(const struct spawner *s, struct spawn_job *job);

#endif
