/*
 * Guard: budget.
 *
 * Every call is reserved at every account above it before it begins and settled when it has ended: by its share, when the
 * caller gives it one (then it and all below it may spend that and no more), else by what it costs by itself, one call and its
 * price.  So what runs at once can never overspend together.  A reservation that will not fit even when all others have settled
 * is refused at once; one that may fit later waits until something settles.
 *
 * A request that leaves the host and has a price (`prices`) is reserved and settled in the same way, and is no call.  One that was
 * never sent costs nothing; a costly one that is begun again, since a host ended while it was under way, costs its price each
 * time.
 *
 * The accounts beside the chain (accounts.h) are asked first, for what the op costs by itself; nobody gives that back but by
 * not beginning, so nobody waits there.
 *
 * Wall time is a deadline: an op may not end later than the nearest end of the accounts above it.  CPU time is seen when it has
 * been used (budget_cpu): with none left nothing is begun, and a run that goes on using it is ended.
 */

#include "base/clock.h"
#include "base/money.h"
#include "dispatch/accounts.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"

static struct account *
payer(const struct op *op)
{
	return op->caller == NULL ? &op->run->account : &op->caller->account;
}

/* ---- Sentences --------------------------------------------------------------------------------------------------- */

void
budget_number(enum quantity q, int64_t n, char out[BUDGET_TEXT])
{
	char money[MONEY_TEXT];

	switch (q) {
	case QUANTITY_MONEY:
		money_write(n, money);
		snprintf(out, BUDGET_TEXT, "$%s", money);
		return;
	case QUANTITY_CPU:
		snprintf(out, BUDGET_TEXT, "%lld.%03lld s", (long long)(n / NS_PER_S),
		    (long long)(n % NS_PER_S / NS_PER_MS));
		return;
	case QUANTITY_CALLS:
	case QUANTITIES:
		break;
	}
	snprintf(out, BUDGET_TEXT, "%lld", (long long)n);
}

void
budget_needs(struct fault *why, const struct op *op, const struct account *at, enum quantity q, int64_t most,
    const char *whose, const char *what_to_do)
{
	char needs[BUDGET_TEXT], limit[BUDGET_TEXT], left[BUDGET_TEXT];

	budget_number(q, most, needs);
	budget_number(q, account_room(at, q), left);
	budget_number(q, at->limit[q], limit);
	fault_set(why, HOSPES_EBUDGET, "%s needs %s%s and %s has %s of %s left; %s", op->target, needs,
	    q != QUANTITY_CALLS ? ""
	    : most == 1         ? " call"
				: " calls",
	    whose, left, limit, what_to_do);
}

/* What somebody would change so that more fits into an account of the chain. */
static const char *
remedy(const struct op *op, const struct account *at, enum quantity q)
{
	static const char *const of_run[] = {[QUANTITY_CALLS] = "ask for fewer, or give it more (--calls, `run.calls`)",
	    [QUANTITY_MONEY] = "ask for less, or give it more (--money, `run.money`)",
	    [QUANTITY_CPU] = "ask for less, or give it more (--cpu, `run.cpu`)"};
	static const char *const of_task[] = {
	    [QUANTITY_CALLS] = "ask for fewer, or have its caller give it more (budget_calls)",
	    [QUANTITY_MONEY] = "ask for less, or have its caller give it more (money_micros)",
	    [QUANTITY_CPU] = ""};

	return at == &op->run->account ? of_run[q] : of_task[q];
}

static int
refuse_chain(const struct op *op, const struct account *at, enum quantity q, struct fault *why)
{
	char whose[32];

	snprintf(whose, sizeof(whose), "this %s", at->what);
	budget_needs(why, op, at, q, op->reserved_most[q], whose, remedy(op, at, q));
	return GUARD_REFUSE;
}

/* ---- Time -------------------------------------------------------------------------------------------------------- */

