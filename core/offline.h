/* What hospesd does to a state directory that no host uses: --backup and --restore. */

#ifndef OFFLINE_H
#define OFFLINE_H

#include "options.h"
#include "policy/policy.h"

/* Does it, prints what came of it as JSON, {"error": {"code", "message", "hint"}} when nothing did; the exit status. */
int offline_run(const struct options *options, struct policy *policy);

#endif
