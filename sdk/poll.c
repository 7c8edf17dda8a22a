/*
 * Polls: voters are begun like other calls, one op more tells the host which they are, and the host counts.
 *
 * What a voter would be paid for in vain is looked at before any is asked: here the same is refused as in the host, which does not
 * believe a cell.
 */

#include <assert.h>
#include <string.h>

#include "ctx.h"

static_assert((int)HOSPES_MAJORITY == WIRE_POLL_MAJORITY && (int)HOSPES_SUPERMAJORITY == WIRE_POLL_SUPERMAJORITY &&
		  (int)HOSPES_UNANIMOUS == WIRE_POLL_UNANIMOUS && (int)HOSPES_WEIGHTED == WIRE_POLL_WEIGHTED,
    "the rules are numbered as on the wire");

struct poll {
	struct hospes_ctx *ctx;
	size_t n;
	const char *const *voters;
	hospes_poll_policy policy;
	hospes_value *asked; /* what the voters are given */
	json_t *ask;         /* its JSON */
	struct hospes_op **ops;
};

/* ---- What cannot be ---------------------------------------------------------------------------------------------- */

static int
poll_fail(const struct poll *p, int status, const char *what)
{
	return ctx_fail(p->ctx, status, "hospes_poll: %s", what);
}

static bool
fraction_is_sound(const hospes_fraction *f)
{
	return f->denominator > 0 && f->denominator <= WIRE_POLL_NUMBER_MAX && f->numerator <= f->denominator;
}

static int
poll_take_policy(struct poll *p, const hospes_poll_policy *given)
{
	hospes_poll_policy *policy = &p->policy;
	const hospes_fraction *quorum = &policy->quorum;

	if (given != NULL && given->size < sizeof(given->size))
		return poll_fail(
		    p, HOSPES_EINPUT, "the size of hospes_poll_policy is not set; make it with HOSPES_POLL(...)");
	if (given != NULL)
		memcpy(policy, given, given->size < sizeof(*policy) ? given->size : sizeof(*policy));
	if (policy->rule < HOSPES_MAJORITY || policy->rule > HOSPES_WEIGHTED)
		return poll_fail(p, HOSPES_EINPUT, "there is no such rule; take one of enum hospes_rule");
	if (policy->rule == HOSPES_SUPERMAJORITY && policy->fraction.numerator == 0 &&
	    policy->fraction.denominator == 0)
		policy->fraction = (hospes_fraction){2, 3};
	if (policy->rule != HOSPES_SUPERMAJORITY)
		policy->fraction = (hospes_fraction){0, 0};
	else if (!fraction_is_sound(&policy->fraction) ||
		 2 * (uint64_t)policy->fraction.numerator <= policy->fraction.denominator)
		return poll_fail(
		    p, HOSPES_EINPUT, "the fraction of a supermajority has to be more than 1/2, and 1 at most");
	if ((quorum->numerator != 0 || quorum->denominator != 0) && !fraction_is_sound(quorum))
		return poll_fail(p, HOSPES_EINPUT, "the quorum has to be a fraction up to 1; {0, 1} is none");
	if (policy->rule == HOSPES_WEIGHTED && policy->of_all)
		return poll_fail(p, HOSPES_EINPUT, "of_all means nothing where the greatest weight wins");
	if (policy->timeout_ns < 0)
		return poll_fail(p, HOSPES_EINPUT, "the timeout is negative");
	return 0;
}

static int
poll_check_voters(const struct poll *p)
{
	const char *wrong = NULL;
	int status;

	if (p->n == 0 || p->n > WIRE_POLL_BALLOTS_MAX || p->voters == NULL)
		return ctx_fail(p->ctx, p->n == 0 ? HOSPES_EINPUT : HOSPES_ETOOLARGE,
		    "hospes_poll was given %zu voters; expected from 1 to %u", p->n, WIRE_POLL_BALLOTS_MAX);
	for (size_t i = 0; i < p->n; i++) {
		uint32_t weight = p->policy.weights == NULL ? 1 : p->policy.weights[i];

		wrong = op_refuse_target(p->voters[i], &status);
		if (wrong != NULL)
			return ctx_fail(p->ctx, status, "hospes_poll: voter %zu cannot be called: %s", i, wrong);
		if (weight == 0 || weight > WIRE_POLL_NUMBER_MAX)
			return ctx_fail(p->ctx, HOSPES_EINPUT,
			    "hospes_poll: the weight of voter %zu is %u; expected from 1 to %u", i, weight,
			    WIRE_POLL_NUMBER_MAX);
	}
	wrong = p->policy.tie_breaker == NULL ? NULL : op_refuse_target(p->policy.tie_breaker, &status);
	if (wrong != NULL)
		return ctx_fail(p->ctx, status, "hospes_poll: the tie-breaker cannot be called: %s", wrong);
	return 0;
}

/* ---- What they are asked ----------------------------------------------------------------------------------------- */

