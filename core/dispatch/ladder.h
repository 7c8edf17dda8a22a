/*
 * The ladder: what is done about a reply that is not grounded.  Private to the room.
 *
 * `on_fail` has its steps in their order: the same agent is asked again with what was found (`retries` times), another one is
 * asked (`escalate`), a human decides, the reply passes all the same, the op fails.  Where an op stands follows from the policy
 * and from what is on record of it: how many attempts the ladder has given it, and what a human has said of the reply at hand.
 * So a host that was killed goes on at the same rung.
 */

#ifndef DISPATCH_LADDER_H
#define DISPATCH_LADDER_H

#include "dispatch/state.h"
#include "policy/policy.h"

/* The step for a reply after `given` attempts by the ladder; `rejected`: a human has seen this reply, or there is none to be
 * seen, and so that step is over.  Pure. */
enum policy_step ladder_step(const struct policy_handoff *rule, unsigned given, bool rejected);

/* The reply of op->callee does not pass, and `why` and the findings say why not; `cause` is "grounding" or "confidence".
 * GUARD_PASS: it does all the same, as it is or as a human has edited it; GUARD_WAIT: a human is asked; GUARD_REFUSE: ladder_next
 * (stages.h) knows how the op goes on, and the findings have what a human said. */
int ladder_judge(struct dispatch *d, struct op *op, const char *cause, json_t *findings, struct fault *why);

#endif
