# A run's wall time is a bound: a sleeper that wants longer is ended at the deadline, with the reason.
. "$TESTS/lib.sh"
plan 5
host_start
plugin sleeper
plugin twice

run sleeper '{"ms": 1}' --wall 5;      succeeds "what is quick enough is let be"
begun=$SECONDS
run sleeper '{"ms": 60000}' --wall 1;  fails_with deadline_exceeded "what is not is ended"
holds "[ $((SECONDS - begun)) -lt 20 ]" "in time"
run twice '{"callee": "sleeper", "ms": 0, "input": {"ms": 60000}}' --wall 1
                                        fails_with deadline_exceeded "and so is the one below"
is "$(hospes ps --json | jq length)" 0  "nothing is left in flight"
