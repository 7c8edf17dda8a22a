# kill -9 of the host between and during attempts: each attempt begins once, its caller is told the last outcome and no other, and
# what is on record holds whatever the configuration says by then.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-4}
plan $((ROUNDS * 4 + 6))
lists='fallbacks = ( { of = "actor-b"; to = ( { agent = "actor-c"; }, { agent = "actor-b"; version = "1.0.0"; } ); },
    { of = "nobody"; to = ( { answer = "\"a fixed answer\""; } ); } );'
host_start "run = { repetition = 0; }; $lists"
plugin actor-a
plugin actor-c
plugin actor-b
plugin actor-b-2 actor-b 2.0.0

again()
{
	host_crash
	host_launch || exit 1
}

play='{"actor-a": [{"call": "actor-b"}, {"call": "nobody"}, {"call": "actor-b"}],
    "actor-b 2.0.0": [{"sleep": 150}, {"crash": true}], "actor-c": [{"sleep": 150}, {"crash": true}], "actor-b 1.0.0": [{"sleep": 150}]}'

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	run_start actor-a "$play"
	for ((n = 0; n < 4; n++)); do
		pause "0.$(printf %03d $((RANDOM % 400)))"
		again
	done
	run_wait "$id"
	succeeds "round $round: the run ends well"
	result '[.got[] | .by? // .]' '["actor-b 1.0.0","a fixed answer","actor-b 1.0.0"]' "round $round: with the last of each"
	is "$(hospes journal "$id" --json | jq -cs 'flatten | map(select(.kind == "call_start" or .kind == "stage" or .kind == "call_end") |
	    .kind + .path) | length - (unique | length)')" 0 "round $round: nothing began, ended or gave way twice"
	journal_has '.kind == "stage"' 5 "round $round: two attempts gave way twice, and one once"
done

# During an attempt, under another configuration.
run_start actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b 2.0.0": [{"crash": true}], "actor-c": [{"sleep": 1500}]}'
wait_for 'hospes show "$id" | grep -q "actor-c 1.0.0  open"'
host_crash
conf_write "run = { repetition = 0; };"
host_launch || exit 1
run_wait "$id"
succeeds "an attempt that is on record goes on, whatever the configuration says by then"
result '.got[0].by' '"actor-c 1.0.0"' "and its reply is the outcome"

# A deadline for the attempt holds across a kill.
host_crash
conf_write "run = { repetition = 0; }; $lists limits: { actor-b: { timeout = \"2s\"; }; };"
host_launch || exit 1
run_start actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b 2.0.0": [{"sleep": 600000}]}'
wait_for 'hospes show "$id" | grep -q "actor-b 2.0.0  open"'
again
run_wait "$id"
result '.got[0].by' '"actor-c 1.0.0"' "the time of an attempt is that of its first begin"
journal_has '.kind == "stage" and .stage.cause == "timeout"' 1 "and told as such"

# kill -9 of cells counts against no attempt.
run_start actor-a '{"actor-a": [{"call": "actor-b"}], "actor-b 2.0.0": [{"sleep": 1000}]}'
wait_for 'hospes show "$id" | grep -q "actor-b 2.0.0  open"'
kill_cells 2 200
run_wait "$id"
result '.got[0].by' '"actor-b 2.0.0"' "a cell that is killed from outside is no crash"
journal_has '.kind == "stage"' 0 "so nothing stands in"
