/*
 * The accounts of many runs: of the host, of each client, of each agent, all for a day (UTC).
 *
 * They stand beside the chain of a call's accounts and are charged with what each call and each request costs by itself: the
 * agent's is that of who is called, and of who makes the request.  What was spent is
 * told to the ledger (ledger.c) and so survives the host; what is reserved comes back with the runs that hold it.  Limits are
 * those of the policy that is in force now, also for runs that began under another.
 *
 * Private to the room.
 */

#ifndef DISPATCH_ACCOUNTS_H
#define DISPATCH_ACCOUNTS_H

#include "dispatch/state.h"

struct fault;

/* ---- accounts.c -------------------------------------------------------------------------------------------------- */

void accounts_open(struct dispatch *d, struct policy *policy);
void accounts_close(struct dispatch *d);

struct day_account *accounts_client(struct dispatch *d, const char *name);
struct day_account *accounts_agent(struct dispatch *d, const char *name);

/* Another day has begun, at this time: all have spent nothing on it. */
void accounts_next_day(struct dispatch *d, int64_t real_ns);

/* It is this time: has another day begun? */
static inline void
accounts_at(struct dispatch *d, int64_t real_ns)
{
	if (real_ns >= d->accounts.day_ends_ns) /* a clock that was set back is let pass: the day that has begun goes on */
		accounts_next_day(d, real_ns);
}

/* The guard's: takes at each of them, at this time, what the op costs by itself, or nothing (enum guard_answer); the same from the
 * record, as it did fit. */
int beside_admit(struct dispatch *d, struct op *op, int64_t real_ns, struct fault *why);
void beside_restore(struct dispatch *d, struct op *op);

/* The op is on record: the alerts that are due with what it holds there. */
void beside_began(struct dispatch *d, const struct op *op);

/* So much money more, of an op that holds something there: is there room; it is taken. */
int beside_admit_more(const struct op *op, int64_t micros, struct fault *why);
void beside_hold_more(const struct op *op, int64_t micros);

/* It is given back, where it was not spent. */
void beside_release(struct op *op);

/* The call of the op, or the effect, has ended, by a record of this time that is appended next: what it has cost is spent. */
void beside_spend(struct dispatch *d, struct op *op, int64_t real_ns);

/* "day", "client uid:1000", "agent research"; the key of the configuration that sets its limit.  Allocated. */
char *account_of_day(const struct day_account *a);
char *account_key(const struct day_account *a, enum quantity q);

/* ---- budget_alerts.c --------------------------------------------------------------------------------------------- */

/* Its limits are these, or others than before: where the next alert is due. */
void watch_limits(struct account *a, const struct policy_percents *at);

/* An alert is due of this quantity: raises it. */
void watch_run_due(struct dispatch *d, struct run *run, enum quantity q);
void watch_day_due(struct dispatch *d, struct account *a, enum quantity q);

/* It has come further: raises what is due. */
static inline void
watch_run(struct dispatch *d, struct run *run, enum quantity q)
{
	if (run->account.due[q])
		watch_run_due(d, run, q);
}

static inline void
watch_day(struct dispatch *d, struct account *a, enum quantity q)
{
	if (a->due[q])
		watch_day_due(d, a, q);
}

/* A call has its account: does it tell of its shares?  Something was charged to the call, or to one above it: raises what is due;
 * only where run->watches_tasks. */
void watch_task_begins(struct call *call);
void watch_tasks(struct dispatch *d, struct call *call);

/* What was raised today before the host was started; what a record of the run says that was, of this call (NULL: it has ended)
 * where it has a path. */
void watch_day_told(struct dispatch *d, struct day_account *a);
void watch_restore(struct run *run, struct call *call, const struct record *rec);

/* ---- ledger.c ---------------------------------------------------------------------------------------------------- */

/* Soon; now. */
void ledger_later(struct dispatch *d);
void ledger_save(struct dispatch *d);

/* ---- guard_budget.c ---------------------------------------------------------------------------------------------- */

#define BUDGET_TEXT 48

/* "3", "$0.50", "1.500 s". */
void budget_number(enum quantity q, int64_t n, char out[BUDGET_TEXT]);

/* "a needs 3 calls and WHOSE has 1 of 10 left; WHAT TO DO": why an account is short. */
void budget_needs(struct fault *why, const struct op *op, const struct account *at, enum quantity q, int64_t most,
    const char *whose, const char *what_to_do);

#endif
