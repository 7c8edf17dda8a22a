# The documents that a run is started with are what its plugins may list, read and search under one name, whoever of them asks,
# and only those: other spaces of the client stay out of it.
. "$TESTS/lib.sh"
plan 12
host_start
plugin keeper
mkdir "$T/wood" "$T/sea" "$T/sky"
printf 'Of trees.\n\nThe owl sleeps by day and hunts by night.\n' >"$T/wood/owl.txt"
printf 'Of water.\n\nThe whale sings by night and by day.\n' >"$T/sea/whale.txt"
printf 'Of air.\n\nThe swift sleeps while it flies, day and night.\n' >"$T/sky/swift.txt"
for space in wood sea sky; do
	hospes memory load "$space" "$T/$space" >"$T/out" 2>"$T/err" || shown
done

run keeper '{"do": [{"op": "documents", "space": "sources"}, {"op": "search", "space": "sources", "query": "sleeps night"}]}' \
    --sources wood --sources sea
succeeds "a run with two spaces as its sources"
result '[.[0].documents[].document]' '["owl.txt","whale.txt"]' "has the documents of both"
result '[.[1].found[] | .document] | [.[0], (. | unique)]' '["owl.txt",["owl.txt","whale.txt"]]' \
    "a search finds the passages of both, the best first"
digest=$(jq -r '.result[1].found[0].digest' "$T/out")
is "$digest" "$(sha256sum <"$T/wood/owl.txt" | cut -d' ' -f1)" "each by the digest of its text"
is "$(jq -r '.result[1].found[0].text' "$T/out")" \
    "$(jq -r '.result[1].found[0] | "\(.from) \(.to)"' "$T/out" | { read -r from to; head -c "$to" "$T/wood/owl.txt" | tail -c +$((from + 1)); })" \
    "and by the bytes where it stands"
journal_has '.op == "search" and .input.query == "sleeps night" and .target == "sources"' 1 "the journal tells what was looked for"
is "$(hospes show "$id" | grep -c 'search sources: sleeps night ')" 1 "and so does show"

run keeper "{\"do\": [{\"op\": \"document\", \"space\": \"sources\", \"digest\": \"$digest\", \"from\": 11, \"to\": 18},
    {\"op\": \"search\", \"space\": \"sources\", \"query\": \"swift whale owl\", \"most\": 1}]}" --sources wood
result '[.[0].document, .[0].text, .[0].bytes]' '["owl.txt","The owl",53]' "a part of a document is read by its place"
result '[.[1].found[].document]' '["owl.txt"]' "nothing of other spaces is found"
run keeper "{\"do\": [{\"op\": \"document\", \"space\": \"sources\", \"digest\": \"$digest\"},
    {\"op\": \"recall\", \"space\": \"sources\", \"key\": \"k\"}]}" --sources sea
result '.[0].error' '"not_found"' "nor read by its digest"
result '.[1].error' '"bad_input"' "and sources have no values to be recalled"
run keeper '{"do": [{"op": "documents", "space": "sources"}, {"op": "document", "space": "sources", "digest": "abc"}]}' --sources nowhere
result '[.[0].documents, .[1].error]' '[[],"bad_input"]' "a space that nothing was put into is an empty one"
