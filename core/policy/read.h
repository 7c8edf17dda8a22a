/* Reading a configuration file into a policy that has its defaults.  Private to the room. */

#ifndef POLICY_READ_H
#define POLICY_READ_H

#include "policy/policy.h"

/* bad_config: the sentence has file, line, key, what was found and what is allowed. */
int policy_read(const char *path, struct policy *p, struct fault *fault);

/* The same, with each mistake told; what it is about stays as it was. */
void policy_read_all(const char *path, struct policy *p, policy_found *each, void *arg);

/* What the file says of a plugin, made with the defaults at the first mention. */
struct policy_plugin *policy_plugin_of(struct policy *p, const char *name);

#endif
