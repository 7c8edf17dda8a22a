# kill -9 of the host with runs open: started again, each goes on where it was and ends as if nothing had happened.
. "$TESTS/lib.sh"
plan 18

# The run's records: no number missing and none twice; nothing that had an outcome was done again.
whole()
{
	hospes journal "$1" --json >"$T/journal"
	is "$(jq -c '[.[].seq] == [range(length)]' "$T/journal")" true "$2: its records have no gap"
	is "$(jq -c '[.[] | select(.kind == "op_outcome" or .kind == "call_end") | .path] | group_by(.) | map(length) | max' \
	    "$T/journal")" 1 "$2: and no op has two outcomes"
}

host_start
plugin sleeper
plugin fan
plugin keeper
for link in relay-4 relay-3 relay-2 relay-1 relay; do plugin $link; done

fan='{"callee": "sleeper", "n": 40, "at_once": 10, "input": {"ms": 1000, "n": 7}}'
keep=$(jq -nc '{do: [range(8) | {op: "remember", key: "a", value: ., version: .}, {op: "recall", key: "a"}, {op: "sleep", ms: 800}]}')
run fan "$fan"
undisturbed=$(jq -c .result "$T/out")

run_start fan "$fan";                           fan=$id
run_start keeper "$keep";                       keep=$id
run_start relay '{"ms": 1500}';                  relay=$id
wait_for '[ "$(hospes show "$fan" --json | jq "[.tree.ops[] | select(.status == \"ok\")] | length")" -ge 12 ]'
host_crash
host_launch
ok $? "the host starts again"
holds "logged 'runs that were open go on'" "and says so"
is "$(hospes ps --json | jq length)" 3 "they are open"

run_wait "$fan";                                succeeds "a fan-out of calls that sleep ends well"
is "$(jq -c .result "$T/out")" "$undisturbed" "and replies what it replies undisturbed"
whole "$fan" "fan-out"
journal_has '.kind == "replay" and .message == "the host was started again" and .path == "/0"' 1 "its call began again once"

run_wait "$keep";                               succeeds "changes of memory, each on the version before"
result 'length' 24 "all of them"
result 'map(select(type == "object" and has("error")))' '[]' "no change was made twice, none met another version"
whole "$keep" "memory"

run_wait "$relay";                              succeeds "a chain of five with clock, chance and timers"
result '.' '["relay 1.0.0","relay-1 1.0.0","relay-2 1.0.0","relay-3 1.0.0","relay-4 1.0.0"]' "passes through all five"
whole "$relay" "chain"
is "$(hospes ps --json | jq length)" 0 "nothing is open any more"
