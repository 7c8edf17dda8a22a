/*
 * storm, storm-1 ... storm-4, of a VERSION: does what its input lists, one after the other, and replies what came of each; a run of
 * whatever shape a chaos round needs.  Each calls the one after it.
 *
 *   {"do": [{"op": "sleep", "ms": 100},
 *           {"op": "call", "input": {"do": [...]}},                       the next storm
 *           {"op": "fan", "n": 8, "at_once": 4, "input": {"do": [...]}},  the next storm, n times
 *           {"op": "race", "n": 3, "input": {"do": [...]}},               the same, and the first answer is enough
 *           {"op": "listen", "input": {"do": [...]}},                     the next storm, with the parts of its reply
 *           {"op": "late", "ms": 100},                                    the next storm sleeps for an hour and is given 0.1 s
 *           {"op": "bulk", "bytes": 100000},                              the next storm says so many back
 *           {"op": "add", "key": "k"},                                    one more under a key, by compare and swap
 *           {"op": "recall", "key": "k"},                                 what is under it
 *           {"op": "draw"},                                               a random number and the time, told to the next storm
 *           {"op": "ask", "plugin": "mender", "input": any},              another plugin, whose reply may take several attempts
 *           {"op": "poll", "question": "...", "voters": [...], "breaker": "...", "context": any},    how it came out
 *           {"op": "review", "question": "...", "ms": 500},               a human who says nothing: his default
 *           {"op": "fail", "value": any},                                 says it, or as storm-frail fails
 *           {"op": "say", "value": any},
 *           {"op": "part", "value": any},                                 a part of the reply
 *           {"op": "http", "url": "...", "effect": "once"}]}              a POST
 *
 * What it replies depends on its input alone: of a number drawn that the next storm says it back, of an effect the status
 * of its answer, of a change of memory that it was made, of a call that is late its status, of a poll what it came to.
 *
 * storm-frail and storm-steady, which stands in for it, call nobody.
 */

#include <stdint.h>
#include <stdlib.h>
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
	int64_t n = hospes_int(step, "n"), came = 0;
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
		came++;
		json_array_set(answers, (size_t)(intptr_t)answer->tag, hospes_json(answer->value));
	}
	if (came < n) {
		json_decref(answers);
		return hospes_status(ctx);
	}
	*ret = answers;
	return 0;
}

/* Who is too late is cancelled. */
#define RACERS 8

static int
race(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	int64_t n = hospes_int(step, "n");
	const hospes_answer *answer;
	hospes_op *ops[RACERS];
	int first;

	if (n < 1 || n > RACERS)
		return hospes_fail(ctx, HOSPES_EINPUT, "a race has 1 to %d calls", RACERS);
	for (int64_t i = 0; i < n; i++)
		ops[i] = hospes_start(ctx, NEXT, hospes_get(step, "input"), NULL);
	first = hospes_wait_any(ctx, (size_t)n, ops);
	if (first < 0)
		return first;
	answer = hospes_op_answer(ops[first]);
	if (answer->status != 0)
		return hospes_fail(ctx, answer->status, "%s: %s", answer->who, answer->message);
	*ret = json_incref(hospes_json(answer->value));
	for (int64_t i = 0; i < n; i++) {
		if (i != first)
			hospes_cancel(ops[i]);
	}
	return 0;
}

/* What it hears is one list: the parts as they come, then the reply. */
static int
listen(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	hospes_op *op = hospes_start(ctx, NEXT, hospes_get(step, "input"), NULL);
	json_t *heard = json_array();
	hospes_value *value;
	int rc;

	if (op == NULL)
		return hospes_status(ctx);
	while ((rc = hospes_next_part(op, &value)) == 1)
		json_array_append(heard, hospes_json(value));
	if (rc == 0)
		rc = hospes_wait(op, &value);
	if (rc == 0)
		json_array_append(heard, hospes_json(value));
	*ret = heard;
	return rc;
}

static int
late(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	hospes_value *answer;
	int rc = hospes_call_with(ctx, NEXT,
	    hospes_value_json(ctx, json_pack("{s:[{s:s s:i}]}", "do", "op", "sleep", "ms", 3600 * 1000)),
	    HOSPES_OPTIONS(.timeout_ns = hospes_int(step, "ms") * 1000000), &answer);

	*ret = json_string(hospes_status_name(rc));
	return 0;
}

