# What scenarios are written in: bash, sourced first.  Each scenario has a folder and a host of its own; both are gone
# when it ends.  It speaks TAP.
#
#   plan 3                       how many assertions follow
#   host_start ['conf lines']    a host with its state, socket and drop folder under $T; returns when it is ready
#   plugin chain                 drops fixtures/chain.so (or plugins' wordcount.so), waits until it is active
#   run chain '{"levels": 5}'    starts a run, waits for its end; $code, $T/out, $T/err, $id
#   succeeds "why"               the run before ended well
#   fails_with CODE "why"        the run before ended with this error code
#   says "text"                  and its sentence has this in it
#   result JQ VALUE "why"        a look at its result
#   ask QUESTION ARGS...         `hospes ask` with the strategy briefer; $code, $T/out, $T/err
#   own_plugin chain             puts it where the user's own host, and so a private one, finds it
#   nothing_left "why"           no private host, no process and no folder of one is left
#   journal_has JQ N "why"       N records of the run match
#   api PATH [CURL ARGS...]      asks the host by curl; on stdout
#   world_start                  a server outside that remembers each request: $WORLD; world_saw PATH, world_count PATH
#   go_on ID [N]                 calls of the run that nap until they are told (fixtures/nap.h) go on; asking ID: how many do
#   wait_for 'condition'         until it is true, or the deadline; nothing here sleeps for a fixed time
#
# CONF_MORE has lines for the configuration of every host.  From make: STAGE (where the host is installed), BUILT (the build tree), TESTS (this folder), SANITIZERS.

set -u
: "${STAGE:?run by make e2e}" "${BUILT:?run by make e2e}" "${TESTS:?run by make e2e}"
export LC_ALL=C TZ=UTC NO_COLOR=1
PATH=$STAGE/bin:$STAGE/sbin:$PATH
PATIENCE=30
[ "${SANITIZERS:-no}" = no ] || PATIENCE=90
unset HOSPES_SOCKET XDG_RUNTIME_DIR XDG_STATE_HOME XDG_DATA_HOME XDG_CONFIG_HOME XDG_CACHE_HOME

T=$(mktemp -d "${TMPDIR:-/tmp}/hospes-e2e.XXXXXX") || exit 2
chmod 0755 "$T" # started by root, the host becomes somebody else
export HOME=$T
DROP=$T/plugins
export TMPDIR=$T/tmp # private hosts put their folders here
mkdir "$TMPDIR"
HOST= LOSSY=
SCENARIO=$(basename "$0" .t)
planned=0 count=0 bad=0 code=0 id=

# ---- TAP ---------------------------------------------------------------------------------------------------------------

plan()
{
	planned=$1
	echo "1..$1"
}

skip_all()
{
	echo "1..0 # SKIP $1"
	planned=0
	exit 0
}

# ok STATUS "why": passes when STATUS is 0.
ok()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
		return 0
	fi
	bad=$((bad + 1))
	echo "not ok $count - $2"
	return 1
}

note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

is()
{
	[ "$1" = "$2" ]
	ok $? "$3" || note "expected: $2" "
found:    $1"
}

# holds 'condition' "why"
holds()
{
	eval "$1"
	ok $? "$2" || note "condition: $1"
}

# ---- Waiting -----------------------------------------------------------------------------------------------------------

# A breath between two looks.
pause()
{
	read -rt "${1:-0.05}" <> <(:) || :
}

# wait_for [-t SECONDS] 'condition': 0 as soon as it is true.
wait_for()
{
	local patience=$PATIENCE end
	if [ "$1" = -t ]; then
		patience=$2
		shift 2
	fi
	end=$((SECONDS + patience))
	until eval "$1"; do
		if [ $SECONDS -ge $end ]; then
			note "waited ${patience} s in vain for: $1"
			return 1
		fi
		pause
	done
}

# ---- The host ----------------------------------------------------------------------------------------------------------

# The configuration of this scenario's host: what every host here needs, then the given lines.
conf_write()
{
	cat >"$T/hospes.conf" <<CONF
state = "$T/state";
socket = "$T/run/host.sock";
plugin_dirs = [ "$DROP" ];
${1:-}
${CONF_MORE:-}
CONF
	export HOSPES_SOCKET=$T/run/host.sock
}

# Starts hospesd on $T/hospes.conf; HOST is its pid.  Returns 1 when it ended before it was ready.
host_launch()
{
	local line
	rm -f "$T/ready"
	mkfifo "$T/ready"
	hospesd -c "$T/hospes.conf" --ready-fd 8 8>"$T/ready" 2>>"$T/host.log" </dev/null >&2 &
	HOST=$!
	# A line when it is ready, the end of the pipe when it is gone.
	read -rt "$PATIENCE" line <"$T/ready"
}

host_start()
{
	mkdir -p -m 0755 "$DROP"
	conf_write "${1:-}"
	if ! host_launch; then
		note "the host did not start:"
		sed 's/^/# | /' "$T/host.log"
		echo "Bail out! no host in $SCENARIO"
		exit 1
	fi
}

