# What the dead held is returned: the share of a call that crashed, ran out of time, was no longer wanted, or whose host was killed
# is there for others, less what was spent of it.
. "$TESTS/lib.sh"
plan 23
host_start 'run = { repetition = 0; };'
plugin dear                             # plugins/dear.c: a cent a call
plugin nag
plugin crash                            # fixtures/crash.c
plugin sleeper
plugin heir                             # plugins/heir.c: gives a share away, then spends what is left

# A share of 15 cents and 30 calls, of 20 and 40: without it five calls of a cent would be left.
heir()
{
	local first=$1
	shift
	run heir "{\"callee\": \"$first\", \"money\": 150000, \"calls\": 30, $1}" --money 0.20 --calls 40
}
spent()
{
	hospes budget "$id" --json | jq -c '[.run.money_micros.spent, .run.money_micros.reserved, .run.calls.reserved]'
}

heir sleeper '"input": {"ms": 1}'
result '[.first, .calls]' '["ok",20]' "of one that ended well"
is "$(spent)" "[200000,0,0]" "all is spent, nothing is held"
heir crash '"input": {"how": "segv"}'
result '.first' '"poison"' "one that crashes"
result '.calls' 20 "leaves what it had"
is "$(spent)" "[200000,0,0]" "nothing is held"
heir sleeper '"input": {"ms": 3600000}, "ms": 300'
result '[.first, .calls]' '["deadline_exceeded",20]' "one that runs out of time"
is "$(spent)" "[200000,0,0]" "nothing is held"
heir sleeper '"input": {"ms": 3600000}, "abandon": true'
result '[.first, .calls]' '["cancelled",20]' "one that is no longer wanted"
is "$(spent)" "[200000,0,0]" "nothing is held"
heir nag '"input": {"callee": "dear", "n": 7, "polite": true}'
result '[.first, .calls]' '["ok",13]' "what was spent of a share stays spent"
heir nag '"input": {"callee": "crash", "n": 2, "input": {"how": "segv"}, "deaf": true}'
result '[.first, .calls]' '["ok",20]' "of those below it too"

# The host is killed while the share is held.
run_start heir '{"callee": "sleeper", "money": 150000, "calls": 30, "input": {"until_told": true}}' --money 0.20 --calls 40
wait_for '[ "$(hospes journal "$id" --json | jq -s "flatten | map(select(.kind == \"call_start\" and .callee == \"sleeper\")) | length")" -eq 1 ]'
is "$(hospes budget "$id" --json | jq -c '[.run.money_micros.reserved, .run.money_micros.left, .run.calls.reserved]')" "[150000,50000,31]" \
    "a share that is held"
host_crash
host_launch
wait_for '[ "$(hospes budget "$id" --json | jq .run.money_micros.reserved)" -eq 150000 ]'
ok $? "is held by the next host too"
go_on "$id"
run_wait "$id"
result '[.first, .calls]' '["ok",20]' "and comes back there"
is "$(spent)" "[200000,0,0]" "nothing is held"

# A run that is cancelled leaves nothing in the accounts of the day.
run_start heir '{"callee": "sleeper", "money": 150000, "calls": 30, "input": {"ms": 3600000}}' --money 0.20 --calls 40
wait_for '[ "$(hospes journal "$id" --json | jq -s "flatten | map(select(.kind == \"call_start\" and .callee == \"sleeper\")) | length")" -eq 1 ]'
is "$(hospes budget --json | jq -c '[.accounts[] | select(.what == "host") | .calls.reserved]')" "[2]" "two calls of this day are open"
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "cancelled"
is "$(hospes budget --json | jq -c '[.accounts[] | .calls.reserved, .money_micros.reserved] | add')" 0 "none is held"
is "$(hospes budget "$id" --json | jq -c '[.run.calls.spent, .run.calls.reserved, .tree.status, .tree.ops[0].status]')" \
    '[2,0,"cancelled","cancelled"]' "and the run tells so" ||
    hospes budget "$id" | sed 's/^/# /'

# The deadline of a run.
run heir '{"callee": "sleeper", "money": 150000, "input": {"ms": 3600000}}' --money 0.20 --wall 1
fails_with deadline_exceeded "a run without time"
is "$(spent)" "[0,0,0]" "holds nothing, and has paid nothing"
is "$(hospes budget "$id" --json | jq -c '.run.wall_ns | [.limit > 900000000 and .limit <= 1000000000, .left < 50000000, .spent > 900000000]')" '[true,true,true]' \
    "its time is told too"
run heir '{"callee": "sleeper", "input": {"ms": 3600000}, "ms": 300}' --money 0.02
is "$(hospes budget "$id" --json | jq -c '.tree | [.wall_ns.limit, (.ops[0].wall_ns | .limit > 200000000 and .limit <= 300000000 and .left < 50000000)]')" \
    '[null,true]' "and that of a call which had less"
