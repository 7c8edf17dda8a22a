# SIGTERM gives open runs some time to end, tells those who wait for them, and takes no new ones; what is open then, and what
# sleeps, goes on at the next start.  A second SIGTERM ends the host at once.
. "$TESTS/lib.sh"
plan 20
CONF_MORE='cells = { silence = "60m"; grace = "100ms"; };' # who computes for long is left alone
host_start 'run = { drain = "120s"; };'
plugin echo
plugin sleeper
plugin spin

is_open()
{
	[ "$(hospes show "$1" --json | jq -r .tree.status)" = open ]
}

run_start spin '{"forever": true}';                            busy=$id
run_start sleeper '{"ms": 3600000}';                           asleep=$id
run_start sleeper '{"until_told": true, "n": 1}';              asks=$id
wait_for 'is_open "$busy" && [ "$(hospes show "$asleep" --json | jq -r ".tree.ops[0].op")" = sleep ] && [ "$(asking $asks)" -eq 1 ]'
hospes wait "$busy" --json >"$T/waited" 2>&1 &
client=$!
kill -TERM "$HOST"
wait_for "logged 'stopping; open runs have some time to end'"
run echo '{"a": 1}';                            fails_with overloaded "a new run is refused while the host stops"
                                                says "the host is stopping and takes no new runs"
is "$code" 4 "as refused"
holds 'is_open "$busy"' "what works goes on, and questions are answered"
holds host_alive "the host waits for it"
hospes cancel "$busy" >"$T/out" 2>"$T/err"
wait "$client"
holds 'grep -q cancelled "$T/waited"' "who waits for it is told of its end"
wait "$HOST"
is "$?" 0 "then the host ends, with status 0"
HOST=
holds "logged 'runs stay open and go on when the host is started again'" "it waits for no sleeper and for no human, and says so"

host_launch
is "$(hospes show "$busy" --json | jq -r .status)" cancelled "what ended is kept"
go_on "$asks"
run_wait "$asks";                               succeeds "who waited for a human ends after the start"
result .n 1 "with its result"
is_open "$asleep"
ok $? "and the sleeper sleeps on"
hospes cancel "$asleep" >/dev/null
run_wait "$asleep"

run_start spin '{"forever": true}';                            open=$id
wait_for 'is_open "$open"'
kill -TERM "$HOST"
wait_for "[ \$(grep -c 'stopping; open runs have some time to end' '$T/host.log') -eq 2 ]"
holds host_alive "a host with a run that works waits for it"
kill -TERM "$HOST"
wait "$HOST"
is "$?" 0 "a second SIGTERM ends it at once"
HOST=
holds "logged 'stopping at once; runs that are open go on'" "and it says what becomes of the run"

conf_write 'run = { drain = "1ms"; };'
host_launch
is "$(hospes ps --json | jq -r '.[0].id')" "$open" "which is open at the next start"
wait_for 'hospes journal "$open" --json | jq -e "any(.kind == \"replay\")" >/dev/null'
kill -TERM "$HOST"
wait "$HOST"
is "$?" 0 "after its time a host ends by itself"
HOST=
host_launch
is "$(hospes ps --json | jq -r '.[0].id')" "$open" "and again the run goes on"
hospes cancel "$open" >"$T/out" 2>"$T/err"
is "$?" 0 "until it is cancelled"
run_wait "$open"
fails_with cancelled "and so ends"
