/*
 * What the frames of a cell mean.
 *
 * A frame is believed only as far as the host's own books allow: its call has to be in this cell, its op has to be the
 * next one.  What events are told may come back here (an outcome, a new call, a cancel), may end the call that the frame
 * was about, and may order the death of the cell: each is looked up again after an event.
 */

#include "cell/host.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"

#define CALL_LOGGED_MAX (64 * KIB)
#define CLOCK_FRAMES    8u /* that are served at one time of the clock: a look at it costs a fiftieth of what a frame does */

void
violation(struct cell *cell, const char *format, ...)
{
	struct fault fault;
	va_list args;

	va_start(args, format);
	fault_setv(&fault, HOSPES_EPROTOCOL, format, args);
	va_end(args);
	cell_kill(cell, HOSPES_EPROTOCOL, fault.text);
}

/* ---- Calls in a cell --------------------------------------------------------------------------------------------- */

/* Those that wait are kept in the order of who waits longest; one that waits for another op now has just begun to. */
static void
note_parked(struct call *call, enum call_state state, int64_t now)
{
	struct pool *pool = call->cell->pool;

	if (call->state == CALL_PARKED)
		TAILQ_REMOVE(&pool->parked, call, parked);
	if (state != CALL_PARKED)
		return;
	call->parked_mono_ns = now;
	TAILQ_INSERT_TAIL(&pool->parked, call, parked);
}

void
call_set_state(struct call *call, enum call_state state)
{
	unsigned change = (unsigned)(state == CALL_RUNNING) - (unsigned)(call->state == CALL_RUNNING);
	struct run *run = call->run;

	if (call->cell != NULL) {
		const struct cells_events *events = &call->cell->cells->events;
		int64_t now = call->cell->cells->mono_ns();

		if (call->state == CALL_RUNNING && state != CALL_RUNNING) {
			cpu_rests(call, now);
			share_rests(call->cell->pool, run);
			call->cell->worked++;
		} else if (change != 0) {
			if (call->cell->n_running == 0)
				call->cell->paced_ns = now;
			cpu_begins(call, now);
			share_runs(call->cell->pool, run);
		}
		call->cell->n_running += change;
		call->cell->cells->n_running += change;
		run->calls_running += change;
		run->moves += state == CALL_RUNNING;
		note_parked(call, state, now);
		if (run->calls_running == 0 && !run->is_stalled && events->stalled != NULL)
			events->stalled(run, events->arg);
	}
	call->state = state;
}

void
call_leave(struct cell *cell, struct call *call)
{
	assert(call->cell == cell);
	call_set_state(call, CALL_QUEUED);
	cpu_leaves(cell, call);
	TAILQ_REMOVE(&cell->calls, call, in_cell);
	call->cell = NULL;
	cell->n_calls--;
}

/* What was wrong with the reply before; NULL: nothing, or there was none. */
static const struct payload *
findings_of(const struct call *call)
{
	const struct op *op = call->op;

	return op->stage != NULL ? op->stage->findings : op->caller == NULL ? call->run->given : NULL;
}

