# What a run moves to and from memory has an end: who reads the same large value again and again is refused, in whichever of its calls,
# before the host has all of that in memory and on disk.
. "$TESTS/lib.sh"
plan 5
host_start 'memory = { value = "15M"; }; run = { wall = "5m"; };'
plugin fan

# Keeps 14 MiB and reads them `times` times; replies how often it could, and what it was told then.
plugin_made hose <<'C'
#include <stdlib.h>
#include <string.h>

#include <hospes.h>

#define LEN ((size_t)14 << 20)

static int
hose(hospes_ctx *ctx)
{
	int64_t times = hospes_int(hospes_input(ctx), "times"), n = 0;
	char *text = malloc(LEN);
	hospes_value *value;
	int rc;

	memset(text, 'x', LEN);
	text[0] = text[LEN - 1] = '"';
	value = hospes_value_bytes(ctx, text, LEN);
	free(text);
	rc = hospes_remember(ctx, NULL, "k", value);
	hospes_release(value);
	while (rc == 0 && n < times) {
		rc = hospes_recall(ctx, NULL, "k", &value, NULL);
		if (rc == 0) {
			n++;
			hospes_release(value);
		}
	}
	return hospes_reply(ctx, json_pack("{s:I s:s s:s}", "n", (json_int_t)n, "status", hospes_status_name(rc), "message",
	    rc == 0 ? "" : hospes_message(ctx)));
}

HOSPES_AGENT("hose", "1.0.0", "Reads a large value again and again", hose)
C
cp "$T/hose.so" "$DROP/"
wait_for '[ -n "$(active hose)" ]' || exit 1

run fan '{"callee": "hose", "n": 3, "at_once": 1, "input": {"times": 16}}'
succeeds "three agents, one after the other"
result '[.answers[].status] | tojson' '"[\"ok\",\"ok\",\"budget_exceeded\"]"' "the third is stopped"
result '.answers | map((.n + 1) * 14) | add | . >= 498 and . <= 540' true "at 512 MiB, with what all three have read and written"
says "this run has moved 512 MiB to and from memory"
journal_has '.kind == "refusal" and .guard == "memory"' 1 "which is on record, with the guard that said no"
