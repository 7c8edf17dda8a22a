# SIGTERM lets open runs end, tells those who wait for them, and takes no new ones; a second SIGTERM ends the host at once.
. "$TESTS/lib.sh"
plan 11
host_start
plugin sleeper
plugin silent
plugin echo

printf '{"ms": 4000, "n": 1}' >"$T/in"
hospes run sleeper --in "$T/in" --json >"$T/waited" 2>"$T/waited.err" &
client=$!
wait_for '[ "$(hospes ps --json | jq length)" -eq 1 ]'
open=$(hospes ps --json | jq -r '.[0].id')
kill -TERM "$HOST"
wait_for "logged 'stopping when open runs have ended'"
run echo '{"a": 1}';                            fails_with overloaded "a new run is refused while the host stops"
                                                says "the host is stopping and takes no new runs"
is "$code" 4 "as refused"
is "$(hospes ps --json | jq -r '.[0].id')" "$open" "the open one goes on, and questions are answered"
wait "$client"
is "$?" 0 "who waits for it is told of its end"
is "$(jq -c '[.status, .result.n]' "$T/waited")" '["ok",1]' "with the result"
wait "$HOST"
is "$?" 0 "then the host ends, with status 0"
HOST=

host_launch
is "$(hospes show "$open" --json | jq -r .status)" ok "what ended is kept"
run_start silent '{}'
kill -TERM "$HOST"
wait_for "[ \$(grep -c 'stopping when open runs have ended' '$T/host.log') -eq 2 ]"
holds host_alive "a host with an open run waits for it"
kill -TERM "$HOST"
wait "$HOST"
is "$?" 0 "a second SIGTERM ends it at once"
HOST=
holds "logged 'stopping at once, open runs are cut off'" "and it says what that cut off"
