# Ten parents that hold all ten slots of the agent that they wait for do not wait for ever: who waits holds none.  Nor when they
# are evicted meanwhile, nor when there is one cell with few places, nor when the host is killed while they wait.
. "$TESTS/lib.sh"
plan 11
limits='limits = { self = { concurrency = 10; recursion = 3; }; };'
host_start "run = { repetition = 0; wall = \"30m\"; }; cells = { evict_after = \"1s\"; fibers = 20; per_version = 1; }; $limits"

# self: as deep as `levels` says it calls itself; at the bottom it sleeps for `ms`.  Replies how deep it was.
plugin_made self <<'C'
#include <hospes.h>

static int
self(hospes_ctx *ctx)
{
	const hospes_value *input = hospes_input(ctx);
	int64_t levels = hospes_int(input, "levels"), ms = hospes_int(input, "ms");
	hospes_value *below;
	int rc;

	if (levels == 0) {
		rc = ms == 0 ? 0 : hospes_sleep(ctx, ms * 1000000);
		return rc != 0 ? rc : hospes_reply(ctx, json_integer(1));
	}
	rc = hospes_call_with(ctx, "self", hospes_value_json(ctx, json_pack("{s:I s:I}", "levels", (json_int_t)levels - 1, "ms",
	    (json_int_t)ms)), HOSPES_OPTIONS(.budget_calls = 2 * levels), &below);
	return rc != 0 ? rc : hospes_reply(ctx, json_integer(1 + json_integer_value(hospes_json(below))));
}

HOSPES_AGENT("self", "1.0.0", "Calls itself", self)
HOSPES_RECURSION("3")
HOSPES_NEEDS("call:self")
C
cp "$T/self.so" "$DROP/"
plugin fan
wait_for '[ -n "$(active self)" ]'

# parents N LEVELS MS
parents()
{
	echo "{\"callee\": \"self\", \"n\": $1, \"at_once\": $1, \"input\": {\"levels\": $2, \"ms\": $3}}"
}

run fan "$(parents 10 1 0)";            succeeds "ten parents, each with a child"
result '.answers | unique' '[2]'        "all of them have their answer"
run fan "$(parents 30 2 0)";           succeeds "thirty, three deep"
result '[.n, (.answers | unique)]' '[30,[3]]' "all of them, whole"
run fan "$(parents 10 1 3000)";         succeeds "ten that are evicted while they wait"
result '.answers | unique' '[2]'        "all of them"
is "$(hospes journal "$id" --json | jq 'flatten | map(select(.kind == "refusal")) | length')" 0 "and nobody was refused"

run_start fan "$(parents 10 1 4000)"
wait_for '[ "$(hospes journal "$id" --json | jq "flatten | map(select(.kind == \"call_start\" and .target == \"self\")) | length")" -eq 20 ]'
ok $? "ten parents wait for ten children"
host_crash
host_launch
run_wait "$id";                         succeeds "the host is killed: all go on"
result '.answers | unique' '[2]'        "to the end"
journal_has '.kind == "call_start" and .target == "self"' 20 "and nobody began twice"
