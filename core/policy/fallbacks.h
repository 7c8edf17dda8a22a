/* What stands in for agents that fail: the list `fallbacks`, made ready to be found by name.  Private to the room. */

#ifndef POLICY_FALLBACKS_H
#define POLICY_FALLBACKS_H

#include "policy/keys.h"
#include "policy/policy.h"

#define FALLBACKS_MAX     1000 /* entries */
#define FALLBACK_TO_MAX   16   /* of one entry, in order */
#define FALLBACK_TEXT_MAX 65536

/* Of an entry; of each member of its `to`. */
extern const struct key policy_fallback_keys[], policy_stand_in_keys[];

/* A new entry at the end; a new member at the end of its `to`. */
struct policy_fallback *fallback_add(struct policy *p);
struct policy_stand_in *fallback_add_to(struct policy_fallback *f);

/* The file was read: how entries are found. */
void fallbacks_compile(struct policy *p);

/* What does not go together, after that, and what can hardly be meant; false when there was a mistake. */
bool fallbacks_check(const struct policy *p, policy_found *each, void *arg);

/* All entries as one text, as one would write them, under "fallbacks". */
void fallbacks_write(const struct policy *p, json_t *to);

void fallbacks_free(struct policy *p);

#endif
