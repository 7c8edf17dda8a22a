/* What the operator says of clients: the list `clients`.  Private to the room. */

#ifndef POLICY_CLIENTS_H
#define POLICY_CLIENTS_H

#include "policy/keys.h"
#include "policy/policy.h"

#define CLIENTS_MAX 1000

/* Of an entry. */
extern const struct key policy_client_keys[];

/* A new entry at the end, with the defaults. */
struct policy_client *client_add(struct policy *p);

/* The file was read: what entries lack, and which come twice; false when there was something to tell. */
bool clients_check(const struct policy *p, policy_found *each, void *arg);

/* All entries as one text, as one would write them, under "clients". */
void clients_write(const struct policy *p, json_t *to);

void clients_free(struct policy *p);

#endif
