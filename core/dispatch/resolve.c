/*
 * What a target means: a name, or the one of those that offer a capability that routing.c chooses, in the version that this run
 * uses.
 *
 * The first use of a name pins its version for the run, so that an upgrade in mid-run changes nothing for it.  A pin on a
 * version that was withdrawn is void.  An op that asks for a version by number gets that one and pins nothing.
 */

#include <string.h>

#include <xxhash.h>

#include "dispatch/state.h"

static const char cap_prefix[] = "cap:";

static struct version *
pinned(struct run *run, const char *name)
{
	struct version *v = map_get(&run->pins, name);

	if (v == NULL || v->state != VERSION_WITHDRAWN)
		return v;
	map_del(&run->pins, name);
	version_unref(&v);
	return NULL;
}

static struct version *
by_number(struct dispatch *d, const char *name, const char *semver, struct fault *why)
{
	struct version *v = registry_version(d->registry, name, semver);

	if (v == NULL)
		fault_set(why, HOSPES_ENOVERSION,
		    "there is no version %s of %s; `hospes versions %s` lists those there are", semver, name, name);
	else if (v->state == VERSION_WITHDRAWN) {
		fault_set(why, HOSPES_EWITHDRAWN, "version %s of %s was withdrawn: %s", semver, name,
		    v->why != NULL ? v->why : "no reason was given");
		return NULL;
	}
	return v;
}

void
resolve_as(struct op *op, struct version *v)
{
	op->resolved = version_ref(v);
	if (op->called == 0)
		op->called = XXH3_64bits(v->name, strlen(v->name));
}

struct met *
resolve_met(const struct op *op)
{
	return op->caller != NULL && op->resolved != NULL && op->caller->met.version == op->resolved ? &op->caller->met
												     : NULL;
}

/* By this name its caller was led to a version before that its run goes on to use: what is withdrawn is so for ever, and nothing else
 * makes a pin void. */
static bool
is_met(const struct op *op, const char *name)
{
	const struct met *met = op->caller == NULL ? NULL : &op->caller->met;

	return met != NULL && met->pinned && met->version->state != VERSION_WITHDRAWN &&
	       strcmp(met->version->name, name) == 0;
}

static void
resolve_again(struct op *op)
{
	const struct met *met = &op->caller->met;

	op->resolved = version_ref(met->version);
	op->by_name = true;
	op->rules = met->rules;
	if (op->called == 0)
		op->called = met->name_hash;
}

/* What its guards find of it is kept for the next one. */
static void
resolve_to(struct op *op, struct version *v, bool pinned)
{
	struct met *met;

	resolve_as(op, v);
	op->rules = policy_plugin(op->run->policy, v->name);
	if (op->caller == NULL)
		return;
	met = &op->caller->met;
	if (met->version != v) {
		if (met->version != NULL)
			version_unref(&met->version);
		*met = (struct met){
		    .version = version_ref(v), .rules = op->rules, .name_hash = XXH3_64bits(v->name, strlen(v->name))};
	}
	met->pinned |= pinned;
}

int
resolve_op(struct dispatch *d, struct op *op, struct fault *why)
{
	struct run *run = op->run;
	const char *name = op_target(op), *semver = op_version(op);
	struct version *v;

	free(op->route); /* of an attempt before this one */
	op->route = NULL;
	op->rules = NULL;
	op->by_name = false;
	if (run->script != NULL && op->caller != NULL)
		return 0; /* answered from the case: the callee need not be installed */
	if (semver == NULL && is_met(op, name)) {
		resolve_again(op);
		return 0;
	}
	if (strncmp(name, cap_prefix, sizeof(cap_prefix) - 1) == 0) {
		v = routing_choose(d, op, name + sizeof(cap_prefix) - 1);
		if (v == NULL)
			return fault_set(why, HOSPES_ENOAGENT,
			    "no active agent offers the capability %s; `hospes agents` lists what there is",
			    name + sizeof(cap_prefix) - 1);
		name = v->name;
	} else
		op->by_name = true;
	if (semver != NULL) {
		v = by_number(d, name, semver, why);
		if (v == NULL)
			return why->status;
		resolve_to(op, v, false);
		return 0;
	}
	v = pinned(run, name);
	if (v == NULL) {
		v = registry_active(d->registry, name);
		if (v == NULL)
			return fault_set(
			    why, HOSPES_ENOAGENT, "there is no plugin %s; `hospes agents` lists those there are", name);
		resolve_pin(run, v);
	}
	resolve_to(op, v, true);
	return 0;
}

struct version *
resolve_name(struct dispatch *d, struct run *run, const char *name)
{
	struct version *v = pinned(run, name);

	return v != NULL ? v : registry_active(d->registry, name);
}

void
resolve_pin(struct run *run, struct version *v)
{
	if (map_get(&run->pins, v->name) == NULL)
		map_put(&run->pins, v->name, version_ref(v));
}

void
resolve_drop(struct run *run)
{
	struct version *v;
	size_t at = 0;

	while ((v = map_next(&run->pins, &at)) != NULL)
		version_unref(&v);
	map_free(&run->pins);
}
