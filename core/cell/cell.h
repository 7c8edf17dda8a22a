/*
 * Cells: processes of hospes-cell, seen from the host.
 *
 * A pool has the cells of one version and client.  A call that is submitted waits for a cell with a free fiber, runs, is
 * parked and resumed, and ends with a reply.  When a cell dies, its calls begin again: the innocent ones in other cells
 * of the pool, the suspects (the call that ran, as the shared page says, and every other that was not parked) one by one
 * in a quarantine cell.  A call whose quarantine cell dies too is lost as `poison`; `stuck` when the watchdog had to end
 * it.  A cell that breaks the phase table of wire.h is killed.
 *
 * A call that is parked for longer than `cells.evict_after`, or for a while when others wait for its place, is evicted: its
 * fiber is dropped, and it is dispatch's again, which submits it once more when it can go on.
 *
 * Cells are started by the spawner, a process of its own (spawner.h is private to the room), which also runs the inspector.
 *
 * Knows nothing of guards, journal or registry: what happens is told through `struct cells_events`.  All [loop].
 */

#ifndef CELL_CELL_H
#define CELL_CELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/fault.h"
#include "base/log.h"
#include "call/call.h"
#include "policy/policy.h"
#include "wire.h"

struct cells;

/* Layers of the sandbox, in the order in which a cell puts them on. */
enum sandbox_layer {
	LAYER_UID = 1 << 0, /* a uid of its own, or a user namespace */
	LAYER_NET_NS = 1 << 1,
	LAYER_PID_NS = 1 << 2,
	LAYER_MOUNT_NS = 1 << 3, /* an empty root */
	LAYER_IPC_NS = 1 << 4,
	LAYER_CGROUP = 1 << 5, /* memory limit by cgroup */
	LAYER_RLIMITS = 1 << 6,
	LAYER_CAPS = 1 << 7, /* no capabilities */
	LAYER_NO_NEW_PRIVS = 1 << 8,
	LAYER_LANDLOCK = 1 << 9,
	LAYER_SECCOMP = 1 << 10,
	LAYER_TSC = 1 << 11,      /* rdtsc traps */
	LAYER_READONLY = 1 << 12, /* globals sealed */
};
#define LAYERS_N 13
#define LAYERS_REQUIRED (LAYER_RLIMITS | LAYER_CAPS | LAYER_NO_NEW_PRIVS | LAYER_SECCOMP)
const char *sandbox_layer_name(enum sandbox_layer layer); /* "net_ns" */

/* What a cell is to run.  Borrowed by cells_submit for the call; the strings live as long as the version. */
struct cell_spec {
	const char *plugin, *semver;
	const char *object_path; /* in the object store */
	const uint8_t *object;   /* 32 bytes */
	uint64_t memory_bytes;
	bool state_cell;
};

struct cell_info {
	pid_t pid; /* as the host sees it; 0 before the first frame */
	uint32_t layers;
	bool quarantine;
	unsigned calls;
};

struct cells_events {
	/* A frame OP: `op` and the texts are checked (lengths, UTF-8, known kind); the strings are borrowed. */
	void (*op)(struct call *call, uint32_t ordinal, const struct wire_op *op, const char *target,
	    const char *version, const char *key, struct payload *input, void *arg);
	void (*parked)(struct call *call, void *arg); /* its fiber waits */
	void (*abandon)(struct call *call, uint32_t ordinal, void *arg);
	void (*log)(struct call *call, enum log_level level, const char *line, void *arg);
	void (*progress)(struct call *call, double done, const char *line, void *arg);

	/* A part of its reply, of any bytes; one that begins again says all its parts again. */
	void (*part)(struct call *call, struct payload *part, void *arg);

	/* Its fiber was dropped: it is CALL_EVICTED, and to be submitted again when the op that it waits for has an outcome, or
	 * any other of its ops has failed.  The cell room has let go of it. */
	void (*evicted)(struct call *call, void *arg);

	/* One that was evicted had gone on, which was not known yet: it is to be submitted again now. */
	void (*woke)(struct call *call, void *arg);

	/* The call ended with a reply: status, value or sentence, what is partial (or NULL).  The cell room has let go of it. */
	void (*reply)(struct call *call, int status, struct payload *value, double confidence, struct payload *partial,
	    void *arg);

	/* It begins (`executions` 1) or begins again: `why` is NULL or a sentence. */
	void (*begins)(struct call *call, const char *why, void *arg);

	/* It has used so much CPU time more, as far as the host can see; must not come back here.  May be missing. */
	void (*cpu)(struct call *call, int64_t ns, void *arg);

