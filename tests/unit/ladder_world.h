/* What tests of the ladder have in common: b, which is called by a, the root, is checked by c; d is another check, e stands in. */

#ifndef TESTS_LADDER_WORLD_H
#define TESTS_LADDER_WORLD_H

#include "dispatch_world.h"

#define PASSED   "{\"score\":0.75,\"failed\":[],\"reasons\":[]}"
#define FAILED   "{\"score\":0,\"failed\":[{\"claim\":0,\"text\":\"one\",\"why\":\"made up\"}]}"
#define FOUND    "[{\"check\":\"c\",\"claim\":0,\"text\":\"one\",\"why\":\"made up\"}]"
#define LIE      "{\"claims\":[{\"text\":\"one\"}]}"
#define CRITICAL "{\"claims\":[{\"text\":\"zero\"},{\"text\":\"one\",\"critical\":true,\"sources\":[]}]}"

static inline void
configure(const char *text)
{
	with_policy(text);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0")->kind = PLUGIN_CHECK;
	version_add("d", "1.0.0")->kind = PLUGIN_CHECK;
	version_add("e", "1.0.0");
}

/* A reply of the newest call, which the check c then finds this of. */
static inline void
replies(const char *text, const char *verdict)
{
	reply(newest(), 0, text);
	assert_string_equal(newest()->plugin, "c");
	reply(newest(), 0, verdict);
}

static inline void
unsure(struct call *call, double confidence, const char *text)
{
	_cleanup_(payload_unref) struct payload *p = payload_text(text);

	call->state = CALL_DONE;
	call->cell = NULL;
	w.events.reply(call, 0, p, confidence, NULL, w.events.arg);
}

static inline struct call *
root_asks(const char *policy)
{
	struct call *root;

	configure(policy);
	root = start();
	ask(root, "b");
	return root;
}

#endif
