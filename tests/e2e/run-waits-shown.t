# `hospes show` and `hospes ps` tell of what is open since when it waits, and for what: for people in words, for programs by name.
. "$TESTS/lib.sh"
plan 17
web_start
host_start 'cells = { evict_after = "100ms"; silence = "1h"; };
run = { wall = "2h"; };
http = { timeout = "10m"; };
grants = { http = { http = [ "http://127.0.0.1:*" ]; private = true; }; };
limits = { spin = { concurrency = 1; }; };'
plugin sleeper
plugin http
plugin spin
plugin fan

# node PATH JQ: of what is shown of the run.
node()
{
	hospes show "$id" --json | jq -c --arg path "$1" "[.. | objects | select(.path? == \$path and has(\"status\"))][0] | $2"
}

run_start fan '{"callee": "sleeper", "n": 2, "at_once": 2, "input": {"ms": 3600000}}'
wait_for '[ "$(node /0 .state)" = \"evicted\" ] && [ "$(node /0/0 .state)" = \"evicted\" ]'
is "$(node /0 '[.waits.for, .waits.on]')" '["first",["/0/0","/0/1"]]' "who waits for the first of two"
is "$(node /0/0 .waits.for)" '"timer"' "who sleeps waits for a timer"
until=$(node /0/0 .waits.until | tr -d '"')
started=$(node /0/0 .started | tr -d '"')
lasts=$(($(date -d "$until" +%s) - $(date -d "$started" +%s)))
holds '[ "$lasts" -ge 3600 ] && [ "$lasts" -lt 3660 ]' "until an hour after it slept"
holds '[[ ! "$(node /0/0 .waits.since | tr -d \")" < "$started" ]]' "since then"
is "$(node /0/0/0 '[.op, .status, .waits.for, .waits.until]')" "[\"sleep\",\"open\",\"timer\",\"$until\"]" "and so does its op"
is "$(hospes ps --json | jq -c '.[0].waits | [(.for | map([.for, .n])), .evicted]')" '[[["timer",2]],3]' "ps adds up"
hospes show "$id" >"$T/shown"
holds 'grep -q "evicted, waits for a timer until $until, since" "$T/shown"' "show says it in words"
hospes ps >"$T/shown"
holds 'grep -q "2 x a timer until" "$T/shown"' "and ps does"
hospes cancel "$id" >/dev/null
run_wait "$id"

run_start http "{\"url\": \"$WEB/hold\"}"
wait_for '[ "$(node /0 .state)" = \"evicted\" ]'
is "$(node /0 '[.waits.for, .waits.target]')" "[\"http\",\"$WEB/hold\"]" "who waits for an answer from outside, and from where"
is "$(hospes ps --json | jq -c '.[0].waits.for')" "[{\"for\":\"http\",\"n\":1,\"target\":\"$WEB/hold\"}]" "ps tells from where"
web '/release' >/dev/null
run_wait "$id"
succeeds "and that it comes"
is "$(hospes show "$id" --json | jq '[.. | objects | select(has("waits") or has("state") and has("path"))] | length')" 0 \
    "what has ended waits for nothing"

# One computes, the other waits for its slot.
run_start fan '{"callee": "spin", "n": 2, "at_once": 2, "input": {"forever": true}}'
wait_for '[ "$(node /0/1 .waits.guard)" = \"concurrency\" ]'
is "$(node /0/1 '[.op, .target, .status, .waits.for]')" '["call","spin","open","guard"]' "who waits at a guard, before there is a call"
holds '[[ "$(node /0/1 .waits.since)" == *Z* ]]' "since when"
is "$(hospes ps --json | jq -c '.[0] | has("waits")')" false "while one of its calls runs, the run does not wait"
is "$(node /0/0 .state)" '"running"' "that one is told to run"
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "all of it ends"
