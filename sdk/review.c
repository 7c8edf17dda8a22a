/*
 * Reviews: a question for a human, as JSON for the host.
 */

#include <string.h>

#include "ctx.h"

#define NS_PER_MS 1000000

static json_t *
choices_json(const char *const *choices)
{
	json_t *list = json_array();

	for (; *choices != NULL; choices++) {
		if (json_array_append_new(list, json_string(*choices)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* NULL: something of it is not UTF-8, or no memory is left. */
static json_t *
question_json(const hospes_question *asked)
{
	json_t *json = json_pack("{s:s}", "question", asked->question);
	int rc = json == NULL ? -1 : 0;

	if (rc == 0 && asked->context != NULL)
		rc |= json_object_set(json, "context", hospes_json(asked->context));
	if (rc == 0 && asked->choices != NULL)
		rc |= json_object_set_new(json, "choices", choices_json(asked->choices));
	if (rc == 0 && asked->otherwise != NULL)
		rc |= json_object_set_new(json, "default", json_string(asked->otherwise));
	if (rc == 0 && asked->timeout_ns > 0)
		rc |= json_object_set_new(
		    json, "timeout_ms", json_integer((asked->timeout_ns + NS_PER_MS - 1) / NS_PER_MS));
	if (rc == 0)
		return json;
	json_decref(json);
	return NULL;
}

static int
review_request(struct hospes_ctx *ctx, const hospes_question *given, struct op_request *request)
{
	hospes_question asked = {.size = 0};
	struct hospes_value *input;
	json_t *json;
	int rc = ctx_check_op(ctx, "hospes_review");

	if (rc != 0)
		return rc;
	if (given == NULL || given->size < offsetof(hospes_question, question) + sizeof(given->question))
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "hospes_review: set `size` of the question to sizeof(hospes_question)");
	memcpy(&asked, given, given->size < sizeof(asked) ? given->size : sizeof(asked));
	if (asked.question == NULL || asked.question[0] == '\0')
		return ctx_fail(ctx, HOSPES_EINPUT, "hospes_review: there is no question");
	if (asked.timeout_ns < 0 || asked.timeout_ns > INT64_MAX - NS_PER_MS)
		return ctx_fail(ctx, HOSPES_EINPUT, "hospes_review: the timeout is negative, or no time at all");
	json = question_json(&asked);
	if (json == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT,
		    "hospes_review: the question, its context or a choice is not UTF-8 or no JSON, or no memory is "
		    "left");
	input = hospes_value_json(ctx, json);
	if (input == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to write the question");
	request->kind = WIRE_OP_REVIEW;
	request->target = "";
	request->input = hospes_bytes(input, &request->input_len);
	return 0;
}

int
hospes_review(hospes_ctx *ctx, const hospes_question *question, hospes_value **ret)
{
	struct op_request review = {.waits = true};
	struct hospes_op op = {.arrived = false};
	int rc = review_request(ctx, question, &review);

	if (rc == 0)
		rc = op_run(ctx, &op, &review);
	if (rc == 0 && ret != NULL)
		*ret = op.answer.value;
	return rc;
}
