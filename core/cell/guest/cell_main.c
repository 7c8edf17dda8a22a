/*
 * hospes-cell: one process that runs one version of a plugin.
 *
 * It puts on the sandbox from the outside in, loads the plugin between the two filters, makes its globals read-only, says
 * READY, and leaves the rest to libhospes.  The order of the steps matters and is argued in DESIGN, "The cell's
 * sandbox": each takes away what the steps after it no longer need.
 *
 * A constructor may write READY itself.  The host does not take the word for it: it counts the filters of the process, and
 * of those the only one that can still be added is the one for serving (last_filter.c).  Nobody can prove as much of
 * the sealed globals, which the plugin's own code could unseal at any time: they guard against mistakes.
 */

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

#include "base/fault.h"
#include "base/util.h"
#include "cell/guest/fatal.h"
#include "cell/guest/guest.h"
#include "cell/guest/heap.h"
#include "cell/guest/last_filter.h"
#include "cell/guest/plugin.h"
#include "cell/guest/prime.h"
#include "cell/guest/probe.h"
#include "cell/guest/proof.h"
#include "cell/guest/sandbox.h"
#include "runtime.h"
#include "wire.h"

/* Data of the libraries, the runtime's buffers and what the loader needs, besides stacks and heap. */
#define DATA_SLACK (64 * MIB)

/* Addresses besides: what lies between stacks (sdk/stacks.c), code, the plugin's file twice. */
#define GUARD_BYTES (64 * KIB)
#define SPACE_SLACK (512 * MIB)

/* A constructor or init hook that computes longer is ended.  The host bounds the time on the clock as well. */
#define INIT_CPU_S 10

#ifdef HOSPES_SANITIZERS
#define BUILT_RELAXED true
#else
#define BUILT_RELAXED false
#endif

struct cell {
	struct wire_setup setup;
	struct wire_page *page;
	const struct sandbox_profile *profile;
	struct programs programs;
	uint32_t layers;
	bool proving;
	struct probe probe;
	struct proof proof;
	struct sandbox_profile unlimited;
	struct loaded loaded;
};

_Noreturn static void
failed(const struct fault *fault)
{
	(void)hospes_rt_send(WIRE_FD_CONTROL, WIRE_FAILED, fault->status, fault->text, strlen(fault->text));
	_exit(1);
}

/* For whoever asks where a slow start stands or where its time goes.  The clock by system call: the one of libc is an op
 * here, and the vDSO's reads a counter that traps. */
static void
done(const struct cell *cell, enum wire_step step)
{
	struct timespec now = {0};

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	atomic_store(&cell->page->step_ns[step], (uint64_t)(now.tv_sec * NS_PER_S + now.tv_nsec));
}

/* Counts the layer when it is on. */
static void
put_on(struct cell *cell, enum sandbox_layer layer, int rc)
{
	if (rc == 0)
		cell->layers |= layer;
	else
		cell->layers &= ~(uint32_t)layer;
}

static void
require(const struct cell *cell, uint32_t which)
{
	uint32_t missing = cell->setup.required & which & ~cell->layers;
	struct fault fault;

	/* A probe goes on: it is there to tell what is missing. */
	if (missing == 0 || cell->proving)
		return;
	fault_set(&fault, HOSPES_ESANDBOX,
	    "expected the layer `%s` of the sandbox, found that this machine does not give it; see `hospes doctor`, or "
	    "set `sandbox.degraded` in the configuration",
	    sandbox_layer_name((enum sandbox_layer)(missing & -missing)));
	failed(&fault);
}

static int
greet(struct cell *cell)
{
	struct wire_hello hello = {.version = WIRE_VERSION, .layers = cell->layers};
	struct wire_frame frame = {.type = WIRE_SETUP};

	if (hospes_rt_send(WIRE_FD_CONTROL, WIRE_HELLO, 0, &hello, sizeof(hello)) != 0 ||
	    hospes_rt_receive(WIRE_FD_CONTROL, &frame, &cell->setup, sizeof(cell->setup)) != 0)
		return -1;
	return frame.type == WIRE_SETUP && frame.length == sizeof(cell->setup) && cell->setup.version == WIRE_VERSION
		   ? 0
		   : -1;
}

/* Between the namespaces and everything that would refuse the same. */
static void
prove_reach(struct cell *cell, uint64_t data)
{
	if (!cell->proving)
		return;
	cell->probe.claimed = cell->proof.claimed = cell->layers;
	cell->proof.ipc = cell->probe.ipc;
	cell->proof.data = data;
	if (cell->layers & LAYER_MOUNT_NS)
		strcpy(cell->proof.bait, PROOF_BAIT);
	if (cell->proof.kind == PROOF_NONE) {
		probe_namespaces(&cell->probe);
	} else if (cell->proof.kind == PROOF_LAYERS) {
		proof_reach(&cell->proof);
		proof_bait(&cell->proof);
	}
}

