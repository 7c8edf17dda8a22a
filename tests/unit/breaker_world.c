/* See breaker_world.h. */

#include "breaker_world.h"

struct call *root;

int
begin(void **state)
{
	setup(state);
	version_add("a", "1.0.0");
	version_add("b", "1.0.0");
	version_add("c", "1.0.0");
	w.policy->breaker_least = 2;
	w.policy->breaker_open_ns = 3600 * S;
	root = start();
	return 0;
}

struct breaker *
breaker_of(const char *name)
{
	return breakers_find_version(w.d, registry_active(NULL, name));
}

void
open_for(int64_t ns)
{
	w.d->breakers.rules.open_ns = ns;
}

int
b_ends(int status)
{
	unsigned before = w.n_submitted;

	ask(root, "b");
	if (w.n_submitted > before)
		reply(newest(), status, "1");
	return last_status();
}

void
opened(void)
{
	b_ends(HOSPES_EFAILED);
	b_ends(HOSPES_EFAILED);
	assert_int_equal(breaker_of("b")->state, BREAKER_OPEN);
	open_for(0);
}

void
closes(void)
{
	assert_null(breaker_of("b")->probe);
	assert_int_equal(breaker_of("b")->flying, 0);
	assert_int_equal(b_ends(0), 0);
	assert_int_equal(breaker_of("b")->state, BREAKER_CLOSED);
}

void
b_is_late(void)
{
	_cleanup_(payload_unref) struct payload *input = payload_text("{}");
	struct wire_op asked = {.kind = WIRE_OP_CALL, .timeout_ns = NS_PER_MS, .flags = WIRE_OP_WAITS};
	struct call *b;

	root->state = CALL_PARKED;
	root->waits_for = root->reissued;
	w.events.op(root, root->reissued++, &asked, "b", NULL, NULL, input, w.events.arg);
	b = newest();
	while (b->op->cancelled == 0)
		event_base_loop(w.loop, EVLOOP_ONCE);
	reply(b, HOSPES_EDEADLINE, "");
}

bool
state_is(const struct record *r, const char *state)
{
	const struct record_field *body = record_find(r, TAG_BODY);
	_cleanup_(json_p) json_t *json = json_loadb(body->data, body->len, 0, NULL);

	return strcmp(json_string_value(json_object_get(json, "state")), state) == 0;
}
