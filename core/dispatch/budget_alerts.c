/*
 * Alerts of budgets: an account comes to so many per cent of its limit, as `alerts.at` says.
 *
 * What counts is what was spent and what is sure to be: of a call that has begun its own cost, of a share no more than that.
 * Each account tells of each of its quantities and per cents once: a run and a task once and for all, the accounts of the day
 * once a day.
 *
 * A task has an account of its own where its caller gave it a share; a part of what is left, which the members of a group get
 * without being asked, is none.  That it begins is no news: what the share has lost by that is never told.  A run may have a
 * hundred thousand tasks, and nobody reads as many alerts: past TASKS_TOLD one more says that there are others, and none is
 * looked at any longer.
 */

#include <string.h>

#include "dispatch/accounts.h"
#include "dispatch/alert.h"
#include "dispatch/guard.h"

#define TASKS_TOLD 60u /* alerts of the tasks of one run */
#define ALL_TOLD   100
#define OF_MORE    "tasks"

static const char *const whats[QUANTITIES] = {
    [QUANTITY_CALLS] = "calls", [QUANTITY_MONEY] = "money", [QUANTITY_CPU] = "cpu"};

/* The least per cent that was not told yet; 0: there is none. */
static unsigned
next_percent(const struct account *a, enum quantity q, const struct policy_percents *at)
{
	for (unsigned i = 0; i < at->n; i++) {
		if (at->at[i] > a->told[q])
			return at->at[i];
	}
	return 0;
}

static int64_t
amount_at(int64_t limit, unsigned percent)
{
	return (int64_t)(((__int128)limit * percent + 99) / 100);
}

void
watch_limits(struct account *a, const struct policy_percents *at)
{
	for (enum quantity q = 0; q < QUANTITIES; q++) {
		unsigned percent = next_percent(a, q, at);

		a->tell_at[q] = percent == 0 || a->limit[q] == NO_LIMIT || a->limit[q] <= 0
				    ? NO_LIMIT
				    : amount_at(a->limit[q], percent);
		account_changed(a, q);
	}
}

static void
raise_one(struct dispatch *d, const struct account *a, enum quantity q, struct run *run, unsigned percent)
{
	const struct day_account *day = (const struct day_account *)a;
	_cleanup_(free_p) char *of = run != NULL ? xstrdup("run") : account_of_day(day);
	_cleanup_(free_p) char *key = run != NULL ? NULL : account_key(day, q);
	const char *what = q == QUANTITY_CPU ? "CPU time" : whats[q];
	char spent[BUDGET_TEXT], limit[BUDGET_TEXT];
	_cleanup_(free_p) char *text = NULL;

	budget_number(q, account_used(a, q), spent);
	budget_number(q, a->limit[q], limit);
	text = run != NULL
		   ? xasprintf("%s has used %u %% of the %s of its run: %s of %s (--%s, `run.%s`)", run->target,
			 percent, what, spent, limit, whats[q], whats[q])
		   : xasprintf("the day of %s has used %u %% of its %s: %s of %s (`%s`)",
			 a == &d->accounts.host.account ? "this host" : of, percent, what, spent, limit, key);
	alert_raise(d, &(struct alert){.kind = "budget",
			   .of = of,
			   .what = whats[q],
			   .limit = a->limit[q],
			   .spent = account_used(a, q),
			   .percent = percent,
			   .run = run,
			   .text = text,
			   .day = run != NULL ? 0 : d->accounts.day});
}

/* The account has come to the next per cent, which is told with that; 0: it has not. */
static unsigned
reached(struct account *a, enum quantity q, const struct policy_percents *at)
{
	unsigned percent = next_percent(a, q, at);

	if (percent == 0 || account_used(a, q) < amount_at(a->limit[q], percent))
		return 0;
	a->told[q] = (uint8_t)percent;
	return percent;
}

static void
tell(struct dispatch *d, struct account *a, enum quantity q, struct run *run, const struct policy_percents *at)
{
	unsigned percent;

	while ((percent = reached(a, q, at)) != 0)
		raise_one(d, a, q, run, percent);
	watch_limits(a, at);
}

void
watch_run_due(struct dispatch *d, struct run *run, enum quantity q)
{
	if (!run->from_record)
		tell(d, &run->account, q, run, &run->policy->alerts_at);
}

void
watch_day_due(struct dispatch *d, struct account *a, enum quantity q)
{
	tell(d, a, q, NULL, &d->accounts.policy->alerts_at);
}

/* ---- Tasks ------------------------------------------------------------------------------------------------------- */

