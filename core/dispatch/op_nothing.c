/*
 * For the bench alone (configure --enable-bench-hooks): an effect that does nothing.
 *
 * A GET of a URL that begins with NOTHING passes the guards like any other and has its intent on the disk before; then it
 * is done.  So the bench measures what durability costs, without a server and a connection.
 */

#include <string.h>

#include "dispatch/state.h"

#define NOTHING "http://127.0.0.1:1/nothing"

struct nothing {
	struct dispatch *d;
	struct op *op;
};

static void
nothing_durable(void *arg)
{
	struct nothing *n = arg;
	struct dispatch *d = n->d;
	struct op *op = n->op;

	op->executing = NULL;
	free(n);
	pipeline_complete(
	    d, op, 0, payload_text("{\"status\":200,\"url\":\"" NOTHING "\",\"headers\":{},\"body\":\"\"}"), 1);
}

static void
nothing_begin(struct dispatch *d, struct op *op)
{
	struct nothing *n = xcalloc(1, sizeof(*n));

	*n = (struct nothing){.d = d, .op = op};
	op->executing = n;
	op->effect = WIRE_EFFECT_IDEMPOTENT;
	journal_await(d->journal, record_intent(d, op), nothing_durable, n);
}

static void
nothing_stop(struct dispatch *d, struct op *op)
{
	journal_forget(d->journal, op->executing);
	free(op->executing);
	op->executing = NULL;
}

bool
op_is_nothing(const struct op *op)
{
	return op->kind == WIRE_OP_HTTP && strncmp(op->target, NOTHING, sizeof(NOTHING) - 1) == 0;
}

const struct executor executor_nothing = {
    .name = "http",
    .outside = true,
    .begin = nothing_begin,
    .stop = nothing_stop,
};
