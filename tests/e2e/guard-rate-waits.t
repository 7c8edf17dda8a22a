# Calls of an agent come no faster than its rate and one burst; what comes too early waits and loses nothing.  What cannot have
# its turn before its deadline is refused at once, what does not have it by then is refused then, and the sentence says what
# to change.
. "$TESTS/lib.sh"
plan 13
host_start 'run = { repetition = 0; wall = "2h"; }; limits = { echo = { rate = "20/s"; burst = 5; }; slow = { rate = "1/h"; burst = 1; }; };'
plugin echo
plugin fan
plugin nag
sed 's/"echo"/"slow"/' "$TESTS/../fixtures/echo.c" | plugin_made slow
cp "$T/slow.so" "$DROP/"
wait_for '[ -n "$(active slow)" ]'

run fan '{"callee": "echo", "n": 25, "at_once": 25, "input": {}}'
succeeds "twenty-five at once, of which five may be"
is "$(jq .result.n "$T/out")" 25 "all have their turn"
# Between any two of them so much time that the rate and one burst allow it.
is "$(hospes journal "$id" --json | jq 'flatten | map(select(.kind == "call_start" and .target == "echo") | .mono_ns / 1e6) |
    sort | . as $at | [range(length) as $i | range($i; length) as $j |
    select($j - $i + 1 > 5 + ($at[$j] - $at[$i] + 1) / 50)] | length')" 0 "no faster than 20 a second and a burst of 5"
journal_has '.kind == "refusal"' 0 "nobody is refused"
run fan '{"callee": "echo", "n": 40, "at_once": 40, "input": {}}' --wall 1
is "$(hospes journal "$id" --json | jq 'flatten | map(select(.status == "rate_limited")) | length > 0')" true \
    "in a second not all of forty can have it"

run nag '{"callee": "slow", "n": 1, "input": {}}'
succeeds "the first of an hour"
SECONDS=0
run nag '{"callee": "slow", "n": 1, "input": {}}' --wall 60
result '[.calls, .refused]' '[0,1]' "the second is refused"
holds '[ $SECONDS -lt 30 ]' "before its deadline: it could not have come before"
says 'slow may be called 1/h (`limits.slow.rate`)'
journal_has '.kind == "refusal" and .guard == "rate" and .status == "rate_limited"' 1 "which is on record, by the guard"
run slow '{}' --wall 5
fails_with rate_limited "a run of it, too"

# Who waits when the host is killed waits again.  Nobody knows then what was used before: one has its turn at once, and no burst.
run_start nag '{"callee": "slow", "n": 1, "input": {}}' --wall 7200
wait_for '[ "$(hospes show "$id" --json | jq -c "[.. | objects | select(.waits?.guard? == \"rate\")] | length")" -gt 0 ]'
host_crash
host_launch
run_wait "$id"
succeeds "one that waited for an hour has its turn"
run slow '{}' --wall 5
fails_with rate_limited "and no other"
