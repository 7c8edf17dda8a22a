# A killed host forgets no score, counts none twice, and raises the alert of a drop once, whenever it is killed.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-3}
plan $((ROUNDS * 3 + 1))
host_start '
quality: { k = 0.5; h = 3.0; least = 6; };
grounding: { witness: { checks = [ "verbatim" ]; }; };'
plugin witness
plugin verbatim
plugin fan

total=0
for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	run_start fan '{"callee": "witness", "n": 30, "input": {"text": "It is so.", "quotes": ["so."], "check": {"ms": 200, "score": 0.9}}}'
	pause "0.$(printf %03d $((RANDOM % 900)))"
	host_crash
	host_launch
	run_wait "$id"
	succeeds "round $round: the run goes on"
	total=$((total + 30))
	is "$(hospes scores witness --json | jq '.[0].n')" $total "round $round: each reply has counted once"
	journal_has '.kind == "score"' 30 "round $round: and has one score on record"
done

# The host is killed while the scores fall: one alert, whether it was on record already or not.
run_start fan '{"callee": "witness", "n": 30, "input": {"text": "It is so.", "quotes": ["so."], "check": {"ms": 200, "score": 0.1}}}'
pause "0.$(printf %03d $((RANDOM % 900)))"
host_crash
host_launch
run_wait "$id"
is "$(hospes scores witness --json | jq -c '.[0] | [.n, .drops]') $(hospes alerts --json | jq length)" "[$((total + 30)),1] 1" \
    "a drop is told once"
