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

int64_t
account_room(const struct account *a, enum quantity q)
{
	int64_t left = account_free(a, q);

	return a->limit[q] == NO_LIMIT ? NO_LIMIT : left < 0 ? 0 : left;
}

enum account_answer
account_refuse(struct account *from, struct account *at, enum quantity q, int64_t most, int64_t least,
    struct account **short_at)
{
	for (struct account *a = from; a != at; a = a->parent)
		account_give(a, q, most, least, 0);
	*short_at = at;
	for (struct account *a = at; a != NULL; a = account_above(a, q)) {
		if (most > account_free(a, q) + a->returnable[q]) {
			*short_at = a;
			return ACCOUNT_NEVER;
		}
	}
	return ACCOUNT_WAIT;
}

struct account *
account_short(struct account *from, enum quantity q, int64_t most)
{
	for (struct account *a = from; a != NULL; a = account_above(a, q)) {
		if (most > account_free(a, q))
			return a;
	}
	return NULL;
}

int64_t
account_left(const struct account *from, enum quantity q)
{
	int64_t left = NO_LIMIT;

	for (const struct account *a = from; a != NULL; a = account_above(a, q)) {
		if (a->limit[q] != NO_LIMIT && account_free(a, q) < left)
			left = account_free(a, q);
	}
	return left;
}
