/*
 * heir: gives `callee` a share of `money` micro-dollars and `calls` calls for `input`, and at most `ms` milliseconds where that is
 * not 0; with {"abandon": true} it does not wait for it.  Then it calls dear until it is refused; replies what became of the first
 * and how often dear was called.
 */

#include <hospes.h>

static int
heir(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *callee = hospes_text(input, "callee");
	hospes_value *said;
	int64_t calls = 0;
	hospes_op *op;
	int first = 0, rc = 0;

	if (callee == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee");
	op = hospes_start(ctx, callee, hospes_get(input, "input"),
	    HOSPES_OPTIONS(.timeout_ns = hospes_int(input, "ms") * 1000000, .budget_calls = hospes_int(input, "calls"),
		.money_micros = hospes_int(input, "money")));
	if (hospes_flag(input, "abandon"))
		hospes_cancel(op);
	first = hospes_wait(op, &said);
	for (; rc == 0 && calls < 1000; calls += rc == 0)
		rc = hospes_call(ctx, "dear", hospes_value_json(ctx, json_integer(calls)), &said);
	if (rc == HOSPES_ECANCELLED || rc == HOSPES_EDEADLINE)
		return rc;
	return hospes_reply(ctx, json_pack("{s:s s:I s:s}", "first", first == 0 ? "ok" : hospes_status_name(first),
				     "calls", (json_int_t)calls, "message", hospes_message(ctx)));
}

HOSPES_AGENT("heir", "1.0.0", "Spends what another has left", heir)
HOSPES_NEEDS("call:*")
