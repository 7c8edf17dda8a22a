/* Cells that are started to see whether they start: one for each new version, one at the start of the host. */

#include "cell/host.h"

#include <string.h>

#include "base/json.h"
#include "cell/prove.h"

#define PROBE_NS (10 * NS_PER_S)

/* ---- Does a version load? ---------------------------------------------------------------------------------------- */

/* A fault found before there was a cell is told in a later turn, so that `done` never comes before cells_probe is over. */
struct early {
	cells_probed *done;
	void *arg; /* for `done` */
	struct fault fault;
};

/* arg: struct early, taken over. */
static void
on_early(evutil_socket_t fd, short what, void *arg)
{
	struct early *early = arg;

	(void)fd;
	(void)what;
	early->done(&early->fault, early->arg);
	free(early);
}

void
cells_probe(struct cells *cells, const struct cell_spec *spec, cells_probed *done, void *arg)
{
	static const struct timeval at_once = {0};
	struct fault fault;
	struct early *early;
	struct cell *cell;

	if (cell_start(cells, NULL, spec, CELL_TRIAL, &cell, &fault) == 0) {
		cell->probed = done;
		cell->probed_arg = arg;
		return;
	}
	early = xcalloc(1, sizeof(*early));
	*early = (struct early){.done = done, .arg = arg, .fault = fault};
	event_base_once(cells->loop, -1, EV_TIMEOUT, on_early, early, &at_once);
}

static void
tell(struct cell *cell, const struct fault *fault)
{
	cells_probed *done = cell->probed;

	cell->probed = NULL;
	if (done != NULL)
		done(fault, cell->probed_arg);
}

void
probe_ready(struct cell *cell, const uint8_t *report, size_t len)
{
	struct cells *cells = cell->cells;

	if (cell->kind == CELL_PROOF) {
		proof_ready(cell, report, len);
		return;
	}
	if (cell->kind == CELL_PROBE) {
		cells->probe_done = true;
		cells->layers = cell->layers;
		filters_learn(cell);
		cells->report = json_read(report, len, "the report of the probe", &cells->probe_fault);
	} else {
		cell_blame_loading(cell);
	}
	cell_stop(cell);
	tell(cell, NULL);
}

void
probe_failed(struct cell *cell, const struct fault *fault)
{
	struct cells *cells = cell->cells;

	if (cell->kind == CELL_PROBE) {
		cells->probe_done = true;
		cells->probe_fault = *fault;
	} else if (cell->kind == CELL_TRIAL) {
		cell_blame_loading(cell);
	}
	tell(cell, fault);
}

/* ---- Does the sandbox hold? -------------------------------------------------------------------------------------- */

/* What the probe tried against a layer, and how it ended; "" when the report says nothing of it. */
static const char *
found(const json_t *report, const char *layer, bool *ret_holds)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "layers"), i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));
		const char *text = json_string_value(json_object_get(row, "found"));

		if (name == NULL || strcmp(name, layer) != 0)
			continue;
		*ret_holds = json_is_true(json_object_get(row, "holds"));
		return text == NULL ? "" : text;
	}
	return "";
}

/* A layer holds when the cell has put it on and the attempt to get past it was refused. */
static int
judge(struct cells *cells, struct fault *fault)
{
	_cleanup_(buf_free) struct buf missing = {0};

	for (unsigned bit = 1; bit <= LAYERS_REQUIRED; bit <<= 1) {
		bool holds = (cells->layers & bit) != 0;
		const char *name, *what;

		if ((LAYERS_REQUIRED & bit) == 0)
			continue;
		name = sandbox_layer_name((enum sandbox_layer)bit);
		what = found(cells->report, name, &holds);
		if (holds)
			continue;
		cells->layers &= ~bit;
		buf_printf(&missing, "%s%s%s%s%s", missing.len == 0 ? "" : ", ", name, what[0] == '\0' ? "" : " (",
		    what, what[0] == '\0' ? "" : ")");
	}
	if (missing.len == 0)
		return 0;
	if (cells->policy->sandbox_degraded) {
		log_warn("degraded: required layers of the sandbox do not hold", LOG_S("layers", buf_text(&missing)));
		return 0;
	}
	return fault_set(fault, HOSPES_ESANDBOX,
	    "these required layers of the sandbox do not hold here: %s; see `hospes doctor`, or say `sandbox: { "
	    "degraded = "
	    "true; };` to go on without them",
	    buf_text(&missing));
}

/* Turns the loop until the probe has told. */
static int
wait_probe(struct cells *cells, struct fault *fault)
{
	int64_t end = cells->mono_ns() + PROBE_NS;

	while (!cells->probe_done) {
		if (cells->mono_ns() > end)
			return fault_set(fault, HOSPES_ESANDBOX, "the probe cell told nothing within %d s",
			    (int)(PROBE_NS / NS_PER_S));
		if (event_base_loop(cells->loop, EVLOOP_ONCE) < 0)
			return fault_set(fault, HOSPES_EBUG, "the event loop failed");
	}
	if (cells->probe_fault.status == 0)
		return 0;
	return fault_set(fault, HOSPES_ESANDBOX, "the probe cell failed: %.900s", cells->probe_fault.text);
}

int
probe_tell(struct cells *cells, struct fault *fault)
{
	struct cell *cell;
	int rc = cell_start(cells, NULL, NULL, CELL_PROBE, &cell, fault);

	return rc != 0 ? rc : wait_probe(cells, fault);
}

int
probe_sandbox(struct cells *cells, struct fault *fault)
{
	int rc = probe_tell(cells, fault);

	return rc != 0 ? rc : judge(cells, fault);
}