void
call_run(struct cell *cell, struct call *call)
{
	struct cells *cells = cell->cells;
	const char *why = call->again;
	size_t config_len = call->config == NULL ? 0 : call->config->len;
	const struct payload *findings = findings_of(call);
	size_t findings_len = findings == NULL ? 0 : findings->len;
	struct wire_frame head = {.type = WIRE_START, .call = call->handle, .ordinal = WIRE_NO_ORDINAL};
	struct wire_start start = {
	    .deadline_real_ns = call->deadline_real_ns,
	    .config_len = (uint32_t)config_len,
	    .run_len = (uint16_t)strlen(call->run->id_text),
	    .path_len = (uint16_t)strlen(call->path),
	    .findings_len = (uint32_t)findings_len,
	};
	struct iovec parts[] = {
	    {&start, sizeof(start)},
	    {call->config == NULL ? NULL : call->config->data, config_len},
	    {call->run->id_text, start.run_len},
	    {call->path, start.path_len},
	    {findings == NULL ? NULL : (void *)findings->data, findings_len},
	};

	assert(call->cell == NULL && cell->phase == PHASE_READY);
	cpu_idled(cell);
	TAILQ_INSERT_TAIL(&cell->calls, call, in_cell);
	call->cell = cell;
	cell->n_calls++;
	cell->trimmed = false;
	call_set_state(call, CALL_RUNNING);
	call->executions++;
	call->reissued = 0;
	call->lines = 0;
	call->waits_for = WIRE_NO_ORDINAL;
	cell->heard = true;
	cell->rests = false;
	cell->idle_cpu_ns = -1;
	cell_put(cell, &head, parts, ARRAY_LEN(parts), call->input);
	watchdog_wake(cells);
	if (why == NULL && call->executions > 1)
		why = cell->pool->death;
	call->again = NULL;
	cells->events.begins(call, why, cells->events.arg);
}

/* The call that a frame names; NULL when the frame is to be passed over: the call was let go of, or the cell is killed
 * for naming what is not its own. */
static struct call *
call_named(struct cell *cell, const struct frame *f)
{
	struct call *call = call_by_handle(cell->cells->calls, f->head.call);
	char last[LAST_TEXT];

	/* What it says before it has dropped the fiber is that fiber's, whether or not the call is here once more. */
	if (map_get_u64(&cell->evicting, f->head.call) != NULL) {
		evict_late(cell, f);
		return NULL;
	}
	if (call != NULL && call->cell == cell)
		return call;
	if (map_get_u64(&cell->gone, f->head.call) == NULL) {
		cell_last(cell, last);
		violation(cell, "it sent a frame for call %llu, which is not one of its calls%s",
		    (unsigned long long)f->head.call, last);
		return NULL;
	}
	if (f->head.type == WIRE_REPLY) {
		map_del_u64(&cell->gone, f->head.call);
		cell->n_gone--;
		pool_cell_free(cell);
	}
	return NULL;
}

/* ---- Ops --------------------------------------------------------------------------------------------------------- */

/* Text of an op, terminated in `out`.  What is no clean text is made so: it then names nothing that exists, and whoever
 * asked is told that instead of losing its cell. */
static void
take_text(char *out, const uint8_t **at, size_t len)
{
	text_clean(out, len + 1, *at, len);
	*at += len;
}

/* The kinds that there are, and the most bytes of a target of each. */
static const uint16_t target_most[] = {
    [WIRE_OP_CALL] = WIRE_TARGET_MAX,
    [WIRE_OP_HTTP] = UINT16_MAX, /* a URL */
    [WIRE_OP_NOW] = WIRE_TARGET_MAX,
    [WIRE_OP_RANDOM] = WIRE_TARGET_MAX,
    [WIRE_OP_SLEEP] = WIRE_TARGET_MAX,
    [WIRE_OP_FIRST] = WIRE_TARGET_MAX,
    [WIRE_OP_FIND] = WIRE_TARGET_MAX,
    [WIRE_OP_REMEMBER] = WIRE_KEY_MAX,
    [WIRE_OP_RECALL] = WIRE_KEY_MAX,
    [WIRE_OP_FORGET] = WIRE_KEY_MAX,
    [WIRE_OP_LIST] = WIRE_KEY_MAX,
    [WIRE_OP_DOCUMENTS] = WIRE_KEY_MAX,
    [WIRE_OP_DOCUMENT] = WIRE_KEY_MAX,
    [WIRE_OP_SEARCH] = WIRE_KEY_MAX,
    [WIRE_OP_PART] = WIRE_TARGET_MAX,
    [WIRE_OP_POLL] = WIRE_TARGET_MAX,
    [WIRE_OP_REVIEW] = WIRE_TARGET_MAX,
    [WIRE_OP_SCORE] = WIRE_TARGET_MAX,
};

