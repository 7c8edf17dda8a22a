/* See accounts.h. */

#include "dispatch/accounts.h"

#include <string.h>

#include "base/clock.h"
#include "dispatch/guard.h"
#include "dispatch/ledger.h"

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

static void
limit(struct account *a, enum quantity q, int64_t setting)
{
	a->limit[q] = setting == 0 ? NO_LIMIT : setting;
}

static bool
is_agent(const struct account *a)
{
	return strcmp(a->what, "agent") == 0;
}

static void
set_limits(struct accounts *accounts, struct day_account *a)
{
	const struct policy *p = accounts->policy;
	int64_t calls, money, cpu;

	if (p == NULL)
		return;
	if (a == &accounts->host) {
		calls = p->day_calls;
		money = p->day_money;
		cpu = p->day_cpu_ns;
	} else if (is_agent(&a->account)) {
		const struct policy_plugin *plugin = policy_plugin(p, a->name);

		calls = plugin->day_calls;
		money = plugin->day_money;
		cpu = plugin->day_cpu_ns;
	} else {
		const struct policy_client *client = policy_client(p, a->name);

		calls = client->day_calls;
		money = client->day_money;
		cpu = client->day_cpu_ns;
	}
	limit(&a->account, QUANTITY_CALLS, calls);
	limit(&a->account, QUANTITY_MONEY, money);
	limit(&a->account, QUANTITY_CPU, cpu);
	watch_limits(&a->account, &p->alerts_at);
}

/* ---- Opening and closing ----------------------------------------------------------------------------------------- */

static void
set_day(struct accounts *a, int64_t real_ns)
{
	a->day = real_ns / DAY_NS;
	a->day_ends_ns = (a->day + 1) * DAY_NS;
}

void
accounts_open(struct dispatch *d, struct policy *policy)
{
	struct accounts *accounts = &d->accounts;

	accounts->policy = policy == NULL ? NULL : policy_ref(policy);
	account_init(&accounts->host.account, "host", NULL);
	accounts->host.name = "";
	STAILQ_INIT(&accounts->unsaved);
	set_limits(accounts, &accounts->host);
	set_day(accounts, clock_real_ns());
}

static void
drop(struct map *accounts)
{
	struct day_account *a;
	size_t at = 0;

	while ((a = map_next(accounts, &at)) != NULL)
		free(a);
	map_free(accounts);
}

void
accounts_close(struct dispatch *d)
{
	ledger_save(d);
	if (d->accounts.save != NULL)
		event_free(d->accounts.save);
	drop(&d->accounts.clients);
	drop(&d->accounts.agents);
	policy_unref(&d->accounts.policy);
}

/* All of them: the host's, then those of clients, then those of agents. */
static void
each(struct accounts *accounts, void (*see)(struct accounts *accounts, struct day_account *a))
{
	struct day_account *a;
	size_t at = 0;

	see(accounts, &accounts->host);
	while ((a = map_next(&accounts->clients, &at)) != NULL)
		see(accounts, a);
	at = 0;
	while ((a = map_next(&accounts->agents, &at)) != NULL)
		see(accounts, a);
}

void
dispatch_set_policy(struct dispatch *d, struct policy *policy)
{
	policy_ref(policy);
	policy_unref(&d->accounts.policy);
	d->accounts.policy = policy;
	each(&d->accounts, set_limits);
}

/* ---- Finding ----------------------------------------------------------------------------------------------------- */

static struct day_account *
find(struct dispatch *d, struct map *map, const char *what, const char *name)
{
	struct day_account *a = map_get(map, name);
	char *copy;

	if (a != NULL)
		return a;
	a = xcalloc(1, sizeof(*a) + strlen(name) + 1);
	copy = (char *)(a + 1);
	strcpy(copy, name);
	a->name = copy;
	account_init(&a->account, what, NULL);
	set_limits(&d->accounts, a);
	watch_day_told(d, a);
	map_put(map, copy, a);
	return a;
}

