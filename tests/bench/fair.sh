#!/bin/bash
# A run of one call beside a run of 1,000: how long it takes, and how long it takes alone.  Run by `make bench-fair`.
#
# Each row is measured TRIES times (5), alone and beside in turn, in one life of one host, and the middle of its tries is told.
# ROUNDS scales how many runs a try has (1 is 200).  ROWS picks some: same few work other.

. "${0%/*}/lib.sh"
ROWS=${ROWS:-same few work other}

host_start host 'run = { calls = 1000000000; repetition = 0; wall = "1h"; at_once = 2000; };
limits = { bench-toil-few = { concurrency = 2; }; };'

# singles PLUGIN INPUT: runs of one call, one after the other; the median time of one, and the 99th percentile, in us.
singles()
{
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" "$1" "$runs" 1 1 "$2" >"$T/out" || die "the client failed"
	jq -r '"\(.p50_us) \(.p99_us)"' "$T/out"
}

# The count that takes about a millisecond here.
calibrate()
{
	local us
	runs=40
	singles bench-toil '{"turns": 0}' >/dev/null
	us=$(singles bench-toil '{"turns": 3000000}' | cut -d' ' -f1)
	millisecond=$(awk -v us="$us" 'BEGIN { printf "%d", 3000000 * 1000 / us }')
}

# One greedy run after the other, until it is killed.
greed()
{
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-greedy 1000000 1 1 \
	    "{\"callee\": \"$1\", \"n\": 1000, \"payload\": $2}" >"$T/greedy.out" 2>&1 &
	clients[greedy]=$!
	until [ "$(api /v1/runs | jq 'map(select(.plugin == "bench-greedy" and .state == "open" and .calls > 10)) | length')" -gt 0 ]; do
		kill -0 "${clients[greedy]}" || die "the greedy client failed"
	done
}

content()
{
	kill "${clients[greedy]}" && wait "${clients[greedy]}" 2>/dev/null
	unset "clients[greedy]"
	api /v1/runs | jq -r '.[] | select(.state == "open") | .id' | while read -r id; do
		hospes cancel "$id" >/dev/null 2>&1
	done
}

middle()
{
	awk -v c="$2" '{ print $c }' "$1" | sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# row "what" PLUGIN INPUT GREEDY-CALLEE GREEDY-PAYLOAD
row()
{
	local try
	: >"$T/alone.rows"
	: >"$T/beside.rows"
	singles "$2" "$3" >/dev/null
	for ((try = 0; try < ${TRIES:-5}; try++)); do
		singles "$2" "$3" >>"$T/alone.rows"
		greed "$4" "$5"
		singles "$2" "$3" >>"$T/beside.rows"
		content
	done
	awk -v what="$1" -v a="$(middle "$T/alone.rows" 1)" -v b="$(middle "$T/beside.rows" 1)" \
	    -v c="$(middle "$T/alone.rows" 2)" -v d="$(middle "$T/beside.rows" 2)" \
	    'BEGIN { printf "%-50s %9.1f %9.1f %6.2f %9.1f %9.1f %6.2f\n", what, a, b, b / a, c, d, d / c }'
}

machine
calibrate
runs=$(awk -v by="${ROUNDS:-1}" 'BEGIN { n = int(200 * by); print n < 20 ? 20 : n }')
printf '\n%-50s %9s %9s %6s %9s %9s %6s\n' "a run of one call, beside one of 1,000" "p50 alone" beside ratio "p99 alone" beside ratio
if wants same; then
	row "of the same agent, which computes for 1 ms" bench-toil "{\"turns\": $millisecond}" bench-toil "{\"turns\": $millisecond}"
fi
if wants few; then
	row "the same, of which two may run" bench-toil-few "{\"turns\": $millisecond}" bench-toil-few "{\"turns\": $millisecond}"
fi
if wants work; then
	row "of the same agent, which replies at once" bench-work '{"text": 7}' bench-work '{"text": 7}'
fi
if wants other; then
	row "of another agent" bench-work '{"text": 7}' bench-toil "{\"turns\": $millisecond}"
fi
