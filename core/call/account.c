/*
 * Accounts: what a run, a task, a client, an agent and the host may still spend.
 *
 * A reservation is all or nothing over the chain, so that two that run at once can never overspend together.
 */

#include "call/call.h"

#include <assert.h>

void
account_init(struct account *a, const char *what, struct account *parent)
{
	*a = (struct account){.parent = parent, .what = what, .ends_real_ns = NO_LIMIT};
	for (int q = 0; q < QUANTITIES; q++)
		a->limit[q] = a->tell_at[q] = NO_LIMIT;
}

/* The next account that a reservation has to ask: none above one whose limit was reserved when it was opened. */
static struct account *
above(const struct account *a, enum quantity q)
{
	return a->prepaid[q] ? NULL : a->parent;
}

/* Where there is no limit, what can be counted is one. */
static int64_t
room(const struct account *a, enum quantity q)
{
	return a->limit[q] - a->spent[q] - a->reserved[q];
}

int64_t
account_room(const struct account *a, enum quantity q)
{
	int64_t left = room(a, q);

	return a->limit[q] == NO_LIMIT ? NO_LIMIT : left < 0 ? 0 : left;
}

enum account_answer
account_reserve(struct account *from, enum quantity q, int64_t most, int64_t least, struct account **short_at)
{
	enum account_answer answer = ACCOUNT_TAKEN;

	assert(most >= least && least >= 0);
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		int64_t left = room(a, q);

		if (most <= left)
			continue;
		if (answer == ACCOUNT_TAKEN)
			*short_at = a;
		answer = ACCOUNT_WAIT;
		if (most > left + a->returnable[q]) {
			*short_at = a;
			return ACCOUNT_NEVER;
		}
	}
	if (answer != ACCOUNT_TAKEN)
		return answer;
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		a->reserved[q] += most;
		a->returnable[q] += most - least;
	}
	return ACCOUNT_TAKEN;
}

void
account_settle(struct account *from, enum quantity q, int64_t most, int64_t least, int64_t actual)
{
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		assert(a->reserved[q] >= most);
		a->reserved[q] -= most;
		a->returnable[q] -= most - least;
		a->spent[q] += actual;
	}
}

void
account_spend(struct account *from, enum quantity q, int64_t actual)
{
	for (struct account *a = from; a != NULL; a = above(a, q))
		account_add(a, q, actual);
}

void
account_add(struct account *a, enum quantity q, int64_t actual)
{
	if (__builtin_add_overflow(a->spent[q], actual, &a->spent[q]))
		a->spent[q] = INT64_MAX;
}

bool
account_fits(const struct account *a, enum quantity q, int64_t n)
{
	return n <= room(a, q);
}

void
account_hold(struct account *a, enum quantity q, int64_t n)
{
	a->reserved[q] += n;
}

void
account_book(struct account *a, enum quantity q, int64_t held, int64_t actual)
{
	assert(a->reserved[q] >= held);
	a->reserved[q] -= held;
	a->spent[q] += actual;
}

struct account *
account_short(struct account *from, enum quantity q, int64_t most)
{
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		if (room(a, q) < most)
			return a;
	}
	return NULL;
}

int64_t
account_left(const struct account *from, enum quantity q)
{
	int64_t left = NO_LIMIT;

	for (const struct account *a = from; a != NULL; a = above(a, q)) {
		if (a->limit[q] != NO_LIMIT && room(a, q) < left)
			left = room(a, q);
	}
	return left;
}

int64_t
account_ends(const struct account *from, const struct account **whose)
{
	int64_t ends = NO_LIMIT;

	for (const struct account *a = from; a != NULL; a = a->parent) {
		if (a->ends_real_ns < ends) {
			ends = a->ends_real_ns;
			*whose = a;
		}
	}
	return ends;
}
