# A hundred rounds of hostile plugins cost the host nothing that stays: neither process grows by more than 1 MiB after the first
# ten, and descriptors and processes are what they were.
. "$TESTS/lib.sh"
. "$TESTS/hostile.sh"
[ "${SANITIZERS:-no}" = no ] || skip_all "sanitizers keep what was freed"
ROUNDS=${ROUNDS:-100}
plan 5
came=
hostile_host
for name in crash doors raw greedy; do
	plugin $name
done

# Memory of its own that a process has, in KiB: pages of the store's file are the kernel's to keep or to drop.
own_kib()
{
	awk '/^RssAnon/ { print $2 }' "/proc/$1/status"
}

spawner_pid()
{
	pgrep -P "$HOST" -x hospes-spawner
}

# One run a round: the host keeps the last few thousand in memory, which is not what is looked for here.
ROUND='{"each": [
	{"callee": "crash", "input": {"how": "segv"}}, {"callee": "crash", "input": {"how": "abort"}},
	{"callee": "raw", "input": {"how": "garbage", "stay": true}}, {"callee": "raw", "input": {"how": "reply-twice"}},
	{"callee": "raw", "input": {"how": "descriptors"}}, {"callee": "doors", "input": {"try": "io-uring"}},
	{"callee": "doors", "input": {"try": "socket"}}, {"callee": "greedy", "input": {"how": "arrays"}}]}'
CAME='["poison","poison","protocol_violation","ok","ok","poison","ok","bad_output"]'

round()
{
	hospes install "$(so notes-keys)" --json
	hospes run asker --json --input "$ROUND"
}

for ((i = 1; i <= ROUNDS; i++)); do
	round >"$T/out" 2>"$T/err" </dev/null
	[ "$(tail -n 1 "$T/out" | jq -c .result.came)" = "$CAME" ] || came="round $i: $(cat "$T/out")"
	if [ $i -eq 10 ]; then
		wait_for tidy
		core=$(own_kib "$HOST") spawner=$(own_kib "$(spawner_pid)")
	fi
done
is "$came" "" "each round came to the same"
wait_for -t 20 tidy
ok $? "after $ROUNDS rounds processes and descriptors are what they were" || note "$HAVE"
note "core $core KiB after 10 rounds, now $(own_kib "$HOST"); spawner $spawner, now $(own_kib "$(spawner_pid)")"
holds "[ $(($(own_kib "$HOST") - core)) -le 1024 ]" "the core has grown by 1 MiB at most"
holds "[ $(($(own_kib "$(spawner_pid)") - spawner)) -le 1024 ]" "and so has the spawner"
run echo '{"a": 1}'
succeeds "and the host answers as before"
