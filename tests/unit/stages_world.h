/* What tests of several attempts have in common: lists of fallbacks, and a run whose call b may fall back. */

#ifndef TESTS_STAGES_WORLD_H
#define TESTS_STAGES_WORLD_H

#include "dispatch_world.h"

#include "policy/fallbacks.h"
#include "policy/read.h"

/* ---- What the policy says ---------------------------------------------------------------------------------------- */

static inline struct policy_fallback *
list_of(const char *of)
{
	struct policy_fallback *f = fallback_add(w.policy);

	f->of = xstrdup(of);
	return f;
}

static inline void
then_agent(struct policy_fallback *f, const char *agent, const char *version)
{
	struct policy_stand_in *to = fallback_add_to(f);

	to->agent = xstrdup(agent);
	to->version = version == NULL ? NULL : xstrdup(version);
}

static inline void
then_answer(struct policy_fallback *f, const char *answer)
{
	fallback_add_to(f)->answer = xstrdup(answer);
}

static inline struct call *
begins(void)
{
	fallbacks_compile(w.policy);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	return start();
}

/* b falls back to c, and then to null. */
static inline struct call *
begins_with_two(void)
{
	struct policy_fallback *f = list_of("b");

	then_agent(f, "c", NULL);
	then_answer(f, "null");
	return begins();
}

static inline void
text_is(const struct record *r, enum record_tag tag, const char *text)
{
	_cleanup_(free_p) char *found = record_text(r, tag);

	assert_non_null(found);
	assert_string_equal(found, text);
}

#endif
