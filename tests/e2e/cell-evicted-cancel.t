# A call that was evicted and is to stop ends at once and without a cell: cancelled with its run, out of time, or no longer wanted
# by its caller.
. "$TESTS/lib.sh"
plan 12
host_start 'cells = { evict_after = "100ms"; isolation = "run"; };
run = { wall = "2h"; };'
plugin sleeper
plugin fan

evicted()
{
	hospes show "$1" --json | jq '[.. | objects | select(.evicted? == true)] | length'
}

# No cell begins in the meantime: only those of a run that is begun again would.
ends_without_cells()
{
	is "$(cell_pids)" '' "$1: no cell was needed"
	is "$(hospes journal "$id" --json | jq -c '[.[] | select(.kind == "replay")] | length')" 0 "$1: nothing began again"
	is "$(hospes show "$id" --json | jq '[.. | objects | select(.status? == "open")] | length')" 0 "$1: nothing is left open"
}

run_start fan '{"callee": "sleeper", "n": 20, "at_once": 20, "input": {"ms": 3600000}}'
wait_for '[ "$(evicted $id)" -eq 21 ] && [ -z "$(cell_pids)" ]'
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "a run of which every call is evicted is cancelled"
ends_without_cells "cancelled"

run_start fan '{"callee": "sleeper", "n": 20, "at_once": 20, "input": {"ms": 3600000}}' --wall 15
wait_for '[ "$(evicted $id)" -eq 21 ] && [ -z "$(cell_pids)" ]'
ok $? "all are evicted before the time of the run is over"
run_wait "$id"
fails_with deadline_exceeded "one whose time is over ends"
ends_without_cells "out of time"

# The caller has a deadline for each call; it goes on when the first of them is over, with a cell, and its callees without.
run_start fan '{"callee": "fan", "n": 2, "at_once": 2, "input": {"callee": "sleeper", "n": 2, "at_once": 2, "input": {"ms": 3600000}}}'
run_wait "$id"
fails_with cycle "an agent that calls itself is refused, as ever"
holds '[ -z "$(hospes ps --json | jq -r ".[].id")" ]' "and nothing is left in flight"
rc=$?
is "$rc" 0 "all is tidy"
