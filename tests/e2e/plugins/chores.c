/*
 * chores: does what is in `list`, one after the other: {"call": NAME, "input": ..., "times"?: N, "ms"?: its timeout} or {"sleep": ms}.
 * Replies {"done": [{"status": "ok", "who"?: as the callee says} | {"status": "failed", "message": ...}, ...]}, calls alone.
 * With {"at_once": true} it asks for all calls first.
 */

#include <hospes.h>

#define MOST 1000

static json_t *
told(hospes_ctx *ctx, int rc, const hospes_value *said)
{
	if (rc != 0)
		return json_pack("{s:s s:s}", "status", hospes_status_name(rc), "message", hospes_message(ctx));
	return json_pack("{s:s s:O*}", "status", "ok", "who", json_object_get(hospes_json(said), "who"));
}

/* Of what it did, a line each. */
static int
chore(hospes_ctx *ctx, const hospes_value *item, json_t *done)
{
	int64_t times = hospes_int(item, "times"), timeout_ns = hospes_int(item, "ms") * 1000000;
	const char *callee = hospes_text(item, "call");

	if (callee == NULL)
		return hospes_sleep(ctx, hospes_int(item, "sleep") * 1000000);
	for (int64_t i = 0; i < (times == 0 ? 1 : times); i++) {
		hospes_value *said = NULL;
		int rc = hospes_call_with(
		    ctx, callee, hospes_get(item, "input"), HOSPES_OPTIONS(.timeout_ns = timeout_ns), &said);

		if (rc == HOSPES_ECANCELLED)
			return rc;
		json_array_append_new(done, told(ctx, rc, said));
	}
	return 0;
}

static int
all_at_once(hospes_ctx *ctx, json_t *done)
{
	const json_t *list = json_object_get(hospes_json(hospes_input(ctx)), "list");
	hospes_group *group = hospes_group_new(ctx, MOST);
	const hospes_answer *answer;
	size_t got = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		hospes_value *item = hospes_value_json(ctx, json_incref(json_array_get(list, i)));

		hospes_group_add(group, hospes_text(item, "call"), hospes_get(item, "input"), NULL);
	}
	for (; (answer = hospes_group_next(group)) != NULL; got++)
		json_array_append_new(done, answer->status != 0
						? json_pack("{s:s}", "status", hospes_status_name(answer->status))
						: json_pack("{s:s s:O*}", "status", "ok", "who",
						      json_object_get(hospes_json(answer->value), "who")));
	return got < json_array_size(list) ? hospes_status(ctx) : 0;
}

static int
chores(hospes_ctx *ctx)
{
	const json_t *list = json_object_get(hospes_json(hospes_input(ctx)), "list");
	json_t *done = json_array();
	int rc = 0;

	if (json_array_size(list) > MOST)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected a list of at most %d", MOST);
	if (hospes_flag(hospes_input(ctx), "at_once"))
		rc = all_at_once(ctx, done);
	else
		for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
			rc = chore(ctx, hospes_value_json(ctx, json_incref(json_array_get(list, i))), done);
	return rc != 0 ? rc : hospes_reply(ctx, json_pack("{s:o}", "done", done));
}

HOSPES_STRATEGY("chores", "1.0.0", "Does what is on a list", chores)
HOSPES_NEEDS("call:*")
