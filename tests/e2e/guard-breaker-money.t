# What a version may cost in a minute is not passed by one call: the call that would is refused, and the breaker opens.
. "$TESTS/lib.sh"
plan 9
host_start 'run = { repetition = 0; }; breaker = { window = "60s"; money = "1.30"; open = "1h"; };'
plugin fickle                           # 0.40 dollars a call
plugin chores

run chores '{"list": [{"call": "fickle", "times": 5}]}'
result '[.done[].status]' '["ok","ok","ok","breaker_open","breaker_open"]' "three calls fit into a minute, the fourth does not"
result '.done[3].message | contains("its calls had cost 1.20 dollars in 60 s, and one more would be past `breaker.money`")' true "the refusal tells what it had cost"
is "$(hospes breakers --json | jq -c 'map(select(.name == "fickle"))[0] | [.state, .cause, .micros]')" '["open","money",1200000]' "hospes breakers too"
host_crash
host_launch
run fickle '{}'
fails_with breaker_open "after a kill it is open still"
says "had cost 1.20 dollars"
hospes breakers reset fickle >/dev/null

# What a later guard refuses costs nothing.
run chores '{"list": [{"call": "fickle", "times": 20}]}' --calls 1
result '[.done[].status] | unique' '["budget_exceeded"]' "twenty that the budget refuses"
is "$(hospes breakers --json | jq -c 'map(select(.name == "fickle"))[0] | [.state, .micros, .open_calls]')" '["closed",0,0]' "cost nothing"
run chores '{"at_once": true, "list": [{"call": "fickle"}, {"call": "fickle"}, {"call": "fickle"}, {"call": "fickle"}, {"call": "fickle"}, {"call": "fickle"}]}'
is "$(jq -c '[.result.done[].status] | group_by(.) | map([.[0], length])' "$T/out")" '[["breaker_open",3],["ok",3]]' "of six at once three are let through"
is "$(hospes breakers --json | jq -c 'map(select(.name == "chores"))[0].state')" '"closed"' "who costs nothing is not bound by it"