static int
admit_wall(struct op *op, int64_t now, struct fault *why)
{
	const struct account *whose;
	int64_t ends = account_ends(payer(op), &whose);

	if (ends <= now)
		return guard_refuse(why, HOSPES_EBUDGET, "the wall time of this %s is used up; give it more (%s)",
		    whose->what, whose == &op->run->account ? "--wall, `run.wall`" : "budget_wall_ns");
	op->ends_by_share = op->share_wall_ns > 0 && op->share_wall_ns < ends - now;
	if (op->ends_by_share)
		ends = now + op->share_wall_ns;
	if (ends < op->deadline_real_ns)
		op->deadline_real_ns = ends;
	else
		op->ends_by_share = false;
	return GUARD_PASS;
}

static bool
cpu_is_over(const struct run *run)
{
	return run->account.spent[QUANTITY_CPU] >= run->account.limit[QUANTITY_CPU];
}

static void
cpu_over(const struct run *run, struct fault *why)
{
	char used[BUDGET_TEXT], limit[BUDGET_TEXT];

	budget_number(QUANTITY_CPU, run->account.spent[QUANTITY_CPU], used);
	budget_number(QUANTITY_CPU, run->account.limit[QUANTITY_CPU], limit);
	fault_set(why, HOSPES_EBUDGET,
	    "this run has used %s of CPU time and may use %s; have it compute less, or give it more (--cpu, `run.cpu`)",
	    used, limit);
}

static int
admit_cpu(const struct op *op, struct fault *why)
{
	if (!cpu_is_over(op->run))
		return GUARD_PASS;
	cpu_over(op->run, why);
	return GUARD_REFUSE;
}

/* It may use a tenth more to tell what it has come to. */
static bool
cpu_is_overspent(const struct run *run)
{
	int64_t limit = run->account.limit[QUANTITY_CPU];

	return limit != NO_LIMIT && run->account.spent[QUANTITY_CPU] > limit + limit / 10;
}

/* arg: struct dispatch. */
static void
stop_overspent(evutil_socket_t fd, short what, void *arg)
{
	struct dispatch *d = arg;
	struct run *run;
	struct fault why;

	(void)fd, (void)what;
	while ((run = TAILQ_FIRST(&d->overspent)) != NULL) {
		budget_forget(run);
		cpu_over(run, &why);
		dispatch_cancel(d, &run->root, why.status, why.text);
	}
}

/* The cell room is in the middle of something. */
static void
stop_later(struct dispatch *d, struct run *run)
{
	if (run->is_overspent || run->root.cancelled != 0)
		return;
	run->is_overspent = true;
	TAILQ_INSERT_TAIL(&d->overspent, run, overspent);
	if (d->stop_overspent == NULL)
		d->stop_overspent = event_new(d->loop, -1, 0, stop_overspent, d);
	event_active(d->stop_overspent, EV_TIMEOUT, 0);
}

void
budget_forget(struct run *run)
{
	if (!run->is_overspent)
		return;
	run->is_overspent = false;
	TAILQ_REMOVE(&run->dispatch->overspent, run, overspent);
}

void
budget_cpu(struct dispatch *d, struct call *call, int64_t ns)
{
	call->cpu_ns += ns;
	account_spend(&call->account, QUANTITY_CPU, ns);
	watch_run(d, call->run, QUANTITY_CPU);
	if (cpu_is_overspent(call->run))
		stop_later(d, call->run);
}

int64_t
budget_wall_share(const struct op *op)
{
	return op->ends_by_share ? op->share_wall_ns : 0;
}

/* ---- What is taken ----------------------------------------------------------------------------------------------- */

/* Of a call.  Its share where it was given one; of a group's members each gets an equal part of what is left, by how many have not got
 * theirs; one call else. */
static int64_t
most_calls(const struct op *op)
{
	int64_t left, heads;

	if (op->kind != WIRE_OP_CALL)
		return 0;
	if (!op->sharing)
		return op->share[QUANTITY_CALLS] > 0 ? op->share[QUANTITY_CALLS] : 1;
	left = account_left(payer(op), QUANTITY_CALLS);
	heads = (int64_t)op->caller->sharers + op->caller->unstarted;
	return left == NO_LIMIT || left / heads < 1 ? 1 : left / heads;
}

