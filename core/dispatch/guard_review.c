/*
 * Guard: review.
 *
 * Where the policy says so a human is asked first: before an effect that may be made once and never again begins
 * (`reviews.once`), and before a call or a request that takes the run past a sum (`reviews.spend`: spend.c).  Nothing is held while it waits, since it starts at the first guard again when it was approved; what comes
 * before the intent, so that a host that is killed asks nobody twice and does nothing that nobody approved.
 *
 * An effect that a human has edited begins with what the human wrote, which is what its intent then has.
 */

#include "base/json.h"
#include "dispatch/guard.h"
#include "dispatch/review.h"

/* A new reference. */
static json_t *
context_of(const struct op *op, const struct http_request *request)
{
	const struct call *caller = op->caller;
	json_t *input = json_loadb((const char *)op->input->data, op->input->len, 0, NULL);
	json_t *context =
	    json_pack("{s:s s:s s:s s:s s:s s:o}", "agent", caller->plugin, "version", caller->semver, "effect", "once",
		"method", request->method, "url", request->url, "input", input == NULL ? json_null() : input);

	return context == NULL ? json_object() : context;
}

static enum review_answer
ask(struct dispatch *d, struct op *op, const struct http_request *request, struct payload **value, struct fault *why)
{
	_cleanup_(json_p) json_t *context = context_of(op, request);
	_cleanup_(free_p) char *question =
	    xasprintf("May %s send this request (%.20s) to %.255s?  It can be made once and not taken back.",
		op->caller->plugin, request->method, request->host);
	struct review_ask review = {.cause = "once", .question = question, .context = context};

	return review_about(d, op, &review, value, why);
}

/* What is no request that could be made is left to its executor to refuse. */
static enum review_answer
look(struct dispatch *d, struct op *op, struct payload **value, struct fault *why)
{
	struct review *asked = op_review(op, "once");
	enum review_answer answer = REVIEW_APPROVED;
	struct http_request request;
	struct fault ignored;

	if (asked != NULL) /* the op is what it was: it was compared when it was asked for again */
		return review_stands(d, asked, value, why);
	if (http_request_read(op->target, op->input, &request, &ignored) != 0)
		return answer;
	if (effect_class(op, &request) == WIRE_EFFECT_ONCE)
		answer = ask(d, op, &request, value, why);
	http_request_clear(&request);
	return answer;
}

/* What is on record holds whatever the policy says after a restart. */
static bool
is_asked_about(const struct op *op)
{
	if (op->kind != WIRE_OP_HTTP || op->run->script != NULL)
		return false;
	return op->run->policy->review_once || op_review(op, "once") != NULL;
}

static int
admit_once(struct dispatch *d, struct op *op, struct fault *why)
{
	struct payload *value = NULL;

	if (!is_asked_about(op))
		return GUARD_PASS;
	switch (look(d, op, &value, why)) {
	case REVIEW_OPEN:
		return guard_wait(op, &op_review(op, "once")->waiting);
	case REVIEW_REJECTED:
		return GUARD_REFUSE;
	case REVIEW_EDITED:
	case REVIEW_ANSWERED:
		payload_unref(&op->input);
		op->input = value;
		return GUARD_PASS;
	case REVIEW_APPROVED:
		return GUARD_PASS;
	}
	return GUARD_PASS;
}

/* What it may cost comes last: of an op that waits here nothing is counted. */
static int
review_admit(struct dispatch *d, struct op *op, struct fault *why)
{
	int answer = admit_once(d, op, why);

	return answer == GUARD_PASS ? spend_admit(d, op, why) : answer;
}

static void
review_undo(struct dispatch *d, struct op *op)
{
	(void)d;
	spend_undo(op);
}

static void
review_settled(struct dispatch *d, struct op *op)
{
	(void)d;
	spend_settle(op);
}

static int
review_restored(struct dispatch *d, struct op *op, struct fault *fault)
{
	(void)d, (void)fault;
	spend_restore(op);
	return 0;
}

const struct guard guard_review = {
    .name = "review",
    .admit = review_admit,
    .undo = review_undo,
    .settle = review_settled,
    .restore = review_restored,
};
