# Who votes: what becomes of each ballot is in the outcome, on record, and shown.  One who is listed twice has one ballot; an answer
# with two choices is none; who crashes, fails, never answers or is not there is told as that; a voter whose cell is killed votes all
# the same.
. "$TESTS/lib.sh"
plan 22
host_start
plugin poller
voters_made 8

# why_not: of each ballot, in a line.
why_not()
{
	jq -r '.result.ballots | map(.why_not // "counts") | join(" ")' "$T/out"
}

run poller '{"question": "Well?", "options": ["yes", "no"], "wait_all": true,
    "voters": ["voter-000", "voter-001", "voter-001", "voter-002", "voter-003", "voter-004", "voter-005", "voter-006", "nobody"],
    "ms": 12000, "quorum": [2, 8], "context": {"every": {"choice": "yes"}, "voters": {
	"voter-001": {"choice": "no"}, "voter-002": {"answer": {"choice": ["yes", "no"]}}, "voter-003": {"answer": {"choice": "perhaps"}},
	"voter-004": {"how": "segv"}, "voter-005": {"how": "silent"}, "voter-006": {"how": "fail"}}}}'
succeeds "all at once"
is "$(why_not)" "counts counts voted_twice voted_twice not_an_option died late failed refused" "each has what became of it"
result '[.outcome, .how, .counts.yes, .counts.no] | tojson' '"[null,\"timed_out\",1,1]"' "and there is an outcome"
result '.weights | [.all, .cast] | tojson' '"[8,2]"' "one who is listed twice might have voted once"
jq -r '.result.ballots[] | select(.why_not != "late" and .valid == false) | .message // "-"' "$T/out" >"$T/messages"
holds "grep -q '^no_such_agent: ' '$T/messages'"        "refused: and why"
holds "grep -q '^poison: .*SIGSEGV' '$T/messages'"      "died: and of what"
holds "grep -q 'it chose \"perhaps\"' '$T/messages'"    "not an option: and what it was"
is "$(hospes journal "$id" --json | jq -c '[.[] | select(.op == "poll" and .kind == "op_outcome") | .output.ballots | length]')" '[9]' \
    "the record has every ballot"
is "$(hospes show "$id" --json | jq -c '[.tree.ops[] | select(.op == "poll") | .poll.how]')" '["timed_out"]' "so has show"
hospes show "$id" >"$T/shown"
holds "grep -q 'voter-001: does not count, voted_twice' '$T/shown'" "which prints it"
holds "grep -q 'nothing: timed_out; majority of what was cast; yes 1, no 1; 2 of 8 took part, quorum 2' '$T/shown'" "with the counts"

# Nobody lives.
run poller '{"question": "Well?", "options": ["yes", "no"], "voters": ["voter-000", "voter-001", "voter-002"],
    "context": {"every": {"how": "segv"}}}'
succeeds "all die"
result '[.outcome, .how] | tojson' '"[null,\"no_quorum\"]"' "and there is an outcome"
run poller '{"question": "Well?", "options": ["yes", "no"], "voters": ["voter-000", "voter-001", "voter-002"], "ms": 1000,
    "tie_breaker": "voter-003", "context": {"every": {"how": "silent"}}}'
succeeds "nobody answers"
result '[.outcome, .how] | tojson' '"[null,\"timed_out\"]"' "and there is an outcome"

# A cell is killed from outside: its voter begins again, and votes.
run_start poller '{"question": "Well?", "options": ["yes", "no"], "voters": ["voter-000", "voter-001", "voter-002"],
    "context": {"every": {"choice": "yes", "until_told": true}}, "wait_all": true}'
wait_for '[ "$(asking $id)" -eq 3 ]'
kill -9 $(hospes agents --json | jq -r '.[] | select(.name == "voter-001") | .pids[]')
wait_for 'hospes journal "$id" --json | jq -e "any(.[]; .kind == \"replay\")" >/dev/null'
go_on "$id" 3
run_wait "$id"
succeeds "the cell of a voter is killed while it thinks"
is "$(why_not)" "counts counts counts" "it votes all the same"
journal_has '.kind == "replay"' 1 "it was begun again"
journal_has '.kind == "call_start"' 4 "and paid for once"

# The same agent may be listed several times, and an agent under another name.
run poller '{"question": "Well?", "options": ["yes", "no"], "voters": ["voter-000", "voter-000", "voter-000"], "repeated": true,
    "wait_all": true, "context": {"every": {"choice": "no"}}}'
is "$(why_not)" "counts counts counts" "three samples of one mind, where that is wanted"
run poller '{"question": "Well?", "options": ["yes", "no"], "voters": ["cap:vote.here", "voter-000", "voter-001"], "wait_all": true,
    "context": {"every": {"choice": "no"}}}'
is "$(why_not)" "counts voted_twice counts" "one who comes under the name of what it offers is still one"

# A voter that the policy does not let be asked.
run poller '{"question": "Well?", "options": ["yes"], "voters": ["voter-000"]}'
fails_with bad_input "a poll of one option is none, and nobody is asked"
