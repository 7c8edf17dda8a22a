/*
 * Who offers a capability, known by what was asked for.
 *
 * A host may know ten thousand plugins, and a call by capability walks none of them: an answer is kept until a name means another
 * version.  What is asked for may come from any plugin, so there is a bound to answers, and to what they have in them.
 */

#include "registry/state.h"

#include <string.h>

#define CAPABLE_KEPT     1024u
#define CAPABLE_VERSIONS 65536u /* in all answers together, and what one of them has */

struct capable {
	struct version *
	    *versions; /* active ones, sorted by name; borrowed, as nothing of them changes while this is here */
	size_t n;
	char asked[];
};

void
capable_forget(struct registry *r)
{
	struct capable *c;
	size_t at = 0;

	if (r->n_capable == 0)
		return;
	while ((c = map_next(&r->capable, &at)) != NULL) {
		free(c->versions);
		free(c);
	}
	map_free(&r->capable);
	r->n_capable = 0;
	r->capable_versions = 0;
}

/* Checks and tools are found by name only: a question for a capability is a question for somebody who does the work. */
static bool
offers(const struct version *v, const char *capability)
{
	if (v->kind != PLUGIN_AGENT && v->kind != PLUGIN_STRATEGY)
		return false;
	for (char **offered = v->capabilities; *offered != NULL; offered++) {
		if (policy_match(capability, *offered))
			return true;
	}
	return false;
}

static struct capable *
look(struct registry *r, const char *capability)
{
	struct capable *c = xcalloc(1, sizeof *c + strlen(capability) + 1);
	size_t cap = 0;

	strcpy(c->asked, capability);
	for (size_t i = 0; i < r->n_plugins; i++) {
		struct version *v = registry_object(r, r->plugins[i]->alias.active);

		if (v == NULL || !offers(v, capability))
			continue;
		if (c->n == cap) {
			cap = cap == 0 ? 4 : 2 * cap;
			c->versions = xrealloc(c->versions, cap * sizeof *c->versions);
		}
		c->versions[c->n++] = v;
	}
	if (r->n_capable == CAPABLE_KEPT || r->capable_versions > CAPABLE_VERSIONS)
		capable_forget(r);
	r->capable_versions += c->n;
	map_put(&r->capable, c->asked, c);
	r->n_capable++;
	return c;
}

size_t
registry_capables(struct registry *r, const char *capability, struct version *const **ret)
{
	const struct capable *c = map_get(&r->capable, capability);

	if (c == NULL)
		c = look(r, capability);
	*ret = c->versions;
	return c->n;
}
