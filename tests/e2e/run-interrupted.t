# A run that was open when the host was killed is told as interrupted, by every command, and nothing else is lost.
. "$TESTS/lib.sh"
plan 8
host_start
plugin sleeper
plugin echo
run echo '{"a": 1}';                            succeeds "a run that ended before"
done=$id
hospes run sleeper --input '{"ms": 600000}' --detach --json >"$T/out" 2>"$T/err"
open=$(jq -r .id "$T/out")
wait_for '[ "$(hospes show "$open" --json | jq -r ".tree.ops[0].op")" = sleep ]'
host_stop KILL
host_launch
ok $? "the host starts again"
is "$(hospes ps --all --json | jq -r --arg id "$open" '.[] | select(.id == $id) | .status')" interrupted "ps tells it"
is "$(hospes show "$open" --json | jq -r '[.status, .tree.status, .tree.ops[0].status] | join(" ")')" \
    "interrupted interrupted interrupted" "show tells it, down to the op that was open"
hospes wait "$open" >"$T/out" 2>"$T/err"; code=$?
is "$code" 1 "wait fails"
says "interrupted"
is "$(hospes show "$done" --json | jq -r .status)" ok "what had ended is as it was"
holds "logged 'runs were cut off'" "and the start counts them"
