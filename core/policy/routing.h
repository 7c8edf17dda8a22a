/* The entries of `routing`, made and freed.  Private to the room. */

#ifndef POLICY_ROUTING_H
#define POLICY_ROUTING_H

#include "base/buf.h"
#include "policy/policy.h"

#define ROUTES_MAX       256
#define ROUTE_WEIGHT_MAX 1000000

struct policy_route *route_add(struct policy *p);
void route_weigh(struct policy_route *route, const char *name, unsigned weight);
void routes_free(struct policy *p);

/* As one would write them. */
void routes_write(const struct policy *p, struct buf *out);

#endif
