# kill -9 of cells while calls hold slots and shares of a budget loses neither: the budget that fits exactly still fits,
# and the one slot that there is can be had afterwards.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-2}
plan $((ROUNDS * 4 + 2))
host_start 'cells = { per_version = 3; fibers = 20; };
limits = { talker = { concurrency = 4; }; echo = { concurrency = 1; }; };'
plugin echo
plugin talker                           # fixtures/talker.c: calls echo three times, among other things
plugin fan                              # plugins/fan.c: a group, whose members share the budget

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	run_start fan '{"callee": "talker", "n": 40, "at_once": 10, "input": {"calls": 3, "ms": 50}}' --calls 161 --wall 60
	fan=$id
	kill_cells 5 150
	run_wait "$fan"
	succeeds "round $round: the run ends well, with a budget that fits exactly"
	result '[.answers[] | select(.calls == 3)] | length' 40 "round $round: all answers are there"
	journal_has '.kind == "call_start"' 161 "round $round: the calls add up"
	is "$(hospes show "$fan" --json | jq .calls)" 161 "round $round: so the run says"
done
run fan '{"callee": "echo", "n": 20, "at_once": 20, "input": {}}' --wall 20
succeeds "the one slot of echo is there"
run fan '{"callee": "talker", "n": 8, "at_once": 8, "input": {"calls": 1, "ms": 1}}' --wall 20
succeeds "and those of talker"
