/* Values that each are allowed and do not go together.  Private to the room. */

#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H

#include "policy/policy.h"

/* The one that a host does not start with; false when there is something to tell. */
bool check_stacks(const struct policy *p, const char *path, policy_found *each, void *arg);

/* What has no effect, or more than the machine has. */
void check_values(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg);

/* Patterns of grants that let through nothing, or everything. */
void check_grants(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg);

/* A webhook that is not signed, or readable; a secret that a host would not take. */
void check_alerts(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg);

#endif
