#!/bin/bash
# A run of one call beside a run of 1,000: how long it takes, and how long it takes alone.  Run by `make bench-fair`.
#
# Each row is measured TRIES times (5), alone and beside in turn, in one life of one host, and the middle of its tries is told.
# ROUNDS scales how many runs a try has (1 is 200).  ROWS picks some: same few work other.

set -u
: "${STAGE:?run by make bench-fair}" "${BUILT:?run by make bench-fair}"
export LC_ALL=C NO_COLOR=1
PATH=$STAGE/bin:$STAGE/sbin:$PATH
T=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/hospes-bench.XXXXXX") || exit 2
chmod 711 "$T" # started by root, the host becomes somebody else
host= greedy=

ended()
{
	for pid in $greedy $host; do
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

mkdir -m 0755 "$T/plugins"
cp "$BUILT"/tests/bench/plugins/*.so "$T/plugins/" || die "no plugins"
mkfifo "$T/ready"
cat >"$T/hospes.conf" <<CONF
state = "$T/state";
socket = "$T/run/host.sock";
plugin_dirs = [ "$T/plugins" ];
run = { calls = 1000000000; repetition = 0; wall = "1h"; at_once = 2000; };
limits = { bench-toil-few = { concurrency = 2; }; };
CONF
export HOSPES_SOCKET=$T/run/host.sock
hospesd -c "$T/hospes.conf" --ready-fd 8 8>"$T/ready" 2>"$T/host.log" </dev/null &
host=$!
read -rt 60 <"$T/ready" || die "the host did not start"

wants()
{
	case " ${ROWS:-same few work other} " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

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
	greedy=$!
	until [ "$(curl -sS --unix-socket "$HOSPES_SOCKET" http://h/v1/runs | jq 'map(select(.plugin == "bench-greedy" and .state == "open" and .calls > 10)) | length')" -gt 0 ]; do
		kill -0 $greedy || die "the greedy client failed"
	done
}

content()
{
	kill $greedy && wait $greedy 2>/dev/null
	greedy=
	curl -sS --unix-socket "$HOSPES_SOCKET" http://h/v1/runs | jq -r '.[] | select(.state == "open") | .id' | while read -r id; do
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

printf 'on %s, %s CPUs, kernel %s\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
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
