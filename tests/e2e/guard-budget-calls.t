# A run makes as many calls as its budget says and not one more; the plugin is told, the run goes on.
. "$TESTS/lib.sh"
plan 6
host_start
plugin echo
plugin spender                          # fixtures/spender.c: calls echo until it is refused

run spender '{}' --calls 10;            succeeds "a spender stops when it is refused"
                                        result .calls 9 "nine echoes and itself are ten calls"
                                        result .refusal '"budget_exceeded"' "the refusal has its name"
journal_has '.kind == "call_start"' 10  "ten calls on record"
journal_has '.guard == "budget"' 1      "and one refusal"
run spender '{}';                       result .calls 999 "without a word the budget is 1,000"
