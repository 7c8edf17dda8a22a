# A sleeper wakes when it was to wake, whatever became of the host meanwhile, and goes on with the bytes that it started on.
. "$TESTS/lib.sh"
plan 15
host_start
for link in relay-4 relay-3 relay-2 relay-1 relay; do plugin $link; done
plugin sleeper

run_start sleeper '{"ms": 1500, "n": 1}';       over=$id
run_start relay-3 '{"ms": 4000}';               chain=$id
run_start sleeper '{"ms": 600000, "n": 2}';     long=$id
wait_for 'hospes show "$chain" --json | jq -e "any(.tree.ops[]; .op == \"sleep\")" >/dev/null'
wait_for 'hospes show "$long" --json | jq -e "any(.tree.ops[]; .op == \"sleep\")" >/dev/null'
host_crash
rm "$DROP/relay-4.so"
cp "$(so relay-4-new)" "$DROP/relay-4.so"
pause 1.6
host_launch
wait_for '[ "$(active relay-4)" = 1.1.0 ]'
run_wait "$over";                               succeeds "one whose time was over when the host came back"
holds '[ "$(hospes journal "$over" --json | jq "[.[] | select(.op == \"sleep\") | .time] | length")" -eq 2 ]' \
    "slept once: one intent and one outcome"
run_wait "$chain";                              succeeds "a chain that slept"
result '.[0]' '"relay-3 1.0.0"' "goes on"

run_start relay-3 '{"ms": 2500}';               chain=$id
wait_for 'hospes show "$chain" --json | jq -e "any(.tree.ops[]; .plugin == \"relay-4\" and any(.ops[]?; .op == \"sleep\"))" >/dev/null'
hospes rollback relay-4 --to 1.0.0 >"$T/out" 2>"$T/err"
ok $? "the callee is rolled back while it sleeps" || shown
host_crash
host_launch
is "$(active relay-4)" 1.0.0 "and stays so"
run_wait "$chain";                              succeeds "it comes back all the same"
is "$(jq -c .result "$T/out")" '["relay-3 1.0.0","relay-4 1.1.0"]' "on the bytes that it started on"

run_start relay-3 '{"ms": 2500}';               chain=$id
wait_for 'hospes show "$chain" --json | jq -e "any(.tree.ops[]; .plugin == \"relay-4\" and any(.ops[]?; .op == \"sleep\"))" >/dev/null'
hospes withdraw relay-4 1.0.0 --why "a test" >"$T/out" 2>"$T/err"
host_crash
host_launch
is "$(state relay-4 1.0.0)" withdrawn "a version is withdrawn while a call of it sleeps"
run_wait "$chain";                              succeeds "a call that was on it ends on it"
is "$(jq -c .result "$T/out")" '["relay-3 1.0.0","relay-4 1.0.0"]' "as it began"

is "$(hospes ps --json | jq -r '.[0].id')" "$long" "the long sleeper has slept through all of that"
is "$(hospes journal "$long" --json | jq '[.[] | select(.kind == "replay")] | length')" 3 "and began again each time"
object=$(hospes versions sleeper --json | jq -r '.[0].object')
host_stop KILL
rm -f "$T/state/objects/$object" "$DROP/sleeper.so"
host_launch
run_wait "$long";                               fails_with no_such_version "one whose bytes are gone ends"
                                                says "which a call of it was on, is gone since then"
