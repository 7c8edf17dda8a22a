# A limit on running calls holds, and a call that is parked on its own child gives its slot back: nesting cannot deadlock.
. "$TESTS/lib.sh"
plan 5
host_start 'run = { repetition = 0; }; limits = { chain = { concurrency = 1; }; chain-1 = { concurrency = 1; }; spin = { concurrency = 1; }; };'
for link in chain chain-1 chain-2; do
	plugin $link
done
plugin fan
plugin spin

run fan '{"callee": "chain", "n": 20, "at_once": 20, "input": {"levels": 2}}' --wall 60
succeeds "twenty chains through one slot a link all come through"
result '[.answers[].path | length] | unique' '[3]' "whole"
run fan '{"callee": "spin", "n": 6, "at_once": 6, "input": {"turns": 30000000}}' --wall 100
succeeds "six that compute, one at a time"
is "$(hospes journal "$id" --json | jq 'flatten | map(select(.target == "spin") | .kind) |
    map({call_start: 1, call_end: -1}[.] // 0) | [foreach .[] as $d (0; . + $d)] | max')" 1 "one at a time indeed"
is "$(jq '.result.n' "$T/out")" 6 "all six answered"