/* A request that has a price; what else there is costs nothing. */
static bool
is_priced_effect(const struct op *op)
{
	return op->kind == WIRE_OP_HTTP && op->price_micros > 0;
}

static bool
is_charged(const struct op *op)
{
	return op->kind == WIRE_OP_CALL || is_priced_effect(op);
}

/* What the op wants of the chain; what it costs by itself is the least. */
static void
want(struct op *op)
{
	bool is_call = op->kind == WIRE_OP_CALL;

	op->reserved_most[QUANTITY_CALLS] = most_calls(op);
	op->reserved_least[QUANTITY_CALLS] = is_call ? 1 : 0;
	op->reserved_most[QUANTITY_MONEY] =
	    is_call && op->share[QUANTITY_MONEY] > 0 ? op->share[QUANTITY_MONEY] : op->price_micros;
	op->reserved_least[QUANTITY_MONEY] = op->price_micros;
}

/* Is there something of this quantity that the op takes? */
static bool
wants(const struct op *op, enum quantity q)
{
	return op->reserved_most[q] > 0;
}

static enum account_answer
reserve(const struct op *op, enum quantity q, struct account **at)
{
	return wants(op, q) ? account_reserve(payer(op), q, op->reserved_most[q], op->reserved_least[q], at)
			    : ACCOUNT_TAKEN;
}

/* Ends that: `actual` of it was spent.  Does something come back, or can no longer come back, that others may wait for? */
static bool
settle(const struct op *op, enum quantity q, int64_t actual)
{
	if (!wants(op, q))
		return false;
	account_settle(payer(op), q, op->reserved_most[q], op->reserved_least[q], actual);
	return op->reserved_most[q] != op->reserved_least[q] || op->reserved_most[q] != actual;
}

/* All quantities or none; else *short_of is the one that is short at *at. */
static enum account_answer
reserve_chain(const struct op *op, struct account **at, enum quantity *short_of)
{
	enum account_answer answer = reserve(op, QUANTITY_CALLS, at);

	*short_of = QUANTITY_CALLS;
	if (answer != ACCOUNT_TAKEN)
		return answer;
	*short_of = QUANTITY_MONEY;
	answer = reserve(op, QUANTITY_MONEY, at);
	if (answer != ACCOUNT_TAKEN)
		settle(op, QUANTITY_CALLS, 0);
	return answer;
}

void
budget_unshare(struct op *op)
{
	if (op->sharing)
		op->caller->sharers--;
	op->sharing = false;
}

static int
admit_share(const struct op *op, struct fault *why)
{
	char price[BUDGET_TEXT], share[BUDGET_TEXT];

	if (op->reserved_least[QUANTITY_MONEY] <= op->reserved_most[QUANTITY_MONEY])
		return GUARD_PASS;
	budget_number(QUANTITY_MONEY, op->price_micros, price);
	budget_number(QUANTITY_MONEY, op->share[QUANTITY_MONEY], share);
	return guard_refuse(why, HOSPES_EBUDGET,
	    "%s costs %s by itself and its share is %s; have its caller give it more (money_micros)", op->target, price,
	    share);
}

static int
admit_call(struct op *op, int64_t now, struct fault *why)
{
	if (admit_wall(op, now, why) != GUARD_PASS || admit_cpu(op, why) != GUARD_PASS)
		return GUARD_REFUSE;
	op->price_micros = op->resolved == NULL ? 0 : op->resolved->price_micros; /* NULL: a case answers for it */
	return GUARD_PASS;
}

