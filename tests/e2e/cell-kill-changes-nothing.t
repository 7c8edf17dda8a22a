# kill -9 of cells in the middle of 100 concurrent calls changes no result: what was under way begins again elsewhere and
# comes to the same end, and no call is counted or made twice.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-5}
plan $((ROUNDS * 3))
host_start 'cells = { per_version = 4; fibers = 40; };'
plugin echo
plugin talker                           # fixtures/talker.c: time, random bytes, a nap, echoes; a digest of it all
plugin fan

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	run_start fan '{"callee": "talker", "n": 100, "at_once": 100, "input": {"calls": 5, "ms": 400}}'
	fan=$id
	kill_cells 4 250
	run_wait "$fan"
	succeeds "round $round: the run ends well"
	result '[.answers[] | select(.calls == 5)] | length' 100 "round $round: all 100 answers are there"
	is "$(hospes journal "$fan" --json | jq -s 'flatten | map(select(.kind == "call_start" and .target == "echo") | .path) | [length, (unique | length)]' -c)" \
	    '[500,500]' "round $round: no echo was called twice"
done