static void
enter(struct cell *cell)
{
	const struct wire_setup *setup = &cell->setup;
	uint64_t data = (uint64_t)setup->fibers * setup->stack_bytes + setup->memory_bytes + DATA_SLACK;
	uint64_t space = data + (uint64_t)setup->fibers * GUARD_BYTES + SPACE_SLACK;
	struct fault fault;
	bool layers = cell->proof.kind == PROOF_LAYERS;
	int rc = programs_open(&cell->programs, WIRE_FD_FILTERS, !cell->profile->strict_calls);

	close(WIRE_FD_FILTERS);
	if (rc == 0)
		rc = last_filter_make(&cell->programs);

	put_on(cell, LAYER_MOUNT_NS,
	    cell->layers & LAYER_MOUNT_NS
		? sandbox_root((cell->layers & LAYER_PID_NS) != 0, layers, setup->uid, setup->gid)
		: -ENOTSUP);
	done(cell, WIRE_STEP_ROOT);
	put_on(cell, LAYER_UID, sandbox_become(setup->uid, setup->gid) == 0 && cell->layers & LAYER_UID ? 0 : -EPERM);
	put_on(cell, LAYER_RLIMITS, sandbox_limit(cell->profile, data, space, false));
	put_on(cell, LAYER_CAPS, sandbox_drop_caps());
	if (setup->uid != UINT32_MAX && geteuid() != setup->uid) {
		fault_set(&fault, HOSPES_ESANDBOX, "expected to become uid %u, found %u", setup->uid, geteuid());
		failed(&fault);
	}
	done(cell, WIRE_STEP_IDS);
	prime_libraries();
	done(cell, WIRE_STEP_PRIMED);
	prove_reach(cell, data);
	if (fatal_install(cell->page) != 0 || hospes_rt_open(WIRE_FD_CONTROL, cell->page, setup) != 0) {
		fault_set(&fault, HOSPES_ENOMEM,
		    "expected room for %u stacks of %llu bytes, found none; lower `cells.fibers`", setup->fibers,
		    (unsigned long long)setup->stack_bytes);
		failed(&fault);
	}
	done(cell, WIRE_STEP_ARENA);
	put_on(cell, LAYER_TSC, cell->profile->trap_tsc ? sandbox_trap_tsc() : -ENOTSUP);
	if (layers)
		proof_limits(&cell->proof);
	else if (cell->proving)
		probe_limits(&cell->probe);
	put_on(cell, LAYER_NO_NEW_PRIVS, sandbox_no_new_privs());
	put_on(cell, LAYER_LANDLOCK, sandbox_landlock(cell->proving ? -1 : WIRE_FD_PLUGIN));
	if (layers)
		proof_landlock(&cell->proof);
	else if (cell->proving)
		probe_landlock(&cell->probe);
	done(cell, WIRE_STEP_LANDLOCK);
	if (rc == 0)
		rc = program_load(&cell->programs, PROGRAM_LOADING);
	if (rc == 0)
		rc = program_load(&cell->programs, PROGRAM_PIN);
	programs_close(&cell->programs);
	put_on(cell, LAYER_SECCOMP, rc);
	done(cell, WIRE_STEP_FILTERED);
	require(cell, ~(uint32_t)LAYER_READONLY);
}

static void
load(struct cell *cell)
{
	struct fault fault;

	hospes_rt_set_phase(HOSPES_RT_LOADING);
	(void)sandbox_limit_cpu(INIT_CPU_S);
	if (plugin_load(&cell->loaded, &fault) != 0)
		failed(&fault);
	done(cell, WIRE_STEP_LOADED);
	if (plugin_init(&cell->loaded, &fault) != 0)
		failed(&fault);
	done(cell, WIRE_STEP_INIT);
	(void)sandbox_limit_cpu(0);
	fatal_know(&cell->loaded.seal, &cell->loaded.symbols);
	(void)fatal_install(cell->page);
	if (!cell->setup.state_cell)
		put_on(cell, LAYER_READONLY, seal_set(&cell->loaded.seal, true));
	done(cell, WIRE_STEP_SEALED);
}

static void
close_doors(struct cell *cell)
{
	struct fault fault;
	int rc;

	fatal_close();
	rc = last_filter_load();
	if (rc != 0 && cell->layers & LAYER_SECCOMP) {
		fault_set(&fault, HOSPES_ESANDBOX, "expected to load the filter for serving, found %s", strerror(-rc));
		failed(&fault);
	}
	done(cell, WIRE_STEP_CLOSED);
	require(cell, cell->setup.state_cell ? ~(uint32_t)LAYER_READONLY : ~0u);
}

