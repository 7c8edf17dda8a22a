/*
 * fan: calls `callee` `n` times with `input`, at most `at_once` at a time; replies the answers by number.  A failed one is
 * null there, and partial.
 */

#include <stdint.h>

#include <hospes.h>

static int
fan(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const char *callee = hospes_text(input, "callee");
	int64_t n = hospes_int(input, "n"), got = 0;
	hospes_group *group = hospes_group_new(ctx, hospes_int(input, "at_once"));
	hospes_value *each = hospes_get(input, "input");
	json_t *answers = json_array();
	const hospes_answer *answer;

	if (callee == NULL || each == NULL || n < 0 || n > 100000)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected callee, input and n from 0 to 100,000");
	for (int64_t i = 0; i < n; i++) {
		json_array_append_new(answers, json_null());
		hospes_group_add(group, callee, each, (void *)(intptr_t)i);
	}
	while ((answer = hospes_group_next(group)) != NULL) {
		got++;
		if (answer->status != 0)
			hospes_partial(ctx, answer);
		else
			json_array_set(answers, (size_t)(intptr_t)answer->tag, hospes_json(answer->value));
	}
	if (got < n)
		return hospes_status(ctx);
	return hospes_reply(ctx, json_pack("{s:I s:o}", "n", (json_int_t)got, "answers", answers));
}

HOSPES_STRATEGY("fan", "1.0.0", "Calls an agent many times at once", fan)
HOSPES_NEEDS("call:*")
