# An agent is given no more than its context, its input and all answers together: the answer that would be too much is not handed
# on, whoever has had enough gets no more, and an input that is too large does not begin.  A kill of the host forgets nothing.
. "$TESTS/lib.sh"
plan 14
host_start 'run = { repetition = 0; }; limits = { echo = { input = 200; }; nag = { context = 1000; }; twice = { context = 400; }; };'
for name in echo nag twice; do
	plugin $name
done

run echo "\"$(printf %0198d 7)\"";      succeeds "an input as large as it may be"
run echo "\"$(printf %0199d 7)\"";      fails_with too_large "one byte more"
                                        says 'the input of echo has 201 bytes and may have 200 (`limits.echo.input`)'
journal_has '.kind == "refusal" and .guard == "context" and .status == "too_large"' 1 "on record, by the guard"
journal_has '.kind == "call_start"' 0   "it did not begin"

# One that asks on and on, politely.
run nag '{"callee": "echo", "n": 1000, "polite": true}'
succeeds "who has had enough may go on with what it has"
is "$(jq '.result.refused' "$T/out")" 1 "it is told once"
says 'may be given 1000 (`limits.nag.context`)'
# {"text":"Would you please look at this once more?"} has 51 bytes, the input of nag some 50.
is "$(jq '.result.calls' "$T/out")" 18 "after as much as it may have"

# Twice the same, with a kill between the two.
input="{\"callee\": \"echo\", \"ms\": 3000, \"input\": \"$(printf %0150d 7)\"}"
run_start twice "$input"
wait_for '[ "$(hospes journal "$id" --json | jq -s "flatten | map(select(.kind == \"call_end\" and .target == \"echo\")) | length")" -eq 1 ]'
host_crash
host_launch
run_wait "$id"
fails_with too_large "the second answer is too much"
says "the answer of echo has 152 bytes; twice has been given 3"
journal_has '.kind == "refusal" and .guard == "context" and .path == "/0/2"' 1 "on record for the call that answered"
journal_has '.kind == "call_start" and .target == "echo"' 2 "which had begun"
run twice "${input/150/100}"
holds '[ $code -ne 0 ]' "(and so it is without a kill)"