struct day_account *
accounts_client(struct dispatch *d, const char *name)
{
	return find(d, &d->accounts.clients, "client", name);
}

struct day_account *
accounts_agent(struct dispatch *d, const char *name)
{
	return find(d, &d->accounts.agents, "agent", name);
}

struct account *
dispatch_client_account(struct dispatch *d, const char *client)
{
	return &accounts_client(d, client)->account;
}

struct account *
dispatch_host_account(struct dispatch *d)
{
	return &d->accounts.host.account;
}

/* ---- Days -------------------------------------------------------------------------------------------------------- */

static void
begin_day(struct accounts *accounts, struct day_account *a)
{
	memset(a->account.spent, 0, sizeof(a->account.spent));
	memset(a->saved, 0, sizeof(a->saved));
	memset(a->account.told, 0, sizeof(a->account.told));
	account_changed_all(&a->account);
	if (accounts->policy != NULL)
		watch_limits(&a->account, &accounts->policy->alerts_at);
}

void
accounts_next_day(struct dispatch *d, int64_t real_ns)
{
	struct accounts *accounts = &d->accounts;

	ledger_save(d);
	set_day(accounts, real_ns);
	each(accounts, begin_day);
}

/* It was spent from: the ledger is to be told. */
static void
touched(struct accounts *accounts, struct day_account *a)
{
	if (a->unsaved)
		return;
	a->unsaved = true;
	STAILQ_INSERT_TAIL(&accounts->unsaved, a, next);
}

/* ---- Beside a call ----------------------------------------------------------------------------------------------- */

/* Of a version that is not known: a case answers for the callee; the caller's is on record, and gone. */
static struct account *
agent_by_name(struct dispatch *d, const struct op *op)
{
	return &accounts_agent(d, op->kind == WIRE_OP_CALL ? op->target : op->caller->plugin)->account;
}

/* Of the callee, or of who asks for an effect; kept where the next call of that version finds it. */
static inline struct account *
agent_of(struct dispatch *d, const struct op *op)
{
	struct version *v = op->kind == WIRE_OP_CALL ? op->resolved : op->caller->version;

	if (v == NULL)
		return agent_by_name(d, op);
	if (v->account == NULL)
		v->account = &accounts_agent(d, v->name)->account;
	return v->account;
}

char *
account_of_day(const struct day_account *a)
{
	return a->name[0] == '\0' ? xstrdup("day") : xasprintf("%s %s", a->account.what, a->name);
}

char *
account_key(const struct day_account *a, enum quantity q)
{
	const char *last = q == QUANTITY_CALLS ? "calls" : q == QUANTITY_MONEY ? "money" : "cpu";

	if (a->name[0] == '\0')
		return xasprintf("day.%s", last);
	return is_agent(&a->account) ? xasprintf("limits.%s.day_%s", a->name, last) : xasprintf("clients.day_%s", last);
}

static int
refuse(const struct op *op, const struct account *at, enum quantity q, int64_t n, struct fault *why)
{
	const struct day_account *a = (const struct day_account *)at;
	_cleanup_(free_p) char *key = account_key(a, q);
	_cleanup_(free_p) char *whose =
	    a->name[0] == '\0' ? xstrdup("the day of this host") : xasprintf("the day of %s %s", at->what, a->name);
	_cleanup_(free_p) char *what_to_do = xasprintf("wait for midnight UTC, or give it more (`%s`)", key);

	budget_needs(why, op, at, q, n, whose, what_to_do);
	return GUARD_REFUSE;
}

