#!/bin/bash
# The bench: each row on a host of its own folder, then its floor, and the ratio.  Run by `make bench`.
#
# Each row is measured TRIES times (9), in turn with its floor, and the best of each is told: what else the machine does
# only ever makes them slower.  ROUNDS scales all rows (1 is the default; 0.1 is a quick look).  ROWS="alone runs" picks
# some: trip, alone, runs, effect.

set -u
: "${STAGE:?run by make bench}" "${BUILT:?run by make bench}"
export LC_ALL=C NO_COLOR=1
PATH=$STAGE/bin:$STAGE/sbin:$PATH
T=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/hospes-bench.XXXXXX") || exit 2
chmod 711 "$T" # started by root, the host becomes somebody else
host= web=

ended()
{
	for pid in $host $web; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$T"
}
trap ended EXIT

die()
{
	echo "bench: $*" >&2
	[ ! -e "$T/host.log" ] || tail -n 20 "$T/host.log" >&2
	exit 1
}

scaled()
{
	awk -v n="$1" -v by="${ROUNDS:-1}" 'BEGIN { n = int(n * by); print n < 1 ? 1 : n }'
}

mkdir -m 0755 "$T/plugins"
cp "$BUILT"/tests/bench/plugins/*.so "$T/plugins/" || die "no plugins"
mkfifo "$T/web.stdin" "$T/ready"
"$BUILT/tests/fixtures/webd" <"$T/web.stdin" >"$T/web.port" 2>/dev/null &
web=$!
exec 7>"$T/web.stdin"
until [ -s "$T/web.port" ]; do
	read -rt 0.05 <> <(:) || :
done
port=$(tr -dc 0-9 <"$T/web.port")

cat >"$T/hospes.conf" <<CONF
state = "$T/state";
socket = "$T/run/host.sock";
plugin_dirs = [ "$T/plugins" ];
run = { calls = 1000000000; repetition = 0; wall = "1h"; at_once = 2000; };
grants = { bench-effect = { http = [ "http://127.0.0.1:$port" ]; private = true; }; };
CONF
export HOSPES_SOCKET=$T/run/host.sock
hospesd -c "$T/hospes.conf" --ready-fd 8 8>"$T/ready" 2>"$T/host.log" </dev/null &
host=$!
read -rt 60 <"$T/ready" || die "the host did not start"

text=$(printf '%0245d' 7) # 256 bytes with what is around it

# The host and all below it.
family()
{
	local pid
	for pid in "$@"; do
		echo "$pid"
		family $(cat /proc/"$pid"/task/*/children 2>/dev/null)
	done
}

# cpu_mark, then cpu_since: of all that are there at the end.
cpu_look()
{
	local task
	for task in $(family "$host" | sed 's,.*,/proc/&/task/*,'); do
		echo "$task $(cut -d' ' -f1 "$task/schedstat" 2>/dev/null)"
	done
}

cpu_mark()
{
	cpu_look >"$T/cpu"
}

cpu_since()
{
	cpu_look | awk 'NR == FNR { before[$1] = $2; next } { ns += $2 - before[$1] } END { printf "%d\n", ns / 1000 }' "$T/cpu" -
}

api()
{
	curl -sS --unix-socket "$HOSPES_SOCKET" "http://h$1"
}

# lane PLUGIN INPUT CALLS: runs it to its end; prints the median time of a round in us and the CPU of a call.
lane()
{
	local id
	printf '%s' "$2" >"$T/in.json"
	cpu_mark
	# Nobody watches: progress that is shown to a client is work too.
	hospes run "$1" --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	id=$(jq -r .id "$T/out")
	hospes wait "$id" --json >"$T/out" || die "$(cat "$T/out")"
	awk -v cpu="$(cpu_since)" -v calls="$3" -v p50="$(median "$id")" \
	    'BEGIN { printf "%.2f %.2f\n", p50, cpu / calls }'
}

# The records say when each op of the root call began: a round is from one to the next.
median()
{
	api "/v1/runs/$1/journal" | jq '[ .[] | select((.path // "" | test("^/0/[0-9]+$")) and
	    (.kind == "call_start" or .kind == "op_intent")) | .mono_ns ] | [ .[1:], .[:-1] ] | transpose |
	    map(.[0] - .[1]) | sort | .[length / 2 | floor] / 1000'
}

# best FILE COLUMN [r]: the least of a column, or the most.
best()
{
	awk -v c="$2" '{ print $c }' "$1" | sort -g${3:-} | head -n 1
}

wants()
{
	case " ${ROWS:-trip alone runs effect} " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

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
	lane bench-lane "{\"callee\": \"$3\", \"rounds\": 10, \"payload\": {\"text\": \"$text\"}}" 10 >/dev/null
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		lane bench-lane "{\"callee\": \"$3\", \"rounds\": $5, \"payload\": {\"text\": \"$text\"}}" $(($4 * $5)) >>"$T/host.rows"
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
	lane bench-effect "{\"url\": \"http://127.0.0.1:$port/text\", \"rounds\": 10}" 10 >/dev/null
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		lane bench-effect "{\"url\": \"http://127.0.0.1:$port/text\", \"rounds\": $1}" "$1" >>"$T/host.rows"
		"$BUILT/tests/bench/floor" effect "$T/floor.dat" "$port" "$1" >"$T/floor" || die "the floor failed"
		jq -r '"\(.p50_us) \(.cpu_us_a_call)"' "$T/floor" >>"$T/floor.rows"
	done
	awk -v what="a durable effect: intent on disk, then GET" -v a="$(best "$T/host.rows" 1)" \
	    -v b="$(best "$T/floor.rows" 1)" -v c="$(best "$T/host.rows" 2)" -v d="$(best "$T/floor.rows" 2)" \
	    'BEGIN { printf "%-46s %9.1f %9.1f %6.2f %9.2f %9.2f %9.2f\n", what, a, b, a / b, c, d, c - d }'
}

printf 'on %s, %s CPUs, kernel %s\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
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
