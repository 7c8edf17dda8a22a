/*
 * Random trees of calls that spend at once, end in any order, are refused, lose their host and are built again from what is on
 * record: after each step every account has what it has to have, by a second reckoning that knows nothing of the first.
 *
 * SEED=n repeats a run of it, TREES=n has it take so many trees.
 */

#include "dispatch_world.h"

#include <stdlib.h>

#include "dispatch/accounts.h"
#include "dispatch/guard.h"
#include "dispatch/ledger.h"

#ifdef __SANITIZE_ADDRESS__
#define TREES 10000u
#else
#define TREES 100000u
#endif
#define NODES  16u
#define STEPS  40u
#define AGENTS 3u

/* One call, as the test knows it. */
struct node {
	struct op *op;
	struct call *call; /* NULL: ended */
	int parent;        /* -1: the root */
	unsigned agent;
	bool ended;
	int64_t own[2], share[2];
	int64_t settled[2]; /* at its payer, once it has ended */
	int64_t cpu_ns;
	int64_t cpu_recorded_ns;
	int64_t day; /* on which it ended */
};

/* What is on record: a call began, or ended. */
struct event {
	bool end;
	unsigned node;
};

static struct {
	struct dispatch *d;
	struct run run;
	struct node node[NODES];
	unsigned n_nodes;
	struct event event[2 * NODES];
	unsigned n_events;
	int64_t limit[QUANTITIES];
	bool early; /* a call ended before one below it */
	int64_t now_ns;
} t;

static struct version versions[AGENTS];
static struct policy *policy;
static struct policy_client all_clients = {.client = (char[]){"*"}};
static struct event_base *loop;
static unsigned seed;
static uint64_t steps, begun, refused, waited, undone, crashes, days;

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

static bool
one_in(unsigned n)
{
	return any(n) == 0;
}

/* ---- The second reckoning ---------------------------------------------------------------------------------------- */

static bool
is_prepaid(const struct node *n, int q)
{
	return n->share[q] > 0;
}

static int64_t reserved_at(int at, int q);
static int64_t spent_at(int at, int q);

/* What the calls that `at` made hold, and have spent, at its account; -1 is the run. */
static int64_t
reserved_at(int at, int q)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < t.n_nodes; i++) {
		const struct node *n = &t.node[i];

		if (n->parent != at)
			continue;
		if (!n->ended)
			sum += is_prepaid(n, q) ? n->share[q] : n->own[q];
		if (!is_prepaid(n, q))
			sum += reserved_at((int)i, q);
	}
	return sum;
}

static int64_t
spent_at(int at, int q)
{
	int64_t sum = at >= 0 && is_prepaid(&t.node[at], q) ? t.node[at].own[q] : 0;

	for (unsigned i = 0; i < t.n_nodes; i++) {
		const struct node *n = &t.node[i];

		if (n->parent != at)
			continue;
		if (n->ended)
			sum += n->settled[q];
		if (!is_prepaid(n, q))
			sum += spent_at((int)i, q);
	}
	return sum;
}

static int64_t
cpu_below(int at)
{
	int64_t sum = at < 0 ? 0 : t.node[at].cpu_ns;

	for (unsigned i = 0; i < t.n_nodes; i++)
		sum += t.node[i].parent == at ? cpu_below((int)i) : 0;
	return sum;
}

/* Of the day: held by open calls, and spent by those that ended on it.  `agent` AGENTS: of all. */
static void
day_has(unsigned agent, int q, int64_t *held, int64_t *spent)
{
	*held = *spent = 0;
	for (unsigned i = 0; i < t.n_nodes; i++) {
		const struct node *n = &t.node[i];

		if (agent != AGENTS && n->agent != agent)
			continue;
		if (!n->ended)
			*held += n->own[q];
		else if (n->day == t.now_ns / DAY_NS)
			*spent += n->own[q];
	}
}

/* ---- What has to hold -------------------------------------------------------------------------------------------- */

