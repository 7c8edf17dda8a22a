# A lost acknowledgement never starts a run twice: who asks again under the same key is told of the run that there is, also
# when the host was killed in between.
. "$TESTS/lib.sh"
plan 25
host_start
plugin echo
plugin sleeper
runs() { hospes ps --all --json --socket "$T/run/host.sock" | jq length; }

# The host has answered and the client has not heard it.
lossy_start 'POST /v1/runs ' 0 1
run echo '{"a": 1}'
succeeds "the command asks again"
is "$(wc -l <"$T/lossy.out")" 1 "since the first answer was lost"
is "$(grep -c 'broke off' "$T/err")" 1 "it says so, once"
is "$(runs)" 1 "one run was started"
lossy_stop

# The same, and the host is killed before the client gets through again.
lossy_start 'POST /v1/runs ' 0 0
hospes run sleeper --input '{"ms": 300, "n": 7}' --json >"$T/out" 2>"$T/err" &
client=$!
wait_for '[ "$(wc -l <"$T/lossy.out")" -ge 2 ]'
is "$(runs)" 2 "however often it asks, there is one run more"
lossy_stop
host_crash
HOSPES_SOCKET=$T/run/lossy.sock
host_launch
lossy_start nothing 0 0
wait "$client"; code=$?
is "$(runs)" 2 "nor is there another after a kill -9 of the host"
succeeds "the command has the result of that run"
is "$(jq -c .result.n "$T/out")" 7 "which went on where it was"
is "$(grep -c 'broke off' "$T/err")" 1 "and has told once that the host was away"
lossy_stop

# Nobody comes back: the command says what is known.
lossy_start 'POST /v1/runs ' 0 0
hospes run echo --input '{"b": 1}' --patience 0.5 --key lost-1 >"$T/out" 2>"$T/err"
is "$?" 5 "patience ends"
says "may have been started or not; the same command with --key lost-1 asks again and starts no second one"
lossy_stop
before=$(runs)
hospes run echo --input '{"b": 1}' --key lost-1 --json >"$T/out" 2>"$T/err"; code=$?
succeeds "that command finds it"
is "$(runs)" "$before" "and starts none"

# Keys of one's own, over restarts.
run echo '{"c": 1}' --key k-1
first=$id
run echo '{"c": 1}' --key k-1
is "$id" "$first" "the same key is the same run"
says "run $first was started under this key before"
host_crash
host_launch
run echo '{"c": 1}' --key k-1
is "$id" "$first" "after a kill -9"
host_stop
host_launch
run echo ' { "c" : 1 } ' --key k-1
is "$id" "$first" "after an orderly stop, and however the input is spaced"
run echo '{"c": 1}' --key k-2
holds '[ "$id" != "$first" ]' "another key is another run"
run echo '{"c": 1}'
holds '[ -n "$id" ] && [ "$id" != "$first" ]' "and so is none"
is "$(hospes journal "$first" --json | jq -r '.[0] | [.kind, .key] | join(" ")')" "run_start k-1" "the key is on record"

# Many at once.
for i in {1..20}; do
	api /v1/runs -H 'Idempotency-Key: k-many' -d '{"plugin": "echo", "input": 1}' -w '%{http_code}\n' >"$T/many.$i" &
	many[i]=$!
done
wait "${many[@]}"
is "$(cat "$T"/many.* | jq -r '.id? // empty' | sort -u | wc -l)" 1 "twenty at the same time start one"
is "$(cat "$T"/many.* | grep -c '^202$')" 1 "which one of them was told to have started"
api /v1/runs -d '[{"plugin": "echo", "key": "a-1"}, {"plugin": "echo", "key": "a-1"}, {"plugin": "echo", "key": "a-2"},
    {"plugin": "echo"}, {"plugin": "nobody", "key": "a-1"}, {"plugin": "echo", "key": "k-many", "input": 1}]' >"$T/array"
is "$(jq -c '[.[0].id == .[1].id, .[1].repeated, .[2].id == .[0].id, .[3].repeated, .[4].error.code, .[5].repeated]' "$T/array")" \
    '[true,true,false,null,"conflict",true]' "in an array each request has its own"
host_crash
host_launch
api /v1/runs -d '[{"plugin": "echo", "key": "a-2"}, {"plugin": "echo", "key": "a-1"}]' >"$T/again"
is "$(jq -c 'map(.id)' "$T/again")" "$(jq -c '[.[2].id, .[0].id]' "$T/array")" "and finds its run again, in another order, after a kill -9"
is "$(jq -c 'map(.repeated)' "$T/again")" '[true,true]' "which is said"