static int
bulk(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	size_t len = (size_t)hospes_int(step, "bytes");
	char *text = malloc(len);
	uint32_t number = (uint32_t)len;
	hospes_value *told, *heard;
	int rc;

	if (text == NULL)
		return hospes_fail(ctx, HOSPES_ETOOLARGE, "no memory for %zu bytes", len);
	for (size_t i = 0; i < len; i++) {
		number = number * 1664525u + 1013904223u;
		text[i] = (char)('a' + (number >> 24) % 26);
	}
	told = hospes_value_json(ctx, json_pack("{s:[{s:s s:s#}]}", "do", "op", "say", "value", text, (int)len));
	free(text);
	rc = hospes_call(ctx, NEXT, told, &heard);
	if (rc == 0)
		*ret = json_integer((json_int_t)json_string_length(json_array_get(hospes_json(heard), 0)));
	return rc;
}

/* What is drawn differs from run to run; that it is the same in the call that hears of it, each time that it is asked
 * again, does not. */
static int
draw(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	hospes_value *told, *heard;
	uint32_t number;
	int64_t now = hospes_now_ns(ctx);
	int rc = hospes_random(ctx, &number, sizeof(number));

	(void)step;
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

/* ---- What takes several attempts, voices, or a human --------------------------------------------------------------- */

static int
ask(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	hospes_value *answer;
	int rc = hospes_call(ctx, hospes_text(step, "plugin"), hospes_get(step, "input"), &answer);

	if (rc == 0)
		*ret = json_incref(hospes_json(answer));
	return rc;
}

#define VOTERS 8

static int
poll(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	static const char *const options[] = {"yes", "no", NULL};
	const json_t *list = json_object_get(hospes_json(step), "voters"), *one;
	const char *voters[VOTERS], *how;
	hospes_value *outcome;
	size_t i, n = 0;
	int rc;

	json_array_foreach(list, i, one)
	{
		if (n < VOTERS)
			voters[n++] = json_string_value(one);
	}
	rc = hospes_poll(ctx, hospes_text(step, "question"), n, voters, options,
	    HOSPES_POLL(.wait_all = true, .tie_breaker = hospes_text(step, "breaker"),
		.context = hospes_get(step, "context")),
	    &outcome);
	if (rc != 0)
		return rc;
	how = hospes_text(outcome, "how");
	*ret = json_pack("[O s O]", json_object_get(hospes_json(outcome), "outcome"), how == NULL ? "" : how,
	    json_object_get(hospes_json(outcome), "counts"));
	return 0;
}

static int
review(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	static const char *const choices[] = {"left", "right", NULL};
	hospes_question question = {.size = sizeof(question),
	    .question = hospes_text(step, "question"),
	    .context = step,
	    .choices = choices,
	    .otherwise = "right",
	    .timeout_ns = hospes_int(step, "ms") * 1000000};
	hospes_value *said;
	int rc = hospes_review(ctx, &question, &said);

	if (rc == 0)
		*ret = json_pack(
		    "[O O]", json_object_get(hospes_json(said), "choice"), json_object_get(hospes_json(said), "by"));
	return rc;
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
say(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	(void)ctx;
	*ret = json_incref(json_object_get(hospes_json(step), "value"));
	return 0;
}

static int
fail(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	if (strcmp(NAME, "storm-frail") == 0)
		return hospes_fail(ctx, HOSPES_EFAILED, "storm-frail was asked for more than it can bear");
	return say(ctx, step, ret);
}

static int
part(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	*ret = json_null();
	return hospes_part(ctx, hospes_get(step, "value"));
}

static int
nap(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	*ret = json_null();
	return hospes_sleep(ctx, hospes_int(step, "ms") * 1000000);
}

static const struct {
	const char *op;
	int (*act)(hospes_ctx *ctx, const hospes_value *step, json_t **ret);
} acts[] = {
#ifdef NEXT
    {"call", call},
    {"fan", fan},
    {"race", race},
    {"listen", listen},
    {"late", late},
    {"bulk", bulk},
    {"draw", draw},
    {"ask", ask},
    {"poll", poll},
    {"review", review},
#endif
    {"add", add},
    {"fail", fail},
    {"recall", recall},
    {"http", http},
    {"say", say},
    {"part", part},
    {"sleep", nap},
};

static int
step_of(hospes_ctx *ctx, const hospes_value *step, json_t **ret)
{
	const char *op = hospes_text(step, "op");

	for (size_t i = 0; op != NULL && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].op, op) == 0)
			return acts[i].act(ctx, step, ret);
	}
	return hospes_fail(ctx, HOSPES_EINPUT, "%s knows no op %s", NAME, op == NULL ? "without a name" : op);
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

HOSPES_AGENT(NAME, VERSION, "Does what it is told, in a storm", storm)
#ifdef NEXT
HOSPES_NEEDS("call:" NEXT)
HOSPES_NEEDS("call:mender")
HOSPES_NEEDS("call:storm-frail")
HOSPES_NEEDS("call:voter-*")
#endif
HOSPES_NEEDS("http:http://127.0.0.1:*")
