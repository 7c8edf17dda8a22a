/*
 * GET /v1/policy: the configuration as it is in force, and what api keeps of it.
 *
 * Settings of plugins may be secrets, so only the host's own user and root are told.
 */

#include "config.h"

#include <unistd.h>

#include "api/serve.h"

void
api_set_policy(struct api *a, struct policy *policy)
{
	policy_ref(policy);
	policy_unref(&a->policy);
	a->policy = policy;
}

void
handle_policy(struct exchange *x)
{
	if (!exchange_of_owner(x)) {
		reply_error(x, 403, HOSPES_EPERM,
		    "the configuration may have secrets of plugins: root is told it, and uid %u, as which the host "
		    "runs",
		    (unsigned)geteuid());
		return;
	}
	reply_json(x, 200, policy_texts(x->api->policy));
}
