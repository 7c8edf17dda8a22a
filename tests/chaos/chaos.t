# Runs of mixed shape, an effect of every class among them, while the host and its cells are killed at random instants: every
# run that was accepted ends, with the result that it has undisturbed, and nothing is done twice that may be done once.
#
# RUNS, KILLS and ROUNDS say how much of it; SEED repeats a round.
. "$TESTS/lib.sh"
. "$TESTS/../chaos/storm.sh"
ROUNDS=${ROUNDS:-1}
plan $((ROUNDS * 4))

for ((round = 1; round <= ROUNDS; round++)); do
	storm_round $round
	ok $? "round $round: the host starts after every kill, and all runs end"
	is "$code" 0 "round $round: every promise was kept"
	is "$verified" 0 "round $round: the journal is whole" || sed 's/^/# | /' "$T/verified"
	holds '[ "$(grep -c . "$T/accepted")" -ge "$RUNS" ]' "round $round: all were accepted"
	rm -rf "$T/state"
done
