/*
 * The op HTTP: an effect outside the host.
 *
 * The intent is on disk before a byte leaves; the outcome follows.  What a host finds with an intent and no outcome when it
 * starts may have taken place or not, and its class says what to do: `pure` and `idempotent` are done again, so is `keyed`
 * with the same key; `costly` too, and each time before is told as one that may have been billed; `once` waits for a human
 * (decision.c).  An intent goes before each of these times.
 *
 * What has a price is paid for once it was sent, whatever came of that; a costly one each time that it may have been.
 *
 * A request of the class `once` that was sent and has no answer, because it was stopped or broke off, is outcome_unknown:
 * nobody can tell whether it took place, and its caller has to know.
 */

#include "base/clock.h"
#include "base/json.h"
#include "dispatch/guard.h"

struct effect {
	struct dispatch *d;
	struct op *op;
	struct http_request request;
	bool private;                   /* it may reach private addresses */
	struct http_transfer *transfer; /* NULL: its intent is not durable yet */
};

uint8_t
effect_class(const struct op *op, const struct http_request *request)
{
	if (op->effect != WIRE_EFFECT_DEFAULT)
		return op->effect;
	return http_idempotent(request->method) ? WIRE_EFFECT_IDEMPOTENT : WIRE_EFFECT_ONCE;
}

char *
effect_key(const struct op *op)
{
	return xasprintf("%s:%s:%u:%u", op->run->id_text, op->caller->path, op->ordinal, op->attempt);
}

void
effect_price(struct op *op, const struct http_request *request)
{
	if (op->price_known)
		return;
	op->price_known = true;
	/* A case of `hospes test` answers for what is outside. */
	op->price_micros = op->run->script != NULL ? 0
						   : policy_price(op->run->policy, request->scheme, request->host,
							 request->port, request->path);
}

int64_t
effect_cost(const struct op *op)
{
	int64_t times = op->effect == WIRE_EFFECT_COSTLY || op->sent == 0 ? op->sent : 1;
	int64_t held = op->reserved_least[QUANTITY_MONEY];

	/* What a record says too much is not spent. */
	return op->price_micros * times < held ? op->price_micros * times : held;
}

static void
effect_free(struct effect *e)
{
	e->op->executing = NULL;
	http_request_clear(&e->request);
	free(e);
}

static int
admit_redirect(const struct http_request *request, void *arg, struct fault *fault)
{
	struct effect *e = arg;
	bool private;

	if (!permission_http(e->op->caller, request, &private, fault))
		return fault->status;
	if (e->private && !private)
		return fault_set(fault, HOSPES_EPERM,
		    "%s was redirected to %s, which has no grant of its own; what may reach private addresses goes "
		    "only where it "
		    "is granted",
		    e->op->target, request->url);
	return 0;
}

/* It ends: has something of it left? */
static void
was_sent(struct effect *e)
{
	if (http_sent(e->transfer) && e->op->sent < UINT16_MAX)
		e->op->sent++;
}

static void
http_done(int status, struct payload *answer, const struct fault *fault, void *arg)
{
	struct effect *e = arg;
	struct dispatch *d = e->d;
	struct op *op = e->op;

	op->unanswered = status != 0 && http_sent(e->transfer);
	was_sent(e);
	op->http_code = status == 0 ? (uint16_t)http_code(e->transfer) : 0;
	effect_free(e);
	if (status == 0)
		pipeline_complete(d, op, 0, payload_ref(answer), 1);
	else
		pipeline_fail(d, op, fault);
}

static void
intent_durable(void *arg)
{
	struct effect *e = arg;
	struct op *op = e->op;
	struct http_call call = {
	    .request = &e->request,
	    .key = op->key,
	    .timeout_ns = op->deadline_real_ns - clock_real_ns(),
	    .allow_private = e->private,
	    .once = op->effect == WIRE_EFFECT_ONCE,
	    .admit = admit_redirect,
	    .done = http_done,
	    .arg = e,
	    .owner = op->run,
	};

	if (call.timeout_ns > op->run->policy->http_timeout_ns)
		call.timeout_ns = op->run->policy->http_timeout_ns;
	if (call.timeout_ns < NS_PER_MS)
		call.timeout_ns = NS_PER_MS;
	e->transfer = http_start(e->d->http, &call);
}

