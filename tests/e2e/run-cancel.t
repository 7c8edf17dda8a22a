# A run is cancelled with all that is below it: by the command, and by Ctrl-C of the one who waits for it.
. "$TESTS/lib.sh"
plan 8
host_start
plugin silent
plugin fan

run_start fan '{"callee": "silent", "n": 20, "at_once": 20, "input": {}}'
wait_for "[ \$(hospes show $id --json | jq '[.. | objects | select(.plugin? == \"silent\")] | length') -eq 20 ]"
hospes cancel "$id" >"$T/out" 2>"$T/err"; code=$?
is "$code" 0 "cancel is taken"
run_wait "$id"
fails_with cancelled "the run ends as cancelled"
is "$(hospes show "$id" --json | jq -c '[.. | objects | select(.plugin? == "silent") | .status] | unique')" '["cancelled"]' \
    "and so do all of its calls"
hospes cancel "$id" --json >"$T/out" 2>"$T/err"; code=$?
fails_with conflict "an ended run cannot be cancelled again"
hospes cancel 01ARZ3NDEKTSV4RRFFQ69G5FAV --json >"$T/out" 2>"$T/err"; code=$?
fails_with no_such_run "nor one that never was"

printf '{}' >"$T/in"
# A shell starts background commands with SIGINT ignored; env gives it back.
env --default-signal=INT hospes run silent --in "$T/in" --json >"$T/out" 2>"$T/err" &
client=$!
wait_for '[ "$(hospes ps --json | jq length)" -eq 1 ]'
id=$(hospes ps --json | jq -r '.[0].id')
kill -INT $client
wait $client
holds "[ $? -ne 0 ]" "Ctrl-C ends the command"
run_wait "$id"
fails_with cancelled "and the run"
is "$(hospes ps --json | jq length)" 0 "nothing is left in flight"
