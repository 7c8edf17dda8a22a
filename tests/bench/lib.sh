# What the benches have in common: a folder of their own, the hosts in it, which end with the bench, and what is measured of
# them.  Sourced by each as its first line; STAGE is what is measured, as it is installed, BUILT the folder of the build.

set -u
: "${STAGE:?run by make bench}" "${BUILT:?run by make bench}"
export LC_ALL=C NO_COLOR=1
PATH=$STAGE/bin:$STAGE/sbin:$PATH
T=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/hospes-bench.XXXXXX") || exit 2
chmod 711 "$T" # started by root, the host becomes somebody else
declare -A host=() clients=() # pids, by name
now=                          # the host that is talked to

ended()
{
	local pid
	for pid in "${clients[@]}" "${host[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	rm -rf "$T"
}
trap ended EXIT

die()
{
	local log
	echo "bench: $*" >&2
	for log in "$T"/*.log; do
		[ ! -e "$log" ] || tail -n 20 "$log" >&2
	done
	exit 1
}

pause()
{
	read -rt "$1" <> <(:) || :
}

machine()
{
	printf 'on %s, %s CPUs, kernel %s\n' "$(uname -m)" "$(nproc)" "$(uname -r)"
}

# wants ROW: whether ROWS has it; a bench gives ROWS its default.
wants()
{
	case " $ROWS " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

scaled()
{
	awk -v n="$1" -v by="${ROUNDS:-1}" 'BEGIN { n = int(n * by); print n < 1 ? 1 : n }'
}

# ---- Hosts

# host_start NAME "conf lines" [PROGRAM]: one with a state of its own, and the bench's plugins unless NAME.plugins is there.
host_start()
{
	[ -d "$T/$1.plugins" ] ||
	    { mkdir -m 0755 "$T/$1.plugins" && cp "$BUILT"/tests/bench/plugins/*.so "$T/$1.plugins/"; } || die "no plugins"
	cat >"$T/$1.conf" <<-CONF
	state = "$T/$1.state";
	socket = "$T/$1/host.sock";
	plugin_dirs = [ "$T/$1.plugins" ];
	$2
	CONF
	host_again "$1" "${3:-hospesd}"
}

# host_again NAME [PROGRAM]: with the state and the configuration that it has.
host_again()
{
	rm -f "$T/ready"
	mkfifo "$T/ready"
	"${2:-hospesd}" -c "$T/$1.conf" --ready-fd 8 8>"$T/ready" 2>>"$T/$1.log" </dev/null &
	host[$1]=$!
	read -rt 120 <"$T/ready" || die "the host $1 did not start"
	host_use "$1"
}

# host_use NAME: clients talk to that one.
host_use()
{
	export HOSPES_SOCKET=$T/$1/host.sock
	now=$1
}

host_stop()
{
	kill "${host[$1]}" 2>/dev/null && wait "${host[$1]}" 2>/dev/null
	unset "host[$1]"
}

api()
{
	curl -sS --unix-socket "$HOSPES_SOCKET" "http://h$1"
}

# ---- What they use

# The processes and all below them.
family()
{
	local pid
	for pid in "$@"; do
		echo "$pid"
		family $(cat /proc/"$pid"/task/*/children 2>/dev/null)
	done
}

# cpu_mark, then cpu_since: of all that are there at the end, in us.
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

# best FILE COLUMN [r]: the least of a column, or the most.
best()
{
	awk -v c="$2" '{ print $c }' "$1" | sort -g${3:-} | head -n 1
}

# ---- Runs

text=$(printf '%0245d' 7) # 256 bytes with what is around it

# a_run PLUGIN INPUT: to its end; prints its id.  Nobody watches: progress that is shown to a client is work too.
a_run()
{
	printf '%s' "$2" >"$T/in.json"
	hospes run "$1" --in "$T/in.json" --detach --json >"$T/out" || die "$(cat "$T/out")"
	jq -r .id "$T/out"
	hospes wait "$(jq -r .id "$T/out")" --json >"$T/waited" || die "$(cat "$T/waited")"
}

# timed PLUGIN INPUT CALLS: runs it to its end; prints the median time of a round in us and the CPU of a call.
timed()
{
	local id
	cpu_mark
	id=$(a_run "$1" "$2") || exit 1
	awk -v cpu="$(cpu_since)" -v calls="$3" -v p50="$(median "$id")" \
	    'BEGIN { printf "%.2f %.3f\n", p50, cpu / calls }'
}

# The records say when each op of the root call began: a round is from one to the next.
median()
{
	api "/v1/runs/$1/journal" | jq '[ .[] | select((.path // "" | test("^/0/[0-9]+$")) and
	    (.kind == "call_start" or .kind == "op_intent")) | .mono_ns ] | [ .[1:], .[:-1] ] | transpose |
	    map(.[0] - .[1]) | sort | .[length / 2 | floor] / 1000'
}

# lane CALLEE CALLS-A-ROUND ROUNDS: the same of one that calls CALLEE so often.
lane()
{
	timed bench-lane "{\"callee\": \"$1\", \"rounds\": $3, \"payload\": {\"text\": \"$text\"}}" $(($2 * $3))
}
