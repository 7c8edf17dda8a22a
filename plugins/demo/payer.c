/* demo-payer: pays, by a request that must not be made twice, and replies what came of it. */

#include <hospes.h>

static int
pay(hospes_ctx *ctx)
{
	hospes_http_request request = {.size = sizeof request,
	    .method = "POST",
	    .url = hospes_text(hospes_input(ctx), "url"),
	    .body = "amount=4700",
	    .body_len = sizeof("amount=4700") - 1};
	hospes_value *answer;
	int rc = hospes_http(ctx, &request, HOSPES_OPTIONS(.effect = HOSPES_EFFECT_ONCE), &answer);

	return rc != 0 ? rc : hospes_reply_value(ctx, answer);
}

HOSPES_AGENT("demo-payer", "1.0.0", "Pays an invoice", pay)
HOSPES_NEEDS("http:http://127.0.0.1:*")
