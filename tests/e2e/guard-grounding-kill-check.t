# kill -9 of cells while replies are checked changes nothing: what is true passes, what is invented does not, and no reply is
# made or checked twice.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-3}
plan $((ROUNDS * 4 + 3))
host_start 'grounding: { witness: { checks = [ "verbatim" ]; }; }; limits: { witness: { concurrency = 2; }; };'
plugin verbatim
plugin witness
plugin fan

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	run_start fan '{"callee": "witness", "n": 20, "input": {"text": "It is so.", "quotes": ["so."], "check": {"ms": 400}}}'
	right=$id
	run_start fan '{"callee": "witness", "n": 20, "input": {"text": "It is so.", "quotes": ["no."], "check": {"ms": 400}}}'
	wrong=$id
	kill_cells 4 200
	run_wait "$right"
	succeeds "round $round: what is true passes"
	is "$(hospes journal "$right" --json | jq -s 'flatten | map(select(.kind == "call_start") | .path) | [length, (unique | length)]' -c)" \
	    '[41,41]' "round $round: each reply was made once and checked once"
	run_wait "$wrong"
	is "$(jq -c '[.partial[].code] | [length, unique]' "$T/out")" '[20,["not_grounded"]]' \
	    "round $round: what is invented does not"
	journal_has '.kind == "refusal" and .guard == "grounding"' 20 "round $round: each was refused once"
done

# Two at a time may run, and 20 are checked at once: who is checked holds no slot.
run_start fan '{"callee": "witness", "n": 20, "input": {"text": "It is so.", "quotes": ["so."], "check": {"until_told": true}}}'
wait_for '[ "$(asking $id)" -eq 20 ]'
ok $? "all wait for their checks side by side"
go_on "$id" 20
run_wait "$id"
succeeds "and pass"

# A run that is cancelled while its reply is checked has ended then.
run_start witness '{"text": "It is so.", "quotes": ["so."], "check": {"ms": 600000}}'
wait_for 'hospes show "$id" | grep -q verbatim'
hospes cancel "$id" >/dev/null
run_wait "$id"
fails_with cancelled "a reply that is being checked can be cancelled"
