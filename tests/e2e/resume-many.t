# Many open runs go on oldest first, as many at a time as the configuration says; new runs are served meanwhile.
. "$TESTS/lib.sh"
plan 8
N=200
host_start 'run = { resume_at_once = 1; };'
plugin echo
plugin keeper
steps='[range(5) | {op: "recall", key: "k"}] + [{op: "sleep", ms: 600000}]'
jq -nc --argjson n $N "[range(\$n) | {plugin: \"keeper\", input: {do: ($steps)}}]" >"$T/runs"
curl -s --unix-socket "$HOSPES_SOCKET" -H 'Content-Type: application/json' --data-binary @"$T/runs" http://host/v1/runs >"$T/out"
wait_for '[ "$(hospes ps --json | jq length)" = '$N' ]'
last=$(hospes ps --json | jq -r '.[0].id')
wait_for 'hospes show "$last" --json | jq -e "any(.tree.ops[]; .op == \"sleep\")" >/dev/null'
host_crash
host_launch
ok $? "the host starts"
is "$(hospes ps --json | jq length)" $N "all that were open are"
run echo '{"a": 1}';                            succeeds "a new run is served"
wait_for 'hospes journal "$last" --json | jq -e "any(.kind == \"replay\")" >/dev/null'
for id in $(hospes ps --json | jq -r '.[].id' | sort); do
	hospes journal "$id" --json | jq -c "map(select(.kind == \"replay\")) | [length, .[0].lsn]"
done >"$T/replays"
is "$(wc -l <"$T/replays")" $N "all go on"
is "$(jq -s 'map(.[0]) | unique | join(" ")' "$T/replays")" '"1"' "each began again once"
is "$(jq -s 'map(.[1]) | . == sort' "$T/replays")" true "in the order in which they were started"
hospes journal verify --json >"$T/out" 2>"$T/err"
ok $? "the journal is sound" || shown
host_stop
holds '[ "$(grep -c "runs stay open and go on when the host is started again" "$T/host.log")" -eq 1 ]' \
    "told to stop, the host waits for none of them"
