# kill -9 in mid-stream, of those who say parts and of those who take them: the same parts come in the same order, none is lost
# and none comes twice; one who says something else the second time is found out.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-3}
plan $((ROUNDS * 4 + 2))
host_start
plugin parts
plugin taker

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	hospes run taker --input '{"callee": "parts", "n": 40, "ms": 25}' --json --parts >"$T/out" 2>"$T/err" &
	client=$!
	kill_cells 6 200
	wait $client
	code=$?
	id=$(tail -n 1 "$T/out" | jq -r .id)
	is "$(head -n 40 "$T/out" | jq -s -c 'map(.took) == [range(40)]')" true "round $round: the client has each part once, in order"
	is "$(tail -n 1 "$T/out" | jq -c '.result.took == [range(40)]')" true "round $round: so has the caller"
	journal_has '.kind == "part"' 80        "round $round: each is on record once"
	holds 'hospes journal "$id" --json | jq -e "any(.[]; .kind == \"replay\")" >/dev/null' "round $round: something was replayed"
done

run_start parts '{"n": 3, "until_told": true, "how": "changing"}'
wait_for '[ "$(asking $id)" -eq 1 ]' # the first is said
kill -9 $(cell_pids)
run_wait "$id"
fails_with nondeterministic "a part that is another one the second time ends the run"
says 'part 0 of the reply of parts 1.0.0'
