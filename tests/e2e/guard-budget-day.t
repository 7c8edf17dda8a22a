# What all runs of a day may take: of an agent, of a client, of the host.  It survives kill -9: what was spent before is counted
# once, not lost and not counted twice.
. "$TESTS/lib.sh"
me=uid:$(id -u)
[ "$(date -u +%H%M)" -lt 2355 ] || skip_all "midnight UTC is near, when all days begin anew"
plan 26

# account WHAT [NAME]: today's numbers of it, "calls micros".
account()
{
	hospes budget --json | jq -r --arg what "$1" --arg name "${2:-}" \
	    '.accounts[] | select(.what == $what and (.name // "") == $name) | "\(.calls.spent) \(.money_micros.spent)"'
}

host_start 'limits = { dear = { day_calls = 5; }; };'
plugin dear                             # plugins/dear.c: a cent a call
plugin echo
plugin nag
run nag '{"callee": "dear", "n": 3, "polite": true}'
result .calls 3 "three calls of an agent that may be called five times a day"
run nag '{"callee": "dear", "n": 3, "polite": true}'
result '[.calls, .refused]' '[2,1]' "another run has two"
says 'dear needs 1 call and the day of agent dear has 0 of 5 left; wait for midnight UTC, or give it more (`limits.dear.day_calls`)'
host_crash
host_launch
wait_for '[ -n "$(active nag)" ] && [ -n "$(active dear)" ]'
is "$(account agent dear)" "5 50000" "kill -9: its day goes on"
run nag '{"callee": "dear", "n": 3, "polite": true}'
result '[.calls, .refused]' '[0,1]' "and has nothing left"
run nag '{"callee": "echo", "n": 3, "polite": true}'
result .calls 3 "which is no business of others"
is "$(account host)" "$((3 + 5 + 4)) 50000" "the host's day has all of them"
sed -i 's/day_calls = 5/day_calls = 7/' "$T/hospes.conf"
kill -HUP "$HOST"
wait_for 'logged "the configuration was read again"'
run nag '{"callee": "dear", "n": 3, "polite": true}'
result '[.calls, .refused]' '[2,1]' "a reload gives it more"
host_stop

# A client, and the host.
rm -rf "$T/state"
host_start "day = { money = \"0.30\"; }; clients = ( { client = \"$me\"; calls = 30; day_money = \"0.20\"; }, { client = \"*\"; day_calls = 1; } );"
wait_for '[ -n "$(active nag)" ] && [ -n "$(active dear)" ]'
run nag '{"callee": "dear", "n": 100, "polite": true}'
result '[.calls, .refused]' '[20,1]' "a client has its day"
says "dear needs \$0.01 and the day of client $me has \$0.00 of \$0.20 left; wait for midnight UTC, or give it more (\`clients.day_money\`)"
is "$(hospes budget "$id" --json | jq .run.calls.limit)" 30 "and what one of its runs may take"
sed -i 's/"0.20"/"0"/' "$T/hospes.conf"
: >"$T/host.log"
kill -HUP "$HOST"
wait_for 'logged "the configuration was read again"'
run nag '{"callee": "dear", "n": 100, "polite": true}'
result '[.calls, .refused]' '[10,1]' "without it there is the host's"
says 'dear needs $0.01 and the day of this host has $0.00 of $0.30 left; wait for midnight UTC, or give it more (`day.money`)'
run nag '{"callee": "echo", "n": 100, "polite": true}'
result '[.calls, .refused]' '[29,1]' "what costs nothing is let through, as far as the run may go"
hospes budget >"$T/out"
holds "grep -qE '^host +calls +- +0 +62 +- ' '$T/out' && grep -qE '^ +money +0.30 +0.00 +0.30 +0.00' '$T/out'" "told to people too" ||
    note "$(cat "$T/out")"
host_stop

# Killed again and again in the middle of runs, the second time before the ledger could be told.
rm -rf "$T/state"
host_start 'run = { calls = 5000; repetition = 0; };'
wait_for '[ -n "$(active nag)" ] && [ -n "$(active dear)" ]'
spent()
{
	hospes journal "$1" --json 2>/dev/null | jq -s 'flatten | map(select(.kind == "call_end" and .micros == 10000)) | length'
}
run_start nag '{"callee": "dear", "n": 1500, "polite": true}'
one=$id
for n in 100 300 500; do
	wait_for "[ \"\$(spent $one)\" -ge $n ]"
	host_crash
	host_launch
	is "$(account agent dear | cut -d ' ' -f 1 | awk -v n=$n '{ print ($1 >= n) ? "yes" : "no: " $1 }')" yes \
	    "killed after $n calls: what was spent is known when it is ready"
	run_start nag '{"callee": "dear", "n": 100, "polite": true}'
	others="${others:-} $id"
done
for run in $one $others; do
	run_wait "$run"
	succeeds "a run that was there when the host was killed"
done
is "$(account agent dear)" "1800 18000000" "each call was paid for once"
is "$(account client "$me")" "1804 18000000" "by the client"
host_crash
host_launch
is "$(account host)" "1804 18000000" "and so it stays"
holds "[ \$(hospes budget --json | jq -r .day) = \$(date -u +%F) ]" "of this day"
