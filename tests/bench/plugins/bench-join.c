/* bench-join: the supervisor of a bench row: ten workers at once, then the join.  Opaque payloads are passed on. */

#include <hospes.h>

#define WORKERS 10

static int
join(hospes_ctx *ctx)
{
	hospes_value *said[WORKERS];
#ifdef BENCH_JSON
	const json_t *goal = hospes_json(hospes_input(ctx));
	json_t *lengths = json_array();
	hospes_op *ops[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		ops[i] = hospes_start(ctx, "bench-work" SUFFIX,
		    hospes_value_json(ctx, json_pack("{s:i s:O}", "task", i, "text", json_object_get(goal, "text"))), NULL);
	for (int i = 0; i < WORKERS; i++) {
		int rc = hospes_wait(ops[i], &said[i]);

		if (rc != 0)
			return rc;
		json_array_append(lengths, json_object_get(hospes_json(said[i]), "length"));
	}
	return hospes_reply(
	    ctx, json_pack("{s:o s:O}", "lengths", lengths, "text", json_object_get(goal, "text")));
#else
	static const char *const workers[WORKERS] = {"bench-work", "bench-work", "bench-work", "bench-work", "bench-work",
	    "bench-work", "bench-work", "bench-work", "bench-work", "bench-work"};
	int rc = hospes_call_all(ctx, WORKERS, workers, hospes_input(ctx), said);

	return rc != 0 ? rc : hospes_reply_value(ctx, said[WORKERS - 1]);
#endif
}

HOSPES_AGENT("bench-join" SUFFIX, "1.0.0", "A supervisor of the bench", join)
HOSPES_NEEDS("call:bench-*")
