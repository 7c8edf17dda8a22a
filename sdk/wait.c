/*
 * Waiting for ops that were started before.
 *
 * Which of several ops has its outcome first depends on time, so it is the host that says it, once: an op of kind FIRST
 * has the winner as its recorded outcome.  Where only one op is open there is nothing to record.
 */

#include <string.h>

#include "ctx.h"

/* The handler learns of an outcome: from now on it is what failed last, if it failed. */
static int
op_tell(struct hospes_ctx *ctx, struct hospes_op *op)
{
	int status = op->answer.status;

	if (op->told)
		return status;
	op->told = true;
	if (status == 0)
		return 0;
	if (op->kind == WIRE_OP_CALL)
		return ctx_fail(ctx, status, "%s: %s", op->answer.who, op->answer.message);
	ctx_note_failure(ctx, status, op->answer.message);
	return status;
}

/* Waits for one op.  The host is told that the call is parked, since the op itself did not say so. */
static int
op_park_for(struct hospes_ctx *ctx, const struct hospes_op *op)
{
	if (!op->arrived && !op->settled && ctx->stopped == 0)
		(void)runtime_send(ctx, WIRE_PARK, op->ordinal, 0, NULL, 0);
	return op_await(ctx, op);
}

int
hospes_wait(hospes_op *op, hospes_value **ret)
{
	struct hospes_ctx *ctx = hospes_runtime.current;
	int rc;

	if (ctx == NULL)
		return ctx_check_op(NULL, "hospes_wait");
	if (!op_is_of(ctx, op))
		return ctx_fail(ctx, HOSPES_EWRONGPLACE,
		    "hospes_wait was given %s; it waits for ops that this call has started",
		    op == NULL ? "NULL" : "what is no op of this call");
	rc = op_park_for(ctx, op);
	if (rc == 0)
		rc = op_tell(ctx, op);
	if (rc == 0 && ret != NULL)
		*ret = op->answer.value;
	return rc;
}

/* Asks the host which of the `open` ops among `ops` is first, and waits for that one's outcome. */
static int
wait_first(struct hospes_ctx *ctx, size_t n, struct hospes_op *const ops[], size_t open)
{
	uint32_t *ordinals = ctx_scratch(ctx, open * sizeof(*ordinals));
	uint32_t winner = WIRE_NO_ORDINAL;
	struct hospes_op first = {.into = &winner, .into_max = sizeof(winner)};
	struct op_request request = {.kind = WIRE_OP_FIRST, .target = ""};
	size_t k = 0;
	int rc;

	if (ordinals == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left to wait for %zu ops", open);
	for (size_t i = 0; i < n; i++) {
		if (ops[i] != NULL && !ops[i]->told)
			ordinals[k++] = ops[i]->ordinal;
	}
	request.input = ordinals;
	request.input_len = open * sizeof(*ordinals);
	rc = op_run(ctx, &first, &request);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (ops[i] == NULL || ops[i]->told || ops[i]->ordinal != winner)
			continue;
		rc = op_await(ctx, ops[i]);
		return rc != 0 ? rc : (int)i;
	}
	return ctx_fail(ctx, HOSPES_EPROTOCOL, "the host named op %u as the first of ops that it is none of", winner);
}

int
wait_any(struct hospes_ctx *ctx, size_t n, struct hospes_op *const ops[])
{
	size_t open = 0, last = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		if (ops[i] == NULL || ops[i]->told)
			continue;
		if (ops[i]->settled && ctx->stopped == 0) {
			(void)op_tell(ctx, ops[i]);
			return (int)i;
		}
		open++;
		last = i;
	}
	if (open == 0)
		return ctx_fail(ctx, HOSPES_ENOENT, "none of these %zu ops is still open", n);
	if (open == 1)
		rc = op_park_for(ctx, ops[last]);
	else
		rc = wait_first(ctx, n, ops, open);
	if (rc < 0)
		return rc;
	if (open > 1)
		last = (size_t)rc;
	(void)op_tell(ctx, ops[last]);
	return (int)last;
}

