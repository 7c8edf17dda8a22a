# What stands in: another agent, another version, a fixed answer; in order, until one of them ends well; within the share of calls
# that the op was given; and the name goes on meaning what it meant.
. "$TESTS/lib.sh"
plan 19
host_start 'run = { repetition = 0; };
fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; }, { agent = "actor-b"; version = "1.0.0"; },
    { answer = "{\"by\": \"nobody\"}"; } ); } );'
plugin actor-a
plugin actor-c
plugin actor-b
plugin actor-b-2 actor-b 2.0.0

# play PARTS: actor-a calls actor-b twice.
play()
{
	run actor-a "$(printf '%s' "$1" | jq -c '{"actor-a": [{call: "actor-b"}, {call: "actor-b"}]} + .')"
}

# tried "/0/0 actor-b 2.0.0,..." "why": the calls of the first op, in order.
tried()
{
	is "$(hospes journal "$id" --json | jq -rs 'flatten | map(select(.kind == "call_start" and (.path | test("^/0/0(#[0-9]+)?$")))) |
	    map("\(.callee) \(.version)") | join(", ")')" "$1" "$2"
}

play '{}'
tried "actor-b 2.0.0" "who ends well is not followed by anybody"
journal_has '.kind == "stage"' 0 "and no record says otherwise"

play '{"actor-b 2.0.0": [{"crash": true}], "actor-c": []}'
tried "actor-b 2.0.0, actor-c 1.0.0" "another agent"
result '.got[0].by' '"actor-c 1.0.0"' "another agent: its reply is the outcome"

play '{"actor-b 2.0.0": [{"crash": true}], "actor-c": [{"crash": true}]}'
tried "actor-b 2.0.0, actor-c 1.0.0, actor-b 1.0.0" "another version"
result '[.got[].by]' '["actor-b 1.0.0","actor-b 1.0.0"]' "another version: its reply is the outcome"
journal_has '.kind == "call_start" and .path == "/0/1" and .version == "2.0.0"' 1 "the name goes on meaning the version that it meant"

play '{"actor-b": [{"crash": true}], "actor-c": [{"crash": true}]}'
tried "actor-b 2.0.0, actor-c 1.0.0, actor-b 1.0.0" "a fixed answer: all others first"
result '.got[0]' '{"by":"nobody"}' "a fixed answer"
journal_has '.kind == "call_end" and .path == "/0/0#4" and .confidence == 0' 1 "which claims nothing"
hospes show "$id" >"$T/shown"
holds 'grep -q "fallback on crash: answer" "$T/shown"' "and is shown as that"
is "$(hospes show "$id" --json | jq -c '.tree.ops[0] | [.attempts[].path], [.attempts[].status], [.next.cause, .attempts[0].next.to, .attempts[1].next.kind]')" \
    '["/0/0#2","/0/0#3","/0/0#4"]
["poison","poison","ok"]
["crash","actor-b","answer"]' "each attempt with what came of it"

# A share of calls is one for all attempts.
run actor-a '{"actor-a": [{"call": "actor-b", "calls": 2}], "actor-b": [{"crash": true}], "actor-c": [{"crash": true}]}'
tried "actor-b 2.0.0, actor-c 1.0.0" "with a share of two calls two are made"
result '.got[0]' '{"by":"nobody"}' "and the answer, which costs nothing, is given"
journal_has '.kind == "stage" and .guard == "budget"' 1 "the third was refused for its budget"
is "$(hospes show "$id" --json | jq .calls)" 3 "which is what the run cost, with its own"

# One who waits for the first of several waits for outcomes.
run actor-a '{"actor-a": [{"try": "actor-b"}], "actor-b": [{"crash": true}], "actor-c": [{"call": "actor-b"}]}'
succeeds "one that stands in may ask as anybody may"
result '.got[0].got[0]' '{"by":"nobody"}' "and what it asked for has stand-ins of its own, but not itself"
journal_has '.kind == "stage" and .guard == "cycle" and .path == "/0/0#2/0#2"' 1 "refused as a circle"