/* It may have taken place before, and may not begin now. */
static void
not_again(struct dispatch *d, struct op *op, struct fault *why)
{
	bool harmless = op->effect == WIRE_EFFECT_PURE || op->effect == WIRE_EFFECT_IDEMPOTENT;
	struct fault fault = *why;

	op->unanswered = op->begun > 0;
	if (op->begun > 0 && !harmless)
		fault_set(&fault, HOSPES_EUNKNOWN,
		    "%s was begun before the host ended, may have taken place, and cannot be done again: %s",
		    op->target, why->text);
	pipeline_fail(d, op, &fault);
}

static void
http_begin(struct dispatch *d, struct op *op)
{
	struct effect *e = xcalloc(1, sizeof(*e));
	struct fault fault;
	uint64_t lsn;

	*e = (struct effect){.d = d, .op = op};
	op->executing = e;
	if (http_request_read(op->target, op->input, &e->request, &fault) != 0 ||
	    !permission_http(op->caller, &e->request, &e->private, &fault)) {
		effect_free(e);
		not_again(d, op, &fault);
		return;
	}
	op->effect = effect_class(op, &e->request);
	if (budget_again(op, &fault) != GUARD_PASS) {
		effect_free(e);
		not_again(d, op, &fault);
		return;
	}
	if (op->key == NULL && op->effect != WIRE_EFFECT_PURE && op->effect != WIRE_EFFECT_IDEMPOTENT)
		op->key = effect_key(op);
	lsn = record_intent(d, op);
	budget_began(d, op);
	journal_await(d->journal, lsn, intent_durable, e);
}

static void
http_resume(struct dispatch *d, struct op *op)
{
	/* Without an intent it was said not to have taken place, and the host ended before it began again. */
	if (op->intent_real_ns != 0 && op->effect == WIRE_EFFECT_ONCE)
		decision_await(d, op);
	else
		http_begin(d, op);
}

static void
unknown(struct dispatch *d, struct op *op)
{
	struct fault fault;

	fault_set(&fault, HOSPES_EUNKNOWN,
	    "%s was stopped after it had begun (%s), and it is not safe to do twice: find out whether it took place",
	    op->target, op->cancel_why);
	pipeline_fail(d, op, &fault);
}

static void
http_stop(struct dispatch *d, struct op *op)
{
	struct effect *e = op->executing;

	if (op->undecided) {
		unknown(d, op);
		return;
	}
	if (e->transfer != NULL) {
		op->unanswered = http_sent(e->transfer);
		was_sent(e);
		http_cancel(&e->transfer);
	} else
		journal_forget(d->journal, e);
	effect_free(e);
	if (op->unanswered && op->effect == WIRE_EFFECT_ONCE)
		unknown(d, op);
}

/* An answer as http gives them.  Where nothing is known of it: one without content, of a request that succeeded. */
static struct payload *
http_decided(const struct op *op, const json_t *answer, struct fault *fault)
{
	_cleanup_(json_p) json_t *made = json_pack("{s:i s:s s:{}}", "status", 204, "url", op->target, "headers");
	json_int_t status = json_integer_value(json_object_get(answer, "status"));

	if (answer != NULL && (status < 100 || status > 599)) {
		fault_set(fault, HOSPES_EINPUT,
		    "the answer of an HTTP request is an object with `status`, a number from 100 to 599, and may have "
		    "`headers` and `body`");
		return NULL;
	}
	if (answer != NULL)
		json_object_update(made, (json_t *)(uintptr_t)answer);
	if (json_object_get(made, "body") == NULL && json_object_get(made, "base64") == NULL)
		json_object_set_new(made, "body", json_string(""));
	return json_payload(made);
}

const struct executor executor_http = {
    .name = "http",
    .outside = true,
    .begin = http_begin,
    .stop = http_stop,
    .resume = http_resume,
    .decided = http_decided,
};
