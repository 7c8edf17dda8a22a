/*
 * What the host and the spawner say to each other.  Private to the room.
 *
 * The spawner (hospes-spawner) is a small single-threaded process: cloning a large core is slow and unsafe, and as root
 * it alone keeps root.  The host asks over a seqpacket socket, one message a request, with descriptors attached; nothing
 * comes back there.  What becomes of a process is written to its status pipe by its init: a spawn_status when it has started (or could
 * not), one when it has ended, then the end of the pipe.  When the socket is closed the spawner kills all and leaves.
 *
 *   program        descriptors, in this order                          becomes
 *   SPAWN_CELL     status, log, control, page, plugin                  hospes-cell (wire.h: enum wire_fd)
 *   SPAWN_PROBE    status, log, control, page                          hospes-cell without a plugin: puts on the sandbox,
 *                                                                      tries what is forbidden, READY carries the report
 *   SPAWN_INSPECT  status, out, file                                   hospes-inspect: reads the file at 4, JSON on 1
 *   SPAWN_INSPECT_DEGRADED  the same                                   the same, where a required layer is missing
 */

#ifndef CELL_SPAWNER_H
#define CELL_SPAWNER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

enum spawn_what { SPAWN_CELL = 1, SPAWN_PROBE, SPAWN_INSPECT, SPAWN_KILL, SPAWN_INSPECT_DEGRADED };

static inline bool
spawn_inspects(uint32_t what)
{
	return what == SPAWN_INSPECT || what == SPAWN_INSPECT_DEGRADED;
}

struct spawn_request {
	uint32_t what;
	uint32_t uid;          /* of its own, when the spawner is root; UINT32_MAX: none */
	uint64_t id;           /* chosen by the host, never used again */
	uint64_t memory_bytes; /* for the cgroup, where there is one: stacks and heap */
};
static_assert(sizeof(struct spawn_request) == 24, "spawn_request");

struct spawn_status {
	int32_t error;       /* 0, or the errno with which starting failed: then nothing ran */
	int32_t wait_status; /* as waitpid gives it */
	uint32_t layers;     /* enum sandbox_layer: what spawner and init put on; a start message has only this */
	uint32_t ended;      /* 0: it has started (first message); 1: it has ended (second and last) */
	char what[64];       /* the step that failed, for the sentence */
	struct rusage usage;
};

#endif
