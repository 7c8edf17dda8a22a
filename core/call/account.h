/*
 * Accounts: what a run, a task, a client, an agent and the host may still spend.
 *
 * An account has a limit for each quantity, what is spent and what is reserved.  Accounts form a chain: task within task
 * within run.  Reserving takes the worst case at every account up the chain at once or nothing at all; settling gives back
 * what was not used.  spent + reserved <= limit holds at every account at every instant.
 *
 * An account with `prepaid` set has had its whole limit reserved above it when it was opened: a reservation that starts
 * below ends there.
 *
 * Beside the chain are accounts of many runs: of a client, of an agent, of the host, each for a day.  They are charged with
 * what each call costs by itself, and each request that leaves the host, whatever share it was given: what a task has left
 * may still be more than the day has.
 *
 * CPU time is not reserved, since nobody knows what a call will use: it is spent as it is seen (account_spend), so an account
 * can have spent more of it than its limit, and nothing more is begun on it then.
 *
 * Whether an alert is due is asked at every account of every call, and is almost never so.  Hence each change of an account says
 * so anew (`due`), with the numbers at hand, and who asks looks at that alone.  Who writes into the numbers himself calls
 * account_changed, or account_changed_all.
 *
 * What each call does at each account stands here as inline functions.
 */

#ifndef CALL_ACCOUNT_H
#define CALL_ACCOUNT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quantity { QUANTITY_CALLS, QUANTITY_MONEY /* micro-dollars */, QUANTITY_CPU /* ns */, QUANTITIES };
#define QUANTITIES_RESERVED 2 /* those before CPU */
#define NO_LIMIT            INT64_MAX

/* Elapsed time passes for all alike, so it is not added up: an account has an end instead, and the nearest end of its chain
 * counts. */

struct account {
	struct account *parent;
	const char *what; /* "run", "task", "client", "agent", "host": for sentences */
	bool prepaid[QUANTITIES];
	bool due[QUANTITIES]; /* so much of it is used that an alert is due: used >= tell_at */
	int64_t limit[QUANTITIES];
	int64_t spent[QUANTITIES];
	int64_t reserved[QUANTITIES];
	/* the part of reserved that may come back: shares beyond what is sure to be spent */
	int64_t returnable[QUANTITIES];
	int64_t ends_real_ns; /* NO_LIMIT: none of its own */
	/* of dispatch/budget_alerts.c: where an alert is due next, and at how many per cent the last one was */
	int64_t tell_at[QUANTITIES]; /* NO_LIMIT: none is */
	uint8_t told[QUANTITIES];
};

enum account_answer { ACCOUNT_TAKEN, ACCOUNT_WAIT, ACCOUNT_NEVER };

/* An account without limits. */
void account_init(struct account *a, const char *what, struct account *parent);

/* ---- One account ------------------------------------------------------------------------------------------------- */

/* What was spent, and what is sure to be. */
static inline int64_t
account_used(const struct account *a, enum quantity q)
{
	return a->spent[q] + a->reserved[q] - a->returnable[q];
}

/* Something of this quantity was changed, be it tell_at: is an alert due? */
static inline void
account_changed(struct account *a, enum quantity q)
{
	a->due[q] = account_used(a, q) >= a->tell_at[q];
}

void account_changed_all(struct account *a);

/* What is free, below 0 where the limit was lowered since.  Where there is no limit, what can be counted is one. */
static inline int64_t
account_free(const struct account *a, enum quantity q)
{
	return a->limit[q] - a->spent[q] - a->reserved[q];
}

/* What a reservation takes at one account, and its end. */
static inline void
account_take(struct account *a, enum quantity q, int64_t most, int64_t least)
{
	a->reserved[q] += most;
	a->returnable[q] += most - least;
	account_changed(a, q);
}

static inline void
account_give(struct account *a, enum quantity q, int64_t most, int64_t least, int64_t actual)
{
	assert(a->reserved[q] >= most);
	a->reserved[q] -= most;
	a->returnable[q] -= most - least;
	a->spent[q] += actual;
	if (actual != least) /* else as much is used as before */
		account_changed(a, q);
}

/* The same at an account that stands beside a chain: all of it is sure to be spent. */
static inline void
account_hold(struct account *a, enum quantity q, int64_t n)
{
	account_take(a, q, n, n);
}

static inline void
account_book(struct account *a, enum quantity q, int64_t held, int64_t actual)
{
	account_give(a, q, held, held, actual);
}

/* What was used of a quantity that is not reserved. */
static inline void
account_add(struct account *a, enum quantity q, int64_t actual)
{
	if (__builtin_add_overflow(a->spent[q], actual, &a->spent[q]))
		a->spent[q] = INT64_MAX;
	account_changed(a, q);
}

/* What is free as people are told: never negative; NO_LIMIT where there is none. */
int64_t account_room(const struct account *a, enum quantity q);

/* ---- A chain ----------------------------------------------------------------------------------------------------- */

/* The next account that a reservation has to ask: none above one whose limit was reserved when it was opened. */
static inline struct account *
account_above(const struct account *a, enum quantity q)
{
	return a->prepaid[q] ? NULL : a->parent;
}

/* `at` is short: what those below it have taken is given back.  May it fit later? */
enum account_answer account_refuse(struct account *from, struct account *at, enum quantity q, int64_t most,
    int64_t least, struct account **short_at);

/*
 * Reserves `most` of a quantity from `from` upwards; `least` of it is sure to be spent.  ACCOUNT_NEVER, with *short_at
 * the account that is short, when it will not fit even if all that others hold comes back; ACCOUNT_WAIT when it may fit
 * once others settle.  Accounts of ancestors of the asker never give anything back while it waits, so what they hold
 * does not count as returnable: their accounts are exactly those on the chain, whose prepaid shares end the walk.
 *
 * Each takes it as it is asked, so that the chain is walked once.
 */
static inline enum account_answer
account_reserve(struct account *from, enum quantity q, int64_t most, int64_t least, struct account **short_at)
{
	assert(most >= least && least >= 0);
	for (struct account *a = from; a != NULL; a = account_above(a, q)) {
		if (most > account_free(a, q))
			return account_refuse(from, a, q, most, least, short_at);
		account_take(a, q, most, least);
	}
	return ACCOUNT_TAKEN;
}

/* Ends a reservation made with the same `most` and `least`: `actual` of it was spent. */
static inline void
account_settle(struct account *from, enum quantity q, int64_t most, int64_t least, int64_t actual)
{
	for (struct account *a = from; a != NULL; a = account_above(a, q))
		account_give(a, q, most, least, actual);
}

/* account_add at every account from `from` upwards. */
static inline void
account_spend(struct account *from, enum quantity q, int64_t actual)
{
	for (struct account *a = from; a != NULL; a = account_above(a, q))
		account_add(a, q, actual);
}

/* The nearest account, from `from` upwards, that has no room for so much now; NULL: all have. */
struct account *account_short(struct account *from, enum quantity q, int64_t most);

/* What is still free for `from`, over the chain. */
int64_t account_left(const struct account *from, enum quantity q);

/* The nearest end of the chain, and whose it is. */
static inline int64_t
account_ends(const struct account *from, const struct account **whose)
{
	int64_t ends = from->ends_real_ns;

	*whose = from;
	for (const struct account *a = from->parent; a != NULL; a = a->parent) {
		if (a->ends_real_ns < ends) {
			ends = a->ends_real_ns;
			*whose = a;
		}
	}
	return ends;
}

#endif
