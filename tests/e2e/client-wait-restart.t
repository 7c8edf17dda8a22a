# `hospes wait` and what else follows a run go on when the host is killed and started again.
. "$TESTS/lib.sh"
plan 21
host_start
plugin sleeper
plugin echo
plugin crash
plugin noise

# waiting N: until so many clients are connected with the host, beside its own end of the socket.
waiting() { wait_for '[ "$(grep -c " $T/run/host.sock$" /proc/net/unix)" -gt '"$1"' ]'; }
started() { run_start sleeper "{\"ms\": $1, \"n\": $2}"; }
started 3000 1; a=$id
started 1500 2; b=$id
run_start crash '{"how": "segv"}'; c=$id
run_start echo '{"n": 4}'; d=$id
hospes wait "$a" "$b" >"$T/wait.out" 2>"$T/wait.err" &
waiter=$!
hospes wait "$a" --json >"$T/json.out" 2>"$T/json.err" &
json=$!
waiting 2
host_crash
wait_for 'grep -q "broke off" "$T/wait.err" && grep -q "broke off" "$T/json.err"'
ok $? "who waits says that the host went away"
host_launch
wait "$waiter"
is "$?" 0 "and waits on until the runs have ended"
is "$(jq -c .n "$T/wait.out" | xargs)" "1 2" "the results are printed in the order asked for"
is "$(wc -l <"$T/wait.err")" 1 "it was told once"
wait "$json"
is "$? $(jq -c '[.status, .result.n]' "$T/json.out")" '0 ["ok",1]' "with --json the whole run"

# The exit status is that of `hospes run`.
hospes wait "$d" "$c" "$a" >"$T/out" 2>"$T/err"
is "$?" 1 "of several it is that of the first that did not end well"
is "$(jq -c .n "$T/out" | xargs)" "4 1" "the others are printed all the same"
says "poison"
hospes wait "$d" >"$T/out" 2>"$T/err"
is "$? $(jq -c .n "$T/out")" "0 4" "and 0 where all did"
hospes wait 01ARZ3NDEKTSV4RRFFQ69G5FAV >"$T/out" 2>"$T/err"
code=$?
is "$code $(grep -c no_such_run "$T/err")" "3 1" "a run that is none is told at once"

# An orderly stop.
started 1500 5
hospes wait "$id" >"$T/out" 2>"$T/err" &
waiter=$!
waiting 1
kill -TERM "$HOST"
kill -TERM "$HOST"
wait "$HOST"
HOST=
host_launch
wait "$waiter"
is "$? $(jq -c .n "$T/out")" "0 5" "it goes on over a stop as well"

# A host that does not come back.
started 60000 6
hospes wait "$id" --patience 0.5 >"$T/out" 2>"$T/err" &
waiter=$!
waiting 1
host_crash
wait "$waiter"
is "$?" 5 "patience has an end"
says "has not come back in 0.5 s"
hospes wait "$id" >"$T/out" 2>"$T/err"
is "$?" 5 "who finds no host at all is told at once"
holds '! grep -q "broke off" "$T/err"' "and waits for none"

# An interrupt while the host is away leaves.
host_launch
env --default-signal=INT hospes run sleeper --input '{"ms": 60000}' >"$T/out" 2>"$T/err" &
follower=$!
wait_for '[ "$(hospes ps --json | jq length)" = 2 ]'
host_crash
wait_for 'grep -q "broke off" "$T/err"'
kill -INT "$follower"
wait "$follower"
is "$?" 4 "an interrupt while the host is away leaves the run"
says "tells what became of it"
host_launch
is "$(hospes ps --json | jq length)" 2 "which goes on"

# Logs.
hospes logs -f >"$T/logs" 2>"$T/logs.err" &
logs=$!
wait_for 'grep -q ready "$T/logs"'
host_crash
host_launch
wait_for '[ "$(grep -c ready "$T/logs")" -ge 2 ]'
ok $? "who follows the log goes on with that of the next host"
is "$(sort "$T/logs" | uniq -d | wc -l)" 0 "no line comes twice"
is "$(wc -l <"$T/logs.err")" 1 "and it is told once"
kill "$logs"
