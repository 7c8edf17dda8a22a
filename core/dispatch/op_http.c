/*
 * The op HTTP: the first effect outside the host.
 *
 * The intent is on disk before a byte leaves; the outcome follows.  A request of the class `once` that was begun and has
 * no answer is outcome_unknown: nobody can tell whether it took place.
 */

#include "base/clock.h"
#include "dispatch/guard.h"

struct effect {
	struct dispatch *d;
	struct op *op;
	struct http_request request;
	bool private;                   /* it may reach private addresses */
	struct http_transfer *transfer; /* NULL: its intent is not durable yet */
};

static uint8_t
effect_class(const struct op *op, const struct http_request *request)
{
	if (op->effect != WIRE_EFFECT_DEFAULT)
		return op->effect;
	return http_idempotent(request->method) ? WIRE_EFFECT_IDEMPOTENT : WIRE_EFFECT_ONCE;
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

static void
http_done(int status, struct payload *answer, const struct fault *fault, void *arg)
{
	struct effect *e = arg;
	struct dispatch *d = e->d;
	struct op *op = e->op;

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
	};

	if (call.timeout_ns > op->run->policy->http_timeout_ns)
		call.timeout_ns = op->run->policy->http_timeout_ns;
	if (call.timeout_ns < NS_PER_MS)
		call.timeout_ns = NS_PER_MS;
	e->transfer = http_start(e->d->http, &call);
}

static void
http_begin(struct dispatch *d, struct op *op)
{
	struct effect *e = xcalloc(1, sizeof(*e));
	struct fault fault;

	*e = (struct effect){.d = d, .op = op};
	op->executing = e;
	if (http_request_read(op->target, op->input, &e->request, &fault) != 0 ||
	    !permission_http(op->caller, &e->request, &e->private, &fault)) {
		effect_free(e);
		pipeline_fail(d, op, &fault);
		return;
	}
	op->effect = effect_class(op, &e->request);
	if (op->key == NULL && op->effect != WIRE_EFFECT_PURE && op->effect != WIRE_EFFECT_IDEMPOTENT)
		op->key =
		    xasprintf("%s:%s:%u:%u", op->run->id_text, op->caller->path, op->ordinal, op->caller->attempt);
	journal_await(d->journal, record_intent(d, op), intent_durable, e);
}

static void
http_stop(struct dispatch *d, struct op *op)
{
	struct effect *e = op->executing;
	bool begun = e->transfer != NULL;

	if (begun)
		http_cancel(&e->transfer);
	else
		journal_forget(d->journal, e);
	effect_free(e);
	if (begun && op->effect == WIRE_EFFECT_ONCE) {
		struct fault fault;

		fault_set(&fault, HOSPES_EUNKNOWN,
		    "%s was stopped after it had begun, and it is not safe to do twice: find out whether it took place",
		    op->target);
		pipeline_fail(d, op, &fault);
	}
}

const struct executor executor_http = {
    .name = "http",
    .outside = true,
    .begin = http_begin,
    .stop = http_stop,
};
