# A loop through a fallback stops where any other would: at the call that would be its own ancestor's, or too deep; and lists that
# name each other make none.
. "$TESTS/lib.sh"
plan 12

# stopped CALLS "which": how many calls began, and what they cost.
stopped()
{
	journal_has '.kind == "call_start"' "$1" "$2: $1 calls began"
	is "$(hospes show "$id" --json | jq .calls)" "$1" "$2: that is what it cost"
}

host_start 'run = { repetition = 0; };
fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; } ); }, { of = "actor-c"; to = ( { agent = "actor-b"; } ); } );'
plugin actor-a
plugin actor-b
plugin actor-c

# b falls back to c, which calls b, which would fall back to c.
run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"crash": true}], "actor-c": [{"call": "actor-b"}]}'
fails_with cycle "b falls back to c, which calls b"
says "actor-c -> actor-c"
stopped 4 "b falls back to c, which calls b"
journal_has '.kind == "refusal" and .guard == "cycle" and .path == "/0/0#2/0#2"' 1 "it is refused where c is c's caller"

# Each list names the other: an op has one list.
run actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b": [{"crash": true}], "actor-c": [{"crash": true}]}'
fails_with poison "b falls back to c, and c to b"
stopped 3 "b falls back to c, and c to b"

# Who does not listen: each of b's failures is another call, and the run has so many.
run actor-a "$(jq -nc '{"actor-a": [range(60) | {try: "actor-b"}], "actor-b": [{crash: true}], "actor-c": [{crash: true}]}')" --calls 20
succeeds "one who tries again and again is refused in the end"
result '[.got[].code] | map(select(. == "budget_exceeded")) | length > 40' true "by the budget"
stopped 20 "again and again"
