/*
 * The ledger: what was spent each day, by the host, by each client, by each agent.  Private to the room.
 *
 * A second after something was spent a command says how much since the last one; the store adds it up.  What no command had told of
 * when the host ended is found in the journal behind the last one, where each call's end says what it cost: so nothing is lost and
 * nothing counted twice, and no call waits for the ledger.
 */

#ifndef DISPATCH_LEDGER_H
#define DISPATCH_LEDGER_H

#include "dispatch/accounts.h"

/* {"day": n, "host": [calls, micro-dollars, ns of CPU]?, "clients": {name: [...]}, "agents": {name: [...]}}, added up */
#define LEDGER_COMMAND "budget.spent"

#define LEDGER_DAYS_KEPT 400

#define DAY_NS (24 * 3600 * NS_PER_S)

/* Writes the command; `body` is borrowed. */
void ledger_tell(struct dispatch *d, const json_t *body);

/* A body in which nothing was spent yet. */
json_t *ledger_body(int64_t day);

/* Adds to one account in it: of "clients" or "agents", or with `of` NULL the host's. */
void ledger_add(json_t *body, const char *of, const char *name, const int64_t n[QUANTITIES]);

#endif
