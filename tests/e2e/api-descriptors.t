# Who opens connection after connection, and reads nothing, takes no more than connections may have: the host goes on.
. "$TESTS/lib.sh"
command -v prlimit >/dev/null || skip_all "prlimit is not here"
host_start 'user = "";'
prlimit --pid "$HOST" --nofile=200:200 || skip_all "descriptors of another process cannot be limited here"
plan 4
plugin echo
plugin sleeper
sleeper=$(hospes run sleeper --input '{"ms": 3600000}' --detach --json | jq -r .id)
curl -sN --parallel --parallel-immediate --parallel-max 250 --unix-socket "$HOSPES_SOCKET" \
    "http://host/v1/runs/$sleeper/events?parts=[1-250]" >/dev/null 2>&1 &
curl=$!
wait_for 'grep -q "no connection is accepted for a while" "$T/host.log"'
ok $? "connections end up in the queue"
fds=$(ls "/proc/$HOST/fd" | wc -l)
[ "$fds" -le 170 ]
ok $? "a quarter of the descriptors stays for the host ($fds of 200 are in use)"
kill "$curl"
wait "$curl" 2>/dev/null
wait_for 'hospes ps >/dev/null 2>&1' # its connections leave the queue
run echo '{"a": 1}'
succeeds "when they are gone others are served"
is "$(hospes ps --json | jq -r '.[].id')" "$sleeper" "and the run that was watched goes on"
