#!/bin/bash
# The bench: each row on a host of its own folder, then its floor, and the ratio.  Run by `make bench`.
#
# Each row is measured TRIES times (9), in turn with its floor, and the best of each is told: what else the machine does
# only ever makes them slower.  ROUNDS scales all rows (1 is the default; 0.1 is a quick look).  ROWS="alone runs" picks
# some: trip, alone, runs, effect.

. "${0%/*}/lib.sh"
ROWS=${ROWS:-trip alone runs effect}

mkfifo "$T/web.stdin"
"$BUILT/tests/fixtures/webd" <"$T/web.stdin" >"$T/web.port" 2>/dev/null &
clients[web]=$!
exec 7>"$T/web.stdin"
until [ -s "$T/web.port" ]; do
	pause 0.05
done
port=$(tr -dc 0-9 <"$T/web.port")

host_start host "run = { calls = 1000000000; repetition = 0; wall = \"1h\"; at_once = 2000; };
grants = { bench-effect = { http = [ \"http://127.0.0.1:$port\" ]; private = true; }; };"

# The floor is the lowest of one cell of each role and of four, of processes that sleep and that look again for a while.
floors()
{
	local cells how
	for cells in 1 4; do
		for how in '' --spin; do
			"$BUILT/tests/bench/floor" "$1" "$2" "$3" $cells $how ${4:-} >"$T/floor" || die "the floor failed"
			jq -r '"\(.p50_us) \(.cpu_us_a_call) \(.calls_a_second)"' "$T/floor" >>"$T/floor.rows"
		done
	done
}

title()
{
	printf '\n%-46s %9s %9s %6s %9s %9s %9s\n' "$@"
}

# alone "what" FLOOR-ROW CALLEE CALLS-A-ROUND ROUNDS
alone()
{
	local try
	lane "$3" 1 10 >/dev/null
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		lane "$3" "$4" "$5" >>"$T/host.rows"
		floors "$2" 1 "$5"
	done
	awk -v what="$1" -v a="$(best "$T/host.rows" 1)" -v b="$(best "$T/floor.rows" 1)" \
	    -v c="$(best "$T/host.rows" 2)" -v d="$(best "$T/floor.rows" 2)" \
	    'BEGIN { printf "%-46s %9.1f %9.1f %6.2f %9.2f %9.2f %9.2f\n", what, a, b, a / b, c, d, c - d }'
}

# flight PLUGIN TOTAL: 1,000 runs in flight; prints runs a second, the CPU of a call, syncs of a run.
flight()
{
	local syncs
	syncs=$(api /v1/host | jq .syncs)
	cpu_mark
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" "$1" "$2" 1000 100 >"$T/out" || die "the client failed"
	awk -v cpu=$(($(cpu_since) + $(jq .cpu_us "$T/out" | cut -d. -f1))) -v runs="$2" \
	    -v rate="$(jq .runs_a_second "$T/out")" -v syncs=$(($(api /v1/host | jq .syncs) - syncs)) \
	    'BEGIN { printf "%.0f %.2f %.4f\n", rate, cpu / (runs * 11), syncs / runs }'
}

# runs "what" PLUGIN TOTAL [--json]
runs()
{
	local try
	flight "$2" 2000 >/dev/null
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		flight "$2" "$3" >>"$T/host.rows"
		floors runs 1000 $(($3 / 1000)) ${4:-}
	done
	awk -v what="$1" -v a="$(best "$T/host.rows" 1 r)" -v b="$(best "$T/floor.rows" 3 r)" \
	    -v c="$(best "$T/host.rows" 2)" -v d="$(best "$T/floor.rows" 2)" -v syncs="$(best "$T/host.rows" 3)" \
	    'BEGIN { b /= 11; printf "%-46s %9d %9d %6.2f %9.2f %9.2f %9.2f   %.4f syncs a run\n", what, a, b, b / a, c, d, c - d, syncs }'
}

effect()
{
	local try
	timed bench-effect "{\"url\": \"http://127.0.0.1:$port/text\", \"rounds\": 10}" 10 >/dev/null
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		timed bench-effect "{\"url\": \"http://127.0.0.1:$port/text\", \"rounds\": $1}" "$1" >>"$T/host.rows"
		"$BUILT/tests/bench/floor" effect "$T/floor.dat" "$port" "$1" >"$T/floor" || die "the floor failed"
		jq -r '"\(.p50_us) \(.cpu_us_a_call)"' "$T/floor" >>"$T/floor.rows"
	done
	awk -v what="a durable effect: intent on disk, then GET" -v a="$(best "$T/host.rows" 1)" \
	    -v b="$(best "$T/floor.rows" 1)" -v c="$(best "$T/host.rows" 2)" -v d="$(best "$T/floor.rows" 2)" \
	    'BEGIN { printf "%-46s %9.1f %9.1f %6.2f %9.2f %9.2f %9.2f\n", what, a, b, a / b, c, d, c - d }'
}

machine
title "alone" "host p50" "floor p50" ratio "host CPU" "floor CPU" "above"
if wants trip; then
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		"$BUILT/tests/bench/floor" trip "$(scaled 10000)" | jq -r '"\(.p50_us) \(.cpu_us_a_call)"' >>"$T/floor.rows"
	done
	printf '%-46s %9s %9.1f %6s %9s %9.2f\n' "a round trip of two sleepers on two CPUs" "" "$(best "$T/floor.rows" 1)" "" "" \
	    "$(best "$T/floor.rows" 2)"
fi
if wants alone; then
	alone "one agent calls another" call bench-work 1 "$(scaled 5000)"
	alone "supervisor -> 10 workers -> join" join bench-join 11 "$(scaled 1000)"
fi
if wants effect; then
	effect "$(scaled 100)"
fi
if wants runs; then
	title "1,000 runs of 11 calls in flight" "host runs" "floor runs" ratio "host CPU" "floor CPU" "above"
	runs "opaque" bench-join "$(scaled 50000)"
	runs "JSON parsed and made at every hop" bench-join-json "$(scaled 10000)" --json
fi
