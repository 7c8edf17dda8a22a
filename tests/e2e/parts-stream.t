# A reply in parts: the caller takes them while the other goes on, the client sees those of the root call, all of them, once.
. "$TESTS/lib.sh"
plan 22
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin parts
plugin taker

run taker '{"callee": "parts", "n": 5, "ms": 20}'
succeeds "a caller takes parts"
result .took '[0,1,2,3,4]'                      "all of them, in their order"
result .reply '{"said":5}'                      "and the reply after them"
first=$(hospes journal "$id" --json | jq '[.[] | select(.kind == "part" and .path == "/0")][0].seq')
last=$(hospes journal "$id" --json | jq '[.[] | select(.kind == "part" and .path == "/0/0")][-1].seq')
holds '[ "$first" -lt "$last" ]'                "the first was passed on before the last was said"
journal_has '.kind == "part" and .path == "/0/0"' 5 "each is on record"
is "$(hospes show "$id" --json | jq -c '[.tree.parts, .tree.ops[0].parts]')" '[5,5]' "and counted in the tree"
holds '! hospes show "$id" | grep -q "part "'   "where the taking is not told"

run parts '{"n": 3}' --parts
is "$(jq -c . "$T/out" | head -n 3 | tr -d '\n')" '{"n":0}{"n":1}{"n":2}' "--parts prints each as a line"
is "$(jq -c .result "$T/out" | tail -n 1)" '{"said":3}' "before the result"
run parts '{"n": 3}'
is "$(wc -l <"$T/out")" 1                       "without it nothing is printed of them"
run parts '{"n": 500, "bytes": 10000}' --parts
is "$(jq -c 'select(.n != null) | .n' "$T/out" | sort -n | uniq | wc -l)" 500 "5 MB of them come whole"
is "$(wc -l <"$T/out")" 501                     "and none twice"

# While it goes on.
hospes run parts --input '{"n": 2, "until_told": true}' --json --parts >"$T/live" 2>&1 &
live=$!
wait_for '[ -s "$T/live" ]'
is "$(hospes ps --json | jq length)" 1          "the client has the first before the run has ended"
go_on "$(hospes ps --json | jq -r '.[0].id')"
wait $live

run parts '{"n": 3, "how": "fail"}' --parts
is "$(head -n 3 "$T/out" | jq -c .n | tr -d '\n')" '012' "what fails in the end has said what it said"
fails_with failed                               "and fails"
run parts '{"n": 10, "bytes": 2000000}'
fails_with too_large                            "all parts together are no larger than a payload may be"
says 'run.payload'
run parts '{"n": 100001}'
fails_with too_large                            "nor are there more than 100,000"

# Under a check.
plugin verbatim
plugin witness
TEXT='"text": "It is so.", "parts": true'
run witness "{$TEXT, \"quotes\": [\"It is\"]}" --parts
is "$(head -n 1 "$T/out" | jq -c .)" '{"n":0,"quote":"It is"}' "parts of a reply that is checked come when it has passed"
is "$(tail -n 1 "$T/out" | jq -r .status)" ok   "with it"
run witness "{$TEXT, \"quotes\": [\"It is not\"]}" --parts
fails_with not_grounded                         "those of one that does not pass"
holds '! grep -q "{\"n\":0" "$T/out"'           "are told to nobody"