/* CPU time is counted when a call has ended: with none left nothing is begun. */
static int
refuse_cpu(const struct op *op, const struct account *at, struct fault *why)
{
	const struct day_account *a = (const struct day_account *)at;
	_cleanup_(free_p) char *key = account_key(a, QUANTITY_CPU);
	_cleanup_(free_p) char *whose =
	    a->name[0] == '\0' ? xstrdup("this host") : xasprintf("%s %s", at->what, a->name);
	char used[BUDGET_TEXT], limit[BUDGET_TEXT];

	budget_number(QUANTITY_CPU, at->spent[QUANTITY_CPU], used);
	budget_number(QUANTITY_CPU, at->limit[QUANTITY_CPU], limit);
	return guard_refuse(why, HOSPES_EBUDGET,
	    "%s cannot begin: %s has used %s of CPU time today and may use %s; wait for midnight UTC, or give it more "
	    "(`%s`)",
	    op->target, whose, used, limit, key);
}

static bool
has_cpu(const struct account *a)
{
	return a->spent[QUANTITY_CPU] < a->limit[QUANTITY_CPU];
}

/* What costs nothing fits, also where a limit was lowered to less than was spent. */
static bool
fits(const struct account *a, enum quantity q, int64_t n)
{
	return n == 0 || n <= account_free(a, q);
}

static void
hold(struct account *a, int64_t calls, int64_t money)
{
	if (calls != 0)
		account_hold(a, QUANTITY_CALLS, calls);
	if (money != 0)
		account_hold(a, QUANTITY_MONEY, money);
}

/* The op does not fit into *at: those before it give back what they hold, and it says why. */
static int
has_no_room(struct op *op, struct account **at, struct fault *why)
{
	const struct account *a = *at;
	enum quantity q = QUANTITY_CALLS;

	*at = NULL;
	beside_release(op);
	if (!has_cpu(a))
		return refuse_cpu(op, a, why);
	if (fits(a, QUANTITY_CALLS, op->reserved_least[QUANTITY_CALLS]))
		q = QUANTITY_MONEY;
	return refuse(op, a, q, op->reserved_least[q], why);
}

/* Has any of them a limit of what the op takes? */
static bool
is_limited(const struct op *op)
{
	bool limited = false;

	for (struct account *const *at = op->beside; *at != NULL; at++) {
		limited |= (*at)->limit[QUANTITY_CPU] != NO_LIMIT;
		for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++)
			limited |= op->reserved_least[q] != 0 && (*at)->limit[q] != NO_LIMIT;
	}
	return limited;
}

static void
find_beside(struct dispatch *d, struct op *op, struct account *agent)
{
	struct account **at = op->beside;

	*at++ = agent;
	if (op->run->client_account != NULL)
		*at++ = op->run->client_account;
	*at++ = &d->accounts.host.account;
	*at = NULL;
}

int
beside_admit(struct dispatch *d, struct op *op, int64_t real_ns, struct fault *why)
{
	int64_t calls = op->reserved_least[QUANTITY_CALLS], money = op->reserved_least[QUANTITY_MONEY];

	accounts_at(d, real_ns);
	find_beside(d, op, agent_of(d, op));
	for (struct account **at = op->beside; *at != NULL; at++) {
		if (!has_cpu(*at) || !fits(*at, QUANTITY_CALLS, calls) || !fits(*at, QUANTITY_MONEY, money))
			return has_no_room(op, at, why);
		hold(*at, calls, money);
	}
	if (!d->accounts.incomplete || !is_limited(op))
		return GUARD_PASS;
	beside_release(op);
	return guard_wait(op, &d->budget_waiters);
}

void
beside_restore(struct dispatch *d, struct op *op)
{
	/* Of a call the agent is known before the version is. */
	find_beside(d, op, op->beside[0] != NULL ? op->beside[0] : agent_of(d, op));
	for (struct account **at = op->beside; *at != NULL; at++)
		hold(*at, op->reserved_least[QUANTITY_CALLS], op->reserved_least[QUANTITY_MONEY]);
}

void
beside_began(struct dispatch *d, const struct op *op)
{
	for (struct account *const *at = op->beside; *at != NULL; at++) {
		watch_day(d, *at, QUANTITY_CALLS);
		watch_day(d, *at, QUANTITY_MONEY);
	}
}

