/*
 * Guard: permission.
 *
 * A plugin may do what its notes declare, narrowed by the operator's policy, and nothing else.  Calls and look-ups need a
 * `call:` note; HTTP needs an `http:` note and a grant in the policy, because it reaches outside the host; memory other than
 * the plugin's own needs a `memory:` note, and a grant as well unless it is what the client gave this run to read.  Under
 * `hospes dev` what is declared counts as granted, save private addresses.
 *
 * A check looks at what others have said and asks nobody: it may not call, whatever its notes say.  What the operator
 * names as a check has to be one, or the word would say nothing of what it may do.
 *
 * A root op is the client's, whom the socket has admitted.
 */

#include <string.h>

#include "dispatch/guard.h"

static bool
begins(const char *text, const char *prefix, const char **rest)
{
	size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0)
		return false;
	*rest = text + len;
	return true;
}

/* Does the policy leave a declared need standing? */
static bool
allowed(const struct policy_plugin *plugin, const char *need)
{
	if (plugin->needs == NULL)
		return true;
	for (char **n = plugin->needs; *n != NULL; n++) {
		if (policy_match(*n, need))
			return true;
	}
	return false;
}

static bool
offers(const struct version *callee, const char *pattern)
{
	for (char **c = callee == NULL ? NULL : callee->capabilities; c != NULL && *c != NULL; c++) {
		if (policy_match(pattern, *c))
			return true;
	}
	return false;
}

/* One declared need against a call or a look-up.  An agent may be called by its name when one of its capabilities is
 * declared: that is what hospes_find is for. */
static bool
covers(const char *need, const struct op *op)
{
	const char *declared, *pattern, *asked;

	if (!begins(need, "call:", &declared))
		return false;
	if (!begins(declared, "cap:", &pattern))
		return op->kind == WIRE_OP_CALL && policy_match(declared, op->target);
	if (op->kind == WIRE_OP_FIND)
		return strcmp(pattern, op->target) == 0 || policy_match(pattern, op->target);
	if (begins(op->target, "cap:", &asked))
		return policy_match(pattern, asked);
	return offers(op->resolved, pattern);
}

static int
admit_call(struct op *op, struct fault *why)
{
	const struct version *caller = op->caller->version;
	const struct policy_plugin *plugin = op->caller->rules;
	struct met *met = op->by_name ? resolve_met(op) : NULL;

	if (caller->kind == PLUGIN_CHECK)
		return guard_refuse(why, HOSPES_EPERM,
		    "%s may not %s %s: a check asks nobody; it may look at memory, and at HTTP where that is granted",
		    caller->name, op->kind == WIRE_OP_CALL ? "call" : "look for", op->target);
	/* For one caller it is the same every time: the needs are those of its version, what is granted that of its run. */
	if (met != NULL && met->may)
		return GUARD_PASS;
	for (char **need = caller->needs; need != NULL && *need != NULL; need++) {
		if (covers(*need, op) && allowed(plugin, *need)) {
			if (met != NULL)
				met->may = true;
			return GUARD_PASS;
		}
	}
	return guard_refuse(why, HOSPES_EPERM,
	    "%s may not call %s: its notes would have to say \"call:%s\" (HOSPES_NEEDS), and grants.%s.needs, "
	    "where the configuration has it, to allow that",
	    caller->name, op->target, op->target, caller->name);
}

bool
permission_http(const struct call *caller, const struct http_request *request, bool *private, struct fault *why)
{
	const struct version *v = caller->version;
	const struct policy *policy = caller->run->policy;
	const struct policy_plugin *plugin = policy_plugin(policy, v->name);
	bool declared = false, granted = false;
	const char *pattern;

	for (char **need = v->needs; need != NULL && *need != NULL; need++) {
		declared |= begins(*need, "http:", &pattern) && allowed(plugin, *need) &&
			    policy_http(pattern, request->scheme, request->host, request->port, request->path);
	}
	for (char **grant = plugin->http; grant != NULL && *grant != NULL; grant++)
		granted |= policy_http(*grant, request->scheme, request->host, request->port, request->path);
	/* What only `hospes dev` grants is public. */
	*private = granted && plugin->http_private;
	granted |= policy->dev;
	if (!declared)
		fault_set(why, HOSPES_EPERM, "%s may not reach %s: no \"http:\" note of it covers that", v->name,
		    request->url);
	else if (!granted)
		fault_set(why, HOSPES_EPERM, "%s is not granted %s; add a pattern for %s to grants.%s.http of %s",
		    v->name, request->url, request->host, v->name, policy->file);
	return declared && granted;
}