void
watch_task_begins(struct call *call)
{
	const struct policy_percents *at = &call->run->policy->alerts_at;
	struct account *a = &call->account;

	if (call->run->tasks_told > TASKS_TOLD)
		return;
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		if (q == QUANTITY_CALLS && call->op->parted)
			a->told[q] = ALL_TOLD;
		if (!a->prepaid[q])
			continue;
		while (reached(a, q, at) != 0)
			; /* by that it begins */
		call->run->watches_tasks |= next_percent(a, q, at) != 0;
	}
	watch_limits(a, at);
}

static void
raise_of_task(struct dispatch *d, const struct call *call, enum quantity q, unsigned percent)
{
	const struct account *a = &call->account;
	_cleanup_(free_p) char *of = xasprintf("task %s", call->path), *text = NULL;
	char spent[BUDGET_TEXT], limit[BUDGET_TEXT];

	budget_number(q, account_used(a, q), spent);
	budget_number(q, a->limit[q], limit);
	text = xasprintf(
	    "%s, call %s of its run, has used %u %% of its share of %s: %s of %s (%s, which its caller gave it)",
	    call->plugin, call->path, percent, whats[q], spent, limit,
	    q == QUANTITY_CALLS ? "budget_calls" : "money_micros");
	alert_raise(d, &(struct alert){.kind = "budget",
			   .of = of,
			   .what = whats[q],
			   .limit = a->limit[q],
			   .spent = account_used(a, q),
			   .percent = percent,
			   .run = call->run,
			   .call = call,
			   .text = text});
}

static void
raise_of_more(struct dispatch *d, struct run *run)
{
	_cleanup_(free_p) char *text =
	    xasprintf("tasks of this run have come to so much of their shares %u times; what others come to is told by "
		      "`hospes budget %s` alone",
		TASKS_TOLD, run->id_text);

	run->watches_tasks = false;
	alert_raise(d, &(struct alert){.kind = "budget", .of = OF_MORE, .what = "more", .run = run, .text = text});
}

static void
tell_of_task(struct dispatch *d, struct call *call, enum quantity q)
{
	const struct policy_percents *at = &call->run->policy->alerts_at;
	struct run *run = call->run;
	unsigned percent;

	while (run->watches_tasks && (percent = reached(&call->account, q, at)) != 0) {
		if (++run->tasks_told > TASKS_TOLD)
			raise_of_more(d, run);
		else
			raise_of_task(d, call, q, percent);
	}
	watch_limits(&call->account, at);
}

/* The nearest share is all that a call below it is charged to. */
void
watch_tasks(struct dispatch *d, struct call *call)
{
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		struct call *c = call;

		while (c != NULL && !c->account.prepaid[q])
			c = call_parent(c);
		/* Of one that has ended already there is nothing left to look after. */
		if (c != NULL && c->account.due[q] && c->op->callee == c)
			tell_of_task(d, c, q);
	}
}

/* ---- What was told before ---------------------------------------------------------------------------------------- */

void
watch_day_told(struct dispatch *d, struct day_account *a)
{
	const struct policy_percents *at = d->accounts.policy == NULL ? NULL : &d->accounts.policy->alerts_at;
	_cleanup_(free_p) char *of = account_of_day(a);

	memset(a->account.told, 0, sizeof(a->account.told));
	for (unsigned i = 0; at != NULL && i < at->n; i++) {
		for (enum quantity q = 0; q < QUANTITIES; q++) {
			if (alert_was_raised(d, of, whats[q], at->at[i], d->accounts.day))
				a->account.told[q] = at->at[i];
		}
	}
	if (at != NULL)
		watch_limits(&a->account, at);
}

/* What has ended needs no more than to be counted. */
static void
restore_task(struct run *run, struct call *call, enum quantity q, unsigned percent)
{
	run->tasks_told++;
	if (call != NULL && percent > call->account.told[q]) {
		call->account.told[q] = (uint8_t)percent;
		watch_limits(&call->account, &run->policy->alerts_at);
	}
}

void
watch_restore(struct run *run, struct call *call, const struct record *rec)
{
	struct alert_said said;

	if (!alert_read(rec, &said) || strcmp(said.kind, "budget") != 0)
		return;
	if (strcmp(said.of, OF_MORE) == 0) {
		run->tasks_told = TASKS_TOLD + 1;
		run->watches_tasks = false;
	}
	for (enum quantity q = 0; q < QUANTITIES; q++) {
		if (strcmp(said.what, whats[q]) != 0 || said.percent > ALL_TOLD)
			continue;
		if (record_find(rec, TAG_PATH) != NULL)
			restore_task(run, call, q, said.percent);
		else if (said.percent > run->account.told[q])
			run->account.told[q] = (uint8_t)said.percent;
	}
	watch_limits(&run->account, &run->policy->alerts_at);
}
