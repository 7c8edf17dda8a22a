/*
 * purse: lets `n` nags at once have `callee` work for them, each with a share of `money` micro-dollars and `calls` calls (0: none
 * of its own); replies what each came to.  With `who` and `input` it is others who are asked, for that.
 */

#include <hospes.h>

#define NAGS_MAX 64

/* What the i-th of them is asked. */
static hospes_value *
errand(hospes_ctx *ctx, const hospes_value *input, int64_t i)
{
	const hospes_value *said = hospes_get(input, "input");

	if (said != NULL)
		return hospes_value_json(ctx, json_deep_copy(hospes_json(said)));
	return hospes_value_json(ctx, json_pack("{s:s s:i s:b s:I}", "callee", hospes_text(input, "callee"), "n", 1000,
					  "polite", 1, "nag", (json_int_t)i));
}

static int
purse(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *who = hospes_text(input, "who");
	int64_t n = hospes_int(input, "n");
	hospes_op *ops[NAGS_MAX];
	json_t *spent = json_array();

	if (n < 1 || n > NAGS_MAX)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected n from 1 to %d", NAGS_MAX);
	for (int64_t i = 0; i < n; i++)
		ops[i] = hospes_start(ctx, who == NULL ? "nag" : who, errand(ctx, input, i),
		    HOSPES_OPTIONS(.budget_calls = hospes_int(input, "calls"),
			.money_micros = hospes_int(input, "money")));
	for (int64_t i = 0; i < n; i++) {
		hospes_value *said;
		int rc = hospes_wait(ops[i], &said);

		if (rc == 0)
			json_array_append(spent, hospes_json(said));
		else
			json_array_append_new(spent, json_pack("{s:i s:s s:s}", "calls", 0, "refusal",
							 hospes_status_name(rc), "message", hospes_message(ctx)));
	}
	return hospes_reply(ctx, json_pack("{s:o}", "spent", spent));
}

HOSPES_AGENT("purse", "1.0.0", "Shares its money out among nags", purse)
HOSPES_NEEDS("call:*")
