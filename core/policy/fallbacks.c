/*
 * What stands in for an agent that fails.
 *
 * An entry of `fallbacks` is about the calls of one name, of an agent or of a capability ("cap:NAME"): on which ends of an attempt
 * something else is tried, and what, in order.  A call is about one entry from its first attempt to its last, so lists that name
 * each other make no circle.
 */

#include "policy/fallbacks.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/util.h"
#include "policy/read.h"
#include "policy/value.h"

#define IN_ENTRY(field)                                                                                                \
	.at = offsetof(struct policy_fallback, field), .width = sizeof(((struct policy_fallback *)0)->field)
#define IN_MEMBER(field)                                                                                               \
	.at = offsetof(struct policy_stand_in, field), .width = sizeof(((struct policy_stand_in *)0)->field)

#define NAME_BYTES 255

/* clang-format off */
const struct key policy_fallback_keys[] = {
	{"of",      KEY_TEXT,  IN_ENTRY(of),       1, NAME_BYTES, NULL, true},
	{"on",      KEY_NAMES, IN_ENTRY(on),       1, 64, NULL, true},
	{0},
};

const struct key policy_stand_in_keys[] = {
	{"agent",   KEY_TEXT,  IN_MEMBER(agent),   1, NAME_BYTES, NULL, true},
	{"version", KEY_TEXT,  IN_MEMBER(version), 1, NAME_BYTES, NULL, true},
	{"answer",  KEY_TEXT,  IN_MEMBER(answer),  1, FALLBACK_TEXT_MAX, NULL, true},
	{"human",   KEY_TEXT,  IN_MEMBER(human),   1, 4096, NULL, true},
	{0},
};
/* clang-format on */

static const char *const causes[] = {"crash", "timeout", "breaker", "refused", "failed"};
static_assert(FALLBACK_ON_FAILED == 1u << 4, "a bit for each of the causes");

#define DEFAULT_CAUSES (FALLBACK_ON_CRASH | FALLBACK_ON_TIMEOUT | FALLBACK_ON_BREAKER | FALLBACK_ON_REFUSED)

const char *
policy_fallback_cause(unsigned cause)
{
	for (unsigned i = 0; i < ARRAY_LEN(causes); i++) {
		if (cause == 1u << i)
			return causes[i];
	}
	return "";
}

/* ---- Made -------------------------------------------------------------------------------------------------------- */

struct policy_fallback *
fallback_add(struct policy *p)
{
	p->fallbacks = xrealloc(p->fallbacks, (p->n_fallbacks + 1) * sizeof *p->fallbacks);
	p->fallbacks[p->n_fallbacks] = (struct policy_fallback){0};
	return &p->fallbacks[p->n_fallbacks++];
}

struct policy_stand_in *
fallback_add_to(struct policy_fallback *f)
{
	f->to = xrealloc(f->to, (f->n + 1) * sizeof *f->to);
	f->to[f->n] = (struct policy_stand_in){0};
	return &f->to[f->n++];
}

/* 0: there is no such cause. */
static unsigned
cause_of(const char *word)
{
	for (unsigned i = 0; i < ARRAY_LEN(causes); i++) {
		if (strcmp(word, causes[i]) == 0)
			return 1u << i;
	}
	return 0;
}

/* A plugin is known by its name once the file has it: so one that nobody has is told. */
static void
note_name(struct policy *p, const char *name, const char *at)
{
	struct policy_plugin *plugin;

	if (name == NULL || !policy_is_plugin_name(name))
		return;
	plugin = policy_plugin_of(p, name);
	if (plugin->at == NULL && at != NULL)
		plugin->at = xstrdup(at);
}

void
fallbacks_compile(struct policy *p)
{
	for (unsigned i = 0; i < p->n_fallbacks; i++) {
		struct policy_fallback *f = &p->fallbacks[i];

		f->causes = f->on == NULL ? DEFAULT_CAUSES : 0;
		for (char **word = f->on; word != NULL && *word != NULL; word++)
			f->causes |= cause_of(*word);
		if (f->of != NULL && map_get(&p->fallback_of, f->of) == NULL)
			map_put(&p->fallback_of, f->of, f);
		note_name(p, f->of, f->at);
		for (unsigned j = 0; j < f->n; j++)
			note_name(p, f->to[j].agent, f->at);
	}
}

const struct policy_fallback *
policy_fallback(const struct policy *p, const char *name)
{
	return p->n_fallbacks == 0 ? NULL : map_get(&p->fallback_of, name);
}

void
fallbacks_free(struct policy *p)
{
	map_free(&p->fallback_of);
	for (unsigned i = 0; i < p->n_fallbacks; i++) {
		struct policy_fallback *f = &p->fallbacks[i];

		for (unsigned j = 0; j < f->n; j++)
			value_clear(policy_stand_in_keys, &f->to[j]);
		value_clear(policy_fallback_keys, f);
		free(f->to);
		free(f->at);
	}
	free(p->fallbacks);
	p->fallbacks = NULL;
	p->n_fallbacks = 0;
}

/* ---- Checked ----------------------------------------------------------------------------------------------------- */

struct checked {
	const struct policy *policy;
	const struct policy_fallback *entry;
	unsigned nth;
	policy_found *each;
	void *arg;
	bool fits;
};

