/* Starting the probe cells of `hospes doctor`, and what becomes of them; see prove.h. */

#include "config.h"

#include "cell/prove.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/json.h"

#define PROVE_S    30
#define UNREADY_NS (500 * NS_PER_MS) /* a probe that is never ready is given this long */
#define LOAD_NS    (10 * NS_PER_S)
#define COMPUTE_NS (20 * NS_PER_S) /* two seconds of CPU may take as long */
#define SILENCE_NS (200 * NS_PER_MS)
#define STILL_NS   NS_PER_S

void
proof_setup(const struct cell *cell, struct wire_setup *setup)
{
	setup->proof = (uint8_t)cell->proof->kind;
	setup->proof_port = cell->proof->proving->bait.port;
	setup->proof_host = (uint32_t)getpid();
}

int64_t
proof_load_ns(const struct cell *cell)
{
	return cell->proof->kind == PROOF_UNREADY ? UNREADY_NS : cell->proof->kind == PROOF_CPU ? COMPUTE_NS : LOAD_NS;
}

void
proof_ready(struct cell *cell, const uint8_t *report, size_t len)
{
	struct proof_run *run = cell->proof;
	struct fault fault;

	run->ready = true;
	run->layers = cell->layers;
	run->told = json_read(report, len, "the report of a probe", &fault);
	if (run->kind == PROOF_LAYERS)
		seen_look(&run->seen, cell);
	/* Most leave of themselves; this sees to it. */
	if (!run->watched)
		cell_stop(cell);
}

void
proof_ended(struct cell *cell)
{
	struct proof_run *run = cell->proof;
	char report[sizeof(cell->page->report) + 1];

	cell->proof = NULL;
	run->ended = cell->ended;
	run->wait_status = cell->status.wait_status;
	if (!run->ready)
		run->layers = cell->status.layers;
	run->why = cell->why;
	if (run->why.status == 0 && cell->status.error != 0)
		fault_set(&run->why, HOSPES_ELOAD, "it could not be started: %s: %s", cell->status.what,
		    strerror(cell->status.error));
	cell_report(cell, report, sizeof(report));
	(void)snprintf(run->said, sizeof(run->said), "%.*s", (int)sizeof(run->said) - 1, report);
	run->proving->open--;
}

static void
start(struct proving *proving, enum proof_kind kind)
{
	struct cell_spec spec = {.plugin = "hospes-probe",
	    .semver = "0",
	    .object_path = "/",
	    .memory_bytes = kind == PROOF_MEMORY || kind == PROOF_CGROUP ? PROOF_GRANT : 0};
	struct proof_run *run = &proving->runs[kind];
	struct cell *cell;

	run->kind = kind;
	run->proving = proving;
	run->watched = kind == PROOF_SPIN || kind == PROOF_SILENT;
	if (cell_start_proof(proving->cells, &spec, run, proving->bait.folder, &cell, &run->why) == 0)
		proving->open++;
}

/* A signal, or the end of the time.  arg: struct proving. */
static void
on_stop(evutil_socket_t number, short what, void *arg)
{
	struct proving *proving = arg;

	(void)number;
	(void)what;
	proving->stopped = true;
}

/* What is held out has to be put away, so who interrupts us does not end us at once. */
static void
wait_for_ends(struct proving *proving)
{
	struct cells *cells = proving->cells;
	struct event *on_term = evsignal_new(cells->loop, SIGTERM, on_stop, proving);
	struct event *on_int = evsignal_new(cells->loop, SIGINT, on_stop, proving);
	struct event *on_end = evtimer_new(cells->loop, on_stop, proving);
	struct timeval most = {.tv_sec = PROVE_S};

	evtimer_add(on_end, &most);
	evsignal_add(on_term, NULL);
	evsignal_add(on_int, NULL);
	while (proving->open > 0 && !proving->stopped && !cells->spawner_gone)
		if (event_base_loop(cells->loop, EVLOOP_ONCE) < 0)
			break;
	event_free(on_end);
	event_free(on_term);
	event_free(on_int);
}

/* Those that did not end are no longer to tell us. */
static void
forget(struct proving *proving)
{
	struct cell *cell;

	TAILQ_FOREACH(cell, &proving->cells->all, all)
	{
		if (cell->proof == NULL)
			continue;
		fault_set(&cell->proof->why, HOSPES_ESTUCK, "it did not end");
		cell->proof = NULL;
	}
}

json_t *
cells_prove(struct cells *cells)
{
	struct proving proving = {.cells = cells};
	struct fault fault;
	json_t *report;

#ifdef HOSPES_SANITIZERS
	proving.relaxed = true;
#endif
	proving.landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
	cells->silence_ns = SILENCE_NS;
	cells->pong_ns = STILL_NS;
	bait_open(&proving.bait);
	/* What a host does at its start.  How it failed, if it did, is in cells->probe_fault. */
	if (probe_tell(cells, &fault) != 0 && cells->probe_fault.status == 0)
		cells->probe_fault = fault;
	for (unsigned kind = PROOF_LAYERS; kind < PROOFS_N; kind++)
		start(&proving, (enum proof_kind)kind);
	wait_for_ends(&proving);
	forget(&proving);
	report = verdict(&proving);
	bait_close(&proving.bait);
	for (unsigned kind = 0; kind < PROOFS_N; kind++)
		json_decref(proving.runs[kind].told);
	return report;
}
