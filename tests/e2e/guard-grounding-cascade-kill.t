# The chain of four liars once more, while cells and the host are killed at any time: nothing that was made up reaches the result, and
# what is true does, as if nobody had been killed.
. "$TESTS/lib.sh"
ROUNDS=${ROUNDS:-3}
plan $((ROUNDS * 3))
CHECKED='checks = [ "verbatim" ]; on_fail = [ "retry" ];'
host_start "grounding: { liar-1: { $CHECKED }; liar-2: { $CHECKED }; liar-4: { $CHECKED };
    liar-3: { checks = [ \"verbatim\" ]; on_fail = [ \"retry\", \"escalate\" ]; escalate = \"honest\"; }; };"
for name in verbatim liar-1 liar-2 liar-3 liar-4 honest; do
	plugin $name
done
TEXT='"text": "The licensee must give the source, in full and without a fee, to all who ask for it within three years; what is given must be the whole of it, as it was."'

for ((round = 1; round <= ROUNDS; round++)); do
	seed_round $round
	run_start liar-4 "{$TEXT, \"round\": $round, \"check\": {\"ms\": 5}}"
	kill_cells 2 100
	pause "0.$(printf %03d $((RANDOM % 300)))"
	host_crash
	host_launch || exit 1
	kill_cells 1 100
	run_wait "$id"
	succeeds "round $round: the run ends well"
	result '[.claims[] | select(.text | endswith("invented"))] | length' 0 "round $round: with nothing that was made up"
	result '.claims | length' 36                    "round $round: and all that is true"
done
