/*
 * The op REVIEW: a plugin asks a human.
 *
 * Its one record before the outcome is that of the review, so a call that begins again, and a host, find the question asked
 * and perhaps answered.  A no is a failure, `rejected`: who does not look at what was chosen then does not go on as if it were
 * allowed.
 */

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"

#define TIMEOUT_MS_MAX (INT64_MAX / 4 / NS_PER_MS)

/* What the input says, borrowed from its JSON. */
struct question {
	json_t *json;
	struct review_ask ask;
	const char *choices[REVIEW_CHOICES_MAX + 1];
};

static int
read_choices(struct question *q, struct fault *fault)
{
	const json_t *list = json_object_get(q->json, "choices"), *one;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > REVIEW_CHOICES_MAX)
		return fault_set(fault, HOSPES_EINPUT, "the choices of a review are 1 to %u texts", REVIEW_CHOICES_MAX);
	json_array_foreach(list, i, one)
	{
		size_t len = json_string_length(one);

		if (!json_is_string(one) || len == 0 || len > REVIEW_CHOICE_MAX)
			return fault_set(fault, HOSPES_EINPUT, "choice %zu of a review is no text of 1 to %u bytes", i,
			    REVIEW_CHOICE_MAX);
		q->choices[i] = json_string_value(one);
	}
	q->ask.choices = q->choices;
	return 0;
}

static int
read_default(struct question *q, struct fault *fault)
{
	const json_t *json = json_object_get(q->json, "default");
	const char *text = json_string_value(json);

	if (json == NULL)
		return 0;
	q->ask.fallback = text;
	if (text != NULL && strcmp(text, "reject") == 0)
		return 0;
	if (text != NULL && q->ask.choices == NULL && strcmp(text, "approve") == 0)
		return 0;
	for (const char *const *choice = q->ask.choices; text != NULL && choice != NULL && *choice != NULL; choice++) {
		if (strcmp(*choice, text) == 0)
			return 0;
	}
	return fault_set(fault, HOSPES_EINPUT,
	    "the default of a review is \"reject\" or one of its choices (\"approve\" where it gives none)");
}

static int
read_timeout(struct question *q, struct fault *fault)
{
	const json_t *json = json_object_get(q->json, "timeout_ms");
	json_int_t ms = json_integer_value(json);

	if (json == NULL)
		return 0;
	if (!json_is_integer(json) || ms <= 0 || ms > TIMEOUT_MS_MAX)
		return fault_set(fault, HOSPES_EINPUT, "the timeout of a review is a number of milliseconds over 0");
	/* From when it was asked: a review that is on record has its deadline there. */
	q->ask.deadline_real_ns = clock_real_ns() + ms * NS_PER_MS;
	return 0;
}

static int
read_question(struct question *q, struct fault *fault)
{
	static const char *const members[] = {"question", "context", "choices", "default", "timeout_ms", NULL};
	const json_t *question = json_object_get(q->json, "question");
	const char *stranger = json_stranger(q->json, members);

	if (stranger != NULL)
		return fault_set(fault, HOSPES_EINPUT,
		    "the input of a review has a member \"%.60s\", which it does not know", stranger);
	if (!json_is_string(question) || json_string_length(question) == 0 ||
	    json_string_length(question) > REVIEW_QUESTION_MAX)
		return fault_set(
		    fault, HOSPES_EINPUT, "the question of a review is a text of 1 to %zu bytes", REVIEW_QUESTION_MAX);
	q->ask.cause = "agent";
	q->ask.question = json_string_value(question);
	q->ask.context = json_object_get(q->json, "context");
	if (read_choices(q, fault) != 0 || read_default(q, fault) != 0)
		return fault->status;
	return read_timeout(q, fault);
}

/* The agent can do something about what is too large, so it is told. */
static int
question_of(const struct op *op, struct question *q, struct fault *fault)
{
	size_t most = REVIEW_CONTEXT_MAX;

	if (op->input->len > most)
		return fault_set(fault, HOSPES_ETOOLARGE,
		    "the question has %zu bytes with its context and may have %zu; show what a human needs to decide",
		    op->input->len, most);
	q->json = json_read(op->input->data, op->input->len, "the input of a review", fault);
	if (q->json == NULL)
		return fault->status;
	if (!json_is_object(q->json))
		return fault_set(fault, HOSPES_EINPUT, "the input of a review has to be an object");
	return read_question(q, fault);
}

/* {"choice", "value"?, "by", "why"?} */
static struct payload *
answer_of(const struct review *r)
{
	_cleanup_(json_p) json_t *json =
	    json_pack("{s:s s:s s:s*}", "choice", review_answer_name(r->answer), "by", r->by, "why", r->why);
	json_t *value =
	    r->value == NULL ? NULL : json_loadb((const char *)r->value->data, r->value->len, JSON_DECODE_ANY, NULL);

	if (value != NULL && r->choices != NULL)
		json_object_set_new(json, "choice", value);
	else if (value != NULL)
		json_object_set_new(json, "value", value);
	return json_payload(json);
}

void
op_reviewed(struct dispatch *d, struct review *r)
{
	struct payload *value = NULL;
	struct fault why;

	if (review_stands(d, r, &value, &why) == REVIEW_REJECTED)
		pipeline_fail(d, r->op, &why);
	else
		pipeline_complete(d, r->op, 0, answer_of(r), 1);
	payload_unref(&value);
}

static void
review_begin(struct dispatch *d, struct op *op)
{
	struct question q = {0};
	struct payload *value = NULL;
	struct fault fault;

	if (question_of(op, &q, &fault) != 0)
		pipeline_fail(d, op, &fault);
	else if (review_about(d, op, &q.ask, &value, &fault) == REVIEW_REJECTED)
		pipeline_fail(d, op, &fault);
	else if (op_awaits_review(op) == NULL)
		pipeline_complete(d, op, 0, answer_of(op->reviews), 1);
	payload_unref(&value);
	json_decref(q.json);
}

/* What waits is a record and a timer, which go with the op. */
static void
review_stop(struct dispatch *d, struct op *op)
{
	(void)d, (void)op;
}

const struct executor executor_review = {
    .name = "review",
    .outside = true,
    .begin = review_begin,
    .stop = review_stop,
    .resume = review_begin,
};
