# `weighted`: calls are spread by weights, and who has 0 gets none; a call that is begun again goes where it went.
. "$TESTS/lib.sh"
plan 9
host_start 'run = { repetition = 0; }; routing = ( { capability = "fickle.work"; policy = "weighted"; weights: { fickle-a = 3; fickle-b = 1; fickle-c = 0; }; } );
breaker = { errors = 50; least = 2; window = "1h"; open = "1h"; };'
for one in fickle-a fickle-b fickle-c chores; do
	plugin $one
done

# The share of fickle-a is 3/4: of 400 calls 300, give or take 8.7; six times that is out of the question.
run chores '{"list": [{"call": "cap:fickle.work", "times": 400}]}'
jq -r '.result.done[].who' "$T/out" | sort | uniq -c >"$T/counts"
sed 's/^/# /' "$T/counts"
holds '[ "$(awk "\$2 == \"fickle-a\" { print (\$1 > 247 && \$1 < 353) }" "$T/counts")" = 1 ]' "of 400 calls three quarters are of one"
is "$(awk '{ n += $1 } END { print n, NR }' "$T/counts")" "400 2" "the others of another, and none of the one that has no weight"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0].route.candidates | map([.name, .weight])')" '[["fickle-a",3],["fickle-b",1],["fickle-c",0]]' "the weights are on record"
holds 'hospes show "$id" | grep -qE "chosen for cap:fickle.work \(weighted\): by weight of 3: [31]$"' "and the reason is shown"

# Killed on the way.
run_start chores '{"list": [{"call": "cap:fickle.work", "times": 20}, {"sleep": 2000}, {"call": "cap:fickle.work", "times": 20}]}'
wait_for '[ "$(hospes journal "$id" --json | jq "flatten | map(select(.kind == \"call_end\" and .target == \"cap:fickle.work\")) | length")" = 20 ]'
hospes journal "$id" --json | jq -c 'flatten | map(select(.kind == "call_start" and .route != null).route.chosen)' >"$T/before"
host_crash
host_launch
run_wait "$id"
succeeds "the host is killed after twenty of forty calls"
is "$(jq -c '[.result.done[:20][].who]' "$T/out")" "$(cat "$T/before")" "those before it are as they were"
is "$(hospes journal "$id" --json | jq -c 'flatten | map(select(.kind == "call_start" and .route != null).route.chosen)')" "$(jq -c '[.result.done[].who]' "$T/out")" \
    "each was chosen once"

# Past one whose breaker is open.
run chores '{"list": [{"call": "fickle-a", "input": {"do": "fail"}, "times": 500}]}'
run chores '{"list": [{"call": "cap:fickle.work", "times": 20}]}'
result '[.done[].who] | unique' '["fickle-b"]' "one is open: all go to the other that has a weight"
run chores '{"list": [{"call": "fickle-b", "input": {"do": "fail"}, "times": 500}, {"call": "cap:fickle.work"}]}'
result '.done[-1].who' '"fickle-c"' "who has no weight is called when nobody else is left"
