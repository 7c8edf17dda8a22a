# A host that is full says so and when to come back, and grows by nothing: a hundred thousand requests past its bounds leave it as
# large as its queues may be.  Who was taken in waits, may be cancelled, waits again after a kill, and has its turn.
. "$TESTS/lib.sh"
plan 19
host_start 'run = { at_once = 4; waiting = 20; queue = 50; repetition = 0; wall = "2h"; calls = 10000; };
limits = { echo = { rate = "1/m"; burst = 1; }; };'
for name in sleeper echo fan; do
	plugin $name
done

rss()
{
	awk '/^VmRSS:/ { print $2 }' "/proc/$HOST/status"
}

# In KiB: each of the runs that may be open or wait, with what a run keeps (64 KiB is ample), those that ended and are kept
# (4096, by core/run/state.h, 2 KiB each), and what the allocator keeps (8 MiB).
bound=$(((4 + 20) * 64 + 4096 * 2 + 8192))

sleepers=()
for i in {1..24}; do
	run_start sleeper '{"ms": 3600000}'
	sleepers+=("$id")
done
is "$(hospes ps --json | jq length)" 24 "four are under way and twenty wait"
is "$(api "/v1/runs/${sleepers[23]}/tree" | jq -r '.waits.for[0].guard')" admission "what the last waits for"
api /v1/runs -X POST -d '{"plugin": "sleeper", "input": {"ms": 1}}' -D "$T/head" >"$T/out"
is "$(head -n 1 "$T/head" | tr -d '\r')" "HTTP/1.1 503 Service Unavailable" "one more is refused"
is "$(jq -r .error.code "$T/out")" overloaded "as overloaded"
after=$(tr -d '\r' <"$T/head" | sed -n 's/^Retry-After: //p')
holds '[ -n "$after" ] && [ "$after" -ge 1 ] && [ "$after" -le 600 ]' "with a time to come back after ($after s)"
holds 'grep -q "try again in" "$T/out"' "which the sentence tells too"
run sleeper '{"ms": 1}';                fails_with overloaded "the command says so, too"

# A hundred thousand requests: arrays of a thousand, over eight connections.
printf '[%s{"plugin":"sleeper","input":{"ms":1}}]' "$(printf '{"plugin":"sleeper","input":{"ms":1}},%.0s' {1..999})" >"$T/thousand"
api /v1/runs -X POST --data-binary @"$T/thousand" >"$T/out"
is "$(jq 'map(select(.error.code == "overloaded")) | length' "$T/out")" 1000 "of a thousand at once each is told"
before=$(rss)
for i in {1..8}; do
	for j in {1..13}; do
		api /v1/runs -X POST --data-binary @"$T/thousand" | jq 'length'
	done >"$T/answered.$i" &
	pids[i]=$!
done
wait "${pids[@]}"
is "$(cat "$T"/answered.* | awk '{ n += $1 } END { print n }')" 104000 "104,000 requests were answered"
grown=$(($(rss) - before))
note "$before KiB before, $grown KiB more after; the bound is $bound KiB"
if [ "${SANITIZERS:-no}" = no ]; then
	holds '[ $grown -le $bound ]' "the host did not grow past what its queues may hold"
else
	ok 0 "the host did not grow past what its queues may hold # SKIP sanitizers keep what was freed"
fi
is "$(hospes ps --json | jq length)" 24 "and nobody was let in"

# Who waits is cancelled at once, and another comes in.
hospes cancel "${sleepers[23]}" >/dev/null
run_wait "${sleepers[23]}"
fails_with cancelled "one that waits may be cancelled"
run_start sleeper '{"ms": 1}'
last=$id
holds '[ -n "$last" ]' "and leaves its place to another"

# After a kill those that had begun go on, and those that waited wait.
host_crash
host_launch
wait_for '[ "$(hospes ps --json | jq "map(select(.waits.for[0].guard == \"admission\")) | length")" -eq 20 ]'
ok $? "after a kill twenty wait again"
for i in {0..22}; do
	hospes cancel "${sleepers[i]}" >/dev/null
done
run_wait "$last"
succeeds "the last of them has its turn"

# What waits at guards is bounded, too: one run asks for ten thousand calls of which one a minute may begin (of the refusals of a call the
# first are on record one by one).
run_start fan '{"callee": "echo", "n": 10000, "at_once": 10000, "input": {}}' --calls 10001
greedy=$id
wait_for '[ "$(hospes journal '"$greedy"' --json | jq "flatten | map(select(.status == \"overloaded\")) | length")" -gt 10 ]'
ok $? "past \`run.queue\` they are refused"
journal_has '.guard == "queue" and (.message | contains("50 ops wait already, as many as `run.queue` allows"))' \
    "$(hospes journal "$greedy" --json | jq 'flatten | map(select(.guard == "queue")) | length')" "and told why"
run_start echo '{}'
wait_for '[ "$(api "/v1/runs/$id/tree" | jq -r ".waits.for[0].guard")" = rate ]'
ok $? "a run that has nothing waiting may wait all the same"
hospes cancel "$id" >/dev/null
hospes cancel "$greedy" >/dev/null
run_wait "$greedy"
fails_with cancelled "(the greedy one is stopped)"
