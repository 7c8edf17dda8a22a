/*
 * Deadlock: a run whose every call waits for something that only the run itself could give.
 *
 * Who waits for whom is a graph: a call for the call, the part or the first of several that it asked for; an op at a guard
 * for the calls that keep what is short; a call without a cell for those that sit in them.  Where a timer or an effect is
 * open, a cell is on its way, or what is short is kept by another run, something may still happen.  Else nothing ever will,
 * but for the deadline: the run is then ended at once, and the circle is named, because whoever built it has to know.
 *
 * Looking costs a walk over the run, so it is done for runs of which nothing has computed for a whole period, and ever more
 * seldom while nothing changes.  One in which a timer or an effect is open is let be until that has ended.  All that is
 * done while a run does move is to count.
 */

#include "dispatch/guard.h"

#include <assert.h>
#include <string.h>

#include "base/util.h"

#define LOOK_S     1
#define SKIP_MAX   32u /* periods between two looks at a run of which nothing moves */
#define CIRCLE_MAX 16u /* calls that are named */

/* ---- The calls of a run ------------------------------------------------------------------------------------------ */

static bool
is_open(const struct op *op)
{
	return op->state == OP_WAITING || op->state == OP_OPEN;
}

static bool
calls_below(const struct op *op, call_look *each, void *arg)
{
	struct call *call = op->callee;

	if (call == NULL)
		return false;
	if (each(call, arg))
		return true;
	for (uint32_t i = 0; call->open_ops > 0 && i < call->n_ops; i++) {
		if (is_open(call->ops[i]) && calls_below(call->ops[i], each, arg))
			return true;
	}
	return false;
}

bool
run_calls(const struct run *run, call_look *each, void *arg)
{
	return calls_below(&run->root, each, arg);
}

/* ---- Who keeps it from going on ---------------------------------------------------------------------------------- */

/* The op that a call waits for; NULL: it waits for none. */
static struct op *
awaited(const struct call *call)
{
	if ((call->state != CALL_PARKED && call->state != CALL_EVICTED) || call->waits_for >= call->n_ops)
		return NULL;
	return call->ops[call->waits_for];
}

static struct call *
kept_at_guard(struct dispatch *d, const struct op *op, struct buf *what)
{
	const struct guard *guard = op->state == OP_WAITING ? op->held_at : &guard_concurrency;

	return guard->kept_by == NULL ? NULL : guard->kept_by(d, op, what);
}

/* May this end by itself, or by somebody else?  What was found of the slots of a plugin, or of the cells of a pool, holds for
 * all that wait for them. */
struct look {
	struct dispatch *d;
	bool by_itself, by_others;
	const char *slots_kept;
	const void *cells_kept;
};

/* `plugin`: whose slots it waits for, or NULL. */
static void
look_at_guard(struct look *look, const struct op *op, const char *plugin)
{
	if (look->by_others || (plugin != NULL && look->slots_kept != NULL && strcmp(plugin, look->slots_kept) == 0))
		return;
	look->by_others = kept_at_guard(look->d, op, NULL) == NULL;
	if (plugin != NULL)
		look->slots_kept = plugin;
}

static void
look_at_cells(struct look *look, const struct call *call)
{
	if (look->by_others || (call->pool != NULL && look->cells_kept == call->pool))
		return;
	look->by_others = cells_kept_by(call) == NULL;
	look->cells_kept = call->pool;
}

static void
look_at_op(struct look *look, const struct op *op)
{
	if (op_awaits_review(op) != NULL) {
		look->by_itself = true;
		return;
	}
	if (op->state == OP_WAITING)
		look_at_guard(look, op, op->held_at == &guard_concurrency ? op->resolved->name : NULL);
	if (op->state == OP_OPEN && op->callee == NULL && op->kind != WIRE_OP_FIRST && op->kind != WIRE_OP_PART)
		look->by_itself = true;
}

/* arg: struct look.  True: that is enough. */
static bool
look_at_call(struct call *call, void *arg)
{
	struct look *look = arg;
	const struct op *op = awaited(call);

	look->by_others |= call->state == CALL_RUNNING;
	look->by_itself |= op_awaits_review(call->op) != NULL; /* of its reply */
	if (call->state == CALL_QUEUED)
		look_at_cells(look, call);
	if (op != NULL && op->state == OP_DONE)
		look_at_guard(look, op, call->plugin);
	for (uint32_t i = 0; call->open_ops > 0 && i < call->n_ops; i++)
		look_at_op(look, call->ops[i]);
	return look->by_itself;
}

/* ---- Naming the circle ------------------------------------------------------------------------------------------- */

