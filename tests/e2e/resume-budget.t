# What was spent before the host was killed stays spent: a run makes as many calls as its budget says, whatever becomes of the
# host meanwhile.
. "$TESTS/lib.sh"
plan 7
host_start
plugin sleeper
plugin fan
fan='{"callee": "sleeper", "n": 40, "at_once": 3, "input": {"ms": 1}}'
run fan "$fan" --calls 20
is "$code" 3 "undisturbed: some of the members were refused"
journal_has '.kind == "call_start"' 20 "twenty calls are on record"
answered=$(jq '[.result.answers[] | select(. != null)] | length' "$T/out")

run_start fan "${fan/\"ms\": 1/\"until_told\": true}" --calls 20
for n in 3 3; do go_on "$id" $n; done
wait_for '[ "$(asking $id)" -eq 3 ]'
host_crash
host_launch
for n in 3 3 3 3 1; do go_on "$id" $n; done # 19 in all
run_wait "$id"
is "$code" 3 "across a kill: some of the members were refused"
result '[.answers[] | select(. != null)] | length' "$answered" "as many have answered"
journal_has '.kind == "call_start"' 20 "twenty calls are on record, and not one more"
journal_has '.kind == "run_end" and .number == 20' 1 "all are accounted for"
is "$(hospes show "$id" --json | jq .calls)" 20 "and shown"
