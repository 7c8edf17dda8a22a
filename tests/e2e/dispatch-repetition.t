# The same call, begun again and again after it has ended, is refused; one that is put a little differently each time is ended
# by the budget.  What each had cost when it was stopped is told.
. "$TESTS/lib.sh"
plan 24
host_start 'limits = { counter = { polled = true; }; };'
plugin echo
plugin nag                              # plugins/nag.c: calls `callee` `n` times, one after the other
plugin fan
plugin counter
plugin sleeper
plugin twice

run nag '{"callee": "echo", "n": 100, "input": {"a": 1}}'
succeeds "who is refused may go on with what it has"
result '[.calls, .refused]' '[4,1]' "after four answers the fifth call is refused"
says "echo was called with this very input again 3 times in this run after it had ended, and the limit is 3"
journal_has '.kind == "refusal" and .guard == "repetition" and .status == "repeated"' 1 "that is on record"
journal_has '.kind == "call_start"' 5 "five calls began, the first included"
is "$(hospes show "$id" --json | jq .calls)" 5 "that is what it cost"

run nag '{"callee": "echo", "n": 100, "input": {"a": 1}, "deaf": true}'
fails_with repeated "who does not listen ends the run"
says "nag -> echo was refused 3 times in this run"
journal_has '.kind == "call_start"' 5 "after as many calls"

run nag '{"callee": "echo", "n": 1000, "polite": true}' --calls 50
result '[.calls, .refused]' '[49,1]' "a polite loop is stopped by the budget"
journal_has '.kind == "refusal" and .guard == "budget"' 1 "which is on record"
journal_has '.kind == "call_start"' 50 "after fifty calls"
is "$(hospes show "$id" --json | jq .calls)" 50 "that is what it cost"

# What is no repetition.
run fan '{"callee": "echo", "n": 30, "at_once": 30, "input": {"a": 1}}'
succeeds "thirty twins side by side"
run fan '{"callee": "echo", "n": 30, "at_once": 2, "input": {"a": 1}}'
succeeds "and as members of one group, two at a time"
run nag '{"callee": "counter", "n": 30, "input": {}}'
result '[.calls, .refused]' '[30,0]' "one that may be polled"

# It is known across a kill of the host.
run_start twice '{"callee": "nag", "ms": 3600000, "input": {"callee": "echo", "n": 3, "input": {"a": 1}}}' --wall 7200
wait_for '[ "$(hospes journal "$id" --json | jq -s "flatten | map(select(.kind == \"call_end\" and .target == \"nag\")) | length")" -eq 1 ]'
journal_has '.kind == "call_start" and .guard == "repetition"' 2 "what was begun again is marked on record"
hospes cancel "$id" >/dev/null 2>&1
run_wait "$id"
fails_with cancelled "(it was waiting for an hour)"
run_start twice '{"callee": "nag", "until_told": true, "input": {"callee": "echo", "n": 3, "input": {"a": 1}}}'
wait_for '[ "$(asking $id)" -eq 1 ]'
host_crash
host_launch
go_on "$id"
run_wait "$id"
succeeds "a run that was killed after three of them"
result '[.first.calls, .second.calls, .second.refused]' '[3,1,1]' "comes to the fourth, and no further"
journal_has '.kind == "call_start" and .target == "echo"' 4 "four in all"

# An operator who wants none of it.
host_stop
host_start 'run = { repetition = 0; };'
wait_for '[ -n "$(active nag)" ] && [ -n "$(active echo)" ]'
run nag '{"callee": "echo", "n": 100, "input": {"a": 1}}'
result '[.calls, .refused]' '[100,0]' "it can be turned off"
journal_has '.kind == "call_start"' 101 "and a hundred calls begin"
journal_has '.kind == "refusal"' 0 "of which none is refused"
