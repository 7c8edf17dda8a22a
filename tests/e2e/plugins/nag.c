/*
 * nag: calls `callee` `n` times, one after the other; replies {"calls", "refused", "message"}.  Its input is `input`; with
 * {"polite": true} a text of which one character is another one each time.  {"deaf": true}: a refusal does not stop it.
 */

#include <hospes.h>

static hospes_value *
politely(hospes_ctx *ctx, int64_t i)
{
	char text[] = "Would you please look at this once more?";

	text[i % 39] = (char)('a' + i / 39 % 26);
	return hospes_value_json(ctx, json_pack("{s:s}", "text", text));
}

static int
nag(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *callee = hospes_text(input, "callee");
	int64_t n = hospes_int(input, "n"), calls = 0, refused = 0;
	const char *message = "";

	if (callee == NULL)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee");
	for (int64_t i = 0; i < n; i++) {
		hospes_value *said;
		int rc = hospes_call(
		    ctx, callee, hospes_flag(input, "polite") ? politely(ctx, i) : hospes_get(input, "input"), &said);

		if (rc == HOSPES_ECANCELLED || rc == HOSPES_EDEADLINE)
			return rc;
		calls += rc == 0;
		refused += rc != 0;
		if (rc != 0)
			message = hospes_message(ctx);
		if (rc != 0 && !hospes_flag(input, "deaf"))
			break;
	}
	return hospes_reply(ctx,
	    json_pack("{s:I s:I s:s}", "calls", (json_int_t)calls, "refused", (json_int_t)refused, "message", message));
}

HOSPES_AGENT("nag", "1.0.0", "Asks for the same again and again", nag)
HOSPES_NEEDS("call:*")