int
beside_admit_more(const struct op *op, int64_t micros, struct fault *why)
{
	for (struct account *const *at = op->beside; *at != NULL; at++) {
		if (!fits(*at, QUANTITY_MONEY, micros))
			return refuse(op, *at, QUANTITY_MONEY, micros, why);
	}
	return GUARD_PASS;
}

void
beside_hold_more(const struct op *op, int64_t micros)
{
	for (struct account *const *at = op->beside; *at != NULL; at++)
		account_hold(*at, QUANTITY_MONEY, micros);
}

void
beside_spend(struct dispatch *d, struct op *op, int64_t real_ns)
{
	/* A call that began costs what it was to cost. */
	int64_t calls = op->reserved_least[QUANTITY_CALLS], money = op->reserved_least[QUANTITY_MONEY];
	int64_t cost = op->kind == WIRE_OP_HTTP ? op->cost_micros : money;
	int64_t cpu_ns = op->callee == NULL ? 0 : op->callee->cpu_ns;

	if (op->beside[0] == NULL)
		return;
	accounts_at(d, real_ns);
	for (struct account **at = op->beside; *at != NULL; at++) {
		account_book(*at, QUANTITY_CALLS, calls, calls);
		if (money != 0)
			account_book(*at, QUANTITY_MONEY, money, cost);
		account_add(*at, QUANTITY_CPU, cpu_ns);
		watch_day(d, *at, QUANTITY_CPU);
		touched(&d->accounts, (struct day_account *)*at);
	}
	op->beside[0] = NULL;
	ledger_later(d);
}

void
beside_release(struct op *op)
{
	for (struct account **at = op->beside; *at != NULL; at++) {
		for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++)
			account_book(*at, q, op->reserved_least[q], 0);
	}
	op->beside[0] = NULL;
}

void
dispatch_resuming(struct dispatch *d, bool some)
{
	d->accounts.incomplete = some;
	if (!some)
		dispatch_wake_all(d, &d->budget_waiters);
}

/* ---- Shown ------------------------------------------------------------------------------------------------------- */

static json_t *
or_null(int64_t n)
{
	return n == NO_LIMIT ? json_null() : json_integer(n);
}

static void
tell(json_t *list, const struct day_account *a)
{
	static const char *const names[QUANTITIES] = {
	    [QUANTITY_CALLS] = "calls", [QUANTITY_MONEY] = "money_micros", [QUANTITY_CPU] = "cpu_ns"};
	json_t *json = json_pack("{s:s}", "what", a->account.what);

	if (a->name[0] != '\0')
		json_object_set_new(json, "name", json_string(a->name));
	for (enum quantity q = 0; q < QUANTITIES; q++) {
		json_t *one = json_pack("{s:I, s:I}", "reserved", (json_int_t)a->account.reserved[q], "spent",
		    (json_int_t)a->account.spent[q]);

		json_object_set_new(one, "limit", or_null(a->account.limit[q]));
		json_object_set_new(one, "left", or_null(account_room(&a->account, q)));
		if (a->account.told[q] > 0)
			json_object_set_new(one, "told", json_integer(a->account.told[q]));
		json_object_set_new(json, names[q], one);
	}
	json_array_append_new(list, json);
}

json_t *
dispatch_accounts(struct dispatch *d)
{
	json_t *list = json_array();
	const struct day_account *a;
	char day[CLOCK_TEXT];
	size_t at = 0;

	accounts_at(d, clock_real_ns());
	clock_format(d->accounts.day * DAY_NS, day);
	day[10] = '\0';
	tell(list, &d->accounts.host);
	while ((a = map_next(&d->accounts.clients, &at)) != NULL)
		tell(list, a);
	at = 0;
	while ((a = map_next(&d->accounts.agents, &at)) != NULL)
		tell(list, a);
	return json_pack("{s:s, s:o}", "day", day, "accounts", list);
}
