# A run whose every call waits for what only the run itself could give ends as `deadlock`, long before its time is over, and is told
# who waits for whom.  One that waits for others, or for a human, is let be.
. "$TESTS/lib.sh"
plan 15
host_start 'cells = { per_version = 1; fibers = 2; evict_after = "100ms"; };
run = { wall = "2h"; repetition = 0; };
limits = { mirror = { concurrency = 1; recursion = 2; }; twice = { concurrency = 1; }; };'
plugin mirror                           # fixtures/mirror.c: its calls have a cell each, and there is one
plugin sleeper
plugin fan
plugin twice

run mirror '{}'
fails_with deadlock "an agent that waits for a call of itself in the cell that it sits in"
says "mirror (/0) waits for its child mirror (/0/0)"
says "mirror (/0/0) waits for a place in the cells of mirror that only mirror (/0) could leave"
holds '[ "$code" -eq 4 ]' "which is a refusal of the host"
is "$(hospes show "$id" --json | jq -c '[.status, ([.. | objects | select(.status? == "open")] | length)]')" '["deadlock",0]' \
    "nothing of it is left open"
run mirror '{"ends": true}'
succeeds "the cell is free again"

# Each would have what the other waits for, a slot and a cell: the one that has begun goes on first.
run fan '{"callee": "mirror", "n": 2, "at_once": 2, "input": {"callee": "sleeper", "input": {"ms": 1500}}}'
succeeds "two calls, one with the cell and one with the slot"
run fan '{"callee": "twice", "n": 6, "at_once": 6, "input": {"callee": "sleeper", "ms": 1, "input": {"ms": 1500}}}'
succeeds "calls that can be evicted make room for each other"

# What another run has will be given back.
run_start mirror '{"callee": "sleeper", "input": {"until_told": true}}'
first=$id
wait_for '[ "$(asking $first)" -eq 1 ]'
run_start fan '{"callee": "mirror", "n": 2, "at_once": 2, "input": {"ends": true}}'
second=$id
wait_for '[ "$(hospes show $second --json | jq -r ".waits.for | map(.for) | sort | join(\" \")")" = "cell guard" ]'
ok $? "a run that waits for the cell of another is shown to"
go_on "$first"
run_wait "$first"
succeeds "it is let be for as long as the other has it"
run_wait "$second"
succeeds "and goes on when that has ended"

# Where nobody is evicted every cell has an end to its places, and slots do not keep them from each other either.
host_stop
host_start 'cells = { per_version = 1; fibers = 2; evict_after = 0; };
run = { wall = "2h"; repetition = 0; };
limits = { twice = { concurrency = 1; }; };'
wait_for '[ -n "$(active twice)" ] && [ -n "$(active fan)" ] && [ -n "$(active sleeper)" ]'
run fan '{"callee": "twice", "n": 5, "at_once": 5, "input": {"callee": "sleeper", "ms": 1, "input": {"ms": 1500}}}'
succeeds "more calls than there are places, and fewer slots"
run fan '{"callee": "sleeper", "n": 12, "at_once": 12, "input": {"ms": 2500}}'
succeeds "those who only wait for a place come to it"
is "$(hospes ps --json | jq length)" 0 "nothing is left in flight"
holds host_alive "the host is well"