static int
poll_add_options(struct poll *p, const char *const options[])
{
	json_t *list = json_array(), *seen = json_object();
	size_t n = 0;
	int rc = 0;

	for (; rc == 0 && options != NULL && options[n] != NULL; n++) {
		size_t len = strlen(options[n]);

		if (n == WIRE_POLL_OPTIONS_MAX || len == 0 || len > WIRE_POLL_OPTION_MAX ||
		    json_object_get(seen, options[n]) != NULL)
			rc = poll_fail(
			    p, HOSPES_EINPUT, "expected up to 256 options, each another text of 1 to 256 bytes");
		else if (json_array_append_new(list, json_string(options[n])) != 0 ||
			 json_object_set_new(seen, options[n], json_true()) != 0)
			rc = poll_fail(p, HOSPES_EINPUT, "an option is not UTF-8");
	}
	json_decref(seen);
	json_object_set_new(p->ask, "options", list);
	return rc != 0 || n >= 2 ? rc : poll_fail(p, HOSPES_EINPUT, "there have to be two options at least");
}

static int
poll_compose(struct poll *p, const char *question, const char *const options[])
{
	const hospes_value *context = p->policy.context;
	size_t len = question == NULL ? 0 : strlen(question);
	json_t *json = len == 0 || len > WIRE_POLL_QUESTION_MAX ? NULL : json_string(question);

	if (json == NULL || json_object_set_new(p->ask, "question", json) != 0)
		return poll_fail(p, HOSPES_EINPUT,
		    "expected a question in UTF-8 of 1 byte to 16 KiB; put what is longer into the context");
	if (poll_add_options(p, options) != 0)
		return p->ctx->failed;
	if (context == NULL)
		return 0;
	if (hospes_json(context) == NULL)
		return poll_fail(p, HOSPES_EINPUT, "the context is not JSON");
	return json_object_set(p->ask, "context", hospes_json(context)) == 0
		   ? 0
		   : poll_fail(p, HOSPES_ENOMEM, "no memory is left in the cell for the question");
}

/* As it travels: 0, or a status. */
static int
poll_bytes(const struct poll *p, const hospes_value *asked, const char **bytes, size_t *len)
{
	*bytes = asked == NULL ? NULL : hospes_bytes(asked, len);
	if (*bytes == NULL) {
		(void)poll_fail(p, HOSPES_ENOMEM, "no memory is left in the cell for the question");
		return HOSPES_ENOMEM;
	}
	if (*len <= WIRE_POLL_ASK_MAX)
		return 0;
	return ctx_fail(p->ctx, HOSPES_ETOOLARGE,
	    "hospes_poll: question, options and context are %zu bytes, and may be %u; put what is large into memory "
	    "and "
	    "name it",
	    *len, WIRE_POLL_ASK_MAX);
}

/* ---- Holding it -------------------------------------------------------------------------------------------------- */

static void
poll_abandon(struct hospes_op **ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ops[i] != NULL)
			hospes_cancel(ops[i]);
	}
}

/* One more ballot; it shares what is left of the budget with so many others.  0 or a status. */
static int
poll_start(const struct poll *p, const char *target, const hospes_value *ask, uint32_t sharers, struct hospes_op **ret)
{
	hospes_options options = {.size = sizeof(options), .timeout_ns = p->policy.timeout_ns};
	struct hospes_op *op = call_start(p->ctx, target, ask, &options, sharers);

	*ret = op;
	if (op == NULL)
		return p->ctx->failed;
	return op->ordinal != WIRE_NO_ORDINAL ? 0 : ctx_fail(p->ctx, op->answer.status, "%s", op->answer.message);
}

/* Has the host count these ballots.  *ordinal is that of the op. */
static int
poll_count(const struct poll *p, struct wire_poll wire, struct hospes_op *const *ops, const char *ask, size_t ask_len,
    uint32_t *ordinal, hospes_value **ret)
{
	size_t head = sizeof(wire) + wire.ballots * sizeof(struct wire_ballot);
	hospes_options options = {.size = sizeof(options), .timeout_ns = p->policy.timeout_ns};
	struct op_request request = {.kind = WIRE_OP_POLL, .target = "", .options = &options};
	struct hospes_op op = {.arrived = false};
	char *input = ctx_scratch(p->ctx, head + ask_len);
	int rc;

	if (input == NULL)
		return poll_fail(p, HOSPES_ENOMEM, "no memory is left in the cell for the ballots");
	memcpy(input, &wire, sizeof(wire));
	for (uint32_t i = 0; i < wire.ballots; i++) {
		bool one = (wire.flags & WIRE_POLL_TIE) != 0 || p->policy.weights == NULL;
		struct wire_ballot ballot = {.ordinal = ops[i]->ordinal, .weight = one ? 1 : p->policy.weights[i]};

		memcpy(input + sizeof(wire) + i * sizeof(ballot), &ballot, sizeof(ballot));
	}
	memcpy(input + head, ask, ask_len);
	request.input = input;
	request.input_len = head + ask_len;
	rc = op_run(p->ctx, &op, &request);
	*ordinal = op.ordinal;
	if (rc == 0)
		*ret = op.answer.value;
	return rc;
}