# host_stop [SIGNAL]: ends it; its exit status is in $code.
host_stop()
{
	[ -n "$HOST" ] || return 0
	kill "-${1:-TERM}" "$HOST" 2>/dev/null
	wait "$HOST" 2>/dev/null
	code=$?
	HOST=
}

# kill -9, and everything of it that might outlive it.
host_crash()
{
	local left
	left=$(descendants "$HOST")
	host_stop KILL
	for pid in $left; do
		wait_for "! kill -0 $pid 2>/dev/null" || kill -9 "$pid" 2>/dev/null
	done
}

host_alive()
{
	[ -n "$HOST" ] && kill -0 "$HOST" 2>/dev/null
}

# Pids below a process.
descendants()
{
	ps -e -o pid=,ppid= | awk -v root="$1" '
	    { parent[$1] = $2 }
	    END {
		for (pid in parent) {
			up = pid
			while (up in parent && up != root && up > 1)
				up = parent[up]
			if (up == root && pid != root)
				print pid
		}
	    }'
}

# Pids of the host's cells.
cell_pids()
{
	local pid
	for pid in $(descendants "$HOST"); do
		if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = hospes-cell ]; then
			echo "$pid"
		fi
	done
}

# Seeds $RANDOM for a round, from SEED where that is set, and tells the seed.
seed_round()
{
	local seed=${SEED:-$((($(date +%N | sed 's/^0*//') + $1) % 32768))}
	RANDOM=$seed
	note "round $1, seed $seed (SEED=... to repeat)"
}

# kill_cells N MS: N times, after up to MS ms each, kill -9 of a cell of this host by chance.
kill_cells()
{
	local pids killed=0 n
	for ((n = 0; n < $1; n++)); do
		pause "0.$(printf %03d $((RANDOM % $2)))"
		pids=($(cell_pids))
		if [ ${#pids[@]} -gt 0 ] && kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null; then
			killed=$((killed + 1))
		fi
	done
	note "$killed cells killed"
}

# ---- Plugins -----------------------------------------------------------------------------------------------------------

# Where a built plugin is: a fixture, one of ours here, or one of the plugins that come with the host.
so()
{
	local found
	found=$(find "$BUILT/tests/fixtures" "$BUILT/tests/e2e" "$BUILT/tests/chaos" "$BUILT/plugins" -name "$1.so" -not -path '*/.libs/*' |
	    head -n 1)
	if [ -z "$found" ]; then
		echo "Bail out! there is no $1.so in $BUILT" >&2
		return 1
	fi
	echo "$found"
}

# Drops a file into the plugin folder under a name.
drop()
{
	cp "$(so "$1")" "$DROP/${2:-$1.so}"
}

active()
{
	hospes agents --json 2>/dev/null | jq -r --arg name "$1" '.[] | select(.name == $name) | .version'
}

# state NAME VERSION: staged, active, former, withdrawn, or nothing.
state()
{
	hospes versions "$1" --json 2>/dev/null | jq -r --arg v "$2" '.[] | select(.version == $v) | .state'
}

# plugin FILE [NAME [VERSION]]: drops FILE.so, waits until NAME (the same) is active.
plugin()
{
	local name=${2:-$1} version=${3:-}
	drop "$1"
	if ! wait_for "[ -n \"\$(active $name)\" ] && [ -z '$version' -o \"\$(active $name)\" = '$version' ]"; then
		echo "Bail out! $name did not become active in $SCENARIO"
		exit 1
	fi
}

# The whole installation, with the plugins that come with it, as a user has it: from here on commands are of that one.
installed()
{
	cp -a "$STAGE" "$T/prefix"
	mv -T "$T/prefix/lib/hospes/plugins.all" "$T/prefix/lib/hospes/plugins"
	PATH=$T/prefix/bin:$T/prefix/sbin:$PATH
}

# A plugin of a few lines, made here: source on stdin, built with the staged SDK alone.
plugin_made()
{
	cat >"$T/$1.c"
	cc -shared -fPIC -O1 -I"$STAGE/include" -o "$T/$1.so" "$T/$1.c" -L"$STAGE/lib" -lhospes -ljansson
}

# ring_made FIRST N: N agents from ring-FIRST (four digits) on in the drop folder, each of which calls the next, and the last the
# first (plugins/ring.c); returns when all are active.
ring_made()
{
	local i from name
	from=$(so ring)
	for ((i = 0; i < $2; i++)); do
		printf -v name 'ring-%04d' $(($1 + i))
		printf 's/ring-0000/ring-=/g; s/ring-0001/ring-%04d/g; s/ring-=/%s/g\n' $(($1 + (i + 1) % $2)) "$name" >"$T/names"
		sed -f "$T/names" "$from" >"$T/ring.so"
		mv "$T/ring.so" "$DROP/$name.so"
	done
	wait_for -t $((PATIENCE + $2)) '[ "$(hospes agents --json |
	    jq "[.[].name | select(. >= \"ring-\" + \"'"$(printf %04d "$1")"'\" and . <= \"'"$name"'\")] | length")" -eq '"$2 ]"
}