#define CHECK(what)                                                                                                    \
	do {                                                                                                           \
		if (!(what))                                                                                           \
			fail_msg("%s, after step %llu", #what, (unsigned long long)steps);                             \
	} while (0)

static void
check_account(const struct account *a, int at)
{
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		CHECK(a->reserved[q] >= 0 && a->spent[q] >= 0);
		CHECK(a->returnable[q] >= 0 && a->returnable[q] <= a->reserved[q]);
		CHECK(a->limit[q] == NO_LIMIT || a->spent[q] + a->reserved[q] <= a->limit[q]);
		CHECK(a->reserved[q] == reserved_at(at, q));
		CHECK(a->spent[q] == spent_at(at, q));
	}
	CHECK(a->spent[QUANTITY_CPU] == cpu_below(at));
}

static void
check_day(const struct account *a, unsigned agent)
{
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		int64_t held, spent;

		day_has(agent, q, &held, &spent);
		CHECK(a->reserved[q] == held && a->spent[q] == spent);
		CHECK(a->limit[q] == NO_LIMIT || held + spent <= a->limit[q]);
	}
}

static void
check(void)
{
	accounts_at(t.d, t.now_ns);
	check_account(&t.run.account, -1);
	for (unsigned i = 0; i < t.n_nodes; i++) {
		if (t.node[i].call != NULL)
			check_account(&t.node[i].call->account, (int)i);
	}
	for (unsigned i = 0; i < AGENTS; i++)
		check_day(&accounts_agent(t.d, versions[i].name)->account, i);
	check_day(t.run.client_account, AGENTS);
	check_day(dispatch_host_account(t.d), AGENTS);
	steps++;
}

/* ---- A host ------------------------------------------------------------------------------------------------------ */

static void
host_starts(void)
{
	struct dispatch_options options = {.loop = loop, .calls = &w.calls, .policy = policy};

	dispatch_open(&t.d, &options);
	t.d->accounts.day = t.now_ns / DAY_NS;
	t.d->accounts.day_ends_ns = (t.d->accounts.day + 1) * DAY_NS;
	for (unsigned i = 0; i < AGENTS; i++)
		versions[i].account = NULL;
	t.run = (struct run){.policy = policy,
	    .dispatch = t.d,
	    .client_account = dispatch_client_account(t.d, "uid:1"),
	    .root = {.run = &t.run, .kind = WIRE_OP_CALL, .attempt = 1, .deadline_real_ns = INT64_MAX}};
	op_set_target(&t.run.root, "a");
	account_init(&t.run.account, "run", NULL);
	for (int q = 0; q < QUANTITIES; q++)
		t.run.account.limit[q] = t.limit[q];
	dispatch_take(t.d, &t.run);
}

/* The ledger says what was spent on the day, as it was told by calls that ended. */
static void
ledger_is_read(void)
{
	for (unsigned i = 0; i < t.n_nodes; i++) {
		const struct node *n = &t.node[i];
		struct account *a[] = {&accounts_agent(t.d, versions[n->agent].name)->account, t.run.client_account,
		    dispatch_host_account(t.d)};

		for (unsigned k = 0; n->ended && n->day == t.d->accounts.day && k < ARRAY_LEN(a); k++) {
			a[k]->spent[QUANTITY_CALLS] += n->own[QUANTITY_CALLS];
			a[k]->spent[QUANTITY_MONEY] += n->own[QUANTITY_MONEY];
			a[k]->spent[QUANTITY_CPU] += n->cpu_recorded_ns;
		}
	}
}

