# Parts of a reply are those of the attempt that ended well: what one said that failed is told to nobody, and nothing is told twice.
. "$TESTS/lib.sh"
plan 6
host_start 'fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; } ); } );'
plugin taker
plugin actor-b
plugin actor-c

# said PART...: the parts that a run's reply came in.
said()
{
	api "/v1/runs/$id/reply" | jq -c '[.parts[].part]'
}

b='[{"say": "b1"}, {"say": "b2"}, {"crash": true}]' c='[{"say": {"n": 1}}, {"say": {"n": 2}}]'

# To a caller that takes them.
run taker "{\"callee\": \"actor-b\", \"actor-b\": $b, \"actor-c\": $c}"
succeeds "a caller takes the parts"
result '.took' '[1,2]' "those of the attempt that ended well, each once"
result '.reply.by' '"actor-c 1.0.0"' "whose reply follows"

# To the client.
run actor-b "{\"actor-b\": $b, \"actor-c\": $c}"
is "$(curl -sN --max-time 30 --unix-socket "$T/run/host.sock" -H 'Accept: text/event-stream' "http://host/v1/runs/$id/events" |
    sed -n 's/^data: //p' | jq -cs 'map(select(.type == "part") | .part)')" '[{"n":1},{"n":2}]' "a client gets the same"
journal_has '.kind == "part" and .path == "/0"' 2 "what the first had said is on record"
journal_has '.kind == "part" and .guard == "fallback"' 4 "as held back"
