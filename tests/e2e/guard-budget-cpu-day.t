# CPU time of a day, of an agent, a client and the host: with none left no call begins, also after a kill of the host.
. "$TESTS/lib.sh"
[ "$(date -u +%H%M)" -lt 2355 ] || skip_all "midnight UTC is near, when all days begin anew"
plan 14
host_start 'limits = { spin = { day_cpu = "100ms"; }; };'
plugin spin
plugin echo

# some: what takes some tenths of a second of CPU.
some()
{
	run spin '{"turns": 100000000}'
}
# limit TEXT: the configuration has that, and nothing else of days.
limit()
{
	sed -i '/^limits\|^day\|^clients/d' "$T/hospes.conf"
	printf '%s\n' "$1" >>"$T/hospes.conf"
	: >"$T/host.log"
	kill -HUP "$HOST"
	wait_for 'logged "the configuration was read again"'
}

some
succeeds "a call that computes beyond the day of its agent ends well"
some
fails_with budget_exceeded "the next does not begin"
says "spin cannot begin: agent spin has used"
says "of CPU time today and may use 0.100 s; wait for midnight UTC, or give it more (\`limits.spin.day_cpu\`)"
is "$(hospes budget --json | jq '.accounts[] | select(.what == "agent" and .name == "spin") | .cpu_ns | [.limit == 100000000, .spent > 100000000] | all')" \
    true "hospes budget has limit and use"
wait_for '[ "$(hospes alerts --json | jq "[.[] | select(.of == \"agent spin\" and .what == \"cpu\").percent] | sort | tojson")" = "\"[50,80,100]\"" ]'
ok $? "three alerts, once each"
run echo 1
succeeds "another agent has its own"
host_crash
host_launch
wait_for '[ -n "$(active spin)" ]'
some
fails_with budget_exceeded "a host that was killed still knows what was used"

limit "clients = ( { client = \"uid:$(id -u)\"; day_cpu = \"50ms\"; } );"
run echo 1
fails_with budget_exceeded "a client that has used all of its day begins nothing"
says "clients.day_cpu"
limit 'day: { cpu = "50ms"; };'
run echo 1
fails_with budget_exceeded "nor does anybody where the host has"
says "this host has used"
says "day.cpu"
limit 'day: { cpu = "10h"; };'
some
succeeds "with more it goes on, at once"
