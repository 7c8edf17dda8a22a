#!/bin/bash
# What cells cost: how long one takes to be ready, what an idle one and a parked call keep in memory, and 100,000 parked
# calls at once.  Run by `make bench-cells`; `make bench` has it too.
#
# STARTS cells are started one after the other (100).  PARKED calls wait in CELLS cells (100,000 in 8); a tenth of them is
# looked at first.  EVICTED calls (10,000) wait without a cell.

. "${0%/*}/lib.sh"
CELLS=${CELLS:-8}
PARKED=${PARKED:-100000}
EVICTED=${EVICTED:-10000}

# Pids of this host's cells of a plugin.
cells_of()
{
	hospes agents --json | jq -r --arg name "$1" '.[] | select(.name == $name) | .pids[]'
}

# Memory of processes in KiB, as each shares it with others.
pss()
{
	local pid sum=0 one
	for pid in "$@"; do
		one=$(awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null)
		sum=$((sum + ${one:-0}))
	done
	echo "$sum"
}

# What the kernel keeps of their address spaces: page tables, in KiB.
tables()
{
	local pid
	for pid in "$@"; do
		awk '$1 == "VmPTE:" { print $2 }' "/proc/$pid/status" 2>/dev/null
	done | awk '{ sum += $1 } END { print sum }'
}

