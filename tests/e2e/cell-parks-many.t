# 5,000 calls wait in two cells, 1,000 more in the core for room, each for a few pages; when one cell is killed all of them
# come to their end all the same, and the cells give back what that took.
. "$TESTS/lib.sh"
plan 8
host_start 'cells = { per_version = 2; fibers = 2500; memory = "700M"; evict_after = 0; };
run = { calls = 10000; };'
plugin sleeper
plugin crowd

# KiB of processes, shared pages in part.
resident()
{
	local pid
	for pid in "$@"; do
		awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null
	done | awk '{ sum += $1 } END { print sum }'
}

# All that have room are parked when nothing grows any more.
settled()
{
	local now=$(resident "$HOST" $(cell_pids)) grown
	grown=$((now - ${settled_at:-0}))
	settled_at=$now
	[ "$(hospes ps --json | jq '.[0].calls')" -gt 6000 ] && [ "$grown" -lt 200 ] && [ "$grown" -gt -200 ]
}

pids_of()
{
	hospes agents --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .pids[]' | sort
}

run crowd '{"callee": "sleeper", "n": 1, "input": {"ms": 1}}'
result . 1 "there is a cell of each"
before=$(resident "$HOST" $(cell_pids))
run_start crowd '{"callee": "sleeper", "n": 6000, "input": {"ms": 8000}}'
crowd=$id
wait_for settled
is "$(pids_of sleeper | wc -l)" 2 "two cells have them all"
if [ "${SANITIZERS:-no}" = no ]; then
	each=$(((settled_at - before) / 6000))
	note "$each KiB a call"
	holds '[ "$each" -lt 24 ]' "a parked call keeps less than 24 KiB, in its cell and in the core"
else
	ok 0 "a parked call keeps less than 24 KiB, in its cell and in the core # SKIP sanitizers keep more"
fi
victim=$(pids_of sleeper | head -n 1)
kill -9 "$victim"
run_wait "$crowd"
succeeds "the run ends well"
result . 6000 "and so has every call"
is "$(hospes journal "$crowd" --json | jq -s 'flatten | map(select(.kind == "call_end" and .target == "sleeper") | .path) | [length, (unique | length)]' -c)" \
    '[6000,6000]' "each once"
journal_has '.kind == "replay"' 2500 "those of the cell that was killed began again, and no others"
if [ "${SANITIZERS:-no}" = no ]; then
	wait_for '[ "$(resident $(cell_pids))" -lt $(($(cell_pids | wc -l) * 1024)) ]'
	ok $? "cells that idle give it back, but for less than 1 MiB" || note "$(resident $(cell_pids)) KiB"
else
	ok 0 "cells that idle give it back # SKIP sanitizers keep it"
fi
