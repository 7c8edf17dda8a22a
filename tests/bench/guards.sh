#!/bin/bash
# What guards cost: a host with all of them on beside one that has none (a binary for this bench alone), and a host that knows
# AGENTS agents (10,000) and has OPEN calls open (100,000) beside one that has not.  Run by `make bench-guards`.
#
# Each row is measured TRIES times (7) on both in turn, and the best of each is told: what else the machine does only ever makes
# them slower.  ROUNDS scales all rows, ROWS picks some: alone join runs large.

set -u
: "${STAGE:?run by make bench-guards}" "${BUILT:?run by make bench-guards}"
export LC_ALL=C NO_COLOR=1
PATH=$STAGE/bin:$STAGE/sbin:$PATH
T=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/hospes-bench.XXXXXX") || exit 2
chmod 711 "$T" # started by root, the host becomes somebody else
bare=$STAGE/sbin/hospesd-bare # beside the other, so that it finds the same cells
declare -A host=()

ended()
{
	for pid in "${host[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$T" "$bare"
}
trap ended EXIT

die()
{
	echo "bench: $*" >&2
	for log in "$T"/*.log; do
		tail -n 20 "$log" >&2
	done
	exit 1
}

scaled()
{
	awk -v n="$1" -v by="${ROUNDS:-1}" 'BEGIN { n = int(n * by); print n < 1 ? 1 : n }'
}

wants()
{
	case " ${ROWS:-alone join runs large} " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

plain='run = { calls = 1000000000; repetition = 0; wall = "3h"; at_once = 2000; };'

# host_start NAME PROGRAM "conf lines"; use NAME: clients talk to that one.
host_start()
{
	mkdir -m 0755 "$T/$1.plugins" && cp "$BUILT"/tests/bench/plugins/*.so "$T/$1.plugins/" || die "no plugins"
	cat >"$T/$1.conf" <<-CONF
	state = "$T/$1.state";
	socket = "$T/$1/host.sock";
	plugin_dirs = [ "$T/$1.plugins" ];
	$3
	CONF
	rm -f "$T/ready"
	mkfifo "$T/ready"
	"$2" -c "$T/$1.conf" --ready-fd 8 8>"$T/ready" 2>>"$T/$1.log" </dev/null &
	host[$1]=$!
	read -rt 120 <"$T/ready" || die "the host $1 did not start"
	use "$1"
}

use()
{
	export HOSPES_SOCKET=$T/$1/host.sock
	now=$1
}

api()
{
	curl -sS --unix-socket "$HOSPES_SOCKET" "http://h$1"
}

family()
{
	local pid
	for pid in "$@"; do
		echo "$pid"
		family $(cat /proc/"$pid"/task/*/children 2>/dev/null)
	done
}

cpu_look()
{
	local task
	for task in $(family "${host[$now]}" | sed 's,.*,/proc/&/task/*,'); do
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

# lane CALLEE CALLS-A-ROUND ROUNDS: the median time of a round in us, and the CPU of a call.
lane()
{
	local id
	printf '{"callee": "%s", "rounds": %d, "payload": {"text": "%s"}}' "$1" "$3" "$text" >"$T/in.json"
	cpu_mark
	# Nobody watches: progress that is shown to a client is work too.
	hospes run bench-lane --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	id=$(jq -r .id "$T/out")
	hospes wait "$id" --json >"$T/out" || die "$(cat "$T/out")"
	awk -v cpu="$(cpu_since)" -v calls=$(($2 * $3)) -v p50="$(median "$id")" 'BEGIN { printf "%.2f %.3f\n", p50, cpu / calls }'
}

# The records say when each op of the root call began: a round is from one to the next.
median()
{
	api "/v1/runs/$1/journal" | jq '[ .[] | select((.path // "" | test("^/0/[0-9]+$")) and .kind == "call_start") | .mono_ns ] |
	    [ .[1:], .[:-1] ] | transpose | map(.[0] - .[1]) | sort | .[length / 2 | floor] / 1000'
}

# flight TOTAL: 1,000 runs of eleven calls in flight: the time of a run in us, and the CPU of a call.
flight()
{
	cpu_mark
	"$BUILT/tests/bench/runs" "$HOSPES_SOCKET" bench-join "$1" 1000 100 >"$T/out" || die "the client failed"
	awk -v cpu="$(cpu_since)" -v runs="$1" -v us="$(jq .us_a_run "$T/out")" 'BEGIN { printf "%.2f %.3f\n", us, cpu / (runs * 11) }'
}

best()
{
	awk -v c="$2" '{ print $c }' "$1" | sort -g | head -n 1
}

title()
{
	printf '\n%-50s %9s %9s %6s %9s %9s %7s\n' "$1" "p50 $2" "$3" ratio "CPU $2" "$3" above
}

# row "what" A B COMMAND...: on both in turn.
row()
{
	local what=$1 a=$2 b=$3 try name
	shift 3
	for name in "$a" "$b"; do
		: >"$T/$name.rows"
		use "$name"
		"$@" >/dev/null
	done
	for ((try = 0; try < ${TRIES:-7}; try++)); do
		for name in "$a" "$b"; do
			use "$name"
			"$@" >>"$T/$name.rows"
		done
	done
	awk -v what="$what" -v a="$(best "$T/$a.rows" 1)" -v b="$(best "$T/$b.rows" 1)" -v c="$(best "$T/$a.rows" 2)" \
	    -v d="$(best "$T/$b.rows" 2)" \
	    'BEGIN { printf "%-50s %9.1f %9.1f %6.2f %9.2f %9.2f %7.2f\n", what, a, b, a / b, c, d, c - d }'
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
		read -rt 1 <> <(:) || :
	done
}

# open_calls N: so many that wait for two hours.
open_calls()
{
	printf '{"fans": 100, "n": %d, "ms": 7200000}' $(($1 / 100)) >"$T/in.json"
	hospes run bench-fans --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	until [ "$(api /v1/runs | jq '[.[] | select(.plugin == "bench-fans") | .calls] | max // 0')" -ge "$1" ]; do
		read -rt 0.5 <> <(:) || :
	done
}

cp "$BUILT/tests/bench/hospesd-bare" "$bare" || die "no binary without guards"
text=$(printf '%0245d' 7) # 256 bytes with what is around it
printf 'on %s, %s CPUs, kernel %s\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
if wants alone || wants join || wants runs; then
	host_start bare "$bare" "$plain"
	host_start all hospesd "$(all_on)"
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
	host_start small hospesd "$plain"
	host_start large hospesd "$plain cells = { per_version = 8; fibers = $((each + 600)); evict_after = 0; memory = \"$(((each + 600) / 4 + 256))M\"; };"
	agents "${AGENTS:-10000}"
	open_calls "${OPEN:-100000}"
	title "${AGENTS:-10000} agents known and ${OPEN:-100000} calls open" large small
	row "one agent calls another" large small lane bench-work 1 "$(scaled 5000)"
	row "supervisor -> 10 workers -> join" large small lane bench-join 11 "$(scaled 1000)"
fi
