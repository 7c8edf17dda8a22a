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
	RANDOM=${SEED:-$((($(date +%N | sed 's/^0*//') + round) % 32768))}
	note "round $round, seed $RANDOM (SEED=... to repeat)"
	run_start fan '{"callee": "talker", "n": 100, "at_once": 100, "input": {"calls": 5, "ms": 400}}'
	fan=$id
	killed=0
	for ((kill = 0; kill < 4; kill++)); do
		pause "0.$(printf %03d $((RANDOM % 250)))"
		pids=($(cell_pids))
		if [ ${#pids[@]} -gt 0 ] && kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null; then
			killed=$((killed + 1))
		fi
	done
	note "$killed cells killed"
	run_wait "$fan"
	succeeds "round $round: the run ends well"
	result '[.answers[] | select(.calls == 5)] | length' 100 "round $round: all 100 answers are there"
	is "$(hospes journal "$fan" --json | jq -s 'flatten | map(select(.kind == "call_start" and .target == "echo") | .path) | [length, (unique | length)]' -c)" \
	    '[500,500]' "round $round: no echo was called twice"
done
