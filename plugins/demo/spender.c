/* demo-spender: has wordcount count one more text and one more, and stops only when it is stopped. */

#include <hospes.h>

static int
spend(hospes_ctx *ctx)
{
	int64_t calls = 0;

	for (;;) {
		json_t *text = json_pack(
		    "{s:o, s:s}", "name", json_sprintf("text %lld", (long long)calls), "text", "one more cannot hurt");
		hospes_value *said;
		int rc = hospes_call(ctx, "wordcount", hospes_value_json(ctx, text), &said);

		if (rc != 0)
			return rc;
		hospes_progress(ctx, -1, "%lld calls made", (long long)++calls);
	}
}

HOSPES_AGENT("demo-spender", "1.0.0", "Never has enough", spend)
HOSPES_NEEDS("call:wordcount")
