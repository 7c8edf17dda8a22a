/*
 * Memory cgroups of cells: one for each, where this host lets us have the controller.
 *
 * The controller is looked for where the process is: a v1 hierarchy with `memory`, else the unified one when `memory` can
 * be passed down.  In the unified hierarchy a group with members can't have children with controllers, so the spawner and
 * the core move to a leaf of their own first, and only when nobody else is in the group (a systemd unit with Delegate=).
 */

#ifndef CELL_CGROUP_H
#define CELL_CGROUP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

#define CGROUP_PATH 3072
#define CGROUP_NAME 64

struct cgroups {
	int version; /* 1, 2, or 0: none to be had */
	char base[CGROUP_PATH];
};

/* Finds the place; version 0 when there is none. */
void cgroups_find(struct cgroups *ret);

/* Makes a group of that name with the limit and puts `pid` into it: 0 or -errno, and then nothing is left of it. */
int cgroup_make(const struct cgroups *groups, const char *name, uint64_t bytes, pid_t pid);

/* 0 or -errno; -EBUSY while something is dying in it. */
int cgroup_remove(const struct cgroups *groups, const char *name);

#endif
