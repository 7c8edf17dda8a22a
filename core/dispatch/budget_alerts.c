/*
 * Alerts of budgets: an account comes to so many per cent of its limit, as `alerts.at` says.
 *
 * What counts is what was spent and what is sure to be: of a call that has begun its own cost, of a share no more than that.
 * Each account tells of each of its quantities and per cents once: a run once and for all, the accounts of the day once a day.
 * Tasks tell of nothing, since what they may spend is a part of what the run may.
 */

#include <string.h>

#include "dispatch/accounts.h"
#include "dispatch/alert.h"
#include "dispatch/guard.h"

static const char *const whats[QUANTITIES] = {
    [QUANTITY_CALLS] = "calls", [QUANTITY_MONEY] = "money", [QUANTITY_CPU] = "cpu"};

static int64_t
used(const struct account *a, enum quantity q)
{
	return a->spent[q] + a->reserved[q] - a->returnable[q];
}

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
	}
}

static void
raise_one(struct dispatch *d, const struct account *a, enum quantity q, struct run *run, unsigned percent)
{
	const struct day_account *day = (const struct day_account *)a;
	_cleanup_(free_p) char *of = run != NULL ? xstrdup("run") : account_of_day(day);
	_cleanup_(free_p) char *key = run != NULL ? NULL : account_key(day, q);
	char spent[BUDGET_TEXT], limit[BUDGET_TEXT];
	_cleanup_(free_p) char *text = NULL;

	budget_number(q, used(a, q), spent);
	budget_number(q, a->limit[q], limit);
	text = run != NULL
		   ? xasprintf("%s has used %u %% of the %s of its run: %s of %s (--%s, `run.%s`)", run->target,
			 percent, q == QUANTITY_CPU ? "CPU time" : whats[q], spent, limit, whats[q], whats[q])
		   : xasprintf("the day of %s has used %u %% of its %s: %s of %s (`%s`)",
			 a == &d->accounts.host.account ? "this host" : of, percent, whats[q], spent, limit, key);
	alert_raise(d, &(struct alert){.kind = "budget",
			   .of = of,
			   .what = whats[q],
			   .limit = a->limit[q],
			   .spent = used(a, q),
			   .percent = percent,
			   .run = run,
			   .text = text,
			   .day = run != NULL ? 0 : d->accounts.day});
}

static void
tell(struct dispatch *d, struct account *a, enum quantity q, struct run *run, const struct policy_percents *at)
{
	unsigned percent;

	while ((percent = next_percent(a, q, at)) != 0 && used(a, q) >= amount_at(a->limit[q], percent)) {
		a->told[q] = (uint8_t)percent;
		raise_one(d, a, q, run, percent);
	}
	watch_limits(a, at);
}

void
watch_run(struct dispatch *d, struct run *run)
{
	struct account *a = &run->account;

	for (enum quantity q = 0; q < QUANTITIES; q++) {
		if (used(a, q) >= a->tell_at[q] && !run->from_record)
			tell(d, a, q, run, &run->policy->alerts_at);
	}
}

void
watch_day(struct dispatch *d, struct day_account *a)
{
	for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
		if (used(&a->account, q) >= a->account.tell_at[q])
			tell(d, &a->account, q, NULL, &d->accounts.policy->alerts_at);
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
		for (enum quantity q = 0; q < QUANTITIES_RESERVED; q++) {
			if (alert_was_raised(d, of, whats[q], at->at[i], d->accounts.day))
				a->account.told[q] = at->at[i];
		}
	}
	if (at != NULL)
		watch_limits(&a->account, at);
}

void
watch_restore(struct run *run, const struct record *rec)
{
	struct alert_said said;

	if (!alert_read(rec, &said) || strcmp(said.kind, "budget") != 0)
		return;
	for (enum quantity q = 0; q < QUANTITIES; q++) {
		if (strcmp(said.what, whats[q]) == 0 && said.percent <= 100 && said.percent > run->account.told[q])
			run->account.told[q] = (uint8_t)said.percent;
	}
	watch_limits(&run->account, &run->policy->alerts_at);
}
