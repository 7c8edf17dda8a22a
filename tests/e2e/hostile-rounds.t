# A hundred rounds of hostile plugins cost the host nothing that stays: no process grows by more than 1 MiB after the first ten, and
# descriptors and processes are what they were.
. "$TESTS/lib.sh"
. "$TESTS/hostile.sh"
[ "${SANITIZERS:-no}" = no ] || skip_all "sanitizers keep what was freed"
ROUNDS=${ROUNDS:-100}
plan 10
came= missed=
hostile_host
for name in crash doors raw greedy json; do
	plugin $name
done

# Memory of its own, in KiB, of each process of the host that is there: "PID KIB NAME".  Pages that it shares with a cell are of
# that; pages of the store's file are the kernel's to keep or to drop.
own_kib()
{
	local pid
	for pid in "$HOST" $(descendants "$HOST"); do
		awk -v pid="$pid" '/^Name:/ { name = $2 } /^Rss(Anon|Shmem):/ { n += $2 } END { if (name) print pid, n, name }' \
		    "/proc/$pid/status" 2>/dev/null
	done | sort
}

# grown [KIB]: of the processes that were there then and are now, those that have grown by more than that, or all.
grown()
{
	join "$T/then" "$T/now" | awk -v most="${1:--1000000}" '$4 - $2 > most { print $3, $1 ":", $2, "KiB then, now", $4 }'
}

not_grown()
{
	note "$(grown)"
	is "$(grown 1024)" "" "no process has grown by more than 1 MiB: core, spawner, cells that live on and their inits"
}

# One run a round: the host keeps the last few thousand in memory, which is not what is looked for here.
ROUND='{"each": [
	{"callee": "crash", "input": {"how": "segv"}}, {"callee": "crash", "input": {"how": "abort"}},
	{"callee": "raw", "input": {"how": "garbage", "stay": true}}, {"callee": "raw", "input": {"how": "reply-twice"}},
	{"callee": "raw", "input": {"how": "descriptors"}}, {"callee": "doors", "input": {"try": "io-uring"}},
	{"callee": "doors", "input": {"try": "socket"}}, {"callee": "greedy", "input": {"how": "arrays"}},
	{"callee": "json", "input": {"how": "nothing"}}, {"callee": "raw", "input": {"how": "box-garbage"}}]}'
CAME='["poison","poison","protocol_violation","ok","ok","poison","ok","bad_output","no_reply","protocol_violation"]'

# Beside every third round one is evicted.
evict_one()
{
	run_wait "$slept"
	[ "$code" -eq 0 ] || missed="round $i: $(cat "$T/out" "$T/err")"
	run_start sleeper '{"ms": 700}'
	slept=$id
}

round()
{
	hospes install "$(so notes-keys)" --json
	hospes install "$(so load-ptrace)" --json
	hospes run asker --json --input "$ROUND"
}
run_start sleeper '{"ms": 700}'
slept=$id

for ((i = 1; i <= ROUNDS; i++)); do
	[ $((i % 3)) -ne 0 ] || evict_one
	round >"$T/out" 2>"$T/err" </dev/null
	[ "$(tail -n 1 "$T/out" | jq -c .result.came)" = "$CAME" ] || came="round $i: $(cat "$T/out")"
	if [ $i -eq 10 ]; then
		wait_for tidy
		own_kib >"$T/then"
	fi
done
is "$came" "" "each round came to the same"
is "$missed" "" "and so did who was evicted meanwhile"
run_wait "$slept"
wait_for -t 20 tidy
ok $? "after $ROUNDS rounds processes and descriptors are what they were" || note "$HAVE"
own_kib >"$T/now"
not_grown
holds "[ $(grown | grep -c 'hospes-cell\|hospesd\|hospes-spawner') -ge 4 ]" "these were there all the time"

# More parts than a reply may have are many megabytes, which a heap that once had them has room for: what is lost of those is
# seen by itself.
flood()
{
	run asker '{"callee": "raw", "input": {"how": "part-flood", "stay": true}}'
	fails_with too_large "more parts than a reply may have"
	wait_for tidy
}
flood
own_kib >"$T/then"
flood
flood
own_kib >"$T/now"
not_grown
run echo '{"a": 1}'
succeeds "and the host answers as before"