static bool
op_plausible(const struct wire_op *op)
{
	return op->kind >= WIRE_OP_CALL && op->kind < ARRAY_LEN(target_most) && target_most[op->kind] > 0 &&
	       (op->flags & ~WIRE_OP_WAITS) == 0 && op->effect < WIRE_EFFECTS &&
	       op->target_len <= target_most[op->kind] && op->timeout_ns >= 0 && op->share_calls >= -WIRE_SHARERS_MAX &&
	       op->share_wall_ns >= 0 && op->share_micros >= 0;
}

/* Each op is kept until its call ends, so there is a last one: what asks for more is told to stop.  True: it was. */
static bool
too_many_ops(struct cell *cell, struct call *call)
{
	char why[64];

	if (call->reissued < CALL_OPS_MAX)
		return false;
	(void)snprintf(why, sizeof(why), "it asked for more than %u ops", CALL_OPS_MAX);
	if (cancel_status(cell->cells, call) == 0) {
		cell_blame(cell, call, "too_large", why);
		cancel_for(call, HOSPES_ETOOLARGE, why);
	}
	return true;
}

static void
call_parks(struct cell *cell, struct call *call, uint32_t ordinal)
{
	call->waits_for = ordinal;
	call_set_state(call, CALL_PARKED);
	cell->cells->events.parked(call, cell->cells->events.arg);
	if ((cell->kind == CELL_QUARANTINE && cell->pool->suspects.n > 0) || cell->pool->queue.n > 0)
		pool_pump(cell->pool);
}

static void
serve_op(struct cell *cell, struct call *call, const struct frame *f)
{
	struct cells_events *events = &cell->cells->events;
	char target[UINT16_MAX + 1], version[UINT8_MAX + 1], key[UINT8_MAX + 1];
	const uint8_t *at = f->prefix + sizeof(struct wire_op);
	_cleanup_(payload_unref) struct payload *input = NULL;
	uint64_t handle = call->handle;
	struct wire_op op;

	memcpy(&op, f->prefix, sizeof(op));
	if (too_many_ops(cell, call))
		return;
	if (f->head.ordinal != call->reissued) {
		violation(cell, "it sent op %u of call %s, where op %u is the next", f->head.ordinal, call->path,
		    call->reissued);
		return;
	}
	if (!op_plausible(&op)) {
		violation(cell, "it sent an op whose kind, flags, effect, lengths or limits there cannot be");
		return;
	}
	take_text(target, &at, op.target_len);
	take_text(version, &at, op.version_len);
	take_text(key, &at, op.key_len);
	input = frames_payload(f);
	call->reissued++;
	call_set_state(call, CALL_RUNNING);
	cell->answering_call = handle;
	cell->answering_ordinal = f->head.ordinal;
	cell->answered = false;
	events->op(call, f->head.ordinal, &op, target, op.version_len == 0 ? NULL : version,
	    op.key_len == 0 ? NULL : key, input, events->arg);
	cell->answering_call = 0;
	if ((op.flags & WIRE_OP_WAITS) == 0 || cell->answered)
		return;
	call = call_by_handle(cell->cells->calls, handle);
	if (call != NULL && call->cell == cell && cancel_status(cell->cells, call) == 0)
		call_parks(cell, call, f->head.ordinal);
}

/* The outcome may have been on its way when the fiber began to wait: then it is not parked. */
static void
serve_park(struct cell *cell, struct call *call, const struct frame *f)
{
	uint32_t ordinal = f->head.ordinal;

	if (ordinal >= call->reissued) {
		violation(cell, "it waits for op %u of call %s, which it never sent", ordinal, call->path);
		return;
	}
	call_waits(call);
	if (ordinal < call->n_ops && call->ops[ordinal]->delivered)
		return;
	call_parks(cell, call, ordinal);
}

