# A version that fails too often is left alone: calls of it are refused, told since when, why and when it is tried again; then
# exactly one is let through.  What is no fault of its own does not count, and another version has a breaker of its own.
. "$TESTS/lib.sh"
plan 39
conf='run = { repetition = 0; }; breaker = { errors = 50; least = 6; window = "1h"; open = "OPEN"; };'
host_start "${conf/OPEN/1h}"
plugin fickle
plugin chores

# breaker NAME JQ: of the breaker of a plugin, in the newest of its versions that has one.
breaker()
{
	hospes breakers --json | jq -r --arg name "$1" "map(select(.name == \$name)) | last | $2"
}

# open_is TIME: reload with another time that breakers stay open.
open_is()
{
	conf_write "${conf/OPEN/$1}"
	kill -HUP "$HOST"
	wait_for '[ "$(api /v1/policy | jq -r ".values[\"breaker.open\"]")" = '"$1"' ]'
}

run chores '{"list": [{"call": "fickle", "times": 3}, {"call": "fickle", "input": {"do": "bad_input"}, "times": 30}]}'
succeeds "three good calls, and thirty whose input was bad"
is "$(breaker fickle '[.state, .errors, .samples] | tojson')" '["closed",0,3]' "bad input is no fault of who says so"
run chores '{"list": [{"call": "fickle", "input": {"do": "fail"}, "times": 10}]}'
result '[.done[].status] | [(map(select(. == "failed")) | length), (map(select(. == "breaker_open")) | length)]' '[3,7]' \
    "three good and three bad ones: half of six, and the breaker opens"
result '.done[3].message | contains("the breaker of fickle 1.0.0 is open: since 20")' true "the refusal tells since when"
result '.done[3].message | contains("3 of its last 6 in 3600 s went wrong; it is tried again at 20")' true "why, and when it is tried again"
journal_has '.kind == "refusal" and .guard == "breaker" and .status == "breaker_open"' 7 "each is on record"
is "$(breaker fickle '[.state, .cause, .errors, .samples] | tojson')" '["open","errors",3,6]' "hospes breakers tells the same"
holds 'hospes breakers | grep -qE "^fickle +1.0.0 +open +20[^ ]+ +3 of 6 +20[^ ]+ +since "' "in a table too"
logged 'alert=breaker of="agent fickle 1.0.0" what=errors'
ok $? "and the log"
run fickle '{}'
fails_with breaker_open "a run of it is refused as well"

# It survives a kill, and a restart does not feed the window twice.
host_crash
host_launch
is "$(breaker fickle '[.state, .errors, .samples] | tojson')" '["open",3,6]' "after kill -9 it is open still, for the same reason"
run fickle '{}'
fails_with breaker_open "and refuses"
says "it is tried again at 20"

# A version that is rolled out anew.
plugin fickle-2 fickle 1.1.0
run fickle '{}'
succeeds "another version has a breaker of its own"
run fickle '{}' --version 1.0.0
fails_with breaker_open "the other one's stays open"
hospes rollback fickle --to 1.0.0 >/dev/null

# Its time is over: one is let through.
open_is 10ms
run chores '{"list": [{"call": "fickle", "input": {"do": "fail"}}]}'
result '[.done[].status]' '["failed"]' "its time is over: one is let through to try it"
journal_has '.kind == "call_start" and .callee == "fickle" and .reason == "probe"' 1 "as a probe, on record"
is "$(hospes breakers --json | jq -r 'map(select(.version == "1.0.0" and .name == "fickle"))[0] | [.state, .cause] | tojson')" \
    '["open","probe"]' "it fails, so it stays open"
open_is 1h
run chores '{"list": [{"call": "fickle", "input": {"do": "fail"}}, {"call": "fickle"}, {"call": "fickle"}]}'
result '[.done[].status]' '["failed","breaker_open","breaker_open"]' "so does the next one, and those after it are refused"
open_is 10ms
run fickle '{}'
succeeds "and once more its time is over, and the one that tries it goes well"
is "$(hospes breakers --json | jq -r 'map(select(.version == "1.0.0" and .name == "fickle"))[0] | [.state, .errors, .samples] | tojson')" \
    '["closed",0,0]' "so it closes, and counts anew"
