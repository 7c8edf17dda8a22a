/*
 * Patterns that let through nothing, or everything.
 *
 * Either is allowed.  The first is mostly a slip of the pen: an address of this machine without `private`, or the same
 * pattern twice; the second should be meant by whoever writes it.
 */

#include "policy/check.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "policy/match.h"

struct grants {
	const struct policy *policy;
	const struct policy_plugin *plugin;
	const struct policy_check_options *options;
	policy_found *each;
	void *arg;
};

static void
tell(const struct grants *g, const char *name, const char *pattern, const char *what, const char *allowed)
{
	_cleanup_(free_p) char *key = xasprintf("grants.%s.%s", g->plugin->name, name);
	_cleanup_(free_p) char *text = xasprintf("found \"%s\", %s; %s", pattern, what, allowed);

	if (policy_place(g->policy, key)[0] != '\0')
		g->each(&(struct policy_finding){.at = policy_place(g->policy, key),
			    .key = key,
			    .text = text,
			    .found = pattern,
			    .allowed = allowed},
		    g->arg);
}

static void
check_special(const struct grants *g, const char *pattern, const struct url_pattern *p)
{
	_cleanup_(free_p) char *host = xstrndup(p->host, p->host_len);
	const char *special = g->options->special != NULL ? g->options->special(host) : NULL;
	_cleanup_(free_p) char *what = NULL;

	if (special == NULL)
		return;
	what = xasprintf("%s, which without `private = true` lets nothing through", special);
	tell(g, "http", pattern, what, "set `private = true` beside it, or take it out");
}

static void
check_http(const struct grants *g, const char *pattern)
{
	struct url_pattern p;

	if (!url_pattern_read(pattern, &p))
		return;
	if (p.any || p.host_any)
		tell(g, "http", pattern,
		    g->plugin->http_private ? "which is every host, private ones too" : "which is every public host",
		    "name the hosts that it needs, e.g. \"https://*.example.org\"");
	else if (!g->plugin->http_private)
		check_special(g, pattern, &p);
}

static bool
was_before(char *const *list, char *const *at)
{
	for (; list < at; list++)
		if (strcmp(*list, *at) == 0)
			return true;
	return false;
}

static void
check_list(const struct grants *g, const char *name, char *const *list,
    void (*check)(const struct grants *g, const char *text))
{
	for (char *const *at = list; at != NULL && *at != NULL; at++) {
		if (was_before(list, at))
			tell(g, name, *at, "which stands there twice", "once is enough");
		else
			check(g, *at);
	}
}

static void
check_space(const struct grants *g, const char *pattern)
{
	if (pattern[strspn(pattern, "*")] == '\0')
		tell(g, "memory", pattern, "which is every space of the client", "name the spaces that it needs");
}

/* What a need of the notes can be is known; a pattern of one that cannot be lets through nothing. */
static void
check_need(const struct grants *g, const char *pattern)
{
	const char *rest = strchr(pattern, ':') + 1;

	if (strncmp(pattern, "call:", 5) != 0 || strchr(rest, '*') != NULL || strncmp(rest, "cap:", 4) == 0)
		return;
	if (rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
		tell(g, "needs", pattern, "which no plugin can be called",
		    "names are [a-z][a-z0-9-]*; capabilities are \"call:cap:NAME\"");
}

void
check_grants(const struct policy *p, const struct policy_check_options *options, policy_found *each, void *arg)
{
	const struct policy_plugin *plugin;
	size_t at = 0;

	while ((plugin = map_next(&p->plugins, &at)) != NULL) {
		const struct grants g = {.policy = p, .plugin = plugin, .options = options, .each = each, .arg = arg};

		check_list(&g, "http", plugin->http, check_http);
		check_list(&g, "memory", plugin->memory, check_space);
		check_list(&g, "needs", plugin->needs, check_need);
		if (plugin->http_private && plugin->http[0] == NULL)
			tell(&g, "private", "true", "which without patterns in `http` lets nothing through",
			    "set `http` beside it, or take it out");
	}
}