static void
host_ends(void)
{
	for (unsigned i = t.n_nodes; i-- > 0;) {
		struct node *n = &t.node[i];

		if (n->call == NULL)
			continue;
		n->call->state = CALL_DONE;
		n->op->state = OP_DONE;
		call_end(&w.calls, n->call);
		n->call = NULL;
		if (n->op->caller != NULL) {
			n->op->caller->open_ops--;
			call_unref(&w.calls, n->op->caller);
		}
	}
	op_clear(&t.run.root);
	dispatch_close(&t.d);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

static struct op *
op_of(int parent)
{
	struct call *caller = parent < 0 ? NULL : t.node[parent].call;
	bool made;
	struct op *op = caller == NULL ? &t.run.root : call_op(caller, caller->n_ops, &made);

	op->kind = WIRE_OP_CALL;
	op->deadline_real_ns = INT64_MAX;
	return op;
}

static void
dress(struct op *op, const struct node *n)
{
	op_set_target(op, versions[n->agent].name);
	op->resolved = &versions[n->agent];
	versions[n->agent].price_micros = n->own[QUANTITY_MONEY];
	op->share[QUANTITY_CALLS] = n->share[QUANTITY_CALLS];
	op->share[QUANTITY_MONEY] = n->share[QUANTITY_MONEY];
}

static void
call_begins(struct node *n)
{
	struct op *op = n->op;

	op->state = OP_OPEN;
	op->input = payload_text("1");
	n->call = call_new(&w.calls, op, versions[n->agent].name, "1.0.0", NULL, NULL, 0);
	if (op->caller != NULL) {
		call_ref(op->caller);
		op->caller->open_ops++;
	}
	budget_call(n->call);
}

static void
begin(int parent)
{
	static const int64_t prices[] = {0, 0, 1, 7, 1000};
	struct node *n = &t.node[t.n_nodes];
	struct fault why;

	*n = (struct node){.parent = parent, .agent = any(AGENTS), .op = op_of(parent)};
	n->own[QUANTITY_CALLS] = 1;
	n->own[QUANTITY_MONEY] = prices[any(ARRAY_LEN(prices))];
	n->share[QUANTITY_CALLS] = one_in(3) ? 1 + any(12) : 0;
	n->share[QUANTITY_MONEY] = one_in(3) ? 1 + any(3000) : 0;
	dress(n->op, n);
	switch (guard_budget.admit(t.d, n->op, &why)) {
	case GUARD_WAIT: /* it is asked for again some other time, or never */
		turns_remove(&n->op->waiting);
		n->op->waiting_on = NULL;
		waited++;
		return;
	case GUARD_REFUSE:
		CHECK(why.status == HOSPES_EBUDGET && strchr(why.text, ';') != NULL);
		refused++;
		return;
	default:
		break;
	}
	if (one_in(8)) { /* a guard behind this one has refused it */
		guard_budget.undo(t.d, n->op);
		undone++;
		return;
	}
	t.n_nodes++;
	t.event[t.n_events++] = (struct event){.node = t.n_nodes - 1};
	call_begins(n);
	begun++;
}

/* As pipeline_complete has it: the record is written, then the guards settle. */
static void
end(unsigned i, bool from_record)
{
	struct node *n = &t.node[i];
	struct op *op = n->op;

	if (!from_record) {
		for (int q = 0; q < QUANTITIES_RESERVED; q++)
			n->settled[q] = is_prepaid(n, q) ? spent_at((int)i, q) + reserved_at((int)i, q) : n->own[q];
		n->cpu_recorded_ns = n->cpu_ns;
		n->day = t.now_ns / DAY_NS;
		n->ended = true;
		t.event[t.n_events++] = (struct event){.end = true, .node = i};
		for (unsigned k = 0; k < t.n_nodes; k++)
			t.early |= t.node[k].parent == (int)i && !t.node[k].ended;
		beside_spend(t.d, op, t.now_ns);
	} else if (n->cpu_recorded_ns > 0) {
		n->call->cpu_ns = n->cpu_recorded_ns;
		account_spend(&n->call->account, QUANTITY_CPU, n->cpu_recorded_ns);
	}
	op->state = OP_DONE;
	guard_budget.settle(t.d, op);
	n->call->state = CALL_DONE;
	call_end(&w.calls, n->call);
	n->call = NULL;
	if (op->caller == NULL)
		return;
	op->caller->open_ops--;
	call_unref(&w.calls, op->caller);
}

/* The host is killed.  What an open call had used of CPU time, or had been refused, is forgotten. */
static void
crash(void)
{
	struct fault why;

	host_ends();
	for (unsigned i = 0; i < t.n_nodes; i++)
		t.node[i].cpu_ns = t.node[i].cpu_recorded_ns;
	host_starts();
	ledger_is_read();
	for (unsigned e = 0; e < t.n_events; e++) {
		unsigned i = t.event[e].node;
		struct node *n = &t.node[i];

		if (t.event[e].end) {
			end(i, true);
			continue;
		}
		n->op = op_of(n->parent);
		dress(n->op, n);
		n->op->price_micros = n->own[QUANTITY_MONEY];
		CHECK(guard_budget.restore(t.d, n->op, &why) == 0);
		call_begins(n);
	}
	crashes++;
}

static int
any_open(void)
{
	unsigned from = any(t.n_nodes);

	for (unsigned i = 0; i < t.n_nodes; i++) {
		unsigned at = (from + i) % t.n_nodes;

		if (!t.node[at].ended)
			return (int)at;
	}
	return -1;
}

static void
use_cpu(unsigned i)
{
	int64_t ns = 1 + any(1000);

	t.node[i].cpu_ns += ns;
	budget_cpu(t.d, t.node[i].call, ns);
}

static void
step(void)
{
	int at = any_open();

	switch (any(16)) {
	case 0:
		crash();
		break;
	case 1:
		t.now_ns += DAY_NS / (1 + any(3));
		days++;
		break;
	case 2:
	case 3:
		use_cpu((unsigned)at);
		break;
	case 4:
	case 5:
	case 6:
		if (at != 0 || one_in(8)) /* with the root nothing begins any more */
			end((unsigned)at, false);
		break;
	default:
		if (t.n_nodes < NODES)
			begin(at);
	}
	check();
}

/* ---- A tree ------------------------------------------------------------------------------------------------------ */

static int64_t
any_limit(unsigned most)
{
	return one_in(3) ? 0 : 1 + any(most);
}

static int64_t
or_none(int64_t limit)
{
	return limit == 0 ? NO_LIMIT : limit;
}

static void
tree(void)
{
	t.n_nodes = t.n_events = 0;
	t.early = false;
	t.now_ns = clock_real_ns() + DAY_NS; /* whatever the clock says, today is over for the guard */
	t.limit[QUANTITY_CALLS] = 1 + any(30);
	t.limit[QUANTITY_MONEY] = or_none(any_limit(6000));
	t.limit[QUANTITY_CPU] = or_none(any_limit(20000));
	policy->day_calls = any_limit(40);
	policy->day_money = any_limit(9000);
	policy->unnamed->day_calls = any_limit(12);
	policy->unnamed->day_money = any_limit(4000);
	all_clients.day_calls = any_limit(30);
	all_clients.day_money = any_limit(9000);
	host_starts();
	begin(-1);
	check();
	for (unsigned i = 0; i < STEPS && t.n_nodes > 0 && any_open() >= 0; i++)
		step();
	while (t.n_nodes > 0 && any_open() >= 0) {
		end((unsigned)any_open(), false);
		check();
	}
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++)
		CHECK(t.run.account.reserved[q] == 0 && t.run.account.returnable[q] == 0);
	CHECK(t.early || t.run.account.spent[QUANTITY_CALLS] == t.n_nodes);
	host_ends();
}

