# Shares of money: a task with its share spends that and no more, those who spend at once never more than the run has, and what
# a task did not use goes back.
. "$TESTS/lib.sh"
plan 13
host_start 'limits = { purse = { concurrency = 4; }; dear = { polled = true; }; };'
plugin dear                             # plugins/dear.c: a cent a call
plugin nag
plugin purse                            # plugins/purse.c: `n` nags at once, each with a share of `money`

run purse '{"callee": "dear", "n": 3, "money": 40000}' --money 1
succeeds "three with four cents each"
result '[.spent[].calls]' '[4,4,4]' "each has four calls of a cent"
says "dear needs \$0.01 and this task has \$0.00 of \$0.04 left; ask for less, or have its caller give it more (money_micros)"
is "$(hospes budget "$id" --json | jq -c '[.run.money_micros.spent, [.tree.ops[].money_micros | [.limit, .spent, .left]]]')" \
    '[120000,[[40000,40000,0],[40000,40000,0],[40000,40000,0]]]' "the tree has each share"

run purse '{"callee": "dear", "n": 10, "money": 50000}' --money 0.33
succeeds "ten that want five cents each, of thirty-three"
found=$(hospes journal "$id" --json | jq -s 'flatten | map(select(.kind == "call_start" and .callee == "dear")) | length')
holds "[ $found -le 33 ]" "never more than the run has ($found of 33)"
holds "[ $found -ge 30 ]" "and no share is left lying"
result '[.spent[] | select(.refused == 0)] | length' 0 "everybody is told why it is over"
journal_has '.kind == "run_end" and .micros == '$((found * 10000)) 1 "each call was paid for once"

run purse '{"callee": "dear", "n": 2, "money": 500000}' --money 0.50
succeeds "the second has to wait for what the first gives back"
result '[.spent[].calls] | add' 50 "all is spent in the end"

run purse '{"callee": "dear", "n": 1, "money": 5000}' --money 1
result '[.spent[0].calls, .spent[0].refused]' '[0,1]' "a share below the price of one call is of no use"
says "dear needs \$0.01 and this task has \$0.005 of \$0.005 left"
