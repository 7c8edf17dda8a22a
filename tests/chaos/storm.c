/*
 * storm, storm-1 ... storm-4: does what its input lists, one after the other, and replies what came of each; a run of
 * whatever shape a chaos round needs.  Each calls the one after it.
 *
 *   {"do": [{"op": "sleep", "ms": 100},
 *           {"op": "call", "input": {"do": [...]}},                       the next storm
 *           {"op": "fan", "n": 8, "at_once": 4, "input": {"do": [...]}},  the next storm, n times
 *           {"op": "add", "key": "k"},                                    one more under a key, by compare and swap
 *           {"op": "recall", "key": "k"},                                 what is under it
 *           {"op": "draw"},                                               a random number and the time, told to the next storm
 *           {"op": "say", "value": any},
 *           {"op": "http", "url": "...", "effect": "once"}]}              a POST
 *
 * What it replies depends on its input alone: of a number drawn that the next storm says it back, of an effect the status
 * of its answer, of a change of memory that it was made.
 */

#include <stdint.h>
#include <string.h>

#include <hospes.h>

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

#ifdef NEXT
static int
call(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	hospes_value *answer;
	int rc = hospes_call(ctx, NEXT, hospes_get(step, "input"), &answer);

	if (rc == 0)
		*ret = json_incref(hospes_json(answer));
	return rc;
}

static int
fan(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	int64_t n = hospes_int(step, "n");
	hospes_group *group = hospes_group_new(ctx, hospes_int(step, "at_once"));
	json_t *answers = json_array();
	const hospes_answer *answer;

	for (int64_t i = 0; i < n; i++) {
		json_array_append_new(answers, json_null());
		hospes_group_add(group, NEXT, hospes_get(step, "input"), (void *)(intptr_t)i);
	}
	while ((answer = hospes_group_next(group)) != NULL) {
		if (answer->status != 0) {
			json_decref(answers);
			return hospes_fail(ctx, answer->status, "%s: %s", answer->who, answer->message);
		}
		json_array_set(answers, (size_t)(intptr_t)answer->tag, hospes_json(answer->value));
	}
	if (hospes_status(ctx) != 0) {
		json_decref(answers);
		return hospes_status(ctx);
	}
	*ret = answers;
	return 0;
}

/* What is drawn differs from run to run; that it is the same in the call that hears of it, each time that it is asked
 * again, does not. */
static int
draw(hospes_ctx *ctx, json_t **ret)
{
	hospes_value *told, *heard;
	uint32_t number;
	int64_t now = hospes_now_ns(ctx);
	int rc = hospes_random(ctx, &number, sizeof(number));

	if (rc != 0)
		return rc;
	told = hospes_value_json(
	    ctx, json_pack("{s:[{s:s s:[I I]}]}", "do", "op", "say", "value", (json_int_t)number, (json_int_t)now));
	rc = hospes_call(ctx, NEXT, told, &heard);
	if (rc != 0)
		return rc;
	*ret = json_boolean(json_equal(json_array_get(hospes_json(heard), 0),
	    json_object_get(json_array_get(json_object_get(hospes_json(told), "do"), 0), "value")));
	return 0;
}
#else
static int
call(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	(void)step, (void)ret;
	return hospes_fail(ctx, HOSPES_EINPUT, NAME " is the last storm and calls nobody");
}

static int
fan(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	return call(ctx, step, ret);
}

static int
draw(hospes_ctx *ctx, json_t **ret)
{
	return call(ctx, NULL, ret);
}
#endif

/* ---- Memory and effects ------------------------------------------------------------------------------------------ */

static int
add(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	const char *key = hospes_text(step, "key");
	int rc;

	do {
		hospes_value *value = NULL;
		uint64_t version = 0;
		json_int_t before = 0;

		rc = hospes_recall(ctx, NULL, key, &value, &version);
		if (rc == 0)
			before = json_integer_value(hospes_json(value));
		else if (rc != HOSPES_ENOENT)
			return rc;
		rc = hospes_remember_if(ctx, NULL, key, version, hospes_value_json(ctx, json_integer(before + 1)));
	} while (rc == HOSPES_ECONFLICT);
	if (rc == 0)
		*ret = json_true();
	return rc;
}

static int
recall(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	hospes_value *value;
	int rc = hospes_recall(ctx, NULL, hospes_text(step, "key"), &value, NULL);

	if (rc == 0)
		*ret = json_incref(hospes_json(value));
	return rc;
}

static int
http(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	const char *url = hospes_text(step, "url");
	hospes_http_request request = {.size = sizeof(request), .method = "POST", .url = url, .body = url};
	hospes_value *answer;
	int rc;

	request.body_len = url == NULL ? 0 : strlen(url);
	rc = hospes_http(ctx, &request, HOSPES_OPTIONS(.effect = hospes_text(step, "effect")), &answer);
	if (rc == 0)
		*ret = json_incref(json_object_get(hospes_json(answer), "status"));
	return rc;
}

/* ---- One after the other ----------------------------------------------------------------------------------------- */

static int
step_of(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	const char *op = hospes_text(step, "op");
	int rc;

	if (op == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "a step has no op");
	if (strcmp(op, "call") == 0)
		return call(ctx, step, ret);
	if (strcmp(op, "fan") == 0)
		return fan(ctx, step, ret);
	if (strcmp(op, "draw") == 0)
		return draw(ctx, ret);
	if (strcmp(op, "add") == 0)
		return add(ctx, step, ret);
	if (strcmp(op, "recall") == 0)
		return recall(ctx, step, ret);
	if (strcmp(op, "http") == 0)
		return http(ctx, step, ret);
	if (strcmp(op, "say") == 0) {
		*ret = json_incref(json_object_get(hospes_json(step), "value"));
		return 0;
	}
	if (strcmp(op, "sleep") != 0)
		return hospes_fail(ctx, HOSPES_EINPUT, "there is no op %s", op);
	rc = hospes_sleep(ctx, hospes_int(step, "ms") * 1000000);
	*ret = json_null();
	return rc;
}

static int
storm(hospes_ctx *ctx)
{
	const json_t *steps = json_object_get(hospes_json(hospes_input(ctx)), "do"), *step;
	json_t *came = json_array();
	size_t i;

	json_array_foreach(steps, i, step)
	{
		json_t *one = NULL;
		int rc = step_of(ctx, hospes_value_json(ctx, json_incref((json_t *)(uintptr_t)step)), &one);

		if (rc != 0) {
			json_decref(came);
			return rc;
		}
		json_array_append_new(came, one);
	}
	return hospes_reply(ctx, came);
}

HOSPES_AGENT(NAME, "1.0.0", "Does what it is told, in a storm", storm)
#ifdef NEXT
HOSPES_NEEDS("call:" NEXT)
#endif
HOSPES_NEEDS("http:http://127.0.0.1:*")
