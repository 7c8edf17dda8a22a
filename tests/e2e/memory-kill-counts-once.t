# kill -9 of cells in the middle of 50 concurrent calls that all change one value: each change is made once, and none is lost.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-2}
plan $((ROUNDS * 4))
host_start 'cells = { per_version = 4; fibers = 20; };'
plugin keeper
plugin fan

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	steps=$(jq -nc --arg key "n$round" '[range(5) | {op: "remember", key: $key, value: .}, {op: "sleep", ms: 100}] +
	    [{op: "recall", key: $key}]')
	run_start fan "{\"callee\": \"keeper\", \"n\": 50, \"at_once\": 50, \"input\": {\"do\": $steps}}"
	fan=$id
	kill_cells 4 200
	run_wait "$fan"
	succeeds "round $round: the run ends well"
	result '[.answers[] | select(.[0] == true)] | length' 50 "round $round: all 50 have answered"
	run keeper "{\"do\": [{\"op\": \"recall\", \"key\": \"n$round\"}]}"
	result '.[0].version' 250 "round $round: 250 changes are 250 versions"
	id=$fan
	journal_has '.kind == "command"' 250 "round $round: and as many records"
done
