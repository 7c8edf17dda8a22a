#!/bin/bash
# What guards cost: a host with all of them on beside one that has none (a binary for this bench alone), and a host that knows
# AGENTS agents (10,000) and has OPEN calls open (100,000) beside one that has not.  Run by `make bench-guards`.
#
# Each row is measured on both in turn, TRIES times (41; 7 in flight), and the best of each is told: what else the machine does only
# ever makes them slower.  But where the scheduler puts three processes makes a try of one call 5, 7 or 10 us, and the rarest of them
# may come to one side alone: so the middle of the ratios of each pair of tries is told too.  ROUNDS scales all rows, ROWS picks
# some: alone join runs large.

. "${0%/*}/lib.sh"
ROWS=${ROWS:-alone join runs large}
bare=$STAGE/sbin/hospesd-bare # beside the other, so that it finds the same cells
trap 'rm -f "$bare"; ended' EXIT
plain='run = { calls = 1000000000; repetition = 0; wall = "3h"; at_once = 2000; };'

# flight TOTAL: 1,000 runs of eleven calls in flight: the time of a run in us, and the CPU of a call.
flight()
{
	cpu_mark
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-join "$1" 1000 100 >"$T/out" || die "the client failed"
	awk -v cpu="$(cpu_since)" -v runs="$1" -v us="$(jq .us_a_run "$T/out")" 'BEGIN { printf "%.2f %.3f\n", us, cpu / (runs * 11) }'
}

title()
{
	printf '\n%-50s %9s %9s %6s %6s %9s %9s %7s\n' "$1" "p50 $2" "$3" ratio middle "CPU $2" "$3" above
}

# The middle of A to B by what each pair of tries says.
middle()
{
	paste "$1" "$2" | awk '{ print $1 / $3 }' | sort -g | awk '{ r[NR] = $1 } END { print r[int((NR + 1) / 2)] }'
}

# row "what" A B COMMAND...: on both in turn.
row()
{
	local what=$1 a=$2 b=$3 tries=41 try name
	shift 3
	[ "$1" != flight ] || tries=7
	for name in "$a" "$b"; do
		: >"$T/$name.rows"
		host_use "$name"
		"$@" >/dev/null
	done
	for ((try = 0; try < ${TRIES:-$tries}; try++)); do
		for name in "$a" "$b"; do
			host_use "$name"
			"$@" >>"$T/$name.rows"
		done
	done
	awk -v what="$what" -v a="$(best "$T/$a.rows" 1)" -v b="$(best "$T/$b.rows" 1)" -v c="$(best "$T/$a.rows" 2)" \
	    -v d="$(best "$T/$b.rows" 2)" -v m="$(middle "$T/$a.rows" "$T/$b.rows")" \
	    'BEGIN { printf "%-50s %9.1f %9.1f %6.2f %6.2f %9.2f %9.2f %7.2f\n", what, a, b, a / b, m, c, d, c - d }'
}

# Every guard has something to look at, and nothing to refuse.
all_on()
{
	local name
	echo 'run = { calls = 100000000; money = "1000000"; cpu = "100h"; depth = 64; repetition = 1000000000; wall = "3h"; at_once = 2000; };'
	echo 'rate = { client = "1000000/s"; client_burst = 1000000; };'
	echo 'day = { calls = 1000000000; money = "1000000"; };'
	echo 'limits = {'
	for name in bench-work bench-join bench-lane; do
		echo "$name = { concurrency = 100000; rate = \"1000000/s\"; burst = 1000000; input = \"1M\"; context = \"1G\";" \
		    "day_calls = 1000000000; day_money = \"1000000\"; recursion = 2; };"
	done
	echo '};'
}

# agents N: N agents that differ in nothing but their names.
agents()
{
	local i name from=$BUILT/tests/e2e/plugins/ring.so
	for ((i = 0; i < $1; i++)); do
		printf -v name 'ring-%04d' "$i"
		sed "s/ring-0000/$name/g" "$from" >"$T/one.so"
		mv "$T/one.so" "$T/$now.plugins/$name.so"
	done
	until [ "$(api /v1/agents | jq length)" -ge "$1" ]; do
		pause 1
	done
}

# open_calls N: so many that wait for two hours.
open_calls()
{
	printf '{"fans": 100, "n": %d, "ms": 7200000}' $(($1 / 100)) >"$T/in.json"
	hospes run bench-fans --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	until [ "$(api /v1/runs | jq '[.[] | select(.plugin == "bench-fans") | .calls] | max // 0')" -ge "$1" ]; do
		pause 0.5
	done
}

cp "$BUILT/tests/bench/hospesd-bare" "$bare" || die "no binary without guards"
machine
if wants alone || wants join || wants runs; then
	host_start bare "$plain" "$bare"
	host_start all "$(all_on)"
	title "every guard on, beside a host without any" all none
fi
if wants alone; then
	row "one agent calls another" all bare lane bench-work 1 "$(scaled 5000)"
fi
if wants join; then
	row "supervisor -> 10 workers -> join" all bare lane bench-join 11 "$(scaled 1000)"
fi
if wants runs; then
	row "1,000 such runs in flight (us a run)" all bare flight "$(scaled 20000)"
fi
if wants large; then
	each=$(((${OPEN:-100000} + 7) / 8))
	host_start small "$plain"
	host_start large "$plain cells = { per_version = 8; fibers = $((each + 600)); evict_after = 0; memory = \"$(((each + 600) / 4 + 256))M\"; };"
	agents "${AGENTS:-10000}"
	open_calls "${OPEN:-100000}"
	title "${AGENTS:-10000} agents known and ${OPEN:-100000} calls open" large small
	row "one agent calls another" large small lane bench-work 1 "$(scaled 5000)"
	row "supervisor -> 10 workers -> join" large small lane bench-join 11 "$(scaled 1000)"
fi