# voters_made N: agents voter-000 to voter-(N-1) in the drop folder (fixtures/voter.c); returns when all are active.
voters_made()
{
	local i name from
	from=$(so voter)
	for ((i = 0; i < $1; i++)); do
		printf -v name 'voter-%03d' $i
		sed "s/voter-000/$name/g" "$from" >"$T/voter.so"
		mv "$T/voter.so" "$DROP/$name.so"
	done
	wait_for -t $((PATIENCE + $1)) '[ "$(hospes agents --json |
	    jq "[.[].name | select(startswith(\"voter-\"))] | length")" -eq '"$1 ]"
}

# ---- Runs --------------------------------------------------------------------------------------------------------------

api()
{
	local path=$1
	shift
	curl -s --max-time 60 --unix-socket "$T/run/host.sock" "$@" "http://host$path"
}

# run PLUGIN INPUT [ARGS...]
run()
{
	local name=$1
	printf '%s' "$2" >"$T/in"
	shift 2
	hospes run "$name" --in "$T/in" --json "$@" >"$T/out" 2>"$T/err"
	code=$?
	id=$(jq -r '.id // empty' "$T/out" 2>/dev/null)
}

# run_start PLUGIN INPUT [ARGS...]: starts it and goes on; $id.
run_start()
{
	local name=$1
	printf '%s' "$2" >"$T/in"
	shift 2
	hospes run "$name" --in "$T/in" --json --detach "$@" >"$T/out" 2>"$T/err"
	code=$?
	id=$(jq -r '.id // empty' "$T/out" 2>/dev/null)
}

# run_wait ID: its end, as `run` leaves it.
run_wait()
{
	hospes wait "$1" --json >"$T/out" 2>"$T/err"
	code=$?
	id=$1
}

error_code()
{
	jq -rs '.[-1] | .error.code // empty' "$T/out" "$T/err" 2>/dev/null | head -n 1
}

shown()
{
	note "exit status: $code"
	head -c 2000 "$T/out" | sed 's/^/# out: /'
	head -c 2000 "$T/err" | sed 's/^/# err: /'
}

succeeds()
{
	[ "$code" -eq 0 ] && [ "$(jq -r .status "$T/out")" = ok ]
	ok $? "$1" || shown
}

fails_with()
{
	[ "$code" -ne 0 ] && cat "$T/out" "$T/err" | grep -q "\"code\": *\"$1\""
	ok $? "$2" || shown
}

says()
{
	cat "$T/out" "$T/err" | grep -qF -- "$(printf '%s' "$1" | jq -Rs . | sed 's/^"//; s/"$//')" ||
	    cat "$T/out" "$T/err" | grep -qF -- "$1"
	ok $? "says: $1" || shown
}

result()
{
	is "$(jq -c ".result | $1" "$T/out" 2>&1)" "$2" "$3"
}

# asking ID: how many calls of the run nap until they are told (fixtures/nap.h).
asking()
{
	told_next "$1" | wc -l
}

# go_on ID [N]: tells N of them, or one, as soon as there are so many.
go_on()
{
	local review
	wait_for "[ \$(asking $1) -ge ${2:-1} ]" || return
	for review in $(told_next "$1" | head -n "${2:-1}"); do
		hospes review "$review" approve >/dev/null
	done
}

# Their questions, the oldest first.
told_next()
{
	hospes reviews --json --limit 1000 2>/dev/null |
	    jq -r --arg run "$1" 'map(select(.run == $run and .question == "Go on?").id) | sort_by(split("-")[1] | tonumber) | .[]'
}

# journal_has JQ N "why"
journal_has()
{
	local found
	found=$(hospes journal "$id" --json 2>/dev/null | jq -s "flatten | map(select($1)) | length")
	is "$found" "$2" "$3"
}

# The version that a run's root call ran on.
version_of()
{
	hospes show "$1" --json | jq -r .tree.version
}

# Did the host say it on its log?
logged()
{
	grep -qE -- "$1" "$T/host.log"
}

# ---- More words --------------------------------------------------------------------------------------------------------

for part in servers questions sandbox; do
	. "$TESTS/$part.sh"
done

# ---- The end -----------------------------------------------------------------------------------------------------------

scenario_end()
{
	local rc=$?
	if [ -n "$HOST" ] && ! kill -0 "$HOST" 2>/dev/null; then
		bad=$((bad + 1))
		echo "not ok $((count + 1)) - the host was still there at the end"
	fi
	host_stop
	[ -z "$LOSSY" ] || lossy_stop
	if grep -qE 'AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed' "$T/host.log" 2>/dev/null; then
		bad=$((bad + 1))
		echo "not ok $((count + 1)) - no sanitizer and no assertion complained"
	fi
	if [ $bad -gt 0 ] || [ $count -ne "$planned" ] || [ $rc -ne 0 ]; then
		[ ! -e "$T/host.log" ] || tail -n 60 "$T/host.log" | sed 's/^/# host: /'
	fi
	if [ -n "${KEEP:-}" ]; then
		note "kept: $T"
	else
		rm -rf "$T"
	fi
	exit $rc
}
trap scenario_end EXIT
trap 'exit 130' INT TERM
