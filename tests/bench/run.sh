#!/bin/bash
# The bench: each row on a host of its own folder, then its floor, and the ratio.  Run by `make bench`.
#
# Each row is measured TRIES times (9), in turn with its floor, and the best of each is told: what else the machine does
# only ever makes them slower.  ROUNDS scales all rows (1 is the default; 0.1 is a quick look).

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
run = { calls = 1000000000; wall = "1h"; };
grants = { bench-effect = { http = [ "http://127.0.0.1:$port" ]; private = true; }; };
CONF
export HOSPES_SOCKET=$T/run/host.sock
hospesd -c "$T/hospes.conf" --ready-fd 8 8>"$T/ready" 2>"$T/host.log" </dev/null &
host=$!
read -rt 60 <"$T/ready" || die "the host did not start"

text=$(printf '%01000d' 7)

# measured PLUGIN INPUT CALLS ROUNDS: a warm-up of a tenth, then the row; prints the time of a round in us and calls/s.
measured()
{
	local plugin=$1 input=$2 calls=$3 rounds=$4 ms
	printf '%s' "$input" >"$T/in.json"
	# Nobody watches: progress that is shown to a client is work too.
	hospes run "$plugin" --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	hospes wait "$(jq -r .id "$T/out")" --json >"$T/out" || die "$(cat "$T/out")"
	ms=$(jq .duration_ms "$T/out")
	awk -v ms="$ms" -v calls="$calls" -v rounds="$rounds" \
	    'BEGIN { printf "%.2f %.0f\n", ms * 1000 / rounds, calls / (ms / 1000) }'
}

# row "what" FLOOR-ARGS -- PLUGIN INPUT CALLS ROUNDS
row()
{
	local what=$1 floor=() try host_us host_rate floor_us floor_rate
	shift
	while [ "$1" != -- ]; do
		floor+=("$1")
		shift
	done
	shift
	measured "$1" "$(jq -c '.rounds = 1' <<<"$2")" 1 1 >/dev/null # cells are started, pages are there
	: >"$T/host.rows"
	: >"$T/floor.rows"
	for ((try = 0; try < ${TRIES:-9}; try++)); do
		measured "$@" >>"$T/host.rows"
		# The floor is the lower of one cell of each role and of four: few wake less, many compute at once.
		for cells in 1 4; do
			"$BUILT/tests/bench/floor" "${floor[@]//CELLS/$cells}" >"$T/floor" || die "the floor failed"
			jq -r '"\(.us_a_round) \(.calls_a_second)"' "$T/floor" >>"$T/floor.rows"
		done
	done
	read -r host_us host_rate < <(sort -g "$T/host.rows")
	read -r floor_us floor_rate < <(sort -g "$T/floor.rows")
	awk -v what="$what" -v a="$host_us" -v b="$floor_us" -v c="$host_rate" -v d="$floor_rate" \
	    'BEGIN { printf "%-52s %12.1f %12.1f %7.2f %12d %12d\n", what, a, b, a / b, c, d }'
}

printf 'on %s, %s CPUs, kernel %s\n\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
printf '%-52s %12s %12s %7s %12s %12s\n' row "host us" "floor us" ratio "host calls/s" "floor calls/s"

n=$(scaled 5000)
row "one call alone" call 1 "$n" CELLS -- bench-lane "{\"callee\": \"bench-work\", \"rounds\": $n, \"payload\": {\"text\": \"$text\"}}" "$n" "$n"
n=$(scaled 1000)
row "supervisor -> 10 workers -> join, alone" join 1 "$n" CELLS -- \
    bench-lane "{\"callee\": \"bench-join\", \"rounds\": $n, \"payload\": {\"text\": \"$text\"}}" $((n * 11)) "$n"
n=$(scaled 100)
row "the same, 1,000 workers in flight, opaque" join 100 "$n" CELLS -- \
    bench-lanes "{\"lanes\": 100, \"callee\": \"bench-join\", \"rounds\": $n, \"payload\": {\"text\": \"$text\"}}" $((n * 1100)) $((n * 100))
row "the same, 1,000 workers in flight, JSON" join 100 "$n" CELLS --json -- \
    bench-lanes "{\"lanes\": 100, \"callee\": \"bench-join-json\", \"rounds\": $n, \"payload\": {\"text\": \"$text\"}}" $((n * 1100)) $((n * 100))
n=$(scaled 100)
row "a durable effect: intent on disk, then GET" effect "$T/floor.dat" "$port" "$n" -- \
    bench-effect "{\"url\": \"http://127.0.0.1:$port/text\", \"rounds\": $n}" "$n" "$n"
