# `cheapest`: the lowest price in the notes; past it when its breaker is open.  What was chosen stays so across a kill of the host.
. "$TESTS/lib.sh"
plan 8
host_start 'run = { repetition = 0; }; routing = ( { capability = "fickle.*"; policy = "cheapest"; } );
breaker = { errors = 50; least = 2; window = "1h"; open = "1h"; };'
for one in fickle-a fickle-b fickle-c chores; do        # 300, 100 and 200 micro-dollars
	plugin $one
done
work='{"call": "cap:fickle.work"}'

run chores "{\"list\": [$work, {\"call\": \"cap:fickle.*\"}]}"
result '[.done[].who]' '["fickle-b","fickle-b"]' "the cheapest is called"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].route | [.policy, .chosen, [.candidates[] | [.name, .price_micros]]]')" \
    '["cheapest","fickle-b",[["fickle-a",300],["fickle-b",100],["fickle-c",200]]]' "with the prices on record"
holds 'hospes show "$id" | grep -qF "chosen for cap:fickle.work (cheapest): the lowest price of 3: 100"' "and the reason shown"
run chores '{"list": [{"call": "fickle-b", "input": {"do": "fail"}, "times": 4}]}'
run chores "{\"list\": [$work]}"
result '.done[0].who' '"fickle-c"' "its breaker is open: the next one by price"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].route.candidates[1]')" '{"name":"fickle-b","version":"1.0.0","price_micros":100,"breaker":"open"}' "on record"

run_start chores "{\"list\": [{\"call\": \"cap:fickle.work\", \"input\": {\"do\": \"sleep\", \"ms\": 2000}}, $work]}"
wait_for '[ "$(hospes breakers --json | jq "map(select(.name == \"fickle-c\"))[0].open_calls")" = 1 ]'
hospes breakers reset fickle-b >/dev/null
host_crash
host_launch
run_wait "$id"
succeeds "the host is killed while that one works"
result '[.done[].who]' '["fickle-c","fickle-b"]' "it goes on; the next call is of the cheapest again"
journal_has '.kind == "call_start" and .route.chosen == "fickle-c"' 1 "it was chosen once"