static void
tell(struct checked *c, bool mistake, const char *member, const char *text)
{
	_cleanup_(free_p) char *key = xasprintf("fallbacks[%u]%s%s", c->nth, member[0] != '\0' ? "." : "", member);
	const char *place = policy_place(c->policy, key);

	c->each(
	    &(struct policy_finding){
		.mistake = mistake, .at = place[0] != '\0' ? place : c->entry->at, .key = key, .text = text},
	    c->arg);
	c->fits &= !mistake;
}

/* A name, or "cap:" and a capability. */
static bool
names_callee(const char *text)
{
	static const char cap[] = "cap:";
	const char *rest = text + sizeof cap - 1;

	if (strncmp(text, cap, sizeof cap - 1) != 0)
		return policy_is_plugin_name(text);
	return rest[0] != '\0' && rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-._")] == '\0';
}

static void
check_member(struct checked *c, const struct policy_stand_in *to, unsigned nth)
{
	_cleanup_(free_p) char *member = xasprintf("to[%u]", nth), *text = NULL;
	_cleanup_(json_p) json_t *json = NULL;
	struct fault fault;

	if ((to->agent != NULL) + (to->answer != NULL) + (to->human != NULL) != 1)
		tell(c, true, member,
		    "it has to be one thing: `agent` (and perhaps its `version`), `answer` or `human`, e.g. { agent = "
		    "\"other\"; }");
	else if (to->agent != NULL && !names_callee(to->agent))
		tell(c, true, member, "`agent` has to be the name of an agent, or \"cap:\" and a capability");
	else if (to->version != NULL && to->agent == NULL)
		tell(c, true, member, "a `version` is one of an `agent`; name it, or take the version out");
	else if (to->answer != NULL && (json = json_read(to->answer, strlen(to->answer), "it", &fault)) == NULL) {
		text = xasprintf("`answer` has to be JSON, as an agent replies; a text has quotes of its own, "
				 "\"\\\"none\\\"\": %.200s",
		    fault.text);
		tell(c, true, member, text);
	} else if (to->agent == NULL && nth + 1 < c->entry->n)
		tell(c, false, member,
		    "an answer, fixed or of a human, is the last word, so what comes after it is never tried; put it "
		    "last");
}

static void
check_on(struct checked *c)
{
	char **on = c->entry->on;

	if (on != NULL && on[0] == NULL)
		tell(
		    c, false, "on", "found an empty list, so nothing is ever tried; leave it out for the usual causes");
	for (; on != NULL && *on != NULL; on++) {
		if (cause_of(*on) == 0) {
			tell(c, true, "on",
			    "allowed are \"crash\", \"timeout\", \"breaker\", \"refused\" and \"failed\"");
			return;
		}
	}
}

bool
fallbacks_check(const struct policy *p, policy_found *each, void *arg)
{
	struct checked c = {.policy = p, .each = each, .arg = arg, .fits = true};

	for (; c.nth < p->n_fallbacks; c.nth++) {
		const struct policy_fallback *f = c.entry = &p->fallbacks[c.nth], *first;
		_cleanup_(free_p) char *text = NULL;

		first = f->of == NULL ? f : map_get(&p->fallback_of, f->of);
		if (f->of == NULL || !names_callee(f->of)) {
			tell(&c, true, "of",
			    "it has to be the name of an agent, or \"cap:\" and a capability: of = \"summarise\";");
		} else if (first != f) {
			text = xasprintf("there is a list of %s already, at %s; put them together", f->of, first->at);
			tell(&c, true, "of", text);
		}
		check_on(&c);
		if (f->n == 0)
			tell(&c, true, "to", "nothing stands in; to = ( { agent = \"other\"; } );");
		for (unsigned i = 0; i < f->n; i++)
			check_member(&c, &f->to[i], i);
	}
	return c.fits;
}

/* ---- Written ----------------------------------------------------------------------------------------------------- */

static void
write_group(const struct key *keys, const void *base, struct buf *out)
{
	for (const struct key *k = keys; k->path != NULL; k++) {
		if (*(void *const *)((const char *)base + k->at) == NULL) /* all are texts, or lists of texts */
			continue;
		buf_printf(out, " %s = ", k->path);
		value_write(k, base, out);
		buf_appends(out, ";");
	}
}

void
fallbacks_write(const struct policy *p, json_t *to)
{
	_cleanup_(buf_free) struct buf text = {0};

	buf_appends(&text, "(");
	for (unsigned i = 0; i < p->n_fallbacks; i++) {
		const struct policy_fallback *f = &p->fallbacks[i];

		buf_appends(&text, i == 0 ? " {" : ", {");
		write_group(policy_fallback_keys, f, &text);
		buf_appends(&text, " to = (");
		for (unsigned j = 0; j < f->n; j++) {
			buf_appends(&text, j == 0 ? " {" : ", {");
			write_group(policy_stand_in_keys, &f->to[j], &text);
			buf_appends(&text, " }");
		}
		buf_appends(&text, " ); }");
	}
	buf_appends(&text, " )");
	json_object_set_new(to, "fallbacks", json_string(buf_text(&text))); /* not there when it is not UTF-8 */
}
