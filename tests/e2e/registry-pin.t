# A run ends on the version that it began with, whatever is dropped meanwhile; a new run uses the new one.
. "$TESTS/lib.sh"
plan 6
host_start
plugin wordcount
plugin twice                            # plugins/twice.c: calls `callee`, waits until it is told, calls it again

run_start twice '{"callee": "wordcount", "until_told": true, "input": {"name": "a", "text": "x"}}'
long=$id
wait_for '[ "$(asking $long)" -eq 1 ]'
plugin wordcount-1.1 wordcount 1.1.0
is "$(state wordcount 1.0.0)" former "1.0.0 is the former one"
run wordcount '{"name": "a", "text": "x"}'
is "$(version_of "$id")" 1.1.0 "a new run uses 1.1.0"
is "$(hospes show "$long" --json | jq -r .state)" open "while the old one is still in flight"
go_on "$long"
run_wait "$long"
succeeds "which ends well"
is "$(hospes show "$long" --json | jq -c '[.. | objects | select(.plugin? == "wordcount") | .version]')" \
    '["1.0.0","1.0.0"]' "on 1.0.0 for both of its calls"
hospes journal "$long" --json >"$T/journal"
is "$(jq -s 'flatten | map(select(.kind == "call_start" and .target == "wordcount") | .version) | unique | .[]' -r "$T/journal")" \
    1.0.0 "and the journal says so"
