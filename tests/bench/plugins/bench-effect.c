/* bench-effect: gets `url` `rounds` times, one after the other: each an effect with its intent on the disk before. */

#include <hospes.h>

static int
effect(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	const hospes_http_request request = {.size = sizeof(request), .url = hospes_text(input, "url")};

	for (int64_t i = hospes_int(input, "rounds"); i > 0; i--) {
		hospes_value *page;
		int rc = hospes_http(ctx, &request, NULL, &page);

		if (rc != 0)
			return rc;
	}
	return hospes_reply(ctx, json_integer(1));
}

HOSPES_AGENT("bench-effect", "1.0.0", "Effects of the bench", effect)
HOSPES_NEEDS("http:http://127.0.0.1:*")
HOSPES_NEEDS("http:http://bench.invalid")
