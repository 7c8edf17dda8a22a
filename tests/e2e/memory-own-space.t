# What a plugin remembers in one run it recalls in the next: versions count the changes, compare-and-swap refuses what is out
# of date, and nobody else's own space is the same one.
. "$TESTS/lib.sh"
plan 13
host_start
plugin keeper
plugin keeper-b

run keeper '{"do": [{"op": "recall", "key": "last"}]}'
result '.[0].error' '"not_found"' "before anything was remembered there is nothing"
run keeper '{"do": [{"op": "remember", "key": "last", "value": {"seen": 3}}]}'
succeeds "a value is remembered"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0] | [.op, .target, .status]')" '["remember","/last","ok"]' "show tells it"
journal_has '.kind == "command" and .op == "remember" and .target == "/last" and .path == "/0/0"' 1 \
    "the journal has the change as one record of the run"
run keeper '{"do": [{"op": "recall", "key": "last"}]}'
result '.[0]' '{"value":{"seen":3},"version":1}' "the next run recalls it"
run keeper '{"do": [{"op": "remember", "key": "last", "value": "b", "version": 1},
    {"op": "remember", "key": "last", "value": "c", "version": 1},
    {"op": "remember", "key": "last", "value": "d", "version": 0},
    {"op": "remember", "key": "new", "value": null, "version": 0},
    {"op": "recall", "key": "last"}]}'
result '[.[] | .error? // .value? // .]' '[true,"conflict","conflict",true,"b"]' "compare-and-swap holds"
result '.[4].version' 2 "and counts what was changed"
run keeper-b '{"do": [{"op": "recall", "key": "last"}]}'
result '.[0].error' '"not_found"' "another plugin has another space"

run keeper '{"do": [{"op": "remember", "key": "day/1", "value": 1}, {"op": "remember", "key": "day/2", "value": [2, "zwei"]},
    {"op": "list", "prefix": "day/"}, {"op": "list", "prefix": "", "after": "day/1", "most": 1}]}'
result '[.[2].keys[] | [.key, .version]]' '[["day/1",1],["day/2",1]]' "keys are listed by their prefix"
result '[.[3].keys[].key, .[3].more]' '["day/2",true]' "and in parts"
run keeper '{"do": [{"op": "forget", "key": "last"}, {"op": "forget", "key": "last"}, {"op": "recall", "key": "last"}]}'
result '[.[] | .error? // .]' '[true,true,"not_found"]' "what is forgotten is gone"
host_stop
host_launch
ok $? "the host starts again"
run keeper '{"do": [{"op": "recall", "key": "day/2"}, {"op": "recall", "key": "last"}]}'
result '[.[] | .error? // .value]' '[[2,"zwei"],"not_found"]' "and remembers the same"
