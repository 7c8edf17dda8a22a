# CPU time of a run, as the host reads it of the cells: with none left nothing more is begun, and who goes on computing is stopped.
. "$TESTS/lib.sh"
plan 13
host_start 'cells = { silence = "20s"; isolation = "run"; }; run = { repetition = 0; };'
plugin spin                             # fixtures/spin.c: computes, asks for nothing
plugin nag

run spin '{"forever": true}' --cpu 1
fails_with budget_exceeded "a loop without end is ended"
says "of CPU time and may use 1.000 s; have it compute less, or give it more (--cpu, \`run.cpu\`)"
hospes budget "$id" --json >"$T/budget"
is "$(jq '.run.cpu_ns | [.limit == 1000000000, .spent > 1000000000, .spent < 20000000000, .left == 0] | all' "$T/budget")" true \
    "after what it had, and little more" || note "$(cat "$T/budget")"
journal_has '.kind == "command" and .command == "run.cancel"' 1 "that it was stopped is on record"
journal_has '.kind == "call_end" and .cpu_ns > 1000000000' 1 "with what the call had used"
journal_has '.kind == "run_start" and .cpu_ns == 1000000000' 1 "and what it might"
is "$(hospes budget --json | jq '.accounts[] | select(.what == "agent" and .name == "spin") | .cpu_ns.spent > 1000000000')" true \
    "the agent's day has it"

# A bounded number of turns that takes some hundredths of a second: one call after the other, until there is none left.  Each is
# a small part of the tenth that a run may use beyond its limit, so that it is the next call that meets the limit, not this one.
turns=5000000
run spin "{\"turns\": $turns}"
one=$(hospes budget "$id" --json | jq .run.cpu_ns.spent)
holds "[ $one -gt 0 ]" "what a call computed is known when it has ended ($one ns)"
run nag "{\"callee\": \"spin\", \"n\": 1000, \"input\": {\"turns\": $turns}}" --cpu "$(awk -v one="$one" 'BEGIN { printf "%.3f", one * 40.5 / 1e9 }')"
succeeds "who asks for one after the other is told, and ends well"
result .refused 1 "the next is refused"
says "this run has used"
calls=$(jq .result.calls "$T/out")
holds "[ $calls -ge 10 ] && [ $calls -le 100 ]" "after about as many as there is time for ($calls)"
hospes budget "$id" --json >"$T/budget"
is "$(jq '([.tree.ops[].cpu_ns.spent] | add) as $sum | [$sum > 0, $sum <= .tree.cpu_ns.spent, .tree.cpu_ns.spent == .run.cpu_ns.spent] | all' "$T/budget")" \
    true "each call has its part, and they add up"