static int
poll_vote(struct poll *p, uint32_t *ordinal, hospes_value **ret)
{
	const hospes_poll_policy *policy = &p->policy;
	struct wire_poll wire = {.rule = (uint8_t)policy->rule, .ballots = (uint32_t)p->n};
	const char *bytes;
	size_t len = 0, begun = 0;
	int rc = poll_bytes(p, p->asked, &bytes, &len);

	wire.flags = (uint8_t)((policy->of_all ? WIRE_POLL_OF_ALL : 0) | (policy->wait_all ? WIRE_POLL_WAIT_ALL : 0) |
			       (policy->repeated ? WIRE_POLL_REPEATED : 0) |
			       (policy->tie_breaker != NULL ? WIRE_POLL_KEEP_TIME : 0));
	wire.numerator = policy->fraction.numerator;
	wire.denominator = policy->fraction.denominator;
	wire.quorum_numerator = policy->quorum.numerator;
	wire.quorum_denominator = policy->quorum.denominator;
	/* A part of the budget is kept for the one who breaks a tie. */
	for (; rc == 0 && begun < p->n; begun++)
		rc = poll_start(p, p->voters[begun], p->asked, (uint32_t)(p->n - begun + (policy->tie_breaker != NULL)),
		    &p->ops[begun]);
	if (rc == 0)
		rc = poll_count(p, wire, p->ops, bytes, len, ordinal, ret);
	poll_abandon(p->ops, begun);
	return rc;
}

/* What the others said, for the one who breaks the tie; as much of it as there is room for.  0 or a status. */
static int
poll_ask_tie(const struct poll *p, const hospes_value *outcome, hospes_value **asked, const char **bytes, size_t *len)
{
	static const char *const beside[] = {"counts", "ballots"};
	const json_t *told = hospes_json(outcome);
	int rc = HOSPES_ETOOLARGE;

	for (size_t most = 3; rc == HOSPES_ETOOLARGE && most-- > 0;) {
		json_t *ask = json_copy(p->ask);

		json_object_set(ask, "options", json_object_get(told, "tied"));
		for (size_t i = 0; i < most; i++)
			json_object_set(ask, beside[i], json_object_get(told, beside[i]));
		*asked = hospes_value_json(p->ctx, ask);
		rc = poll_bytes(p, *asked, bytes, len);
	}
	return rc;
}

static int
poll_break_tie(struct poll *p, uint32_t first, hospes_value **outcome)
{
	struct wire_poll wire = {.flags = WIRE_POLL_TIE, .ballots = 1, .first = first};
	struct hospes_op *op = NULL;
	hospes_value *asked;
	const char *bytes;
	size_t len = 0;
	int rc;

	if (p->policy.tie_breaker == NULL || json_object_get(hospes_json(*outcome), "tied") == NULL)
		return 0;
	rc = poll_ask_tie(p, *outcome, &asked, &bytes, &len);
	if (rc == 0)
		rc = poll_start(p, p->policy.tie_breaker, asked, 1, &op);
	if (rc == 0)
		rc = poll_count(p, wire, &op, bytes, len, &first, outcome);
	poll_abandon(&op, 1);
	return rc;
}

int
hospes_poll(hospes_ctx *ctx, const char *question, size_t n, const char *const voters[], const char *const options[],
    const hospes_poll_policy *policy, hospes_value **ret)
{
	struct poll p = {.ctx = ctx, .n = n, .voters = voters, .policy = {.size = sizeof(p.policy)}};
	hospes_value *outcome = NULL;
	uint32_t ordinal = WIRE_NO_ORDINAL;
	int rc = ctx_check_op(ctx, "hospes_poll");

	if (rc == 0)
		rc = poll_take_policy(&p, policy);
	if (rc == 0)
		rc = poll_check_voters(&p);
	if (rc != 0)
		return rc;
	/* A fiber may be dropped where it waits: what it has then is the call's. */
	p.ops = ctx_alloc(ctx, n * sizeof(struct hospes_op *));
	p.ask = json_object();
	if (p.ops == NULL || p.ask == NULL) {
		json_decref(p.ask);
		return poll_fail(&p, HOSPES_ENOMEM, "no memory is left in the cell for a poll");
	}
	rc = poll_compose(&p, question, options);
	if (rc == 0) {
		p.asked = hospes_value_json(ctx, p.ask);
		rc = p.asked == NULL ? ctx->failed : 0;
	} else
		json_decref(p.ask);
	if (rc == 0)
		rc = poll_vote(&p, &ordinal, &outcome);
	if (rc == 0)
		rc = poll_break_tie(&p, ordinal, &outcome);
	if (rc == 0 && ret != NULL)
		*ret = outcome;
	return rc;
}
