#!/bin/bash
# The bench of durability: what waits for the disk, beside a raw write that does.  Run by `make bench`, on a build that was
# configured with --enable-bench-hooks; `make bench-durable` alone.
#
# Each row is measured TRIES times (5), in turn with its floor, and the best of each is told.  ROUNDS scales all rows, ROWS
# picks some: journal, effect, runs, flight, conversation, replay, open.

. "${0%/*}/lib.sh"
ROWS=${ROWS:-journal effect runs flight conversation replay open}

# durable_start NAME ["conf lines"]
durable_start()
{
	host_start "$1" "run = { calls = 1000000000; repetition = 0; wall = \"1h\"; at_once = 20000; };
	grants = { bench-effect = { http = [ \"http://bench.invalid\" ]; }; };
	${2:-}"
}

title()
{
	printf '\n%-50s %9s %9s %6s %9s %9s %6s\n' "$@"
}

# row "what": of $T/host.rows and $T/floor.rows, each with p50 and p99.
row()
{
	awk -v what="$1" -v a="$(best "$T/host.rows" 1)" -v b="$(best "$T/floor.rows" 1)" \
	    -v c="$(best "$T/host.rows" 2)" -v d="$(best "$T/floor.rows" 2)" \
	    'BEGIN { printf "%-50s %9.1f %9.1f %6.2f %9.1f %9.1f %6.2f\n", what, a, b, a / b, c, d, c / d }'
}

# The floor of what is durable: the best of those who sleep and those who look again.
floor_durable()
{
	for how in '' --spin; do
		"$BUILT/tests/bench/floor" durable "$T/floor.dat" "$1" $how >"$T/floor" || die "the floor failed"
		jq -r '"\(.p50_us) \(.p99_us) \(.write_p50_us) \(.write_p99_us)"' "$T/floor" >>"$T/floor.rows"
	done
}

# The records tell when each effect began: a round is from one to the next.
rounds_of()
{
	api "/v1/runs/$1/journal" | jq -r '[ .[] | select(.kind == "op_intent") | .mono_ns ] | [ .[1:], .[:-1] ] | transpose |
	    map(.[0] - .[1]) | sort | "\(.[length / 2 | floor] / 1000) \(.[length * 99 / 100 | floor] / 1000)"'
}

effect()
{
	local try rounds=$1
	a_run bench-effect '{"url": "http://bench.invalid/", "rounds": 10}' >/dev/null
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-5}; try++)); do
		rounds_of "$(a_run bench-effect "{\"url\": \"http://bench.invalid/\", \"rounds\": $rounds}")" >>"$T/host.rows"
		floor_durable "$rounds"
	done
	row "an effect that does nothing, intent on disk"
}

# A supervisor, ten workers and the join; start and result are durable before the client is told.
runs()
{
	local try cells how
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-join 10 1 1 >"$T/out" || die "the client failed"
	: >"$T/host.rows"
	: >"$T/floors"
	for ((try = 0; try < ${TRIES:-5}; try++)); do
		"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-join "$1" 1 1 >"$T/out" || die "the client failed"
		jq -r '"\(.p50_us) \(.p99_us)"' "$T/out" >>"$T/host.rows"
		: >"$T/floor.rows"
		floor_durable "$1"
		for cells in 1 4; do
			for how in '' --spin; do
				"$BUILT/tests/bench/floor" join 1 "$1" $cells $how | jq -r .p50_us >>"$T/joins"
			done
		done
		# The client's two requests are two hops more, each with a write.
		awk -v join="$(best "$T/joins" 1)" -v p50="$(best "$T/floor.rows" 1)" -v p99="$(best "$T/floor.rows" 2)" \
		    'BEGIN { print 2 * p50 + join, p50 + p99 + join }' >>"$T/floors"
	done
	cp "$T/floors" "$T/floor.rows"
	row "supervisor -> 10 workers -> join, by a client"
}

# flight NAME TOTAL: runs a second, syncs a run.
flight()
{
	local syncs
	host_use "$1"
	syncs=$(api /v1/host | jq .syncs)
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-join "$2" 1000 100 >"$T/out" || die "the client failed"
	awk -v runs="$2" -v rate="$(jq .runs_a_second "$T/out")" -v syncs=$(($(api /v1/host | jq .syncs) - syncs)) \
	    'BEGIN { printf "%.0f %.4f\n", rate, syncs / runs }'
}

flights()
{
	local try
	: >"$T/host.rows"
	: >"$T/floor.rows"
	flight synced 2000 >/dev/null
	flight unsynced 2000 >/dev/null
	for ((try = 0; try < ${TRIES:-5}; try++)); do
		flight synced "$1" >>"$T/host.rows"
		flight unsynced "$1" >>"$T/floor.rows"
	done
	host_use synced
	awk -v a="$(best "$T/host.rows" 1 r)" -v b="$(best "$T/floor.rows" 1 r)" -v syncs="$(best "$T/host.rows" 2)" \
	    'BEGIN { printf "%-50s %9d %9d %6.2f   %.4f syncs a run\n", "1,000 such runs in flight, runs a second", a, b, a / b, syncs }'
}

