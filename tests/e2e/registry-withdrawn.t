# A withdrawn version is not used again, not even by runs that were pinned to it; the former one takes over.
. "$TESTS/lib.sh"
plan 6
host_start
plugin wordcount
plugin twice
plugin wordcount-1.1 wordcount 1.1.0

run_start twice '{"callee": "wordcount", "until_told": true, "input": {"name": "a", "text": "x"}}'
long=$id
wait_for '[ "$(asking $long)" -eq 1 ]'
hospes withdraw wordcount 1.1.0 --why "counts wrong" >"$T/out" 2>"$T/err"
is "$(state wordcount 1.1.0)" withdrawn "1.1.0 is withdrawn"
is "$(hospes versions wordcount --json | jq -r '.[] | select(.version == "1.1.0") | .why')" "counts wrong" "with its reason"
is "$(active wordcount)" 1.0.0 "the former version is active"
go_on "$long"
run_wait "$long"
is "$(hospes show "$long" --json | jq -c '[.. | objects | select(.plugin? == "wordcount") | .version] | sort')" \
    '["1.0.0","1.1.0"]' "a run that was pinned to it makes its next call on another"
run wordcount '{"name": "a", "text": "x"}' --version 1.1.0
fails_with withdrawn "asked for by its number it is refused"
run wordcount '{"name": "a", "text": "x"}'
succeeds "and the name answers"
