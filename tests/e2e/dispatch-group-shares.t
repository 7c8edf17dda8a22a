# A group shares out what the budget has left: the first member cannot spend what the last one needs, and what one
# leaves over those after it get.
. "$TESTS/lib.sh"
plan 5
host_start
plugin echo
plugin spender                          # fixtures/spender.c: calls echo until it is refused
plugin fan                              # plugins/fan.c: a group of `n`, `at_once` at a time

run fan '{"callee": "spender", "n": 3, "at_once": 1, "input": {}}' --calls 31
succeeds "three spenders, one after the other"
result '[.answers[].calls]' '[9,9,9]' "each has a third of the thirty that are left: itself and nine more"

run fan '{"callee": "spender", "n": 3, "at_once": 0, "input": {}}' --calls 31
succeeds "three spenders at once"
result '[.answers[].calls]' '[9,9,9]' "share them alike"

run fan '{"callee": "spender", "n": 4, "at_once": 1, "input": {"most": 1}}' --calls 9
succeeds "each has two, which is what it takes"