# The journal alone; the folder is made anew each time.
journal()
{
	local try
	: >"$T/fill.rows"
	: >"$T/read.rows"
	for ((try = 0; try < ${TRIES:-5}; try++)); do
		"$BUILT/tests/bench/journal" fill "$T/journal" 1000 "$1" >"$T/out" || die "the journal failed"
		jq -r '"\(.records_a_second) \(.records / .syncs)"' "$T/out" >>"$T/fill.rows"
		rm -rf "$T/journal"
		"$BUILT/tests/bench/journal" read "$T/journal" 10000 20 >"$T/out" || die "the journal failed"
		jq -r .records_a_second "$T/out" >>"$T/read.rows"
		rm -rf "$T/journal"
	done
	printf '\n%-50s %9d records a second, %d in a batch\n' "the journal alone, 1,000 waiters" "$(best "$T/fill.rows" 1 r)" \
	    "$(best "$T/fill.rows" 2 r | cut -d. -f1)"
	printf '%-50s %9d records a second\n' "10,000 runs read back" "$(best "$T/read.rows" 1 r)"
}

# The pids of the cells of host $1.
cells()
{
	local pid
	for pid in $(pgrep -P "${host[$1]}"); do
		family "$pid"
	done | while read -r pid; do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" != hospes-cell ] || echo "$pid"
	done
}

# A call whose cell is killed after so many ops: how long from its next beginning to its next new op.  The record after that of
# its beginning may be of what it waited for when it was killed, so the second counts.
replay()
{
	local try id
	: >"$T/host.rows"
	for ((try = 0; try < ${TRIES:-5}; try++)); do
		printf '{"ops": %d, "naps": 20000}' "$1" >"$T/in.json"
		hospes run bench-ops --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
		id=$(jq -r .id "$T/out")
		grep -qm1 'they are made' < <(curl -sN --max-time 120 --unix-socket "$HOSPES_SOCKET" "http://h/v1/runs/$id/events")
		kill -9 $(cells synced)
		hospes wait "$id" --json >"$T/waited" || die "$(cat "$T/waited")"
		api "/v1/runs/$id/journal" | jq -r '(map(.kind == "replay") | index(true)) as $at |
		    "\((.[0:$at] | map(select(.kind == "op_outcome")) | length) / (.[$at + 2].mono_ns - .[$at].mono_ns) * 1e9)"' >>"$T/host.rows"
	done
	printf '%-50s %9d ops a second\n' "a call of $1 ops on record, begun again" "$(best "$T/host.rows" 1 r | cut -d. -f1)"
}

# used PID: the CPU time of a process, in ticks.
used()
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

rests()
{
	local before=-1 now
	while now=$(used "$1") && [ "$now" != "$before" ]; do
		before=$now
		pause 0.5
	done
}

milliseconds()
{
	date +%s%3N
}

# open "what" RUNS: so many runs wait, each with 20 ops behind it, when the host is killed.
open_runs()
{
	local began served
	api /v1/host | jq .runs_open >"$T/open"
	if [ "$(cat "$T/open")" -lt "$2" ]; then
		"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-ops "$2" 0 100 '{"ops":20,"naps":1,"ms":3000000}' >"$T/out" ||
		    die "the client failed"
		rests "${host[many]}"
	fi
	kill -9 "${host[many]}"
	wait "${host[many]}" 2>/dev/null
	began=$(milliseconds)
	host_again many
	printf '{"text": "x"}' >"$T/in.json"
	hospes run bench-work --in "$T/in.json" >"$T/out" 2>&1 || die "$(cat "$T/out")"
	served=$(milliseconds)
	until [ "$(api /v1/host | jq .runs_resuming)" = 0 ]; do
		pause 0.05
	done
	printf '%-50s %9d ms to serve a new run, %d ms until all have resumed\n' "$1" $((served - began)) $(($(milliseconds) - began))
	[ "$(api /v1/host | jq .runs_open)" -ge "$2" ] || die "open runs were lost"
}

open_all()
{
	durable_start many "cells = { per_version = 4; fibers = 4096; memory = \"2G\"; };"
	printf '\n'
	open_runs "$1 open runs of 20 ops" "$1"
	open_runs "the same, a second time" "$1"
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-work "$2" 1000 100 >"$T/out" || die "the client failed"
	open_runs "the same, and $2 finished runs in the store" "$1"
	host_stop many
}

# The records of a run, as they lie on the disk.
conversation()
{
	local id
	id=$(a_run bench-talk '{"turns": 500, "bytes": 1024}')
	api "/v1/runs/$id/journal" >"$T/records"
	jq -r '. as $all | ($all | map(.lsn) | [min, max]) as $ends |
	    ($ends[1] - $ends[0]) as $disk | ([ $all[] | .output? // empty | tostring | length ] | add) as $out | "\($disk)"' \
	    "$T/records" >"$T/disk"
	awk -v disk="$(cat "$T/disk")" -v final="$(jq .result "$T/waited")" \
	    'BEGIN { printf "\n%-50s %9d bytes, %d on disk, %.2f\n", "a conversation of 500 turns", final, disk, disk / final }'
}

machine
if wants journal; then
	journal "$(scaled 1000000)"
fi
if wants effect || wants runs || wants flight || wants conversation || wants replay; then
	durable_start synced
fi
if wants effect || wants runs; then
	title "alone" "host p50" "floor p50" ratio "host p99" "floor p99" ratio
fi
if wants effect; then
	effect "$(scaled 1000)"
fi
if wants runs; then
	runs "$(scaled 500)"
fi
if wants flight; then
	HOSPES_BENCH_NO_SYNC=1 durable_start unsynced
	printf '\n%-50s %9s %9s\n' "" "syncing" "not"
	flights "$(scaled 20000)"
fi
if wants conversation; then
	conversation
fi
if wants replay; then
	replay "$(scaled 80000)"
fi
if wants open; then
	open_all "$(scaled 10000)" "${FINISHED:-$(scaled 1000000)}"
fi
