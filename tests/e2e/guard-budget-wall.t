# Wall time that a caller gives to a call: the call ends then and no later, whatever its run has left, and so does all below it.
. "$TESTS/lib.sh"
plan 10
host_start 'run: { wall = "5m"; };'
plugin sleeper
plugin nag

# Gives a call so many milliseconds, and says what came of it and how long it took.
plugin_made giver <<'C'
#include <hospes.h>

static int
give(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx), *next = hospes_get(input, "input");
	int64_t began = hospes_now_ns(ctx);
	hospes_value *said;
	int rc = hospes_call_with(ctx, hospes_text(input, "callee"), next,
	    HOSPES_OPTIONS(.budget_wall_ns = hospes_int(input, "share_ms") * 1000000), &said);

	return hospes_reply(ctx,
	    json_pack("{s:s s:s s:I}", "status", hospes_status_name(rc), "message", rc == 0 ? "" : hospes_message(ctx), "ms",
		(json_int_t)((hospes_now_ns(ctx) - began) / 1000000)));
}

HOSPES_AGENT("giver", "1.0.0", "Gives wall time", give)
HOSPES_NEEDS("call:*")
C
cp "$T/giver.so" "$DROP/"
wait_for '[ -n "$(active giver)" ]' || exit 1

run giver '{"callee": "sleeper", "share_ms": 400, "input": {"ms": 600000}}'
result .status '"deadline_exceeded"' "a call ends with the time that it was given"
result .message '"sleeper: sleeper was stopped: its share of wall time, 400 ms, was over; have its caller give it more (budget_wall_ns)"' \
    "is told which that was, and who could have given more"
holds "jq -e '.result.ms >= 350 and .result.ms < 60000' '$T/out' >/dev/null" "and its run goes on"
is "$(hospes budget "$id" --json | jq '.tree.ops[0].wall_ns.limit')" 400000000 "the limit is shown"

run giver '{"callee": "sleeper", "share_ms": 60000, "input": {"ms": 10}}'
result .status '"ok"' "who is done before has what it asked for"

# What it was given is for all below it as well.
run giver '{"callee": "nag", "share_ms": 500, "input": {"callee": "sleeper", "n": 1, "input": {"ms": 600000}}}'
result .status '"deadline_exceeded"' "who was given little has no more for others"
holds "jq -e '.result.ms < 60000' '$T/out' >/dev/null" "all below it ends with it"
is "$(hospes show "$id" --json | jq -r '[.. | objects | select(.plugin? == "sleeper") | .status] | unique | join(" ")')" \
    deadline_exceeded "to the last"

# The end of the run is one for whoever was given more.
run giver '{"callee": "sleeper", "share_ms": 600000, "input": {"ms": 600000}}' --wall 2
fails_with deadline_exceeded "a share is no more than what the run has"
says "its time was over"