# CPU time of processes, in clock ticks.
ticks()
{
	local pid sum=0 stat
	for pid in "$@"; do
		read -r stat <"/proc/$pid/stat" || continue
		stat=(${stat##*) })
		sum=$((sum + stat[11] + stat[12]))
	done 2>/dev/null
	echo "$sum"
}

# Waits until neither the host nor its cells have anything to do any more.
still()
{
	local now before=-1 same=0
	until [ "$same" -ge 4 ]; do
		now=$(ticks "${host[host]}" $(cells_of bench-park) $(cells_of bench-fan))
		if [ $((now - before)) -le 1 ]; then
			same=$((same + 1))
		else
			same=0
		fi
		before=$now
		pause 0.25
	done
}

# starts "conf lines": a host with a cell of each plugin.
starts()
{
	host_start host "run = { calls = 1000000000; repetition = 0; wall = \"3h\"; };
	$1"
	woken 1 1 >/dev/null
	fresh_core=$(pss "${host[host]}")
	fresh_cell=$(pss $(cells_of bench-park))
	fresh_tables=$(tables $(cells_of bench-park))
}

seconds()
{
	awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

run_of()
{
	local fans=$(($1 < 10 ? 1 : 10))
	printf '{"fans": %d, "n": %d, "ms": %d}' $fans $(($1 / fans)) "$2" >"$T/in.json"
	hospes run bench-fans --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	jq -r .id "$T/out"
}

# cancelled ID: ends the run, and tells how long that took.
cancelled()
{
	local began=$EPOCHREALTIME
	hospes cancel "$1" >/dev/null || die "not cancelled"
	hospes wait "$1" --json >"$T/out" 2>/dev/null
	[ "$(jq -r .error.code "$T/out")" = cancelled ] || die "$(cat "$T/out")"
	printf '%-52s %12s s\n' "  cancelled, all ended after" "$(seconds "$began")"
}

# parked N: N calls that wait at once; what they keep; then all are cancelled.
parked()
{
	local n=$1 id began=$EPOCHREALTIME cells core_kib cell_kib table_kib
	id=$(run_of "$n" 7200000)
	until [ "$(hospes ps --json | jq '.[0].calls')" -gt "$n" ]; do
		pause 0.1
	done
	still
	cells=$(cells_of bench-park)
	core_kib=$(($(pss "${host[host]}") - fresh_core))
	cell_kib=$(($(pss $cells) - fresh_cell * $(wc -w <<<"$cells")))
	table_kib=$(($(tables $cells "${host[host]}") - fresh_tables * $(wc -w <<<"$cells")))
	printf '%-52s %12s s\n' "$n calls parked in $(wc -w <<<"$cells") cells, after" "$(seconds "$began")"
	awk -v n="$n" -v core="$core_kib" -v cell="$cell_kib" -v tables="$table_kib" 'BEGIN {
	    printf "%-52s %12.1f KiB\n", "  resident for each, in its cell", cell / n
	    printf "%-52s %12.1f KiB\n", "  resident for each, in the core", core / n
	    printf "%-52s %12.1f KiB\n", "  together", (core + cell) / n
	    printf "%-52s %12.1f KiB\n", "  page tables besides", tables / n }'
	cancelled "$id"
}

# evicted N: N calls that wait without a cell; what they keep in the core; then all are cancelled, which needs none either.
evicted()
{
	local n=$1 id began=$EPOCHREALTIME core_kib
	id=$(run_of "$n" 7200000)
	until [ "$(hospes ps --json | jq '.[0].waits.evicted // 0')" -gt "$n" ]; do
		pause 0.25
	done
	printf '%-52s %12s s\n' "$n calls evicted, after" "$(seconds "$began")"
	until [ -z "$(cells_of bench-park)$(cells_of bench-fan)" ]; do
		pause 0.25
	done
	printf '%-52s %12s s\n' "  their cells have ended, after" "$(seconds "$began")"
	core_kib=$(($(pss "${host[host]}") - fresh_core))
	awk -v n="$n" -v core="$core_kib" 'BEGIN {
	    printf "%-52s %12.1f KiB\n", "  resident for each, in the core", core / n }'
	cancelled "$id"
}

# woken N MS: N calls that wait, and all wake up by themselves.
woken()
{
	local n=$1 began=$EPOCHREALTIME id
	id=$(run_of "$n" "$2")
	hospes wait "$id" --json >"$T/out" 2>/dev/null
	[ "$(jq .result "$T/out")" = "$n" ] || die "$(cat "$T/out")"
	printf '%-52s %12s s\n' "$n calls parked for $2 ms, all ended after" "$(seconds "$began")"
}

machine
echo

"$BUILT/tests/bench/cells" "$STAGE/libexec/hospes" "$BUILT/tests/bench/plugins/bench-work.so" "${STARTS:-100}" >"$T/cells.json" ||
    die "no cells"
printf '%-52s %12s %12s\n' "a cell, from asking to READY" "p50 us" "p10 us"
jq -r '.steps[] | "  \(.step)\t\(.us)\t\(.fast_us)"' "$T/cells.json" |
    awk -F '\t' '{ printf "%-52s %12d %12d\n", $1, $2, $3 }'
jq -r '"all of it\t\(.ready_us)\t\(.ready_fast_us)"' "$T/cells.json" |
    awk -F '\t' '{ printf "%-52s %12d %12d\n", $1, $2, $3 }'
echo
printf '%-52s %12s KiB PSS\n' "an idle cell, fresh" "$(jq .pss_kib "$T/cells.json")"

mkdir -m 0755 "$T/host.plugins"
cp "$BUILT"/tests/bench/plugins/bench-{park,fan,fans}.so "$T/host.plugins/" || die "no plugins"

each=$(((PARKED + CELLS - 1) / CELLS))
starts "cells = { per_version = $CELLS; fibers = $each; evict_after = 0; memory = \"$((each / 4 + 256))M\"; };"
parked $((PARKED / 10))
parked "$PARKED"
woken "$PARKED" 60000
for ((i = 0; i < 40; i++)); do # the host has cells rest that have idled for a second
	[ "$(pss $(cells_of bench-park))" -ge $((CELLS * 1024)) ] || break
	pause 0.1
done
printf '%-52s %12s KiB PSS\n' "an idle cell, after all that" \
    "$(($(pss $(cells_of bench-park)) / $(cells_of bench-park | wc -l)))"

printf '\n%s\n' "with the limits as they come, 2,048 calls: the others wait in the core"
host_stop host
starts "cells = { evict_after = 0; };"
parked "$PARKED"
woken "$PARKED" 10

printf '\n%s\n' "evicted after a second, in the cells of a run, which end 5 s after its last call has left"
host_stop host
starts 'cells = { evict_after = "1s"; isolation = "run"; };'
evicted "$EVICTED"
woken "$EVICTED" 30000
