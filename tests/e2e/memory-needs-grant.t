# Memory other than its own a plugin has to declare and the operator to grant; the sources of a run it has to declare, and may
# only read.
. "$TESTS/lib.sh"
plan 11
host_start 'grants = { keeper = { memory = [ "house" ]; }; };'
plugin keeper
plugin keeper-b

run keeper '{"do": [{"op": "remember", "space": "house", "key": "k", "value": 1}, {"op": "recall", "space": "house", "key": "k"}]}'
result '.[1].value' 1 "what is declared and granted is there"
run keeper '{"do": [{"op": "recall", "key": "k"}]}'
result '.[0].error' '"not_found"' "and apart from its own"
run keeper-b '{"do": [{"op": "recall", "space": "house", "key": "k"}]}'
result '.[0].error' '"permission_denied"' "what is declared alone is refused"
journal_has '.guard == "permission" and .op == "recall" and .target == "house/k"' 1 "the refusal is on record"
says 'add it to grants.keeper-b.memory'
run keeper '{"do": [{"op": "recall", "space": "garden", "key": "k"}]}'
result '.[0].error' '"permission_denied"' "and so is what no note declares"

run keeper '{"do": [{"op": "search", "space": "sources", "query": "word"}]}'
result '.[0].error' '"not_found"' "a run without sources has none"
run keeper '{"do": [{"op": "remember", "space": "sources", "key": "k", "value": 1}, {"op": "documents", "space": "sources"}]}' --sources papers
result '[.[0].error, .[1].documents]' '["permission_denied",[]]' "sources are read and not changed"
is "$(jq -c .sources "$T/out")" '["papers"]' "the run says which it has"
is "$(hospes show "$id" --json | jq -c .sources)" '["papers"]' "and so does its record"
run keeper '{}' --sources sources
fails_with bad_input "no space is called sources"
