# What takes too long has gone wrong, even when it ends well: a version that has become slow is left alone.
. "$TESTS/lib.sh"
plan 6
host_start 'run = { repetition = 0; }; breaker = { errors = 60; least = 5; window = "1h"; latency = "40ms"; open = "1h"; };'
plugin fickle
plugin chores

run chores '{"list": [{"call": "fickle", "input": {"do": "sleep", "ms": 80}, "times": 4}]}'
result '[.done[].status] | unique' '["ok"]' "four that are slow end well"
is "$(hospes breakers --json | jq -c 'map(select(.name == "fickle"))[0] | [.state, .errors, .slow, .samples]')" '["closed",4,4,4]' \
    "they are counted as gone wrong, and are too few to say anything"
run chores '{"list": [{"call": "fickle", "input": {"do": "sleep", "ms": 80}}, {"call": "fickle"}]}'
result '[.done[].status]' '["ok","breaker_open"]' "with the fifth it opens"
result '.done[1].message | contains("5 of its last 5 in 3600 s went wrong, 5 of them by being slower than `breaker.latency`")' true "and tells why"
is "$(hospes breakers --json | jq -r 'map(select(.name == "fickle"))[0].cause')" latency "in a word too"
host_crash
host_launch
run fickle '{}'
fails_with breaker_open "after a kill it is open still"
