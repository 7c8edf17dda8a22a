/* bench-work: the worker of a bench row.  Opaque: replies its input; json: parses it and makes a reply. */

#include <string.h>

#include <hospes.h>

static int
work(hospes_ctx *ctx)
{
#ifdef BENCH_JSON
	const json_t *task = hospes_json(hospes_input(ctx));
	const char *text = json_string_value(json_object_get(task, "text"));

	return hospes_reply(ctx, json_pack("{s:O s:I s:s}", "task", json_object_get(task, "task"), "length",
	    (json_int_t)(text == NULL ? 0 : strlen(text)), "text", text == NULL ? "" : text));
#else
	return hospes_reply_value(ctx, hospes_input(ctx));
#endif
}

HOSPES_AGENT("bench-work" SUFFIX, "1.0.0", "A worker of the bench", work)
