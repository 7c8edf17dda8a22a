/* The op FIND: who offers a capability, as it stood when it was asked. */

#include "base/json.h"
#include "dispatch/state.h"

static void
find_begin(struct dispatch *d, struct op *op)
{
	_cleanup_(json_p) json_t *names = registry_find(d->registry, op->target);

	pipeline_complete(d, op, 0, json_payload(names), 1);
}

const struct executor executor_find = {.name = "find", .outside = true, .begin = find_begin};
