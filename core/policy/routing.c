/* How one is chosen of those that offer a capability: the list `routing`. */

#include "policy/routing.h"

#include <string.h>

#include "base/util.h"
#include "policy/keys.h"
#include "policy/value.h"

struct policy_route *
route_add(struct policy *p)
{
	struct policy_route *route;

	p->routes = xrealloc(p->routes, (p->n_routes + 1) * sizeof *p->routes);
	route = &p->routes[p->n_routes++];
	*route = (struct policy_route){0};
	value_preset(policy_route_keys, route);
	return route;
}

void
route_weigh(struct policy_route *route, const char *name, unsigned weight)
{
	route->weights = xrealloc(route->weights, (route->n_weights + 1) * sizeof *route->weights);
	route->weights[route->n_weights++] = (struct policy_weight){.name = xstrdup(name), .weight = weight};
}

void
routes_free(struct policy *p)
{
	for (unsigned i = 0; i < p->n_routes; i++) {
		struct policy_route *route = &p->routes[i];

		for (unsigned k = 0; k < route->n_weights; k++)
			free(route->weights[k].name);
		free(route->weights);
		free(route->at);
		value_clear(policy_route_keys, route);
	}
	free(p->routes);
	p->routes = NULL;
	p->n_routes = 0;
}

static void
route_write(const struct policy_route *route, struct buf *out)
{
	buf_printf(out, " { capability = \"%s\"; policy = \"%s\";", route->capability == NULL ? "" : route->capability,
	    policy_routings[route->by]);
	if (route->n_weights > 0)
		buf_appends(out, " weights: {");
	for (unsigned i = 0; i < route->n_weights; i++)
		buf_printf(out, " %s = %u;", route->weights[i].name, route->weights[i].weight);
	buf_appends(out, route->n_weights > 0 ? " }; }" : " }");
}

void
routes_write(const struct policy *p, struct buf *out)
{
	buf_appends(out, "(");
	for (unsigned i = 0; i < p->n_routes; i++) {
		buf_appends(out, i > 0 ? "," : "");
		route_write(&p->routes[i], out);
	}
	buf_appends(out, " )");
}

const struct policy_route *
policy_route(const struct policy *p, const char *capability)
{
	for (unsigned i = 0; i < p->n_routes; i++) {
		if (p->routes[i].capability != NULL && policy_match(p->routes[i].capability, capability))
			return &p->routes[i];
	}
	return NULL;
}

unsigned
policy_weight(const struct policy_route *route, const char *name)
{
	for (unsigned i = 0; i < route->n_weights; i++) {
		if (strcmp(route->weights[i].name, name) == 0)
			return route->weights[i].weight;
	}
	return 1;
}
