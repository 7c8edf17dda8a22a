# A change of memory takes place once, whatever dies: the cell between the change and the reply, then the host.
. "$TESTS/lib.sh"
plan 9
host_start
plugin keeper

run keeper '{"do": [{"op": "remember", "key": "n", "value": "before"}]}'
run_start keeper '{"do": [{"op": "remember", "key": "n", "value": "once"}, {"op": "recall", "key": "n"},
    {"op": "sleep", "until_told": true}, {"op": "remember", "key": "after", "value": true}, {"op": "recall", "key": "n"}]}'
wait_for '[ "$(asking $id)" -eq 1 ]'
kill -9 $(cell_pids)
wait_for 'hospes journal "$id" --json | jq -e "any(.[]; .kind == \"replay\")" >/dev/null'
go_on "$id"
run_wait "$id"
succeeds "the run goes on"
result '[.[1].version, .[4].version]' '[2,2]' "the value was changed once"
journal_has '.kind == "replay"' 1 "though the call was begun again"
journal_has '.kind == "command" and .target == "/n"' 1 "there is one change on record"

run_start keeper '{"do": [{"op": "remember", "key": "n", "value": "last"}, {"op": "sleep", "ms": 600000}]}'
wait_for '[ "$(hospes show "$id" --json | jq -r ".tree.ops[1].op")" = sleep ]'
host_crash
host_launch
ok $? "the host that was killed starts again"
run keeper '{"do": [{"op": "recall", "key": "n"}, {"op": "recall", "key": "after"}]}'
result '.[0]' '{"value":"last","version":3}' "the last change is there"
result '.[1].value' true "and the one before"
host_crash
host_launch
ok $? "once more"
run keeper '{"do": [{"op": "recall", "key": "n"}]}'
result '.[0].version' 3 "and nothing is applied twice"