static void
serve_abandon(struct cell *cell, struct call *call, const struct frame *f)
{
	if (f->head.ordinal >= call->reissued) {
		violation(cell, "it abandons op %u of call %s, which it never sent", f->head.ordinal, call->path);
		return;
	}
	cell->cells->events.abandon(call, f->head.ordinal, cell->cells->events.arg);
}

static void
serve_part(struct cell *cell, struct call *call, const struct frame *f)
{
	_cleanup_(payload_unref) struct payload *part = frames_payload(f);

	cell->cells->events.part(call, part, cell->cells->events.arg);
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

/* Lines are not repeated when a call begins again: neither those that this host has seen nor, after a restart of the
 * host, those before the last op on record.  False: nothing of it is to be shown. */
static bool
take_line(struct call *call, const uint8_t *text, size_t len, char out[WIRE_LOG_MAX + 1])
{
	if (call->lines++ < call->lines_told)
		return false;
	call->lines_told = call->lines;
	if (call->reissued < call->n_ops || call->logged_bytes >= CALL_LOGGED_MAX)
		return false;
	if (len > CALL_LOGGED_MAX - call->logged_bytes)
		len = CALL_LOGGED_MAX - call->logged_bytes;
	call->logged_bytes += len + 1;
	text_clean(out, WIRE_LOG_MAX + 1, text, len);
	return true;
}

static enum log_level
level_of(int32_t status)
{
	return status >= LOG_LEVEL_DEBUG && status <= LOG_LEVEL_ERROR ? (enum log_level)status : LOG_LEVEL_INFO;
}

static void
serve_log(struct cell *cell, const struct frame *f)
{
	struct cells_events *events = &cell->cells->events;
	char line[WIRE_LOG_MAX + 1];
	struct call *call;

	if (f->head.call == 0) {
		text_clean(line, sizeof(line), f->rest, f->rest_len);
		cell_log_line(cell, level_of(f->head.status), line);
		return;
	}
	call = call_named(cell, f);
	if (call == NULL)
		return;
	cell->heard = true;
	if (!take_line(call, f->rest, f->rest_len, line))
		return;
	if (strncmp(line, WIRE_REFUSED, sizeof(WIRE_REFUSED) - 1) == 0)
		cell_blame(cell, call, "refused", line);
	events->log(call, level_of(f->head.status), line, events->arg);
}

static void
serve_progress(struct cell *cell, struct call *call, const struct frame *f)
{
	struct cells_events *events = &cell->cells->events;
	char line[WIRE_LOG_MAX + 1];
	double done;

	memcpy(&done, f->prefix, sizeof(done));
	if (!isfinite(done))
		done = 0;
	if (take_line(call, f->rest, f->rest_len, line))
		events->progress(call, fmin(done, 1), line, events->arg);
}

/* ---- The cell's own life ----------------------------------------------------------------------------------------- */

static void
serve_hello(struct cell *cell, const struct frame *f)
{
	struct wire_hello hello;

	memcpy(&hello, f->prefix, sizeof(hello));
	if (hello.version != WIRE_VERSION) {
		violation(
		    cell, "it speaks version %u of the wire and the host version %u", hello.version, WIRE_VERSION);
		return;
	}
	if (cell->pid <= 0) {
		violation(cell, "its process cannot be known");
		return;
	}
	cell->layers |= hello.layers;
	cell->phase = PHASE_LOADING;
}

static void
serve_ready(struct cell *cell, const struct frame *f)
{
	struct cells *cells = cell->cells;
	struct cell_info info;
	struct wire_hello hello;
	bool probes = cell->kind == CELL_PROBE || cell->kind == CELL_PROOF;

	memcpy(&hello, f->prefix, sizeof(hello));
	if (!probes && f->rest_len > 0) {
		violation(cell, "it sent a report, which only a probe does");
		return;
	}
	if (!probes && !filters_closed(cell))
		return;
	cell->layers = cell->status.layers | hello.layers;
	cell->phase = PHASE_READY;
	cell->ready = true;
	cell->heard = true;
	cell->idle_ns = cells->mono_ns();
	cpu_ready(cell);
	if (cell->pool == NULL) {
		probe_ready(cell, f->rest, f->rest_len);
		return;
	}
	cell->pool->failures = 0;
	cell->told = true;
	info = cell_info(cell);
	cells->events.cell_started(&cell->spec.spec, &info, cells->events.arg);
	pool_pump(cell->pool);
}

static void
serve_failed(struct cell *cell, const struct frame *f)
{
	char sentence[FAULT_TEXT];
	int status = f->head.status;

	text_clean(sentence, sizeof(sentence), f->rest, f->rest_len);
	if (status >= 0 || strcmp(status_name(status), "unknown") == 0)
		status = HOSPES_ELOAD;
	cell_kill(cell, status, sentence[0] == '\0' ? "it failed to load and did not say why" : sentence);
}

static void
serve_pong(struct cell *cell, const struct frame *f)
{
	struct wire_pong pong;
	char last[LAST_TEXT];

	memcpy(&pong, f->prefix, sizeof(pong));
	/* Only an answer is a sign of life: a fiber that nobody waits for any more could else live on by sending these. */
	if (cell->ping_ns != 0 && cell->n_gone == 0)
		cell->heard = true;
	if (cell->ping_ns != 0 && (int)(cell->evicts_done - cell->evicts_at_ping) < 0) {
		cell_last(cell, last);
		violation(cell, "it answered a ping before it had dropped a fiber, which it was told first%s", last);
		return;
	}
	cell->ping_ns = 0;
	serve_leaked(cell, pong.leaked_bytes);
}

static void
serve_of_call(struct cell *cell, const struct frame *f)
{
	struct call *call = call_named(cell, f);

	if (call == NULL)
		return;
	cell->heard = true;
	switch (f->head.type) {
	case WIRE_OP:
		serve_op(cell, call, f);
		break;
	case WIRE_PARK:
		serve_park(cell, call, f);
		break;
	case WIRE_PART:
		serve_part(cell, call, f);
		break;
	case WIRE_REPLY:
		serve_reply(cell, call, f);
		break;
	case WIRE_PROGRESS:
		serve_progress(cell, call, f);
		break;
	case WIRE_ABANDON:
		serve_abandon(cell, call, f);
		break;
	}
}

static void
serve(struct cell *cell, const struct frame *f)
{
	switch (f->head.type) {
	case WIRE_HELLO:
		serve_hello(cell, f);
		break;
	case WIRE_READY:
		serve_ready(cell, f);
		break;
	case WIRE_FAILED:
		serve_failed(cell, f);
		break;
	case WIRE_LOG:
		serve_log(cell, f);
		break;
	case WIRE_PONG:
		serve_pong(cell, f);
		break;
	case WIRE_EVICTED:
		serve_evicted(cell, f);
		break;
	case WIRE_BYE: /* it leaves now; its status pipe tells when it has */
		break;
	default:
		serve_of_call(cell, f);
	}
}

void
serve_frames(struct cell *cell, unsigned slice)
{
	uint64_t of = 0;
	unsigned n = 0;
	struct fault fault;
	struct frame f;
	int rc = 0;

	for (unsigned i = 0; cell->phase < PHASE_KILLED && n < slice; i++) {
		if ((rc = frames_next(&cell->in, cell->phase, &f, &fault)) != 1)
			break;
		n = f.head.call == of ? n + 1 : 1;
		of = f.head.call;
		if (i % CLOCK_FRAMES == 0)
			clock_stop();
		serve(cell, &f);
	}
	clock_go();
	pool_pace(cell);
	if (cell->phase < PHASE_KILLED && rc < 0)
		cell_kill(cell, rc, fault.text);
	else if (cell->phase < PHASE_KILLED && n == slice)
		slice_ends(cell);
}