static int
budget_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	enum quantity short_of = QUANTITY_CALLS;
	struct account *at = NULL;
	enum account_answer taken;
	int64_t now;
	int answer;

	if (!is_charged(op))
		return GUARD_PASS;
	now = clock_real_ns();
	if (op->kind == WIRE_OP_CALL && admit_call(op, now, why) != GUARD_PASS)
		return GUARD_REFUSE;
	want(op);
	if (admit_share(op, why) != GUARD_PASS)
		return GUARD_REFUSE;
	answer = beside_admit(d, op, now, why);
	if (answer != GUARD_PASS)
		return answer;
	taken = reserve_chain(op, &at, &short_of);
	if (taken != ACCOUNT_TAKEN) {
		beside_release(op);
		return taken == ACCOUNT_WAIT ? guard_wait(op, &d->budget_waiters) : refuse_chain(op, at, short_of, why);
	}
	if (op->sharing) {
		if (account_left(payer(op), QUANTITY_CALLS) != NO_LIMIT)
			op->share[QUANTITY_CALLS] = op->reserved_most[QUANTITY_CALLS];
		budget_unshare(op);
	}
	return GUARD_PASS;
}

void
budget_call(struct call *call)
{
	const struct op *op = call->op;

	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		if (op->share[q] <= 0)
			continue;
		call->account.limit[q] = op->share[q];
		call->account.prepaid[q] = true;
		call->account.spent[q] = op->reserved_least[q]; /* itself */
	}
	if (op->share[QUANTITY_CALLS] > 0 || op->share[QUANTITY_MONEY] > 0)
		watch_task_begins(call);
}

/* What the op takes of its run has changed. */
static void
watch(struct dispatch *d, const struct op *op)
{
	if (op->run->watches_tasks && op->caller != NULL && !op->run->from_record)
		watch_tasks(d, op->caller);
	watch_run(d, op->run, QUANTITY_CALLS);
	watch_run(d, op->run, QUANTITY_MONEY);
	watch_run(d, op->run, QUANTITY_CPU);
}

void
budget_began(struct dispatch *d, const struct op *op)
{
	if (!is_charged(op))
		return;
	watch(d, op);
	beside_began(d, op);
}

static int
budget_restore(struct dispatch *d, struct op *op, struct fault *fault)
{
	enum quantity q = QUANTITY_CALLS;
	struct account *at = NULL;
	char had[BUDGET_TEXT], of[BUDGET_TEXT], most[BUDGET_TEXT];

	if (!is_charged(op))
		return 0;
	want(op);
	if (op->reserved_least[QUANTITY_MONEY] > op->reserved_most[QUANTITY_MONEY])
		return fault_set(fault, HOSPES_EDAMAGED, "%s is on record with a share below its price", op->target);
	if (reserve_chain(op, &at, &q) == ACCOUNT_TAKEN) {
		beside_restore(d, op);
		return 0;
	}
	budget_number(q, op->reserved_most[q], most);
	budget_number(q, account_room(at, q), had);
	budget_number(q, at->limit[q], of);
	return fault_set(fault, HOSPES_EDAMAGED, "%s is on record with %s%s, and this %s had %s of %s left", op->target,
	    most, q == QUANTITY_CALLS ? " calls" : "", at->what, had, of);
}

/* ---- Once more --------------------------------------------------------------------------------------------------- */

/* It may have to be paid for what was begun before, and for what begins now. */
static bool
is_paid_again(const struct op *op)
{
	return is_priced_effect(op) && op->effect == WIRE_EFFECT_COSTLY && op->reserved_least[QUANTITY_MONEY] > 0;
}

static int
take_again(struct op *op, struct fault *why)
{
	struct account *at = NULL;
	char whose[32];

	if (account_reserve(payer(op), QUANTITY_MONEY, op->price_micros, op->price_micros, &at) != ACCOUNT_TAKEN) {
		snprintf(whose, sizeof(whose), "this %s", at->what);
		budget_needs(why, op, at, QUANTITY_MONEY, op->price_micros, whose, remedy(op, at, QUANTITY_MONEY));
		return GUARD_REFUSE;
	}
	op->reserved_most[QUANTITY_MONEY] += op->price_micros;
	op->reserved_least[QUANTITY_MONEY] += op->price_micros;
	beside_hold_more(op, op->price_micros);
	spend_again(op);
	return GUARD_PASS;
}

