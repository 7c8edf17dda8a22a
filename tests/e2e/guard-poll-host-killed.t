# kill -9 of the host between the ballots of a poll, again and again: the same outcome, every voter called and paid for once, and the
# time that voters have is what it was.
. "$TESTS/lib.sh"
KILLS=${KILLS:-4}
plan $((KILLS * 6 + 6))
host_start
plugin poller
voters_made 7

ask='{"question": "Ship it?", "options": ["yes", "no"], "wait_all": true, "tie_breaker": "voter-006",
    "voters": ["voter-000", "voter-001", "voter-002", "voter-003", "voter-004", "voter-004"], "context": {"every": {"choice": "yes"}, "voters": {
    "voter-000": {"choice": "yes", "ms": 200}, "voter-001": {"choice": "no", "ms": 600}, "voter-002": {"choice": "no", "ms": 1000},
    "voter-003": {"choice": null, "ms": 1400}, "voter-004": {"choice": "yes", "ms": 1800}, "voter-006": {"choice": "no", "ms": 600}}}}'

run poller "$ask"
succeeds "undisturbed"
result '[.outcome, .how] | tojson' '"[\"no\",\"tie_broken\"]"' "an even split is broken"
jq -Sc .result "$T/out" >"$T/quiet"

for ((n = 1; n <= KILLS; n++)); do
	run_start poller "$ask"
	# Once so many of its voters are in: the last time while the tie is being broken.
	wait_for '[ "$(hospes journal "$id" --json 2>/dev/null | jq "[.[] | select(.kind == \"call_end\" and .status == \"ok\")] | length")" -ge '$((n < KILLS ? n : 5))' ]'
	host_crash
	host_launch || exit 1
	run_wait "$id"
	succeeds "killed after $n: the run ends well"
	is "$(jq -Sc .result "$T/out")" "$(cat "$T/quiet")" "killed after $n: the same outcome, to each ballot"
	journal_has '.kind == "call_start"' 8 "killed after $n: no voter is called twice"
	is "$(jq .calls "$T/out")" 8 "killed after $n: nor paid for"
	journal_has '.kind == "op_outcome" and .op == "poll"' 2 "killed after $n: one outcome of the poll, and one of the tie"
	journal_has '.kind == "op_intent" and .op == "poll"' 2 "killed after $n: held once each"
done

# The time of a poll goes on while the host is down.
run_start poller '{"question": "Well?", "options": ["yes", "no"], "voters": ["voter-000", "voter-001"], "ms": 3000,
    "context": {"every": {"how": "silent"}}}'
wait_for 'hospes journal "$id" --json | jq -e "any(.[]; .kind == \"op_intent\" and .op == \"poll\")" >/dev/null'
began=$(hospes journal "$id" --json | jq '[.[] | select(.kind == "op_intent" and .op == "poll")][0].deadline')
host_crash
host_launch || exit 1
run_wait "$id"
succeeds "killed while nobody answers"
result '[.outcome, .how] | tojson' '"[null,\"timed_out\"]"' "it times out all the same"
is "$(hospes journal "$id" --json | jq '[.[] | select(.kind == "op_intent" and .op == "poll")] | [length, .[0].deadline == '"$began"'] | tojson')" \
    '"[1,true]"' "when it would have"
hospes journal verify "$T/state" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "and the journal is whole" || shown
