/*
 * What a reply has to pass on its way from one agent to another.
 *
 * An entry of `handoffs` names whose replies it is about, to whom they go and by which capability, each or not; what it
 * leaves out is as in `grounding.FROM` where it names `from`, else as compiled in.  Entries are found by their three names
 * together, once for each of the few combinations that the file uses, however many entries there are.  What is found for two
 * plugins is kept, so that a call between them finds it by a pointer; only entries with a capability are looked for again.
 */

#include "policy/handoffs.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "policy/keys.h"
#include "policy/read.h"
#include "policy/value.h"

/* Which of its names an entry has.  A larger number counts before a smaller one. */
#define HAS_FROM       4u
#define HAS_TO         2u
#define HAS_CAPABILITY 1u
#define KINDS          8u

/* What holds for the replies of one plugin to another, whatever it offers. */
struct found {
	const struct policy_handoff *rule;
	int kind; /* as above; -1: nothing is said */
};

struct handoffs_found {
	struct map by_to; /* struct policy_plugin of whom they go to, as a number -> struct found */
};
#define FOUND_MOST 4096u /* of one plugin; what is past that is looked for each time */

/* "FROM TO CAPABILITY": names of plugins have no spaces. */
#define NAMES_TEXT 320

static void
names_write(char out[NAMES_TEXT], const char *from, const char *to, const char *capability)
{
	snprintf(out, NAMES_TEXT, "%s %s %s", from, to, capability);
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* ---- Made -------------------------------------------------------------------------------------------------------- */

struct policy_handoff *
handoff_add(struct policy *p)
{
	struct policy_handoff *h;

	p->handoffs = xrealloc(p->handoffs, (p->n_handoffs + 1) * sizeof *p->handoffs);
	h = &p->handoffs[p->n_handoffs++];
	*h = (struct policy_handoff){.named = true};
	value_preset(policy_handoff_keys, h);
	return h;
}

static void
compile_steps(struct policy_handoff *h)
{
	h->n_steps = 0;
	for (char **step = h->on_fail; step != NULL && *step != NULL; step++)
		(void)value_step(*step, &h->steps[h->n_steps++]); /* what was put there is a step, and each once */
	if (h->n_steps == 0)
		h->steps[h->n_steps++] = STEP_FAIL;
}

static void
compile_entry(struct policy *p, struct policy_handoff *h)
{
	const struct policy_plugin *from = h->from != NULL ? policy_plugin_of(p, h->from) : NULL;
	char names[NAMES_TEXT];

	if (h->to != NULL)
		(void)policy_plugin_of(p, h->to); /* a plugin is known by its name once the file has it */
	for (const struct key *k = policy_grounding_keys; from != NULL && k->path != NULL; k++) {
		if (!(h->set & 1u << (k - policy_grounding_keys)))
			value_copy(k, h, &from->grounding);
	}
	names_write(names, or_empty(h->from), or_empty(h->to), or_empty(h->capability));
	h->key = xstrdup(names);
	if (map_get(&p->handoff_of, h->key) == NULL)
		map_put(&p->handoff_of, h->key, h);
	p->handoff_kinds |= 1u << ((h->from != NULL ? HAS_FROM : 0) | (h->to != NULL ? HAS_TO : 0) |
				   (h->capability != NULL ? HAS_CAPABILITY : 0));
}

static void
compile_plugin(struct policy_plugin *plugin)
{
	compile_steps(&plugin->grounding);
	plugin->found = xcalloc(1, sizeof *plugin->found);
}

void
handoffs_compile(struct policy *p)
{
	struct policy_plugin *plugin;
	size_t at = 0;

	for (unsigned i = 0; i < p->n_handoffs; i++) {
		compile_entry(p, &p->handoffs[i]);
		compile_steps(&p->handoffs[i]);
	}
	while ((plugin = map_next(&p->plugins, &at)) != NULL)
		compile_plugin(plugin);
	compile_plugin(p->unnamed);
}

void
handoffs_forget(struct policy_plugin *plugin)
{
	struct found *found;
	size_t at = 0;

	if (plugin->found == NULL)
		return;
	while ((found = map_next(&plugin->found->by_to, &at)) != NULL)
		free(found);
	map_free(&plugin->found->by_to);
	free(plugin->found);
}

void
handoffs_free(struct policy *p)
{
	map_free(&p->handoff_of);
	for (unsigned i = 0; i < p->n_handoffs; i++) {
		value_clear(policy_handoff_keys, &p->handoffs[i]);
		free(p->handoffs[i].at);
		free(p->handoffs[i].key);
	}
	free(p->handoffs);
	p->handoffs = NULL;
	p->n_handoffs = 0;
}

/* ---- Found ------------------------------------------------------------------------------------------------------- */

/* Of one kind: the entry with these names; NULL: there is none. */
static const struct policy_handoff *
of_kind(const struct policy *p, unsigned kind, const char *from, const char *to, char *const *capabilities)
{
	const struct policy_handoff *h = NULL;
	char names[NAMES_TEXT];

	if (((kind & HAS_FROM) && from[0] == '\0') || ((kind & HAS_TO) && to[0] == '\0'))
		return NULL;
	from = kind & HAS_FROM ? from : "";
	to = kind & HAS_TO ? to : "";
	if (!(kind & HAS_CAPABILITY)) {
		names_write(names, from, to, "");
		return map_get(&p->handoff_of, names);
	}
	for (; h == NULL && capabilities != NULL && *capabilities != NULL; capabilities++) {
		names_write(names, from, to, *capabilities);
		h = map_get(&p->handoff_of, names);
	}
	return h;
}

/* The first of the kinds below `above` and down to `least`; only those with a capability, or only those without. */
static const struct policy_handoff *
first_of(const struct policy *p, int above, int least, bool by_capability, const char *from, const char *to,
    char *const *capabilities, int *ret)
{
	for (int kind = above; kind-- > least;) {
		const struct policy_handoff *h;

		if (!(p->handoff_kinds & 1u << kind) || ((unsigned)kind & HAS_CAPABILITY) != by_capability)
			continue;
		h = of_kind(p, (unsigned)kind, from, to, capabilities);
		if (h == NULL)
			continue;
		*ret = kind;
		return h;
	}
	return NULL;
}

/* Without a look at capabilities. */
static struct found
look_for(const struct policy *p, const struct policy_plugin *from, const char *to)
{
	struct found found = {.kind = -1};

	found.rule = first_of(p, KINDS, 0, false, from->name, to, NULL, &found.kind);
	if (found.kind < (int)HAS_FROM && from->grounding.named) {
		found.rule = &from->grounding; /* as an entry with `from` alone */
		found.kind = HAS_FROM;
	}
	if (found.rule == NULL)
		found.rule = &from->grounding;
	return found;
}

static struct found
found_for(const struct policy *p, const struct policy_plugin *from, const struct policy_plugin *to)
{
	const char *name = to == NULL ? "" : to->name;
	uint64_t key = to == NULL ? 1 : (uintptr_t)to;
	struct found *found;

	if (from->found == NULL) /* it came after the file was read */
		return look_for(p, from, name);
	found = map_get_u64(&from->found->by_to, key);
	if (found != NULL)
		return *found;
	if (from->found->by_to.used >= FOUND_MOST)
		return look_for(p, from, name);
	found = xmalloc(sizeof *found);
	*found = look_for(p, from, name);
	map_put_u64(&from->found->by_to, key, found);
	return *found;
}

const struct policy_handoff *
policy_handoff(
    const struct policy *p, const struct policy_plugin *from, const struct policy_plugin *to, char *const *capabilities)
{
	const struct policy_handoff *h;
	struct found found;
	int unused;

	if (p->n_handoffs == 0)
		return &from->grounding;
	found = found_for(p, from, to);
	h = first_of(p, KINDS, found.kind + 1, true, from->name, to != NULL ? to->name : "", capabilities, &unused);
	return h != NULL ? h : found.rule;
}

/* ---- Checked ----------------------------------------------------------------------------------------------------- */

struct checked {
	const struct policy *policy;
	policy_found *each;
	void *arg;
	bool fits;
};

static void
tell(struct checked *c, const char *group, const char *name, const char *at, const char *text)
{
	_cleanup_(free_p) char *key = xasprintf("%s.%s", group, name);
	const char *place = policy_place(c->policy, key);

	c->each(
	    &(struct policy_finding){.mistake = true, .at = place[0] != '\0' ? place : at, .key = key, .text = text},
	    c->arg);
	c->fits = false;
}

static bool
has_step(const struct policy_handoff *h, enum policy_step step)
{
	for (unsigned i = 0; i < h->n_steps; i++) {
		if (h->steps[i] == step)
			return true;
	}
	return false;
}

/* `whose` replies it is about, where only one plugin's. */
static void
check_one(struct checked *c, const struct policy_handoff *h, const char *group, const char *at, const char *whose)
{
	if (has_step(h, STEP_ESCALATE) && h->escalate == NULL)
		tell(c, group, "on_fail", at,
		    "\"escalate\" needs somebody to be asked: set `escalate` to the name of an agent, or take the step "
		    "out");
	if (h->escalate != NULL && whose != NULL && strcmp(h->escalate, whose) == 0)
		tell(c, group, "escalate", at,
		    "found the plugin itself; to ask it once more is the step \"retry\", `escalate` is another agent");
}

bool
handoffs_check(const struct policy *p, policy_found *each, void *arg)
{
	struct checked c = {.policy = p, .each = each, .arg = arg, .fits = true};
	const struct policy_plugin *plugin;
	size_t at = 0;

	while ((plugin = map_next(&p->plugins, &at)) != NULL) {
		_cleanup_(free_p) char *group = xasprintf("grounding.%s", plugin->name);

		check_one(&c, &plugin->grounding, group, policy_plugin_at(plugin, NULL), plugin->name);
	}
	for (unsigned i = 0; i < p->n_handoffs; i++) {
		const struct policy_handoff *h = &p->handoffs[i], *first = map_get(&p->handoff_of, h->key);
		_cleanup_(free_p) char *group = xasprintf("handoffs[%u]", i), *text = NULL;

		check_one(&c, h, group, h->at, h->from);
		if (first == h)
			continue;
		text = xasprintf("it is about the same as the entry at %s; keep one of them", first->at);
		tell(&c, group, h->from != NULL ? "from" : "to", h->at, text);
	}
	return c.fits;
}

/* ---- Written ----------------------------------------------------------------------------------------------------- */

void
handoffs_write(const struct policy *p, json_t *to)
{
	_cleanup_(buf_free) struct buf text = {0};

	buf_appends(&text, "(");
	for (unsigned i = 0; i < p->n_handoffs; i++) {
		buf_appends(&text, i == 0 ? " {" : ", {");
		for (const struct key *k = policy_handoff_keys; k->path != NULL; k++) {
			if (!(p->handoffs[i].set & 1u << (k - policy_handoff_keys)))
				continue;
			buf_printf(&text, " %s = ", k->path);
			value_write(k, &p->handoffs[i], &text);
			buf_appends(&text, ";");
		}
		buf_appends(&text, " }");
	}
	buf_appends(&text, " )");
	json_object_set_new(to, "handoffs", json_string(buf_text(&text))); /* not there when it is not UTF-8 */
}