int
budget_again(struct op *op, struct fault *why)
{
	if (op->begun == 0 || !is_paid_again(op))
		return GUARD_PASS;
	return beside_admit_more(op, op->price_micros, why) == GUARD_PASS ? take_again(op, why) : GUARD_REFUSE;
}

int
budget_again_restore(struct op *op, struct fault *fault)
{
	if (!is_paid_again(op) || take_again(op, fault) == GUARD_PASS)
		return 0;
	return fault_set(
	    fault, HOSPES_EDAMAGED, "%s is on record as begun again, and its price did not fit", op->target);
}

/* ---- What is given back ------------------------------------------------------------------------------------------ */

/* `calls` and `money` of it were spent. */
static void
give_back(struct dispatch *d, struct op *op, int64_t calls, int64_t money)
{
	bool came_back = settle(op, QUANTITY_CALLS, calls);

	came_back |= settle(op, QUANTITY_MONEY, money);
	beside_release(op);
	if (came_back) /* which decides for any of those who wait: each is tried once */
		dispatch_wake_all(d, &d->budget_waiters);
	watch(d, op);
}

static void
budget_undo(struct dispatch *d, struct op *op)
{
	if (is_charged(op))
		give_back(d, op, 0, 0);
}

/* What a host before this one would have told of its share, had it not been killed just then. */
static void
watch_last(struct dispatch *d, struct op *op)
{
	if (op->run->watches_tasks && !op->run->from_record)
		watch_tasks(d, op->callee);
}

/* Of the call that the op made.  What is still reserved below it, by calls that are being stopped, is as good as spent. */
static int64_t
spent_by(const struct op *op, enum quantity q)
{
	const struct account *a = &op->callee->account;

	return a->prepaid[q] ? a->spent[q] + a->reserved[q] : op->reserved_least[q];
}

/* A call that never began costs nothing; one that did costs what it was to cost, however it ended.  An effect costs what the
 * record of its outcome says. */
static void
budget_settle(struct dispatch *d, struct op *op)
{
	if (op->callee != NULL) {
		watch_last(d, op);
		give_back(d, op, spent_by(op, QUANTITY_CALLS), spent_by(op, QUANTITY_MONEY));
	} else if (is_charged(op)) {
		give_back(d, op, 0, op->kind == WIRE_OP_HTTP ? op->cost_micros : 0);
	}
}

/* ---- Who holds it ------------------------------------------------------------------------------------------------ */

/* Does it hold more at this account than it is sure to spend? */
struct sharer {
	enum quantity q;
	const struct account *at;
	struct call *one;
};

/* arg: struct sharer. */
static bool
find_sharer(struct call *call, void *arg)
{
	struct sharer *sharer = arg;

	if (call->op->reserved_most[sharer->q] <= call->op->reserved_least[sharer->q])
		return false;
	for (const struct account *a = payer(call->op); a != NULL && sharer->one == NULL; a = a->parent) {
		if (a == sharer->at)
			sharer->one = call;
		if (a->prepaid[sharer->q])
			break;
	}
	return sharer->one != NULL;
}

/* The account that the op waits for, and of what it is short. */
static const struct account *
short_at(const struct op *op, enum quantity *q)
{
	const struct account *at = account_short(payer(op), QUANTITY_CALLS, most_calls(op));

	*q = QUANTITY_CALLS;
	if (at != NULL || !wants(op, QUANTITY_MONEY))
		return at;
	*q = QUANTITY_MONEY;
	return account_short(payer(op), QUANTITY_MONEY, op->reserved_most[QUANTITY_MONEY]);
}

static struct call *
budget_kept_by(struct dispatch *d, const struct op *op, struct buf *what)
{
	struct sharer sharer = {0};

	(void)d;
	sharer.at = short_at(op, &sharer.q);
	if (sharer.at == NULL)
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
