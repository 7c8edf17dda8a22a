/* The ladder: what is done about a reply that did not pass its checks. */

#include "dispatch/stages.h"

bool
ladder_next(struct dispatch *d, struct op *op, const char *guard, const struct fault *why, struct payload *findings,
    struct stage *ret)
{
	(void)d, (void)op, (void)guard, (void)why, (void)findings, (void)ret;
	return false;
}
