/*
 * Accounts: chains of them, and what is not asked for with every call.
 *
 * A reservation is all or nothing over the chain, so that two that run at once can never overspend together.
 */

#include "call/account.h"

void
account_init(struct account *a, const char *what, struct account *parent)
{
	*a = (struct account){.parent = parent, .what = what, .ends_real_ns = NO_LIMIT};
	for (int q = 0; q < QUANTITIES; q++)
		a->limit[q] = a->tell_at[q] = NO_LIMIT;
}

void
account_changed_all(struct account *a)
{
	for (enum quantity q = 0; q < QUANTITIES; q++)
		account_changed(a, q);
}

/* The next account that a reservation has to ask: none above one whose limit was reserved when it was opened. */
static struct account *
above(const struct account *a, enum quantity q)
{
	return a->prepaid[q] ? NULL : a->parent;
}

int64_t
account_room(const struct account *a, enum quantity q)
{
	int64_t left = account_free(a, q);

	return a->limit[q] == NO_LIMIT ? NO_LIMIT : left < 0 ? 0 : left;
}

/* It does not fit now: may it later, and which account is in the way? */
static enum account_answer
wait_or_never(struct account *from, enum quantity q, int64_t most, struct account **short_at)
{
	*short_at = NULL;
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		if (most <= account_free(a, q))
			continue;
		if (*short_at == NULL)
			*short_at = a;
		if (most > account_free(a, q) + a->returnable[q]) {
			*short_at = a;
			return ACCOUNT_NEVER;
		}
	}
	return ACCOUNT_WAIT;
}

static inline void
settle(struct account *a, enum quantity q, int64_t most, int64_t least, int64_t actual)
{
	assert(a->reserved[q] >= most);
	a->reserved[q] -= most;
	a->returnable[q] -= most - least;
	a->spent[q] += actual;
	if (actual != least) /* else as much is used as before */
		account_changed(a, q);
}

/* Takes at each what it comes to, so that the chain is walked once, and gives that back where one is short. */
enum account_answer
account_reserve(struct account *from, enum quantity q, int64_t most, int64_t least, struct account **short_at)
{
	assert(most >= least && least >= 0);
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		if (most > account_free(a, q)) {
			for (struct account *below = from; below != a; below = below->parent)
				settle(below, q, most, least, 0);
			return wait_or_never(from, q, most, short_at);
		}
		a->reserved[q] += most;
		a->returnable[q] += most - least;
		account_changed(a, q);
	}
	return ACCOUNT_TAKEN;
}

void
account_settle(struct account *from, enum quantity q, int64_t most, int64_t least, int64_t actual)
{
	for (struct account *a = from; a != NULL; a = above(a, q))
		settle(a, q, most, least, actual);
}

void
account_spend(struct account *from, enum quantity q, int64_t actual)
{
	for (struct account *a = from; a != NULL; a = above(a, q))
		account_add(a, q, actual);
}

struct account *
account_short(struct account *from, enum quantity q, int64_t most)
{
	for (struct account *a = from; a != NULL; a = above(a, q)) {
		if (most > account_free(a, q))
			return a;
	}
	return NULL;
}

int64_t
account_left(const struct account *from, enum quantity q)
{
	int64_t left = NO_LIMIT;

	for (const struct account *a = from; a != NULL; a = above(a, q)) {
		if (a->limit[q] != NO_LIMIT && account_free(a, q) < left)
			left = account_free(a, q);
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
