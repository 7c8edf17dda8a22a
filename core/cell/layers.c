/* Names of the sandbox's layers, as `hospes doctor`, listings and faults show them. */

#include "cell/cell.h"

#include "base/util.h"

static const char *const names[] = {"uid", "net_ns", "pid_ns", "mount_ns", "ipc_ns", "cgroup", "rlimits", "caps",
    "no_new_privs", "landlock", "seccomp", "tsc", "readonly"};

const char *
sandbox_layer_name(enum sandbox_layer layer)
{
	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (layer == 1u << i)
			return names[i];
	return "unknown";
}
