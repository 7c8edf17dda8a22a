/*
 * Proving the sandbox: a cell without a plugin tries what each layer forbids and says how it was refused.
 *
 * Each try is made when its layer is on and the next is not, else every try would only prove seccomp, which comes last
 * and refuses everything.  The functions are called by cell_main.c at those points.
 */

#ifndef CELL_PROBE_H
#define CELL_PROBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

struct probe {
	json_t *layers;   /* array, as cell.h tells */
	uint32_t claimed; /* layers that the spawner and we have put on */
	uint32_t holds;   /* those that their tries prove */
	bool strict;      /* the profile's strict_calls */
	uint64_t ipc;     /* inode of the spawner's ipc namespace */
	struct utsname kernel;
};

/* Before anything is put on: what may not be asked later. */
void probe_begin(struct probe *probe);

void probe_namespaces(struct probe *probe); /* uid, net, pid, mount, ipc, cgroup; capabilities are gone */
void probe_limits(struct probe *probe);     /* rlimits, capabilities, tsc */
void probe_landlock(struct probe *probe);   /* and no_new_privs */
void probe_catch(void);                     /* signals that the last tries bring; before the filter */
void probe_filter(struct probe *probe);     /* seccomp, sealed pages */

/* The report, owned by the caller. */
json_t *probe_report(struct probe *probe);

#endif