static int
report(struct cell *cell)
{
	struct wire_hello hello = {.version = WIRE_VERSION};
	json_t *json =
	    cell->proof.kind == PROOF_NONE ? probe_report(&cell->probe) : json_pack("{s:O}", "tries", cell->proof.told);
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	uint8_t *payload;
	int rc;

	if (text == NULL)
		return 1;
	hello.layers = cell->proof.kind == PROOF_NONE ? cell->probe.holds : cell->layers;
	payload = xmalloc(sizeof(hello) + strlen(text));
	memcpy(payload, &hello, sizeof(hello));
	memcpy(payload + sizeof(hello), text, strlen(text));
	rc = hospes_rt_send(WIRE_FD_CONTROL, WIRE_READY, 0, payload, sizeof(hello) + strlen(text));
	free(payload);
	free(text);
	json_decref(json);
	return rc == 0 ? 0 : 1;
}

/* One way for each kind of proof; they differ in how they end. */
_Noreturn static void
prove(struct cell *cell)
{
	enum proof_kind kind = cell->proof.kind;

	if (kind == PROOF_CPU) {
		(void)sandbox_limit_cpu(1);
		proof_spin();
	}
	if (kind == PROOF_UNREADY)
		proof_silent();
	if (kind == PROOF_LAYERS)
		proof_loading(&cell->proof);
	if (kind == PROOF_NONE)
		probe_catch();
	close_doors(cell);
	if (kind == PROOF_ABORT)
		abort();
	if (kind == PROOF_INT80 || kind == PROOF_X32)
		proof_other_abi(kind == PROOF_X32);
	if (kind == PROOF_NONE)
		probe_filter(&cell->probe);
	if (kind == PROOF_LAYERS)
		proof_serving(&cell->proof);
	if (kind == PROOF_MEMORY || kind == PROOF_CGROUP)
		proof_memory(&cell->proof, cell->page);
	if (report(cell) != 0)
		_exit(1);
	if (kind == PROOF_SPIN)
		proof_spin();
	if (kind == PROOF_SILENT)
		proof_silent();
	/* The host looks at it from outside, and tells it to stop. */
	if (kind == PROOF_LAYERS || kind == PROOF_NONE)
		proof_stay();
	_exit(0);
}

static int
serve(struct cell *cell)
{
	struct wire_hello hello = {.version = WIRE_VERSION, .layers = cell->layers};

	if (hospes_rt_send(WIRE_FD_CONTROL, WIRE_READY, 0, &hello, sizeof(hello)) != 0)
		return 1;
	hospes_rt_set_phase(HOSPES_RT_SERVING);
	hospes_rt_count(heap_in_use());
	if (hospes_rt_serve(&cell->loaded.plugin) != 0)
		return 1;
	if (cell->layers & LAYER_READONLY && seal_set(&cell->loaded.seal, false) != 0)
		return 1;
	hospes_rt_set_phase(HOSPES_RT_EXIT);
	if (cell->loaded.plugin.exit != NULL)
		cell->loaded.plugin.exit();
	fflush(stdout);
	return hospes_rt_send(WIRE_FD_CONTROL, WIRE_BYE, 0, NULL, 0) == 0 ? 0 : 1;
}

static void
begin_proving(struct cell *cell)
{
	probe_begin(&cell->probe);
	if (cell->setup.proof == PROOF_NONE)
		return;
	/* A kind of limit is left out where another is to be seen at work. */
	if (cell->setup.proof == PROOF_CGROUP) {
		cell->unlimited = *cell->profile;
		cell->unlimited.limit_data = false;
		cell->profile = &cell->unlimited;
	}
	proof_open(&cell->proof, &cell->setup, cell->profile, cell->page);
}

int
main(int argc, char **argv)
{
	static struct cell cell;

	if (argc != 4 || (strcmp(argv[1], "cell") != 0 && strcmp(argv[1], "probe") != 0)) {
		fprintf(stderr, "hospes-cell: it is started by hospes-spawner; see `hospes run`\n");
		return 2;
	}
	cell.proving = strcmp(argv[1], "probe") == 0;
	cell.layers = (uint32_t)strtoul(argv[2], NULL, 16);
	cell.probe.ipc = strtoull(argv[3], NULL, 10);
	cell.page = mmap(NULL, sizeof(*cell.page), PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_FD_PAGE, 0);
	if (cell.page == MAP_FAILED)
		return 2;
	done(&cell, WIRE_STEP_MAIN);
	if (greet(&cell) != 0)
		return 2;
	done(&cell, WIRE_STEP_SETUP);
	cell.profile = sandbox_profile(BUILT_RELAXED || cell.setup.relaxed != 0);
	cell.probe.strict = cell.profile->strict_calls;
	if (cell.proving)
		begin_proving(&cell);
	enter(&cell);
	if (cell.proving)
		prove(&cell);
	load(&cell);
	close_doors(&cell);
	_exit(serve(&cell));
}
