# An agent scores whom it called: once for each call, nobody else's, and never itself; it is on record with it.  What agents say
# alone weighs nothing where callees are picked, but a drop is told of.
. "$TESTS/lib.sh"
plan 16
host_start 'quality: { k = 0.5; h = 3.0; least = 6; }; limits: { scorer: { recursion = 2; }; };'
plugin scorer
plugin echo

rc_is()
{
	is "$(jq -r .result.rc "$T/out")" "$1" "$2"
}

run scorer '{"callee": "echo", "input": {"a": 1}, "score": 0.75, "why": "half of it was missing"}'
rc_is ok "a caller scores what it called"
journal_has '.kind == "score" and .path == "/0/0" and .target == "echo" and .actor == "scorer" and .reason == "half of it was missing"' 1 \
    "by whom and why is on record"
is "$(hospes scores --json | jq -r '.[] | "\(.plugin) \(.by) \(.n) \(.mean)"')" "echo agents 1 0.75" "and it counts"
run scorer '{"callee": "echo", "input": {"a": 2}, "score": 0.25, "group": true}'
rc_is ok "a member of a group is scored by its answer"
run scorer '{"callee": "cap:say.again", "input": {"a": 3}, "score": 1}'
is "$(hospes scores echo --json | jq -c '[.[] | [.capability, .n, .mean]]')" '[["",2,0.5],["say.again",1,1]]' \
    "what it was asked as is kept apart"
run scorer '{"callee": "echo", "input": {"a": 4}, "score": 1, "twice": true}'
rc_is conflict "a second score for the same call is refused"
is "$(hospes scores echo --json | jq '.[0].n')" 3 "and does not count"
run scorer '{"none": true}'
rc_is wrong_place "without a call there is nothing to score"
run scorer '{"callee": "scorer", "input": {"callee": "echo", "input": {"a": 5}}, "score": 1}' --set scorer.x=1 2>/dev/null ||
    run scorer '{"callee": "scorer", "input": {"callee": "echo", "input": {"a": 5}}, "score": 1}'
holds '! hospes scores scorer >/dev/null 2>&1' "an agent cannot score itself"
run scorer '{"callee": "echo", "input": {"a": 6}, "score": 1.5}'
rc_is bad_input "a score is from 0 to 1"
run scorer '{"callee": "nobody", "score": 1}'
rc_is bad_input "who was never called is not scored"
is "$(hospes scores --json | jq -c '[.[].plugin] | unique')" '["echo"]' "nor is anybody else"

# Ten good ones, then bad ones.
for ((i = 0; i < 10; i++)); do
	run scorer "{\"callee\": \"echo\", \"input\": {\"b\": $i}, \"score\": 0.9$i}"
done
holds '[ -z "$(hospes alerts --json | jq -r ".[].id")" ]' "what goes up and down a little is no drop"
for ((i = 0; i < 8; i++)); do
	run scorer "{\"callee\": \"echo\", \"input\": {\"c\": $i}, \"score\": 0.0$i}"
done
is "$(hospes alerts --json | jq -r '[.[].of] | join(",")')" "agent echo" "a drop is an alert, once"
holds 'hospes alerts | grep -q "agents gave it"' "which says that agents say so"
is "$(hospes scores echo --json | jq -r '.[0].drops')" 1 "and the scores tell it"
