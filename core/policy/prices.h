/* The entries of `prices`, made, checked and freed.  Private to the room. */

#ifndef POLICY_PRICES_H
#define POLICY_PRICES_H

#include "base/buf.h"
#include "policy/keys.h"
#include "policy/policy.h"

#define PRICES_MAX 1000

/* Of an entry. */
extern const struct key policy_price_keys[];

/* A new entry at the end, which says nothing yet. */
struct policy_price *price_add(struct policy *p);

/* The file was read: what entries lack; false when there was something to tell. */
bool prices_check(const struct policy *p, policy_found *each, void *arg);

/* All entries as one text, as one would write them, under "prices". */
void prices_write(const struct policy *p, json_t *to);

void prices_free(struct policy *p);

#endif
