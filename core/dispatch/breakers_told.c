/* What is shown of breakers, and what an operator does about them. */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/breakers.h"
#include "dispatch/guard.h"

static void
set_time(json_t *to, const char *key, int64_t real_ns)
{
	char text[CLOCK_TEXT];

	clock_format(real_ns, text);
	json_object_set_new(to, key, json_string(text));
}

static json_t *
shown(struct dispatch *d, struct breaker *b)
{
	const struct breaker_count *c = &b->at_opening;
	_cleanup_(buf_free) struct buf why = {0};
	json_t *json;

	if (b->state == BREAKER_CLOSED && d->breakers.policy != NULL)
		c = breaker_window(b, &d->breakers.rules, clock_mono_ns());
	json = json_pack("{s:s, s:s, s:s*, s:s, s:I, s:I, s:I, s:I, s:I}", "kind", b->semver != NULL ? "agent" : "http",
	    "name", b->name, "version", b->semver, "state", breaker_state_name(b->state), "samples", (json_int_t)c->n,
	    "errors", (json_int_t)c->errors, "slow", (json_int_t)c->slow, "micros", (json_int_t)c->micros, "open_calls",
	    (json_int_t)b->flying);
	set_time(json, "since", b->since_real_ns);
	if (b->state == BREAKER_CLOSED)
		return json;
	breaker_tell(b, clock_real_ns(), &why);
	json_object_set_new(json, "cause", json_string(breaker_cause_name(b->cause)));
	json_object_set_new(json, "why", json_string(buf_text(&why)));
	if (b->state == BREAKER_OPEN)
		set_time(json, "tried_again", b->until_real_ns);
	return json;
}

static void
add_set(struct dispatch *d, struct breaker_set *set, json_t *out)
{
	struct breaker *b;

	TAILQ_FOREACH(b, &set->used, used)
	json_array_append_new(out, shown(d, b));
}

json_t *
dispatch_breakers(struct dispatch *d)
{
	json_t *out = json_array();

	add_set(d, &d->breakers.versions, out);
	add_set(d, &d->breakers.hosts, out);
	return out;
}

static bool
is_meant(const struct breaker *b, const char *name, const char *semver)
{
	return strcmp(b->name, name) == 0 && (semver == NULL || (b->semver != NULL && strcmp(b->semver, semver) == 0));
}

static void
reset_set(struct dispatch *d, struct breaker_set *set, const char *name, const char *semver, const char *actor,
    const char *why, json_t *out)
{
	struct breaker *b;

	TAILQ_FOREACH(b, &set->used, used)
	{
		if (!is_meant(b, name, semver))
			continue;
		breakers_shut(d, b, NULL, actor, why);
		json_array_append_new(out, shown(d, b));
	}
}

int
dispatch_reset_breakers(struct dispatch *d, const char *name, const char *semver, const char *actor, const char *why,
    json_t **ret, struct fault *fault)
{
	json_t *out = json_array();

	reset_set(d, &d->breakers.versions, name, semver, actor, why, out);
	reset_set(d, &d->breakers.hosts, name, semver, actor, why, out);
	if (json_array_size(out) == 0) {
		json_decref(out);
		return fault_set(fault, HOSPES_ENOENT,
		    "there is no breaker of %.200s%s%.64s; `hospes breakers` lists those there are", name,
		    semver != NULL ? " " : "", semver != NULL ? semver : "");
	}
	*ret = out;
	return 0;
}
