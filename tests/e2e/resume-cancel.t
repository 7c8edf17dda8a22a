# What was asked of a run before the host was killed holds after it: one that was cancelled does not begin again, one whose
# time is over ends.
. "$TESTS/lib.sh"
plan 13
CONF_MORE='cells = { silence = "60m"; grace = "30m"; };' # who does not listen is given all the time that there is
host_start 'run = { resume_at_once = 1; };'
plugin spin
plugin sleeper

run_start spin '{"forever": true}';             deaf=$id
run_start sleeper '{"ms": 600000}' --wall 3;    late=$id
run_start sleeper '{"ms": 600000}';             one=$id
for ((n = 0; n < 30; n++)); do run_start sleeper '{"ms": 600000}'; done
last=$id
wait_for 'hospes show "$last" --json | jq -e "any(.tree.ops[]; .op == \"sleep\")" >/dev/null'
hospes cancel "$deaf" >"$T/out" 2>"$T/err"
is "$?" 0 "a run that does not listen is cancelled"
is "$(hospes show "$deaf" --json | jq -r .status)" open "and is open still when the host is killed"
host_crash
pause 1
host_launch
hospes cancel "$last" >"$T/out" 2>"$T/err"
is "$?" 0 "the last that would go on is cancelled as soon as there is a host"
run_wait "$deaf";                               fails_with cancelled "the one that did not listen has ended"
is "$(hospes journal "$deaf" --json | jq '[.[] | select(.kind == "replay")] | length')" 0 "without beginning again"
is "$(hospes journal "$deaf" --json | jq -c '[.[].seq] == [range(length)]')" true "its records have no gap"
run_wait "$last";                               fails_with cancelled "so has the last"
is "$(hospes journal "$last" --json | jq -c '[.[].seq] == [range(length)]')" true "its records have no gap"
run_wait "$late";                               fails_with deadline_exceeded "one whose time was over ends as that"
is "$(hospes ps --json | jq length)" 30 "the others sleep on"
hospes cancel "$one" >"$T/out" 2>"$T/err"
is "$?" 0 "one of them is cancelled after it went on"
run_wait "$one";                                fails_with cancelled "and ends"
is "$(hospes journal "$one" --json | jq '[.[] | select(.kind == "op_outcome")] | length')" 1 "its sleep with it"
