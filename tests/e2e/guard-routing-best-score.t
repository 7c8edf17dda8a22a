# `best_score`: who has the best mean of scores; who has none gets a call now and then, or would never have one.  The choice stands
# across a kill of the host, and so do the scores.
. "$TESTS/lib.sh"
plan 10
conf='run = { repetition = 0; }; routing = ( { capability = "fickle.work"; policy = "best_score"; } );
breaker = { errors = 50; least = 2; window = "1h"; open = "1h"; };'
host_start "$conf"
for one in fickle-a fickle-b fickle-c chores; do
	plugin $one
done

# Nobody has a score yet.
run chores '{"list": [{"call": "cap:fickle.work", "times": 6}]}'
result '[.done[].who]' '["fickle-a","fickle-b","fickle-c","fickle-a","fickle-b","fickle-c"]' "nobody has a score: they take turns"
holds 'hospes show "$id" | grep -qF "chosen for cap:fickle.work (best_score): nobody has a score, and it is its turn"' "which is shown"

# A person scores two of them.
hospes score "$id" /0/0 0.4 --why "half of it" >/dev/null
hospes score "$id" /0/1 0.9 >/dev/null
wait_for '[ "$(hospes scores --json | jq length)" = 2 ]'
run chores '{"list": [{"call": "cap:fickle.work", "times": 20}]}'
is "$(jq -c '[.result.done[].who] | group_by(.) | map([.[0], length])' "$T/out")" '[["fickle-b",18],["fickle-c",2]]' "of twenty calls the best has all but two, which are for who has no score"
is "$(hospes show "$id" --json | jq -c '[.tree.ops[] | select(.route.chosen == "fickle-b").route][0] | [.reason, [.candidates[] | [.name, .score]]]')" \
    '["the best score of 3: 0.9",[["fickle-a",0.4],["fickle-b",0.9],["fickle-c",null]]]' "with the scores on record"
holds 'hospes show "$id" | grep -qF "it has no score, and every tenth call is for such"' "and the reason for those two"

host_crash
host_launch
run chores '{"list": [{"call": "cap:fickle.work", "times": 5}]}'
result '[.done[].who] | unique' '["fickle-b"]' "the scores are there after a kill"
run_start chores '{"list": [{"call": "cap:fickle.work", "input": {"do": "sleep", "until_told": true}}, {"call": "cap:fickle.work", "input": {}}]}'
wait_for '[ "$(asking $id)" -eq 1 ]'
host_crash
host_launch
go_on "$id"
run_wait "$id"
succeeds "a run is killed while the best one works"
journal_has '.kind == "call_start" and .route.chosen == "fickle-b"' 2 "each was chosen once"

# Its breaker is open.
run chores '{"list": [{"call": "fickle-b", "input": {"do": "fail"}, "times": 30}]}'
run chores '{"list": [{"call": "cap:fickle.work", "times": 3}]}'
result '[.done[].who] | unique' '["fickle-a"]' "its breaker is open: the next best"
holds 'hospes show "$id" | grep -qF "the best score of 3: 0.4; passed over 1 whose breaker is open"' "which is shown"
