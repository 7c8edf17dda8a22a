# Shares of a budget: each call spends its own at most, and all together never more than the run has, whoever is first.
. "$TESTS/lib.sh"
plan 7
host_start "run = { repetition = 0; };"
plugin echo
plugin spender
plugin shares                           # fixtures/shares.c: `spenders` spenders at once, each with `calls` calls

run shares '{"spenders": 3, "calls": 5}' --calls 100
succeeds "three spenders with five calls each"
result '[.spent[].calls]' '[4,4,4]' "each makes four echoes: itself is the fifth"
journal_has '.kind == "call_start"' 16 "sixteen calls in all"

run shares '{"spenders": 8, "calls": 10}' --calls 41
succeeds "eight spenders that want twice what there is"
found=$(hospes journal "$id" --json | jq -s 'flatten | map(select(.kind == "call_start")) | length')
holds "[ $found -le 41 ]" "never more calls than the run has ($found of 41)"
holds "[ $found -ge 40 ]" "and nothing is left lying"
result '[.spent[] | select(.refusal != "budget_exceeded")] | length' 0 "everybody is told why it is over"