static int
admit_http(struct op *op, struct fault *why)
{
	struct http_request request;
	bool may, private;

	if (http_request_read(op->target, op->input, &request, why) != 0)
		return GUARD_REFUSE;
	may = permission_http(op->caller, &request, &private, why);
	if (op->host == NULL)
		op->host = xasprintf("%s:%u", request.host, request.port);
	effect_price(op, &request);
	http_request_clear(&request);
	return may ? GUARD_PASS : GUARD_REFUSE;
}

static bool
granted_space(const struct policy *policy, const struct policy_plugin *plugin, const char *space)
{
	if (strcmp(space, MEMORY_SOURCES) == 0 || policy->dev)
		return true;
	for (char **grant = plugin->memory; grant != NULL && *grant != NULL; grant++) {
		if (policy_match(*grant, space))
			return true;
	}
	return false;
}

static int
admit_memory(struct op *op, struct fault *why)
{
	const struct version *v = op->caller->version;
	const struct policy_plugin *plugin = policy_plugin(op->run->policy, v->name);
	const char *key, *pattern;
	char space[SPACE_TEXT];
	bool declared = false;

	if (!op_memory_target(op, space, &key) || space[0] == '\0')
		return GUARD_PASS; /* its own; or none at all, which the executor tells */
	for (char **need = v->needs; need != NULL && *need != NULL; need++)
		declared |=
		    begins(*need, "memory:", &pattern) && policy_match(pattern, space) && allowed(plugin, *need);
	if (!declared)
		return guard_refuse(why, HOSPES_EPERM,
		    "%s may not use the memory %s: its notes would have to say \"memory:%s\" (HOSPES_NEEDS), and "
		    "grants.%s.needs, "
		    "where the configuration has it, to allow that",
		    v->name, space, space, v->name);
	if (!granted_space(op->run->policy, plugin, space))
		return guard_refuse(why, HOSPES_EPERM,
		    "%s is not granted the memory %s; add it to grants.%s.memory of %s", v->name, space, v->name,
		    op->run->policy->file);
	if (strcmp(space, MEMORY_SOURCES) == 0 && op_memory_changes(op->kind))
		return guard_refuse(why, HOSPES_EPERM,
		    "%s may only read the sources of a run; what it wants to keep goes into a space of its own",
		    v->name);
	return GUARD_PASS;
}

static int
admit_check(const struct op *op, struct fault *why)
{
	if (op->resolved->kind == PLUGIN_CHECK)
		return GUARD_PASS;
	return guard_refuse(why, HOSPES_EPERM,
	    "%s is not of the kind check, and `grounding.%s.checks` of %s has to name such", op->resolved->name,
	    op->caller->plugin, op->run->policy->file);
}

static int
permission_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	(void)d;
	if (op->caller == NULL)
		return GUARD_PASS;
	if (op->check)
		return admit_check(op, why);
	if (op->stage != NULL)
		return GUARD_PASS; /* it may ask for what it asked for; what stands in for that is the operator's */
	switch (op->kind) {
	case WIRE_OP_CALL:
	case WIRE_OP_FIND:
		return admit_call(op, why);
	case WIRE_OP_HTTP:
		return admit_http(op, why);
	case WIRE_OP_REMEMBER:
	case WIRE_OP_RECALL:
	case WIRE_OP_FORGET:
	case WIRE_OP_LIST:
	case WIRE_OP_DOCUMENTS:
	case WIRE_OP_DOCUMENT:
	case WIRE_OP_SEARCH:
		return admit_memory(op, why);
	default:
		return GUARD_PASS;
	}
}

const struct guard guard_permission = {
    .name = "permission",
    .admit = permission_admit,
};
