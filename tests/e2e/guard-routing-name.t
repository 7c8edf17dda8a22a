# Without an entry of `routing` the first by name is called of those that offer a capability; but one whose breaker is open is passed
# over while there is another.  The choice and why are on record, and shown.
. "$TESTS/lib.sh"
plan 15
host_start 'run = { repetition = 0; }; breaker = { errors = 50; least = 2; window = "1h"; open = "1h"; };'
for one in fickle-a fickle-b fickle-c chores; do
	plugin $one
done
work='{"call": "cap:fickle.work"}'

run chores "{\"list\": [$work, $work]}"
result '[.done[].who]' '["fickle-a","fickle-a"]' "the first by name"
journal_has '.kind == "call_start" and .route.policy == "name" and .route.chosen == "fickle-a" and .route.of == 3' 2 "the choice is on record"
holds 'hospes show "$id" | grep -qF "chosen for cap:fickle.work (name): the first by name of 3"' "and shown with its reason"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].route.candidates')" '[{"name":"fickle-a","version":"1.0.0"}]' "as far as anybody was looked at"

run chores '{"list": [{"call": "fickle-a", "input": {"do": "fail"}, "times": 3}]}'
is "$(hospes breakers --json | jq -r 'map(select(.name == "fickle-a"))[0].state')" open "(the breaker of the first one opens)"
run chores "{\"list\": [$work, $work]}"
result '[.done[].who]' '["fickle-b","fickle-b"]' "it is passed over"
holds 'hospes show "$id" | grep -qF "the first by name of 3; passed over 1 whose breaker is open"' "which is shown"

# A run that was killed has the choice that is on record, whatever has changed meanwhile.
run_start chores "{\"list\": [{\"call\": \"cap:fickle.work\", \"input\": {\"do\": \"sleep\", \"ms\": 2000}}, $work]}"
wait_for '[ "$(hospes breakers --json | jq "map(select(.name == \"fickle-b\"))[0].open_calls")" = 1 ]'
hospes breakers reset fickle-a >/dev/null
host_crash
host_launch
run_wait "$id"
succeeds "a run is killed while the one that was chosen works"
result '[.done[].who]' '["fickle-b","fickle-a"]' "that one goes on, though the first by name is there again; the next call is of that"
journal_has '.kind == "call_start" and .target == "cap:fickle.work"' 2 "each was chosen once"

# All are open.
run chores '{"list": [{"call": "fickle-a", "input": {"do": "fail"}, "times": 8}, {"call": "fickle-b", "input": {"do": "fail"}, "times": 8}, {"call": "fickle-c", "input": {"do": "fail"}, "times": 8}]}'
is "$(hospes breakers --json | jq -c 'map(select(.state == "open").name) | sort')" '["fickle-a","fickle-b","fickle-c"]' "(all breakers open)"
run chores "{\"list\": [$work]}"
result '.done[0].status' '"breaker_open"' "when all are open the call is refused"
result '.done[0].message | contains("the breaker of fickle-a 1.0.0 is open: since")' true "with the reason of the first"
run chores '{"list": [{"call": "cap:nothing"}]}'
result '.done[0].status' '"no_such_agent"' "nobody offers what nobody offers"
plugin fickle
run chores '{"list": [{"call": "fickle"}]}'
succeeds "and a name is a name"
