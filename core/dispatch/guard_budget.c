/*
 * Guard: budget.
 *
 * Every call is reserved at every account above it before it begins and settled when it has ended: by its share, when the
 * caller gives it one (then it and all below it may spend that and no more), else by one call.  So what runs at once can
 * never overspend together.  A reservation that will not fit even when all others have settled is refused at once; one
 * that may fit later waits until something settles.
 *
 * Wall time is a deadline: an op may not end later than the nearest end of the accounts above it.
 */

#include "base/clock.h"
#include "dispatch/guard.h"

static struct account *
payer(const struct op *op)
{
	return op->caller == NULL ? &op->run->account : &op->caller->account;
}

static int
admit_wall(struct op *op, struct fault *why)
{
	int64_t now = clock_real_ns(), ends = INT64_MAX;
	const struct account *whose = NULL;

	ends = account_ends(payer(op), &whose);
	if (ends <= now)
		return guard_refuse(
		    why, HOSPES_EBUDGET, "the wall time of this %s is used up; give it more", whose->what);
	if (op->share_wall_ns > 0 && op->share_wall_ns < ends - now)
		ends = now + op->share_wall_ns;
	if (ends < op->deadline_real_ns)
		op->deadline_real_ns = ends;
	return GUARD_PASS;
}

/* Its share where it was given one; of a group's members each gets an equal part of what is left, by how many have not got
 * theirs; one call else. */
static int64_t
most_of(const struct op *op)
{
	int64_t left, heads;

	if (!op->sharing)
		return op->share[QUANTITY_CALLS] > 0 ? op->share[QUANTITY_CALLS] : 1;
	left = account_left(payer(op), QUANTITY_CALLS);
	heads = (int64_t)op->caller->sharers + op->caller->unstarted;
	return left == NO_LIMIT || left / heads < 1 ? 1 : left / heads;
}

void
budget_unshare(struct op *op)
{
	if (op->sharing)
		op->caller->sharers--;
	op->sharing = false;
}

static int
budget_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	struct account *at = NULL;
	int64_t most;

	if (op->kind != WIRE_OP_CALL)
		return GUARD_PASS;
	if (admit_wall(op, why) != GUARD_PASS)
		return GUARD_REFUSE;
	most = most_of(op);
	switch (account_reserve(payer(op), QUANTITY_CALLS, most, 1, &at)) {
	case ACCOUNT_TAKEN:
		op->reserved_most = most;
		op->reserved_least = 1;
		if (op->sharing && account_left(payer(op), QUANTITY_CALLS) != NO_LIMIT)
			op->share[QUANTITY_CALLS] = most;
		budget_unshare(op);
		return GUARD_PASS;
	case ACCOUNT_WAIT:
		return guard_wait(op, &d->budget_waiters);
	case ACCOUNT_NEVER:
		break;
	}
	return guard_refuse(why, HOSPES_EBUDGET,
	    "%s needs %lld calls and this %s has %lld of %lld left; ask for fewer, or give it more (--calls, "
	    "`run.calls`)",
	    op->target, (long long)most, at->what,
	    (long long)(at->limit[QUANTITY_CALLS] - at->spent[QUANTITY_CALLS] - at->reserved[QUANTITY_CALLS]),
	    (long long)at->limit[QUANTITY_CALLS]);
}

static int
budget_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	struct account *at = NULL;

	(void)d;
	if (op->kind != WIRE_OP_CALL)
		return 0;
	op->reserved_most = op->share[QUANTITY_CALLS] > 0 ? op->share[QUANTITY_CALLS] : 1;
	op->reserved_least = 1;
	if (account_reserve(payer(op), QUANTITY_CALLS, op->reserved_most, 1, &at) == ACCOUNT_TAKEN)
		return 0;
	return fault_set(fault, HOSPES_EDAMAGED, "%s is on record with %lld calls, and this %s had %lld of %lld left",
	    op->target, (long long)op->reserved_most, at->what,
	    (long long)(at->limit[QUANTITY_CALLS] - at->spent[QUANTITY_CALLS] - at->reserved[QUANTITY_CALLS]),
	    (long long)at->limit[QUANTITY_CALLS]);
}

static void
give_back(struct dispatch *d, struct op *op, int64_t actual)
{
	account_settle(payer(op), QUANTITY_CALLS, op->reserved_most, op->reserved_least, actual);
	if (op->reserved_most == op->reserved_least && op->reserved_most == actual)
		return;
	/* What came back, or can no longer come back, decides for any of those who wait. */
	dispatch_wake_all(d, &d->budget_waiters);
}

static void
budget_undo(struct dispatch *d, struct op *op)
{
	if (op->kind == WIRE_OP_CALL)
		give_back(d, op, 0);
}

static void
budget_settle(struct dispatch *d, struct op *op)
{
	int64_t actual = 1;

	if (op->kind != WIRE_OP_CALL)
		return;
	/* What is still reserved below it, by calls that are being stopped, is as good as spent. */
	if (op->callee != NULL && op->callee->account.prepaid[QUANTITY_CALLS])
		actual = op->callee->account.spent[QUANTITY_CALLS] + op->callee->account.reserved[QUANTITY_CALLS];
	give_back(d, op, actual);
}

/* Does it hold more at this account than it is sure to spend? */
struct sharer {
	const struct account *at;
	struct call *one;
};

/* arg: struct sharer. */
static bool
find_sharer(struct call *call, void *arg)
{
	struct sharer *sharer = arg;

	if (call->op->reserved_most <= call->op->reserved_least)
		return false;
	for (const struct account *a = payer(call->op); a != NULL && sharer->one == NULL; a = a->parent) {
		if (a == sharer->at)
			sharer->one = call;
		if (a->prepaid[QUANTITY_CALLS])
			break;
	}
	return sharer->one != NULL;
}

/* Those above the run's are of others too. */
static bool
is_of_run(const struct account *a, const struct run *run)
{
	while (a != NULL && a != &run->account)
		a = a->parent;
	return a != NULL;
}

static struct call *
budget_kept_by(struct dispatch *d, const struct op *op, struct buf *what)
{
	struct sharer sharer = {.at = account_short(payer(op), QUANTITY_CALLS, most_of(op))};

	(void)d;
	if (!is_of_run(sharer.at, op->run))
		return NULL;
	run_calls(op->run, find_sharer, &sharer);
	if (sharer.one != NULL && what != NULL)
		buf_appends(what, "budget");
	return sharer.one;
}

const struct guard guard_budget = {
    .name = "budget",
    .admit = budget_admit,
    .undo = budget_undo,
    .settle = budget_settle,
    .kept_by = budget_kept_by,
    .restore = budget_restore,
};