static void
accounts_hold(void **state)
{
	const char *said = getenv("SEED"), *trees = getenv("TREES");
	unsigned n = trees == NULL ? TREES : (unsigned)strtoul(trees, NULL, 10);

	(void)state;
	seed = said == NULL ? (unsigned)clock_real_ns() : (unsigned)strtoul(said, NULL, 10);
	printf("# seed %u (SEED=... to repeat)\n", seed);
	for (unsigned i = 0; i < n; i++)
		tree();
	printf(
	    "# %u trees, %llu steps: %llu calls begun, %llu refused, %llu had to wait, %llu undone; %llu crashes, %llu "
	    "days\n",
	    n, (unsigned long long)steps, (unsigned long long)begun, (unsigned long long)refused,
	    (unsigned long long)waited, (unsigned long long)undone, (unsigned long long)crashes,
	    (unsigned long long)days);
	assert_true(n < 1000 || (refused > n / 100 && waited > 0 && crashes > n / 10));
}

static int
begin_all(void **state)
{
	(void)state;
	loop = event_base_new();
	calls_init(&w.calls);
	policy = policy_defaults(true);
	policy->clients = &all_clients;
	policy->n_clients = 1;
	policy->alerts_at.n = 0; /* there is nowhere to record them */
	for (unsigned i = 0; i < AGENTS; i++)
		snprintf(versions[i].name, sizeof(versions[i].name), "agent-%u", i);
	return 0;
}

static int
end_all(void **state)
{
	(void)state;
	policy->clients = NULL;
	policy->n_clients = 0;
	policy_unref(&policy);
	map_free(&w.calls.by_handle);
	event_base_free(loop);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(accounts_hold)};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
