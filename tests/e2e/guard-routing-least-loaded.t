# `least_loaded`: who has the fewest calls open now, whoever's they are; also after a kill of the host.
. "$TESTS/lib.sh"
plan 8
host_start 'run = { repetition = 0; }; routing = ( { capability = "fickle.work"; policy = "least_loaded"; } );'
for one in fickle-a fickle-b fickle-c chores; do
	plugin $one
done
sleep='"input": {"do": "sleep", "ms": 3600000}'
calls()
{
	hospes breakers --json | jq -c 'map(select(.name | startswith("fickle"))) | sort_by(.name) | map(.open_calls)'
}

run chores '{"at_once": true, "list": [{"call": "cap:fickle.work"}, {"call": "cap:fickle.work"}, {"call": "cap:fickle.work"}]}'
is "$(jq -c '[.result.done[].who] | sort' "$T/out")" '["fickle-a","fickle-b","fickle-c"]' "three at once are shared among three"
run_start chores "{\"list\": [{\"call\": \"fickle-a\", $sleep}]}"
first=$id
wait_for '[ "$(calls)" = "[1,0,0]" ]'
run_start chores "{\"list\": [{\"call\": \"cap:fickle.work\", $sleep}]}"
second=$id
wait_for '[ "$(calls)" = "[1,1,0]" ]'
run chores '{"list": [{"call": "cap:fickle.work"}]}'
result '.done[0].who' '"fickle-c"' "who has nothing to do is called"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].route | [.chosen, [.candidates[].open_calls]]')" '["fickle-c",[1,1,0]]' "with the calls open on record"
holds 'hospes show "$id" | grep -qF "chosen for cap:fickle.work (least_loaded): the fewest open calls of 3: 0"' "and the reason shown"

host_crash
host_launch
wait_for '[ "$(calls)" = "[1,1]" ] || [ "$(calls)" = "[1,1,0]" ]'
run chores '{"list": [{"call": "cap:fickle.work"}]}'
result '.done[0].who' '"fickle-c"' "after a kill what goes on counts again"
is "$(hospes show "$second" --json | jq -r '.tree.ops[0].route.chosen')" fickle-b "and the choice before it stands"
hospes cancel "$first" >/dev/null
run_wait "$first"
run chores '{"list": [{"call": "cap:fickle.work"}]}'
result '.done[0].who' '"fickle-a"' "of equals the first by name"
hospes cancel "$second" >/dev/null
run_wait "$second"
is "$(calls)" '[0,0,0]' "and in the end nothing is open"