static struct call *
next_of_op(struct dispatch *d, const struct op *op, struct buf *how)
{
	struct call *keeper;
	uint32_t ordinal;

	if (op->state == OP_WAITING || op->state == OP_DONE) {
		keeper = kept_at_guard(d, op, how);
		if (keeper != NULL)
			buf_printf(how, " that only %s (%s) could give back", keeper->plugin, keeper->path);
		return keeper;
	}
	if (op->callee != NULL) {
		buf_printf(how, "its child %s (%s)", op->callee->plugin, op->callee->path);
		return op->callee;
	}
	/* FIRST and PART begin with the ordinal of an op of the same call; of FIRST it is any, and none of them can end. */
	if (op->input == NULL || op->input->len < sizeof(ordinal))
		return NULL;
	memcpy(&ordinal, op->input->data, sizeof(ordinal));
	buf_appends(how, op->kind == WIRE_OP_FIRST ? "the first of its ops, " : "the next part of the reply of ");
	return ordinal < op->ordinal ? next_of_op(d, op->caller->ops[ordinal], how) : NULL;
}

/* Whom a call waits for, and in words how; NULL: nobody of its run. */
static struct call *
next_of(struct dispatch *d, const struct call *call, struct buf *how)
{
	const struct op *op = awaited(call);
	struct call *keeper;

	buf_printf(how, "%s (%s) waits for ", call->plugin, call->path);
	if (op != NULL)
		return next_of_op(d, op, how);
	for (uint32_t i = 0; call->state == CALL_DONE && i < call->n_ops; i++) {
		if (call->ops[i]->check && is_open(call->ops[i])) {
			buf_appends(how, "a check of its reply: ");
			return next_of_op(d, call->ops[i], how);
		}
	}
	keeper = cells_kept_by(call);
	if (keeper != NULL)
		buf_printf(how, "a place in the cells of %s that only %s (%s) could leave", call->plugin,
		    keeper->plugin, keeper->path);
	return keeper;
}

/* From the root on everybody waits for somebody, so the way comes to where it was before. */
static void
name_circle(struct dispatch *d, struct run *run, struct buf *out)
{
	struct buf how[CIRCLE_MAX] = {0};
	const struct call *seen[CIRCLE_MAX], *call = run->root.callee;
	size_t n = 0, from = 0;

	while (call != NULL && n < CIRCLE_MAX) {
		for (from = 0; from < n && seen[from] != call; from++)
			;
		if (from < n)
			break;
		seen[n] = call;
		call = next_of(d, call, &how[n++]);
	}
	from = from < n ? from : 0;
	for (size_t i = from; i < n; i++)
		buf_printf(out, "%s%s", i > from ? "; " : "", buf_text(&how[i]));
	for (size_t i = 0; i < n; i++)
		buf_free(&how[i]);
}

/* ---- When it is looked at ---------------------------------------------------------------------------------------- */

static void
drop(struct dispatch *d, struct run *run)
{
	TAILQ_REMOVE(&d->stalled, run, stalled);
	run->is_stalled = false;
}

static void
end_run(struct dispatch *d, struct run *run)
{
	_cleanup_(buf_free) struct buf circle = {0};
	_cleanup_(free_p) char *why = NULL;

	name_circle(d, run, &circle);
	why = xasprintf("nothing of it can go on any more: %.700s", buf_text(&circle));
	drop(d, run);
	dispatch_cancel(d, &run->root, HOSPES_EDEADLOCK, why);
}

static void
look_at(struct dispatch *d, struct run *run)
{
	struct look look = {.d = d};

	if (run->root.state != OP_OPEN || run->root.cancelled != 0 || run->calls_running > 0) {
		drop(d, run);
		return;
	}
	if (run->moves != run->moves_seen) {
		run->moves_seen = run->moves;
		run->looks = run->skip = 0;
		return;
	}
	if (run->skip > 0) {
		run->skip--;
		return;
	}
	look_at_op(&look, &run->root); /* it may be between two calls */
	run_calls(run, look_at_call, &look);
	if (look.by_itself) {
		drop(d, run);
		return;
	}
	run->skip = run->looks < 5 ? 1u << run->looks++ : SKIP_MAX;
	if (!look.by_others)
		end_run(d, run);
}

static void
arm(struct dispatch *d)
{
	static const struct timeval period = {LOOK_S, 0};

	if (d->look_armed || TAILQ_EMPTY(&d->stalled))
		return;
	d->look_armed = true;
	evtimer_add(d->look, &period);
}

void
deadlock_look(struct dispatch *d)
{
	struct run *run, *next;

	for (run = TAILQ_FIRST(&d->stalled); run != NULL; run = next) {
		next = TAILQ_NEXT(run, stalled);
		look_at(d, run);
	}
}

/* arg: struct dispatch. */
static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct dispatch *d = arg;

	(void)fd, (void)what;
	d->look_armed = false;
	deadlock_look(d);
	arm(d);
}

void
deadlock_watch(struct dispatch *d, struct run *run)
{
	if (run->is_stalled)
		return;
	run->is_stalled = true;
	TAILQ_INSERT_TAIL(&d->stalled, run, stalled);
	arm(d);
}

void
deadlock_forget(struct run *run)
{
	if (run->is_stalled)
		drop(run->dispatch, run);
}

void
deadlock_open(struct dispatch *d)
{
	TAILQ_INIT(&d->stalled);
	d->look = evtimer_new(d->loop, on_look, d);
}

void
deadlock_close(struct dispatch *d)
{
	event_free(d->look);
}
