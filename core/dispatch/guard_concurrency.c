/*
 * Guard: concurrency.
 *
 * `limits.NAME.concurrency` bounds how many calls of a plugin run at a time.  Who waits for a slot has it when it is the turn of
 * its run (base/turns.h).  A slot counts a running call: one that is parked on an op of its own gives it back and takes one
 * again before it goes on, ahead of calls that have not begun, so that nesting cannot deadlock.  For the same reason one that
 * waits for a cell with its slot lends it to one that has a cell and wants to go on: each would have what the other waits
 * for.  (How many root runs there are is bounded where runs start.)
 */

#include <string.h>

#include "dispatch/guard.h"

struct slots {
	char name[PLUGIN_NAME_MAX + 1];
	unsigned limit, used;
	struct waitq waiting;  /* ops that want to begin */
	struct turns resuming; /* calls that want to go on */
	bool handing_on;
	struct call_list holding; /* calls that have a slot */
};

/* Made when there are none yet.  They stay, so that versions and calls may keep where they are. */
static struct slots *
slots_named(struct dispatch *d, const char *name)
{
	struct slots *s = map_get(&d->slots, name);

	if (s != NULL)
		return s;
	s = xcalloc(1, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	TAILQ_INIT(&s->holding);
	map_put(&d->slots, s->name, s);
	return s;
}

static void
hold(struct slots *s, struct call *call)
{
	call->slot = true;
	TAILQ_INSERT_TAIL(&s->holding, call, holding);
}

static void
let_go(struct slots *s, struct call *call)
{
	call->slot = false;
	TAILQ_REMOVE(&s->holding, call, holding);
}

void
concurrency_began(struct call *call)
{
	if (call->rules->concurrency == 0)
		return;
	call->slots = call->op->resolved->slots;
	hold(call->slots, call);
}

static void
wait_to_go_on(struct slots *s, struct call *call)
{
	call->resuming = true;
	turns_add(&s->resuming, call->run, &call->resume, false);
}

static void
go_on(struct slots *s, struct call *call)
{
	call->resuming = false;
	hold(s, call);
	s->used++;
	dispatch_resume(call);
}

/* arg: struct slots. */
static bool
is_for_who_begins(void *arg)
{
	const struct slots *s = arg;

	return s->used < s->limit && s->resuming.n == 0;
}

/* What goes on may end at once and give its slot back: who came here first then sees to that, too. */
static void
hand_on(struct dispatch *d, struct slots *s)
{
	struct turn_item *item;

	if (s->handing_on)
		return;
	s->handing_on = true;
	do {
		while (s->used < s->limit && (item = turns_take(&s->resuming)) != NULL)
			go_on(s, CONTAINER(item, struct call, resume));
		dispatch_wake_while(d, &s->waiting, is_for_who_begins, s);
	} while (s->used < s->limit && s->resuming.n > 0);
	s->handing_on = false;
}

static void
give_back(struct dispatch *d, struct slots *s)
{
	s->used--;
	if (s->resuming.n > 0 || s->waiting.ops.n > 0)
		hand_on(d, s);
}

static int
concurrency_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	struct slots *s;

	(void)why;
	if (op->rules == NULL || op->rules->concurrency == 0)
		return GUARD_PASS;
	if (op->resolved->slots == NULL)
		op->resolved->slots = slots_named(d, op->resolved->name);
	s = op->resolved->slots;
	s->limit = op->rules->concurrency;
	if (s->used >= s->limit)
		return guard_wait(op, &s->waiting);
	s->used++;
	return GUARD_PASS;
}

static void
concurrency_undo(struct dispatch *d, struct op *op)
{
	if (op->rules != NULL && op->rules->concurrency != 0)
		give_back(d, op->resolved->slots);
}

/* The slot of a call that never parked, or runs again, is still its own; one that ended parked has none. */
static void
concurrency_settle(struct dispatch *d, struct op *op)
{
	if (op->callee == NULL)
		concurrency_undo(d, op);
	else
		guard_concurrency.parked(d, op->callee);
}

static void
concurrency_parked(struct dispatch *d, struct call *call)
{
	if (call->resuming) {
		turns_remove(&call->resume);
		call->resuming = false;
	}
	if (!call->slot)
		return;
	let_go(call->slots, call);
	give_back(d, call->slots);
}

/* One that has a slot and no cell yet is put behind those that want to go on. */
static bool
borrow(struct slots *s)
{
	struct call *call;

	TAILQ_FOREACH(call, &s->holding, holding)
	if (call->state == CALL_QUEUED)
		break;
	if (call == NULL)
		return false;
	cells_withdraw(call);
	let_go(s, call);
	s->used--;
	wait_to_go_on(s, call);
	return true;
}

static bool
concurrency_resume(struct dispatch *d, struct call *call)
{
	unsigned limit = call->rules->concurrency;
	struct slots *s;

	if (limit == 0 || call->slot)
		return true;
	if (call->slots == NULL)
		call->slots = slots_named(d, call->plugin);
	s = call->slots;
	s->limit = limit;
	if ((call->state == CALL_PARKED || call->state == CALL_EVICTED) && s->used >= limit &&
	    !(call->state == CALL_PARKED && borrow(s))) {
		if (!call->resuming)
			wait_to_go_on(s, call);
		return false;
	}
	/* A call that begins again after its cell died runs already: it takes a slot even where none is free. */
	hold(s, call);
	s->used++;
	return true;
}

/* Calls of one run that have slots of a plugin. */
struct keepers {
	const char *plugin;
	unsigned n;
	struct call *one;
};

/* arg: struct keepers. */
static bool
add_keeper(struct call *call, void *arg)
{
	struct keepers *k = arg;

	if (!call->slot || strcmp(call->plugin, k->plugin) != 0)
		return false;
	k->n++;
	k->one = call;
	return false;
}

static struct call *
concurrency_kept_by(struct dispatch *d, const struct op *op, struct buf *what)
{
	struct keepers k = {.plugin = op->state == OP_WAITING ? op->resolved->name : op->caller->plugin};
	const struct slots *s = map_get(&d->slots, k.plugin);

	if (s == NULL || s->used < s->limit)
		return NULL;
	run_calls(op->run, add_keeper, &k);
	if (k.n < s->used)
		return NULL;
	if (what != NULL)
		buf_printf(what, "a slot of %s (`limits.%s.concurrency` is %u)", k.plugin, k.plugin, s->limit);
	return k.one;
}

const struct guard guard_concurrency = {
    .name = "concurrency",
    .admit = concurrency_admit,
    .undo = concurrency_undo,
    .settle = concurrency_settle,
    .parked = concurrency_parked,
    .resume = concurrency_resume,
    .kept_by = concurrency_kept_by,
};