static bool
has_failed(size_t n, struct hospes_op *const ops[])
{
	for (size_t i = 0; i < n; i++) {
		if ((ops[i]->arrived || ops[i]->settled) && ops[i]->answer.status != 0)
			return true;
	}
	return false;
}

/*
 * When all end well, which was first matters to nobody: nothing is recorded, and the fiber sleeps until the last of them
 * is there.  That one has failed is in the record, so a replay comes here too; which one was the first to is asked of the
 * host then, as in wait_any.
 */
int
wait_all(struct hospes_ctx *ctx, size_t n, struct hospes_op *const ops[])
{
	size_t left = n;
	bool failed = has_failed(n, ops);

	ctx->awaits_all = true;
	while (!failed && ctx->stopped == 0 && left > 0) {
		if (ops[left - 1]->arrived) {
			left--;
			continue;
		}
		(void)runtime_send(ctx, WIRE_PARK, ops[left - 1]->ordinal, 0, NULL, 0);
		ctx->awaited = ops[left - 1];
		fiber_park(&ctx->fiber);
		ctx->awaited = NULL;
		failed = !ops[left - 1]->arrived || ops[left - 1]->answer.status != 0 ? has_failed(n, ops) : false;
	}
	ctx->awaits_all = false;
	for (left = n; failed && ctx->stopped == 0 && left > 0; left--) {
		int first = wait_any(ctx, n, ops);

		if (first < 0 || ops[first]->answer.status != 0)
			return first < 0 ? first : ops[first]->answer.status;
	}
	for (size_t i = 0; i < n; i++)
		ops[i]->told = true;
	if (ctx->stopped != 0)
		ctx->failed = ctx->stopped;
	return ctx->stopped;
}

int
hospes_wait_any(hospes_ctx *ctx, size_t n, hospes_op *const ops[])
{
	int rc = ctx_check_op(ctx, "hospes_wait_any");

	if (rc != 0)
		return rc;
	if (n == 0 || n > INT32_MAX || ops == NULL)
		return ctx_fail(ctx, HOSPES_EINPUT, "hospes_wait_any was given %zu ops; it needs at least one", n);
	for (size_t i = 0; i < n; i++) {
		if (ops[i] != NULL && !op_is_of(ctx, ops[i]))
			return ctx_fail(ctx, HOSPES_EWRONGPLACE,
			    "ops[%zu] given to hospes_wait_any is no op of this call; it waits for ops that this call "
			    "has started",
			    i);
	}
	return wait_any(ctx, n, ops);
}

const hospes_answer *
hospes_op_answer(hospes_op *op)
{
	struct hospes_ctx *ctx = hospes_runtime.current;

	if (ctx == NULL)
		return NULL;
	if (!op_is_of(ctx, op)) {
		(void)ctx_fail(ctx, HOSPES_EWRONGPLACE, "hospes_op_answer was given what is no op of this call");
		return NULL;
	}
	if (!op->told) {
		(void)ctx_fail(
		    ctx, HOSPES_EWRONGPLACE, "hospes_op_answer was asked of an op that no wait has returned for");
		return NULL;
	}
	return &op->answer;
}

void
hospes_cancel(hospes_op *op)
{
	struct hospes_ctx *ctx = hospes_runtime.current;

	if (ctx == NULL)
		return;
	if (!op_is_of(ctx, op)) {
		(void)ctx_fail(ctx, HOSPES_EWRONGPLACE, "hospes_cancel was given what is no op of this call");
		return;
	}
	if (op->told || op->settled)
		return;
	if (!op->arrived && ctx->stopped == 0)
		(void)runtime_send(ctx, WIRE_ABANDON, op->ordinal, 0, NULL, 0);
	/* Also when an outcome lies here that nobody has asked for: a replay may be at this point before it arrives. */
	op->settled = true;
	op->answer.status = HOSPES_ECANCELLED;
	op->answer.message = "cancelled by its caller";
	op->answer.value = NULL;
	op->answer.confidence = 0;
}
