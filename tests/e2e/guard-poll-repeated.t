# Ballots are no calls that are begun again, but a poll may be: one that asks nobody new what was asked before is refused in the end,
# however its voters are put together, and a loop of such polls ends its run.
. "$TESTS/lib.sh"
plan 17
host_start 'limits = { voter-003 = { polled = true; concurrency = 1; }; voter-004 = { concurrency = 1; }; };'
plugin poller
voters_made 5

# poll VOTERS [MORE]: all say yes, after `ms`.
poll()
{
	run poller "{\"question\": \"Ship it?\", \"options\": [\"yes\", \"no\"], \"voters\": [$(sed 's/[0-9]/\"voter-00&\"/g; s/ /, /g' <<<"$1")],
	    \"wait_all\": true, \"context\": {\"every\": {\"choice\": \"yes\"}}, $2}"
}
# held: polls that had an outcome.
held()
{
	hospes journal "$id" --json | jq -s 'flatten | map(select(.kind == "op_outcome" and .op == "poll" and .status == "ok")) | length'
}

poll '0 1 2' '"times": 4'
succeeds "a poll that is held four times"
poll '0 1 2' '"times": 100'
fails_with repeated "the fifth is refused"
says "this very question was put to nobody new by 3 polls in this run, and the limit is 3; use the outcome that is there"
is "$(held)" 4 "four were held"
journal_has '.kind == "refusal" and .guard == "repetition" and .op == "poll"' 1 "that the fifth was not is on record"
journal_has '.kind == "refusal" and .op == "call"' 0 "no ballot was refused"
journal_has '.kind == "op_intent" and .guard == "repetition"' 3 "three are marked as held again"

poll '0 1 2' '"times": 100, "deaf": true'
fails_with repeated "who does not listen ends the run"
says "poller -> a poll was refused 3 times in this run"
is "$(held)" 4 "after as many polls"

poll '0 1 2' '"times": 100, "leave": true'
fails_with repeated "nor does it help to leave somebody out each time"
is "$(held)" 5 "the second asked one who was new"

poll '4 4 4 4 4 4' '"repeated": true'
succeeds "one voter has six ballots in a poll, one after the other"
poll '3 3' '"times": 30, "repeated": true'
succeeds "one whose answer may change may be polled"
poll '3 0' '"times": 30'
fails_with repeated "but not another one with it"

# It is known across a kill of the host.
run_start poller '{"question": "Ship it?", "options": ["yes", "no"], "voters": ["voter-000", "voter-001"], "times": 100,
    "context": {"every": {"choice": "yes", "ms": 700}}}'
wait_for '[ "$(held)" -eq 2 ]'
host_crash
host_launch
run_wait "$id"
fails_with repeated "a run that was killed after two polls"
is "$(held)" 4 "comes to the fourth, and no further"