host_crash
host_launch
is "$(hospes breakers --json | jq -r 'map(select(.state != "closed")) | length')" 0 "closed it is after a kill too"

# Crashes and time that is over count; what is handed on counts where it began.
open_is 1h
run chores '{"list": [{"call": "fickle", "input": {"do": "sleep", "ms": 600000}, "ms": 50, "times": 4}, {"call": "fickle", "input": {"do": "crash"}, "times": 2}]}'
result '[.done[].status] | unique' '["deadline_exceeded","poison"]' "it takes too long, and crashes"
is "$(breaker fickle '[.state, .errors, .samples] | tojson')" '["open",6,6]' "each of them counts"
is "$(breaker chores '[.state, .errors] | tojson')" '["closed",0]' "and not for who called it"
hospes breakers reset fickle --why "it is repaired" >"$T/out"
is "$(cat "$T/out" | tail -n 1)" "fickle 1.0.0 is closed" "an operator closes it"
is "$(hospes journal records "$T/state" --json 2>/dev/null | jq -rs 'flatten | map(select(.kind == "breaker" and .reason == "it is repaired"))[-1].actor')" "uid:$(id -u)" "who and why is on record"
run fickle '{}'
succeeds "and calls are let through"
hospes breakers reset nobody --json >"$T/out" 2>"$T/err"; code=$?
fails_with not_found "of who has none there is none to close"

# What is cancelled says nothing.
for i in 1 2 3 4 5 6; do
	run_start fickle '{"do": "sleep", "ms": 600000}'
	wait_for '[ "$(breaker fickle .open_calls)" = 1 ]'
	hospes cancel "$id" >/dev/null
	run_wait "$id"
done
is "$(breaker fickle '[.state, .errors, .samples] | tojson')" '["closed",0,1]' "six that were cancelled do not count"

# Nor does a run whose client gave it little time, however many calls that ends.
run chores '{"at_once": true, "list": [{"call": "fickle", "input": {"do": "sleep", "ms": 600000}}, {"call": "fickle", "input": {"do": "sleep", "ms": 600000}},
    {"call": "fickle", "input": {"do": "sleep", "ms": 600000}}, {"call": "fickle", "input": {"do": "sleep", "ms": 600000}},
    {"call": "fickle", "input": {"do": "sleep", "ms": 600000}}, {"call": "fickle", "input": {"do": "sleep", "ms": 600000}}]}' --wall 0.5
fails_with deadline_exceeded "a run that has half a second, with six calls that have not ended"
is "$(breaker fickle '[.state, .errors, .samples] | tojson')" '["closed",0,1]' "which do not count"

# Handed on.
run chores '{"list": [{"call": "fickle-a", "input": {}}]}'
plugin fickle-a
for i in 1 2 3; do
	run chores '{"list": [{"call": "fickle", "input": {"do": "call", "callee": "fickle-a", "input": {"do": "fail"}}, "times": 2}]}'
done
is "$(breaker fickle-a '[.state, .errors] | tojson')" '["open",6]' "who fails has a breaker that opens"
is "$(breaker fickle '[.state, .errors, .samples] | tojson')" '["closed",0,1]' "who hands that on has not failed, and not done well"
run fickle '{"do": "call", "callee": "fickle-a", "input": {}}'
fails_with breaker_open "a refusal is handed on too"
is "$(breaker fickle '[.state, .errors] | tojson')" '["closed",0]' "and does not count either"

# Turned off for one.
conf_write "${conf/OPEN/1h} limits = { fickle = { breaker = false; }; fickle-a = { breaker = false; }; };"
kill -HUP "$HOST"
wait_for 'logged "limits.fickle.breaker"'
run chores '{"list": [{"call": "fickle", "input": {"do": "fail"}, "times": 40}, {"call": "fickle-a"}]}'
result '[.done[].status] | unique' '["failed","ok"]' "an operator may turn it off for one"
is "$(breaker fickle .state)" closed "then it never opens"
is "$(breaker fickle-a .state)" closed "and an open one closes"
