# After a kill what open runs hold of the day is not for others, however soon these come: they wait until it is known.
. "$TESTS/lib.sh"
[ "$(date -u +%H%M)" -lt 2355 ] || skip_all "midnight UTC is near, when all days begin anew"
plan 5
host_start 'run = { resume_at_once = 1; }; day = { calls = 64; };'
plugin echo
plugin sleeper
plugin nag
plugin fan

# Thirty runs of two calls each, all open.
for ((i = 0; i < 30; i++)); do
	run_start fan '{"callee": "sleeper", "n": 1, "at_once": 1, "input": {"until_told": true}}'
	open="${open:-} $id"
done
host_spent()
{
	hospes budget --json | jq -r '.accounts[] | select(.what == "host") | .calls | "\(.spent + .reserved) \(.left)"'
}
wait_for '[ "$(host_spent)" = "60 4" ]'
is "$(host_spent)" "60 4" "sixty calls of sixty-four are taken"
host_crash
host_launch
run nag '{"callee": "echo", "n": 20, "polite": true}'
result '[.calls, .refused]' '[3,1]' "one that comes at once gets four, itself included"
says "and the day of this host has 0 of 64 left"
ended=0
for run in $open; do
	go_on "$run"
	run_wait "$run"
	[ "$code" -eq 0 ] && ended=$((ended + 1))
done
is "$ended" 30 "all that were open end well"
is "$(host_spent)" "64 0" "the day was spent to the last call and no further"
