# What may be done once and broke off after it was sent, on a host that goes on: nobody knows whether it took place, and the
# caller is told so.  What was never sent is an ordinary failure, and what may be done again is one too.
. "$TESTS/lib.sh"
plan 15
world_start
host_start "grants = { http = { http = [ \"http://127.0.0.1:*\" ]; private = true; }; };"
plugin http

# request PATH MORE...: a POST there; JSON members.
request()
{
	printf '{"url": "%s%s", "method": "POST", "body": "x", %s}' "$WORLD" "$1" "$2"
}

run http "$(request '/reset?drop=9' '"effect": "once"')"
fails_with outcome_unknown "once: the connection ends before the answer"
says "may have taken place"
is "$(world_count /reset)" 1 "it was sent, and is not sent again"
run http "$(request '/late?hold=9' '"effect": "once", "timeout_ms": 300')"
fails_with outcome_unknown "once: its time is over before the answer"
is "$(world_count /late)" 1 "it was sent, and is not sent again"
run http '{"url": "http://127.0.0.1:1/", "method": "POST", "effect": "once"}'
fails_with http_failed "once: nobody listens, so nothing was sent"
run http "$(request '/fails?code=500' '"effect": "once"')"
succeeds "once: an answer is an answer, whatever it says"

run http "$(request '/keyed?drop=9' '"effect": "keyed"')"
fails_with http_failed "keyed: a failure; who asks again asks for something new"
is "$(world_count /keyed)" 1 "the host does not ask again by itself"
run http "$(request '/costly?drop=9' '"effect": "costly"')"
fails_with http_failed "costly: a failure"
is "$(hospes show "$id" --json | jq .tree.ops[0].maybe_billed)" 1 "which may be on the bill"
holds "hospes show $id | grep -q 'maybe billed'" "and show says so"

# Stopped while it is under way.
run_start http "$(request '/stopped?hold=9' '"effect": "once"')"
wait_for '[ "$(world_count /stopped)" = 1 ]'
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "a run is cancelled while its request is under way"
is "$(hospes show "$id" --json | jq -r .tree.ops[0].status)" outcome_unknown "what came of that nobody knows, says the record"
hospes resolve "$id" /0/0 --outcome done --json >"$T/out" 2>"$T/err"; code=$?
fails_with conflict "and there is nobody left to decide for"
