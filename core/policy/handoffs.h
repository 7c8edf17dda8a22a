/*
 * What replies have to pass on their way: `grounding.NAME` and the list `handoffs`, made ready for a call to find its rule.
 * Private to the room.
 */

#ifndef POLICY_HANDOFFS_H
#define POLICY_HANDOFFS_H

#include "policy/policy.h"

#define HANDOFFS_MAX 1000

/* A new entry at the end, with the defaults. */
struct policy_handoff *handoff_add(struct policy *p);

/* The file was read: fills in what entries leave out, and how they are found. */
void handoffs_compile(struct policy *p);

/* What does not go together, after that; false when there was something to tell. */
bool handoffs_check(const struct policy *p, policy_found *each, void *arg);

/* All entries as one text, as one would write them, under "handoffs". */
void handoffs_write(const struct policy *p, json_t *to);

void handoffs_forget(struct policy_plugin *plugin); /* what was found for it */
void handoffs_free(struct policy *p);

#endif
