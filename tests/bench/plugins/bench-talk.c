/*
 * bench-talk: a conversation of `turns` turns; each hands all that was said to bench-turn, which adds `bytes` to it.
 *
 * bench-turn is the same source, compiled with BENCH_TURN.
 */

#include <stdio.h>
#include <string.h>

#include <hospes.h>

#ifdef BENCH_TURN

/* What is said is never the same twice. */
static void
say(char *to, size_t len, size_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;

	for (size_t i = 0; i < len; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		to[i] = (char)('a' + (x >> 56) % 26);
	}
}

static int
turn(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx), *said = hospes_get(input, "said");
	size_t len, more = (size_t)hospes_int(input, "bytes");
	const char *before;
	char *all;
	int rc;

	before = hospes_bytes(input, &len);
	if (said == NULL || before == NULL || more < 8 || more > 65536)
		return hospes_fail(ctx, HOSPES_EINPUT, "expected said and bytes");
	all = malloc(len + more);
	if (all == NULL)
		return hospes_fail(ctx, HOSPES_ENOMEM, "no memory");
	/* {"bytes":n,"said":["...","..."]}: one more before the two brackets */
	memcpy(all, before, len - 2);
	memcpy(all + len - 2, ",\"", 2);
	say(all + len, more - 3, len);
	memcpy(all + len + more - 3, "\"]}", 3);
	rc = hospes_reply_value(ctx, hospes_value_bytes(ctx, all, len + more));
	free(all);
	return rc;
}

HOSPES_AGENT("bench-turn", "1.0.0", "One turn of a conversation of the bench", turn)

#else

static int
talk(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	hospes_value *said;
	char first[64];
	size_t len;

	(void)snprintf(
	    first, sizeof(first), "{\"bytes\":%lld,\"said\":[\"hello\"]}", (long long)hospes_int(input, "bytes"));
	said = hospes_value_bytes(ctx, first, strlen(first));
	for (int64_t i = hospes_int(input, "turns"); i > 0; i--) {
		hospes_value *next;
		int rc = hospes_call(ctx, "bench-turn", said, &next);

		if (rc != 0)
			return rc;
		hospes_release(said);
		said = next;
	}
	if (hospes_bytes(said, &len) == NULL)
		return hospes_fail(ctx, HOSPES_EFAILED, "nothing was said");
	return hospes_reply(ctx, json_integer((json_int_t)len));
}

HOSPES_AGENT("bench-talk", "1.0.0", "A conversation of the bench", talk)
HOSPES_NEEDS("call:bench-turn")

#endif
