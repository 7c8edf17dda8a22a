# Money: a run spends what it was given and not a cent more.  A polite loop, which no guard against loops can see, is stopped by
# it, and what it cost until then is told.
. "$TESTS/lib.sh"
plan 22
host_start
plugin echo
plugin dear                             # plugins/dear.c: a cent a call
plugin nag                              # plugins/nag.c: asks again and again, politely: one character is another one each time

run nag '{"callee": "dear", "n": 1000, "polite": true}' --money 0.25 --calls 1000
succeeds "a polite loop is stopped by the money"
result '[.calls, .refused]' '[25,1]' "after 25 calls of a cent each"
says "dear needs \$0.01 and this run has \$0.00 of \$0.25 left; ask for less, or give it more (--money, \`run.money\`)"
journal_has '.kind == "refusal" and .guard == "budget" and .status == "budget_exceeded"' 1 "that is on record"
journal_has '.kind == "call_end" and .micros == 10000' 25 "with the price of each call"
journal_has '.kind == "run_end" and .micros == 250000' 1 "and all that it cost"
budget=$(hospes budget "$id" --json)
is "$(jq -c '.run.money_micros' <<<"$budget")" '{"reserved":0,"spent":250000,"limit":250000,"left":0,"told":100}' "budget: of the run, with its last alert"
is "$(jq -c '[.tree.plugin, .tree.money_micros.spent, .tree.calls.spent]' <<<"$budget")" '["nag",250000,26]' "of its root call with all below"
is "$(jq -c '[.tree.ops[] | select(.money_micros.spent == 10000 and .status == "ok")] | length' <<<"$budget")" 25 "and of each call"
hospes budget "$id" >"$T/table"
holds "grep -qE '^run $id +calls +1000 +0 +26 +974 ' '$T/table'" "the same for people" || note "$(cat "$T/table")"
holds "grep -qE '^ +money +0.25 +0.00 +0.25 +0.00' '$T/table'" "in dollars"

run nag '{"callee": "dear", "n": 1000, "polite": true}' --money 0.255
result '.calls' 25 "what is left is less than the next call costs"
run nag '{"callee": "echo", "n": 3, "polite": true}' --money 0.01
result '.calls' 3 "what costs nothing needs nothing"
run dear '{"a": 1}' --money 0.009
fails_with budget_exceeded "the first call is charged too"
run dear '{"a": 1}' --money 0.01
succeeds "and may cost all that there is"
run dear '{"a": 1}' --money many
is "$code" 2 "no amount is no amount"
says "found many"

# The policy has the last word.
host_stop
host_start 'run = { money = "0.05"; };'
wait_for '[ -n "$(active nag)" ] && [ -n "$(active dear)" ]'
run nag '{"callee": "dear", "n": 1000, "polite": true}'
result '.calls' 5 "without a word it is what the policy says"
run nag '{"callee": "dear", "n": 1000, "polite": true}' --money 0.03
result '.calls' 3 "a client may ask for less"
run nag '{"callee": "dear", "n": 1000, "polite": true}' --money 1000
result '.calls' 5 "and not for more"
is "$(hospes budget "$id" --json | jq .run.money_micros.limit)" 50000 "which is told"
sed -i 's/0.05/0.5.0/' "$T/hospes.conf"
hospes policy check "$T/hospes.conf" >"$T/out" 2>&1
says 'found the text "0.5.0", allowed is an amount of dollars as a text, like "0.50"'