	/* No call of the run computes any more.  May be missing; not told while run->is_stalled. */
	void (*stalled)(struct run *run, void *arg);

	/* It can't be run: poison, stuck, load_failed, sandbox_missing...  The cell room has let go of it. */
	void (*lost)(struct call *call, const struct fault *fault, void *arg);

	/* The spawner has ended, and all cells with it; nothing can be run any more. */
	void (*failed)(const struct fault *fault, void *arg);

	void (*cell_started)(const struct cell_spec *spec, const struct cell_info *info, void *arg);
	void (*cell_ended)(const struct cell_spec *spec, const struct cell_info *info, int wait_status,
	    const struct rusage *usage, const char *report, void *arg);
	void *arg;
};

struct cells_options {
	struct event_base *loop;
	struct calls *calls;
	struct policy *policy;   /* a reference is taken */
	int spawner_fd;          /* from spawner_start, taken over */
	bool unproved;           /* no probe is started: for cells_prove */
	struct cells_events events;
};

/* Starts the spawner; hospes-cell and hospes-inspect are in `libexec_dir` too.  Before threads, LMDB and big memory.  Call first thing in main().  The descriptor is a seqpacket
 * socket; when it is closed the spawner ends every cell and leaves.  As root it alone keeps root, for
 * uids of cells' own; without root cells have the caller's. */
int spawner_start(const char *libexec_dir, int *ret_fd, struct fault *fault);

int cells_open(struct cells **ret, const struct cells_options *options, struct fault *fault);
void cells_close(struct cells **cells); /* ends all; calls still there are dropped without a word */

/* Turns the loop until it is told to end, as event_base_dispatch does; looks for frames for a while before it sleeps. */
void cells_serve(struct cells *cells);

/* Hands a call over until `reply`, `lost` or `evicted`. */
void cells_submit(struct cells *cells, const struct cell_spec *spec, struct call *call);

/* Takes a call back that waits for a cell: it is as one that was evicted, and may be submitted again. */
void cells_withdraw(struct call *call);

/* Delivers the outcome of an op; the call is running again when it waited for it. */
void cells_outcome(struct call *call, const struct op *op);

/* The same before the call has asked for it, which it will in the same words as before: so many bytes of these may be
 * under way at a time (64 counted for each besides its value).  When it has asked, cells_outcome_known tells that it waits
 * for nothing. */
size_t cells_room_ahead(const struct call *call);
void cells_outcome_ahead(struct call *call, const struct op *op);
void cells_outcome_known(struct call *call, const struct op *op);

/* Every wait of the call gives `status` from now on; after the grace its cell is told nothing more: the call is lost with
 * that status when it has not replied by then. */
void cells_cancel(struct call *call, int status);

/* A call that waits for a cell gets none unless a call of its own run, which waits too, leaves its own: returns that one.  NULL:
 * it may get one; a cell is on its way, or there are others in it that will go. */
struct call *cells_kept_by(const struct call *call);

/* The version is no longer active: its idle cells end, busy ones when their last call has ended; `keep` warm ones stay. */
void cells_retire(struct cells *cells, const uint8_t object[32], unsigned keep);

/* Loads a version in a cell of its own without giving it a call: `done` gets NULL or the fault. */
typedef void cells_probed(const struct fault *fault, void *arg);
void cells_probe(struct cells *cells, const struct cell_spec *spec, cells_probed *done, void *arg);

/* Runs the inspector over an open file (taken over): `done` gets the JSON that core/cell/inspect/inspect_main.c describes, or
 * the fault, and then {"name"?, "version"?} as the file claims them, or NULL. */
typedef void cells_inspected(json_t *notes, const struct fault *fault, void *arg);
void cells_inspect(struct cells *cells, int file_fd, cells_inspected *done, void *arg);

/* Cells of a version (all pools): returns how many, fills at most `n`. */
unsigned cells_of(struct cells *cells, const uint8_t object[32], struct cell_info *ret, unsigned n);

/* cells_open starts a probe cell, waits for its report, and fails as sandbox_missing when one of LAYERS_REQUIRED does not
 * hold and the policy does not say `degraded`.  The report: {"kernel": "...", "layers": [{"name", "required": bool,
 * "holds": bool, "tried": "what was tried", "found": "how it was refused"}]}; borrowed. */
const json_t *cells_report(const struct cells *cells);
uint32_t cells_layers(const struct cells *cells); /* that the probe had */

/* For `hospes doctor`, seconds long, in a room that was opened `unproved` and runs nothing else: probe cells try everything that
 * each layer forbids.  The report, which is the caller's, is what hospes(1) describes; it always has every layer. */
json_t *cells_prove(struct cells *cells);

#endif
