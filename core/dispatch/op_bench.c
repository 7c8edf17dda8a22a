/*
 * The effect that does nothing, for the bench alone (--enable-bench-hooks): an HTTP op whose URL begins with BENCH_TARGET.
 *
 * It passes the guards and has its intent durable like any other, and is answered then, so that what is measured is what the
 * host adds to an effect and not somebody's network.
 */

#include "dispatch/state.h"

struct nothing {
	struct dispatch *d;
	struct op *op;
};

static void
intent_durable(void *arg)
{
	struct nothing *n = arg;
	struct dispatch *d = n->d;
	struct op *op = n->op;

	op->executing = NULL;
	free(n);
	pipeline_complete(d, op, 0, payload_text("{\"status\":200,\"headers\":{},\"body\":\"\"}"), 1);
}

static void
bench_begin(struct dispatch *d, struct op *op)
{
	struct nothing *n = xcalloc(1, sizeof(*n));

	*n = (struct nothing){.d = d, .op = op};
	op->executing = n;
	op->effect = WIRE_EFFECT_KEYED;
	if (op->key == NULL)
		op->key = effect_key(op);
	journal_await(d->journal, record_intent(d, op), intent_durable, n);
}

static void
bench_stop(struct dispatch *d, struct op *op)
{
	journal_forget(d->journal, op->executing);
	free(op->executing);
	op->executing = NULL;
}

const struct executor executor_bench = {
    .name = "http",
    .outside = true,
    .begin = bench_begin,
    .stop = bench_stop,
    .resume = bench_begin,
};
